"""The whole app around a page: navigation, language, footer. Run by app.py; every URL starts here."""

import sys
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parent.parent
if sys.path[0] != str(ROOT):  # this script's own folder leads, and has a `data` too
    sys.path[:] = [str(ROOT), *(folder for folder in sys.path if folder != str(ROOT))]

import streamlit as st

import settings
from ui import server

server.begun.wait()  # before what it imports is imported here, too

from data import events, people
from ui import access, store
from ui.text import _, follow_theme, language_switch

ASSETS = ROOT / "ui" / "assets"
PAGES = ROOT / "pages"

st.set_page_config(page_icon=str(ASSETS / "icon.svg"), layout="wide")
st.html(ASSETS / "layout.css")
st.logo(str(ASSETS / "logo.svg"), size="large", icon_image=str(ASSETS / "icon.svg"))

store.begin()

# The language first: the titles of the navigation are already in it.
with st.sidebar:
    language_switch()

# Section -> its pages: file (and URL), title in the browser, icon.
SECTIONS = {
    "": [("today", _("Today"), "wb_twilight"), ("ask", _("Ask"), "chat"), ("boards", _("Boards"), "dashboard")],
    _("Churn"): [
        ("churn_explore", _("Churn: explore"), "group_remove"),
        ("churn_performance", _("Churn: performance"), "speed"),
        ("churn_what_if", _("Churn: what-if"), "tune"),
        ("churn_campaign", _("Churn: campaign"), "campaign"),
    ],
    _("Sales"): [
        ("sales_overview", _("Sales: overview"), "storefront"),
        ("sales_forecast", _("Sales: forecast"), "timeline"),
        ("sales_what_if", _("Sales: what-if"), "edit_calendar"),
        ("sales_items", _("Sales: shops and items"), "grid_view"),
        ("sales_stock", _("Sales: stock"), "inventory_2"),
    ],
    _("Customers"): [
        ("customers_segments", _("Customers: segments"), "groups"),
        ("customers_value", _("Customers: value"), "loyalty"),
        ("customers_cohorts", _("Customers: cohorts"), "table_chart"),
        ("customers_offers", _("Customers: offers"), "redeem"),
    ],
    _("Products"): [
        ("products_margins", _("Products: margins"), "account_balance"),
        ("products_baskets", _("Products: baskets"), "shopping_basket"),
    ],
    _("Act"): [
        ("act_inbox", _("Act: inbox"), "inbox"),
        ("act_rules", _("Act: rules"), "rule"),
        ("act_orders", _("Act: orders"), "shopping_cart_checkout"),
        ("act_schedule", _("Act: schedule"), "schedule"),
    ],
    _("Monitoring"): [
        ("monitoring_drift", _("Monitoring: drift"), "radar"),
        ("monitoring_what_if", _("Monitoring: what-if drift"), "science"),
        ("monitoring_performance", _("Monitoring: performance"), "query_stats"),
        ("monitoring_retraining", _("Monitoring: retraining"), "model_training"),
        ("monitoring_health", _("Monitoring: health"), "monitor_heart"),
        ("monitoring_changes", _("Monitoring: changes"), "history_edu"),
    ],
    _("Explore"): [
        ("covid", _("COVID-19"), "coronavirus"),
        ("food", _("Food products"), "nutrition"),
    ],
    _("Data"): [("data", _("Data"), "database"), ("data_quality", _("Data: quality"), "verified")],
}


def entry(name: str, title: str, icon: str) -> st.Page:
    """A page under its section's heading, whose name it need not repeat: "What-if" for "Churn: what-if"."""
    short = title.rpartition(":")[2].strip()
    return st.Page(
        PAGES / f"{name}.py",
        title=short[0].upper() + short[1:],
        icon=f":material/{icon}:",
        url_path=name.replace("_", "-"),
        default=name == "today",
        visibility="visible" if access.opens(name) else "hidden",
    )


entries = {section: {entry(*row): row for row in rows} for section, rows in SECTIONS.items()}
inside = people.may(people.VIEWER)
menu = {section: list(pages) for section, pages in entries.items()}
page = st.navigation(menu, position="sidebar" if inside else "hidden", expanded=True)
name, title, _icon = next(pages[page] for pages in entries.values() if page in pages)
if inside:
    access.resume(page for pages in entries.values() for page in pages)
st.set_page_config(page_title=title if inside else "Vigie")
with st.sidebar:
    access.badge()
access.warn()
began = perf_counter()
if not inside:
    access.door(page.url_path)
elif not access.opens(name):
    access.shut(title, name)
else:
    page.run()
events.shown(page.url_path, perf_counter() - began)

with st.container(key="footer", horizontal=True, vertical_alignment="center"):
    st.caption(_("Vigie {version}").format(version=settings.VERSION), width="content")
    access.link("data", _("Data"), "database")
follow_theme()
