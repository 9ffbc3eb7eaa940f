"""Lists of customers or products: shown in part, saved whole."""

import numpy as np
import pandas as pd
import streamlit as st

import locales
from ui import downloads
from ui.text import _, plain

SHOWN = 1_000  # rows of a list on a page; the file has all
# Pixels: of a page's width for a table, a character, around a cell, and of a column whose text is folded; the height of
# a row by its lines (Streamlit folds texts in rows of more than 64).
ROOM, CHARACTER, PADDING, NARROWEST, WIDEST = 1_070, 7.5, 20, 150, 400
FOLDED = {1: None, 2: 66, 3: 76}


def step(values: pd.Series) -> float | None:
    """What the numbers of a column are multiples of (1, 0.1, ...), so that all have as many decimals; else None."""
    numbers = values.to_numpy(float, na_value=np.nan)
    fits = (
        10.0**-digits for digits in range(4) if np.allclose(numbers, numbers.round(digits), 0, 1e-9, equal_nan=True)
    )
    return next(fits, None)


def _said(table: pd.DataFrame, code: str) -> bool:
    """Whether a column of codes says in every row what an earlier one does: the products have no other name."""
    if code not in table:
        return False
    before = table.iloc[:, : list(table).index(code)].select_dtypes(exclude="number").astype(str)
    return bool(before.eq(table[code].astype(str), axis=0).all().any())


def folded(table: pd.DataFrame) -> tuple[dict[str, int], int]:
    """The width of each column whose texts must be folded for the others to have room, and how many lines they take."""
    if table.empty:
        return {}, 1
    texts = table.select_dtypes(exclude="number").astype(str)
    wide = {name: CHARACTER * max(len(str(name)), int(one.str.len().max())) for name, one in texts.items()}
    numbers = {
        name: CHARACTER * max(len(str(name)), len(f"{one.abs().max():,.0f}") + 3)
        for name, one in table.select_dtypes("number").items()
    }
    long = {name: width for name, width in wide.items() if width > NARROWEST}
    rest = PADDING * table.shape[1] + sum(numbers.values()) + sum(wide.values()) - sum(long.values())
    if not long or rest + sum(long.values()) <= ROOM:
        return {}, 1
    each = int(np.clip((ROOM - rest) / len(long), NARROWEST, WIDEST))
    lines = min(int(np.ceil(max(long.values()) / each)), max(FOLDED))
    return dict.fromkeys(long, each + PADDING), lines


def show(table: pd.DataFrame, name: str, title: str, saved: pd.DataFrame | None = None, height: int = 420) -> None:
    """A table under its title, with a menu that saves it, or `saved` in its place."""
    whole = table if saved is None else saved
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{plain(title)}**")
        with st.popover(_("Save the list"), icon=":material/download:", on_change="rerun", key=f"save-{name}") as menu:
            if menu.open:
                downloads.table(whole, name)
    shown = table.head(SHOWN).apply(lambda column: column + 0.0 if column.dtype.kind == "f" else column)  # no -0
    shown = shown.drop(columns=[name for name in (_("Code"), _("Code of the other")) if _said(shown, name)])
    widths, lines = folded(shown)
    st.dataframe(
        shown,
        hide_index=True,
        height=height if len(table) > 12 else "content",
        row_height=FOLDED[lines],
        column_config={
            name: st.column_config.NumberColumn(name, format="localized", step=step(values))
            for name, values in shown.select_dtypes("number").items()
        }
        | {name: st.column_config.Column(width=width) for name, width in widths.items()},
        placeholder="–",
    )
    if len(table) > SHOWN:
        text = _("Shown are the first {shown} of {count}; the file has all.")
        st.caption(text.format(shown=locales.number(SHOWN), count=locales.number(len(table))))
