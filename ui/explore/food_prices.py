"""What was paid for a product, as the public reported it to Open Prices; asked for when a reader opens it."""

import pandas as pd
import streamlit as st

import locales
from connectors import ConnectorError, openprices
from connectors.openprices import Prices
from data.food import DEMO
from models.explore import food as model
from ui import downloads
from ui.text import N_, _, ngettext, plain

PER = {"unit": N_("each"), "kg": N_("a kg"), "l": N_("a litre")}


def show(row: pd.Series) -> None:
    """An expander that asks for the prices once it is opened."""
    if row["source"] == DEMO:
        return
    opened = st.expander(_("What it costs"), icon=":material/sell:", key=f"prices-{row['code']}", on_change="rerun")
    if not opened.open:
        return
    with opened:
        try:
            with st.spinner(_("Asking Open Prices")):
                found = openprices.prices(row["code"])
        except ConnectorError as error:
            st.warning(plain(error.sentence()), icon=":material/cloud_off:")
            return
        _reported(found)


def _reported(found: Prices) -> None:
    home = "[Open Prices](https://prices.openfoodfacts.org)"
    odbl = "[ODbL 1.0](https://opendatacommons.org/licenses/odbl/1-0/)"
    when = _("retrieved {moment}").format(moment=locales.moment(found.retrieved))
    st.caption(f":material/public: **{home}** · {odbl} · {when}")
    if not found.fresh:
        st.warning(_("Open Prices cannot be asked now: this is what it gave then."), icon=":material/history:")
    reports = found.reports
    if reports.empty:
        st.markdown(_("Nobody has reported a price of this product."))
        return
    last = reports.iloc[0]
    said = ngettext("{count} price was reported.", "{count} prices were reported.", found.count)
    newest = _("The newest: {price}, {place}, {day}.")
    sentences = [
        said.format(count=locales.number(found.count)),
        newest.format(price=_money(last), place=_place(last) or _("place not said"), day=locales.day(last["day"])),
    ]
    for one in model.typical_prices(reports).itertuples():
        middle = ngettext(
            "Half of {count} price without a discount in {currency} are below {price}.",
            "Half of {count} prices without a discount in {currency} are below {price}.",
            int(one.reports),
        )
        price = locales.money(one.median, str(one.currency), 2)
        sentences.append(middle.format(count=locales.number(one.reports), currency=one.currency, price=price))
    st.markdown(plain(" ".join(sentences)))
    if found.count > len(reports):
        st.caption(_("The {count} newest are shown.").format(count=locales.number(len(reports))))
    table = pd.DataFrame(
        {
            "price": [_money(one) for _number, one in reports.iterrows()],
            "day": [locales.day(day) for day in reports["day"]],
            "place": [_place(one) or None for _number, one in reports.iterrows()],
            "discounted": [_("yes") if one else _("no") for one in reports["discounted"]],
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        height="content" if len(table) <= 12 else 440,
        placeholder="–",
        column_config={
            "price": st.column_config.TextColumn(_("Price"), alignment="right"),
            "day": st.column_config.TextColumn(_("Day")),
            "place": st.column_config.TextColumn(_("Where")),
            "discounted": st.column_config.TextColumn(_("Discounted")),
        },
    )
    st.caption(_("What some people saw in some shops: neither the usual price nor today’s."))
    downloads.table(reports, "food_prices")


def _money(report: pd.Series) -> str:
    price = locales.money(report["price"], report["currency"], 2)
    return price if report["per"] == "unit" else f"{price} {_(PER[report['per']])}"


def _place(report: pd.Series) -> str:
    """The shop, its city and country, as far as they are said."""
    country = locales.country(report["country"]) if report["country"] else ""
    return ", ".join(part for part in (report["place"], report["city"], country) if part)
