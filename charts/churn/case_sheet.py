"""One customer on one page of HTML: self-contained, prints on A4, every text from outside escaped."""

from html import escape

import pandas as pd

import locales
from charts import theme
from locales import _
from locales.customers import label

_STYLE = """
@page { size: A4; margin: 14mm }
body { font: 10.5pt/1.4 system-ui, sans-serif; color: #15262E; max-width: 46em; margin: 2em auto }
h1 { font-size: 17pt; margin: 0 0 .4em }
ul { padding-left: 1.2em }
table { border-collapse: collapse; width: 100% }
td, th { text-align: left; padding: .18em .5em; border-bottom: 1px solid #D5DFE3 }
.bar { width: 11em; position: relative }
.bar i { position: absolute; top: .35em; height: .8em }
b.new { color: #9C3F16 }
footer { color: #55666E; font-size: 9pt; margin-top: 1em }
"""


def sheet(title: str, facts: list[str], table: pd.DataFrame, footer: str, language: str) -> str:
    """The page. `table` has one row a column of the customer: `before`, `now` (text) and `log_odds` (its push)."""
    widest = max(float(table["log_odds"].abs().max()), 1e-9)
    rows = []
    for column, row in table.sort_values("log_odds", key=abs, ascending=False).iterrows():
        share = 50 * abs(row["log_odds"]) / widest
        start = 50 if row["log_odds"] > 0 else 50 - share
        colour = theme.LEAVE if row["log_odds"] > 0 else theme.STAY
        now = escape(row["now"])
        value = now if row["now"] == row["before"] else f'<b class="new">{now}</b> ({escape(row["before"])})'
        rows.append(
            f"<tr><td>{escape(label(str(column)))}</td><td>{value}</td><td>{locales.sign(row['log_odds'])}</td>"
            f'<td class="bar"><i style="left:{start:.1f}%;width:{share:.1f}%;background:{colour}"></i></td></tr>'
        )
    heads = "".join(
        f"<th>{escape(text)}</th>" for text in (_("Column"), _("Value (before)"), "", _("Pushes the risk down or up"))
    )
    items = "".join(f"<li>{escape(fact)}</li>" for fact in facts)
    return (
        f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1><ul>{items}</ul>"
        f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        f"<footer>{escape(footer)}</footer></body></html>"
    )
