"""The whole app around a page: navigation, language, footer. Run by app.py; every URL starts here."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # this script's own folder leads sys.path, not the project's
    sys.path.insert(0, str(ROOT))

import streamlit as st

import settings
from ui import cards, store
from ui.text import _, language_switch

ASSETS = ROOT / "ui" / "assets"
PAGES = ROOT / "pages"

st.set_page_config(page_title="Vigie", page_icon=str(ASSETS / "icon.svg"), layout="wide")
st.logo(str(ASSETS / "logo.svg"), size="large", icon_image=str(ASSETS / "icon.svg"))

# The language first: the titles of the navigation are already in it.
with st.sidebar:
    language_switch()

page = st.navigation(
    {
        "": [st.Page(PAGES / "today.py", title=_("Today"), icon=":material/wb_twilight:", default=True)],
        _("Churn"): [
            st.Page(
                PAGES / "churn_explore.py",
                title=_("Churn: explore"),
                icon=":material/group_remove:",
                url_path="churn-explore",
            ),
            st.Page(
                PAGES / "churn_performance.py",
                title=_("Churn: performance"),
                icon=":material/speed:",
                url_path="churn-performance",
            ),
            st.Page(
                PAGES / "churn_what_if.py",
                title=_("Churn: what-if"),
                icon=":material/tune:",
                url_path="churn-what-if",
            ),
            st.Page(
                PAGES / "churn_campaign.py",
                title=_("Churn: campaign"),
                icon=":material/campaign:",
                url_path="churn-campaign",
            ),
        ],
        _("Sales"): [
            st.Page(
                PAGES / "sales_overview.py",
                title=_("Sales: overview"),
                icon=":material/storefront:",
                url_path="sales-overview",
            ),
            st.Page(
                PAGES / "sales_forecast.py",
                title=_("Sales: forecast"),
                icon=":material/timeline:",
                url_path="sales-forecast",
            ),
            st.Page(
                PAGES / "sales_what_if.py",
                title=_("Sales: what-if"),
                icon=":material/edit_calendar:",
                url_path="sales-what-if",
            ),
            st.Page(
                PAGES / "sales_items.py",
                title=_("Sales: shops and items"),
                icon=":material/grid_view:",
                url_path="sales-items",
            ),
            st.Page(
                PAGES / "sales_stock.py",
                title=_("Sales: stock"),
                icon=":material/inventory_2:",
                url_path="sales-stock",
            ),
        ],
        _("Data"): [st.Page(PAGES / "data.py", title=_("Data"), icon=":material/database:")],
    }
)
page.run()

with st.container(key="footer"):
    shown = [cards.provenance(store.active("customers")), cards.provenance(store.active("sales"))]
    st.caption("  \n".join([_("Vigie {version}").format(version=settings.VERSION), *shown]))
