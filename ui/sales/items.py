"""The views of shops and items: the table of the next months, one pair, and how good the forecast was."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import streamlit as st

import locales
from charts.sales import items as charts
from data.tables import Stored
from locales.labels import label
from models.forecast import hierarchy, items
from models.forecast.items import Items
from ui import cards, downloads, inputs, store
from ui.text import N_, _, ngettext, part, plain

SHOWN = 200  # pairs in the table
SPARKS = 12  # months of a sparkline
CHOICES = 500  # items in the list of one store
METHODS = {"bottom-up": N_("adding up the single forecasts"), "minimum trace": N_("minimum trace")}
Names = dict[str, str]


def store_names(stored: Stored) -> Names:
    """The name of each store, where the data have any."""
    if "stores" not in stored.columns:
        return {}
    return dict(store.frame(stored, "stores").set_index("store")["name"])


@part
def next_months(found: Items, stores: Names) -> None:
    """The totals, the pairs that sell most, and everything as a file."""
    table = items.listed(found.all, found.names, -1)
    month = found.all.single.dates[-1]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        keep = np.ones(len(table), bool)
        for column in ("store", "category"):
            if column in table and table[column].nunique() > 1:
                options = sorted(table[column].unique())
                named = {one: (stores.get(one) if column == "store" else None) or label(one) for one in options}
                chosen = inputs.several(label(column), options, f"items.{column}", named.__getitem__)
                keep &= table[column].isin(chosen).to_numpy() if chosen else True
        words = inputs.text(_("Item"), "q", _("name or code"))
        for word in words.casefold().split():
            keep &= (
                (table["name"].str.casefold() + " " + table["product"].str.casefold())
                .str.contains(word, regex=False)
                .to_numpy()
            )
    _headline(found, table[keep], month, bool(keep.all()))
    if not keep.any():
        st.info(_("No pair matches these filters. Remove one to go on."))
        return
    if keep.all():
        levels = [level for level in ("store", "category") if level in set(found.all.totals_history.keys["level"])]
        with st.grid("auto", min_column_width=400):
            for level in levels:
                _totals(found, level, stores, month)
    _table(found, table[keep], stores, month)
    _method(found)


def _headline(found: Items, table: pd.DataFrame, month: pd.Timestamp, whole: bool) -> None:
    single, totals = found.all.single, found.all.totals
    usual = float(table["usual"].sum())
    change = table["mean"].sum() / usual - 1 if usual else float("nan")
    against = _("the mean of the last three months was {units}").format(units=charts.units(usual))
    band = against
    ends = (totals.lo[0, -1], totals.hi[0, -1]) if whole else hierarchy.of_sum(found.all, table.index.to_numpy(), -1)
    if np.isfinite(ends).all():
        band = _("{lo} to {hi} in 8 of 10 cases").format(
            **dict(zip(("lo", "hi"), map(charts.units, ends), strict=True))
        )
    better = 1 - single.rmse / single.naive_rmse if single.naive_rmse > 0 else float("nan")
    cards.metrics(
        [
            (_("Units in {month}").format(month=locales.month(month)), charts.units(table["mean"].sum()), band),
            (_("Against the last three months"), locales.signed(change, locales.percent), against),
            (_("Pairs"), locales.number(len(table)), _("of a store and an item") if "store" in table else _("items")),
            (
                _("Months in their band"),
                locales.percent(single.coverage) if np.isfinite(single.coverage) else "–",
                _("80% were promised") if np.isfinite(single.coverage) else _("too little history to measure"),
            ),
            (
                _("Error (RMSE)"),
                locales.number(single.rmse, 1) if np.isfinite(single.rmse) else "–",
                _better(better),
            ),
        ]
    )


def _better(share: float) -> str:
    if share != share:
        return _("too little history to measure")
    if share >= 0:
        return _("{share} less than the mean of three months").format(share=locales.percent(share))
    return _("{share} more than the mean of three months: no better than that").format(share=locales.percent(-share))


def _table(found: Items, table: pd.DataFrame, stores: Names, month: pd.Timestamp) -> None:
    ordered = table.sort_values("mean", ascending=False, kind="stable")
    first = ordered.head(SHOWN)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(
            ngettext(
                "**{shown} of {count} pair** – a click on a row opens the pair",
                "**{shown} of {count} pairs, the largest first** – a click on a row opens the pair",
                len(ordered),
            ).format(shown=locales.number(len(first)), count=locales.number(len(ordered)))
        )
        _saved(ordered, month)
    change = first["mean"] / first["usual"].where(first["usual"] > 0) - 1
    shown = {_("Item"): first["name"]}
    if "store" in first:
        shown = {_("Store"): first["store"].map(lambda one: stores.get(one) or label(one)), **shown}
    spark, expected, percent = _("Last months"), _("Expected"), _("Against the last three months (%)")
    shown |= {
        spark: found.all.history.values[first.index, -SPARKS:].tolist(),
        _("Last month"): first["last"],
        expected: first["mean"].round(1),
        _("Low"): first["lo"].round(1),
        _("High"): first["hi"].round(1),
        percent: (100 * change).round(),
    }
    picked = st.dataframe(
        pd.DataFrame(shown),
        hide_index=True,
        height=420,
        on_select="rerun",
        selection_mode="single-row",
        key="items-table",
        column_config={
            spark: st.column_config.LineChartColumn(spark, width="small", y_min=0),
            expected: st.column_config.NumberColumn(expected, format="%.1f"),
            percent: st.column_config.NumberColumn(
                percent, format="%+d", help=_("Against the mean of the last three months")
            ),
        },
        placeholder="–",
    )
    if rows := picked["selection"]["rows"]:
        pair = first.iloc[rows[0]]
        st.session_state["go"] = {
            "view": "pair",
            "pair.store": str(pair.get("store", "")),
            "pair.item": pair["product"],
        }
        st.rerun()
    if len(table) > SHOWN:
        st.caption(
            _("Shown are the first {shown} of {count}; the file has them all.").format(
                shown=locales.number(SHOWN), count=locales.number(len(table))
            )
        )


def _saved(table: pd.DataFrame, month: pd.Timestamp) -> None:
    with st.popover(_("Save"), icon=":material/download:", on_change="rerun", key="save-items") as menu:
        if menu.open:
            st.caption(_("All pairs with these filters"))
            downloads.table(table, f"items_{month:%Y_%m}")
            if "store" in table:
                st.caption(_("As a competition wants them: shop_id, item_id, units"))
                columns = {"store": "shop_id", "product": "item_id", "mean": "units"}
                plainly = table[list(columns)].rename(columns=columns).sort_values(["shop_id", "item_id"])
                downloads.table(plainly, f"submission_{month:%Y_%m}", excel=False)


def _totals(found: Items, level: str, stores: Names, month: pd.Timestamp) -> None:
    whole = items.totals(found.all, level).sort_values("mean", ascending=False, ignore_index=True)
    whole["name"] = [(stores.get(name) if level == "store" else None) or label(name) for name in whole["name"]]
    shown = whole.head(charts.MAX_BARS)
    rest = float(whole["mean"].iloc[charts.MAX_BARS :].sum())
    cards.figure(charts.totals(shown, level, month, rest, len(whole)), f"items_by_{level}", whole)


def _method(found: Items) -> None:
    notes = []
    if len(found.all.off):
        off = found.all.off.mean(axis=1)
        notes.append(
            _("Stores, categories and the whole add up. Used is {used}: at past origins its totals were off by {off}, "
              "those of {other} by {more}.").format(
                used=_(METHODS[found.all.method]),
                off=locales.percent(off[found.all.method], 1),
                other=_(METHODS[next(name for name in METHODS if name != found.all.method)]),
                more=locales.percent(off.drop(found.all.method).iloc[0], 1),
            )
        )  # fmt: skip
    else:
        notes.append(_("Totals are those of the single forecasts: the history is too short to try anything else."))
    st.caption(" ".join(notes))
    cards.findings(found.findings)


@part
def pair(found: Items, stores: Names) -> None:
    """One item in one store: what it sold, what is expected, and what is expected around it."""
    table = items.listed(found.all, found.names, -1)
    here = table
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if "store" in table:
            order = table.groupby("store")["mean"].sum().sort_values(ascending=False).index
            chosen = inputs.choice(label("store"), list(order), "pair.store", lambda one: stores.get(one) or label(one))
            here = table[table["store"] == chosen]
        best = here.sort_values("mean", ascending=False, kind="stable")["product"]
        wanted = st.session_state.get("pair.item", st.query_params.get("pair.item"))
        options = list(dict.fromkeys([*best.head(CHOICES), *best[best == wanted]]))
        item = inputs.choice(_("Item"), options, "pair.item", lambda one: found.names.get(one, one))
    row = here[here["product"] == item].iloc[0]
    number, single, history = int(row.name), found.all.single, found.all.history
    past = pd.Series(history.values[number].astype(float), history.dates)
    ahead = pd.DataFrame({"mean": single.mean[number], "lo": single.lo[number], "hi": single.hi[number]}, single.dates)
    store_name = (stores.get(row["store"]) or label(row["store"])) if "store" in row else ""
    name = _("{item} in {store}").format(item=row["name"], store=store_name) if store_name else str(row["name"])
    saved = pd.concat([past.to_frame("sold"), ahead]).rename_axis("month").reset_index()
    cards.figure(charts.history(past, ahead, name), "item_history", saved)
    elsewhere = table[table["product"] == item].assign(chosen=lambda rows: rows.index == number)
    with st.grid("auto", min_column_width=400):
        if len(elsewhere) > 1:
            named = elsewhere.assign(name=[stores.get(one) or label(one) for one in elsewhere["store"]])
            _around(named, _("The same item elsewhere"), label("store"), "item_elsewhere")
        if "category" in row:
            same = here[here["category"] == row["category"]].assign(chosen=lambda rows: rows.index == number)
            title = _("The same store: {category}") if store_name else _("The same category: {category}")
            _around(same, title.format(category=label(str(row["category"]))), _("Item"), "item_category")


def _around(table: pd.DataFrame, title: str, axis: str, name: str) -> None:
    ordered = table.sort_values(["mean", "name"], ascending=[False, True])
    first = ordered.head(charts.MAX_BARS)
    if not first["chosen"].any():
        first = pd.concat([first.iloc[:-1], ordered[ordered["chosen"]]])
    cards.figure(charts.siblings(first, title, axis), name, ordered)


def how_good(found: Items, stores: Names) -> None:
    """How far off the forecast was at past origins, where it is worse than naive, and how often the bands held."""
    league = items.league(found.all)
    if league.empty:
        st.info(_("The history is too short to try a forecast of this horizon: choose a shorter one."))
        return
    single = found.all.single
    origins = len(single.past)
    st.markdown(
        ngettext(
            "At {count} past origin, with only what was known then, the forecast was off like this.",
            "At {count} past origins, each with only what was known then, the forecast was off like this.",
            origins,
        ).format(count=locales.number(origins))
    )
    titles = {"rmse": _("RMSE (units)"), "mae": _("MAE (units)"), "bias": _("Bias (units)")}
    st.dataframe(
        league.assign(method=[_(charts.METHODS[name]) for name in league["method"]])
        .rename(columns={"method": _("Method"), **titles})
        .round(2),
        hide_index=True,
        placeholder="–",
    )
    downloads.table(league, "items_league")
    naive = league.set_index("method")["rmse"]
    if naive["model"] > naive.drop("model").min():
        best = naive.drop("model").idxmin()
        message = _("Here “{method}” was closer than the forecast by RMSE: prefer it, or add more history.")
        st.warning(plain(message.format(method=_(charts.METHODS[best]))), icon=":material/warning:")
    with st.grid("auto", min_column_width=400):
        if np.isfinite(single.coverage):
            sizes = items.by_size(found.all)
            cards.figure(charts.by_size(sizes, single.coverage), "items_coverage", sizes)
        if "store" in found.all.history.keys:
            table = items.by_store(found.all)
            table["name"] = [stores.get(one) or label(one) for one in table["store"]]
            cards.figure(charts.by_store(table), "items_by_store_error", table)
    _method(found)


VIEWS: dict[str, Callable[[Items, Names], None]] = {"next": next_months, "pair": pair, "good": how_good}
