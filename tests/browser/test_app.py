"""A visitor clicks through Vigie in Chromium."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

import locales
from data import tables
from data.dataset import Dataset, Origin
from data.demo import customers
from tests.attack import crowd
from tests.browser.conftest import SIZES, Visit, served, settled, shoot, show_shop, visiting, window

pytestmark = pytest.mark.xdist_group("browser")  # one server and one browser for all of them

PAGES = {
    "ask": "Ask",
    "boards": "Boards",
    "": "Today",
    "churn-explore": "Churn: explore",
    "churn-performance": "Churn: performance",
    "churn-what-if": "Churn: what-if",
    "churn-campaign": "Churn: campaign",
    "sales-overview": "Sales: overview",
    "sales-forecast": "Sales: forecast",
    "sales-what-if": "Sales: what-if",
    "sales-items": "Sales: shops and items",
    "sales-stock": "Sales: stock",
    "customers-segments": "Customers: segments",
    "customers-value": "Customers: value",
    "customers-cohorts": "Customers: cohorts",
    "customers-offers": "Customers: offers",
    "products-margins": "Products: margins",
    "products-baskets": "Products: baskets",
    "act-inbox": "Act: inbox",
    "act-rules": "Act: rules",
    "act-orders": "Act: orders",
    "monitoring-drift": "Monitoring: drift",
    "monitoring-what-if": "Monitoring: what-if drift",
    "monitoring-health": "Monitoring: health",
    "monitoring-performance": "Monitoring: performance",
    "monitoring-retraining": "Monitoring: retraining",
    "monitoring-changes": "Monitoring: changes",
    "covid": "COVID-19",
    "food": "Food products",
    "data": "Data",
    "data-quality": "Data: quality",
}
NAVIGATION = [
    *("Today", "Ask", "Boards", "Churn", "Explore", "Performance", "What-if", "Campaign"),
    *("Sales", "Overview", "Forecast", "What-if", "Shops and items", "Stock"),
    *("Customers", "Segments", "Value", "Cohorts", "Offers"),
    *("Products", "Margins", "Baskets"),
    *("Act", "Inbox", "Rules", "Orders", "Schedule"),
    *("Monitoring", "Drift", "What-if drift", "Performance", "Retraining", "Health", "Changes"),
    *("Explore", "COVID-19", "Food products", "Data", "Data", "Quality"),
]
# Loaded by their URL: the model chosen on the page before stays chosen, and these are looked at as they begin.
ALONE = ["monitoring-drift", "monitoring-performance", "monitoring-retraining"]
FIGURE = ".stMain :is(.stPlotlyChart, .stImage)"
ANSWER = {
    "ask": ".stMain .stForm",  # nothing was asked yet
    "act-inbox": ".stMain .stMarkdown",  # nothing waits
    "act-rules": ".stMain .stMarkdown",
    "act-orders": ".stMain .stMarkdown",  # nothing was drafted yet
    "monitoring-changes": ".stMain .stSelectbox",  # nothing was changed yet
}
INSTEAD = {
    "ask": ".stMain .stButton",  # examples of questions
    "act-inbox": ".stMain .stExpander",
    "act-rules": ".stMain .stButton",
    "act-orders": ".stMain .stButton",
    "monitoring-health": ".stMain :is(.stPlotlyChart, .stButtonGroup)",  # without jobs no figure
    "monitoring-changes": ".stMain :is(.stPlotlyChart, .stAlert)",  # nothing was changed yet
    "food": ".stMain .stDataFrame",
    "data": ".stMain .stDataFrame",
    "data-quality": ".stMain .stButton",  # without rules no figure
}
BEGINS = {"PNG": b"\x89PNG", "SVG": b"<svg", "HTML": b"<!doctype html>", "CSV": b"\xef\xbb\xbflevel,", "XLSX": b"PK"}
CUSTOMERS = "id;résilié;contrat;ancienneté\n" + "".join(
    f"C{i};{'oui' if i % 4 == 0 else 'non'};{'mensuel' if i % 2 else 'annuel'};{i % 60},5\n" for i in range(200)
)


def metric(page: Page, label: str) -> str:
    card = page.get_by_test_id("stMetric").filter(has_text=label)
    return card.get_by_test_id("stMetricValue").inner_text()


def top(page: Page, selector: str) -> float:
    """How far the first of what is shown is from the top of the page."""
    tops = """shown => shown.filter(one => one.checkVisibility()).map(one => one.getBoundingClientRect())
        .filter(box => box.width && box.height).map(box => box.y)"""
    return min(page.locator(selector).evaluate_all(tops))


def trained(page: Page) -> None:
    """Wait until what the page computes in the background is there."""
    expect(page.get_by_test_id("stProgress")).to_have_count(0, timeout=120_000)
    settled(page)


def test_a_deep_link_on_a_fresh_server_shows_the_whole_app_and_soon_figures_to_several_at_once(
    chromium: Browser, tmp_path: Path
):
    with served(tmp_path, {}) as address, visiting(window(chromium), address) as visit:
        page = visit.open("churn-explore?lang=en")
        expect(page.get_by_role("heading", name="Churn: explore")).to_be_visible()
        expect(page).to_have_title("Churn: explore")
        expect(page.get_by_test_id("stSidebarNav").get_by_role("paragraph")).to_have_text(NAVIGATION)
        expect(page.get_by_role("radio", name="Français")).to_be_visible()
        assert page.evaluate("document.fonts.check('16px \"Atkinson Hyperlegible Next\"')")
        few = Dataset("customers", {"customers": customers.generate(300)}, Origin("upload", "few.csv"))
        tables.add(tmp_path, few, datetime.now(UTC))  # of whom a model is learned in seconds; nothing was trained yet
        visit.switch("churn-what-if")
        expect(page.get_by_text("Provisional: a quick logistic regression stands in")).to_be_visible(timeout=240_000)
        expect(page.locator(FIGURE).first).to_be_visible(timeout=30_000)
        others = [window(chromium).new_page() for _visitor in range(2)]  # at the same moment
        assert crowd.visited(others, f"{address}/sales-overview") == []
        for other in others:
            other.context.close()


@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_clean_in_the_longer_language_and_fits_both_sizes(windows, other_sales, path):
    if path == "monitoring-retraining":  # of the demo, models would first learn for half a minute
        show_shop(other_sales)
    visitor = windows["french"]
    first = visitor.page.url == "about:blank"
    page = visitor.open(f"{path}?lang=fr") if first or path in ALONE else visitor.switch(path)
    trained(page)
    with locales.using("fr"):
        assert page.title() == page.get_by_role("heading", level=1).inner_text() == locales._(PAGES[path])
    answer, figure = top(page, ANSWER.get(path, ".stMain .stMetric")), top(page, INSTEAD.get(path, FIGURE))
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)
        page.wait_for_function(
            "document.documentElement.scrollWidth <= window.innerWidth"
        )  # it does not scroll sideways
        shoot(page, f"{path or 'today'}_{size}")
    page.set_viewport_size(SIZES["desktop"])
    assert answer < figure < SIZES["desktop"]["height"], "the answer and the top of the first figure are above the fold"
    visitor.complain()


def test_the_language_switch_speaks_french_and_is_in_the_url(visit: Visit):
    page = visit.open("?lang=en")
    page.get_by_text("Français", exact=True).click()
    expect(page.get_by_role("heading", name="Aujourd’hui")).to_be_visible()
    expect(page).to_have_url(re.compile("lang=fr"))


def test_figures_follow_the_theme(visit: Visit):
    page = visit.open("churn-explore?lang=en")
    try:
        papers: tuple[tuple[Literal["light", "dark"], str], ...] = (("light", "#FBFCFC"), ("dark", "#0E1A20"))
        for theme, paper in (*papers, papers[0]):
            page.emulate_media(color_scheme=theme)
            for _round in range(100):
                if page.evaluate("document.querySelector('.js-plotly-plot')?._fullLayout?.paper_bgcolor") == paper:
                    break
                page.wait_for_timeout(100)
            else:
                pytest.fail(f"the figures are not {theme}")
    finally:
        page.emulate_media(color_scheme="null")
    visit.complain()


def test_a_question_is_typed_answered_and_gone_on_from(visit: Visit):
    page = visit.open("ask?lang=en")
    question = page.get_by_label("Question", exact=True).first
    question.fill("revenue by store in 2025")
    question.press("Enter")
    expect(page.get_by_text("I understood: Revenue, by store, 2025")).to_be_visible()
    expect(page.locator(FIGURE).first).to_be_visible()
    question.fill("only London")
    question.press("Enter")
    expect(page.get_by_text("London Marylebone, 2025").first).to_be_visible()
    expect(page).to_have_url(re.compile("q=.*LON"))
    settled(page)


def test_a_click_on_a_bar_filters_everything_else_and_a_figure_can_be_taken_away(visit: Visit, tmp_path: Path):
    page = visit.open("churn-explore?lang=en")
    before = metric(page, "Customers")
    # Plotly's bars let the pointer through to its drag layer: click where the first bar is.
    bar = page.locator(".st-key-card-churn_by_contract .bars .point path").last.bounding_box()
    assert bar
    page.mouse.click(bar["x"] + bar["width"] / 2, bar["y"] + bar["height"] / 2)
    expect(page).to_have_url(re.compile(r"f\.contract=Month-to-month"))
    settled(page)
    assert metric(page, "Customers") != before
    page.get_by_role("button", name="Reset").click()
    expect(page).not_to_have_url(re.compile(r"f\.contract"))
    settled(page)
    assert metric(page, "Customers") == before
    menu = page.locator(".st-key-card-churn_by_contract").get_by_test_id("stPopover").get_by_role("button")
    for kind, start in BEGINS.items():
        if not page.get_by_test_id("stPopoverBody").is_visible():
            menu.click()
        with page.expect_download() as saved:
            page.get_by_test_id("stPopoverBody").get_by_role("button", name=kind).click()
        file = tmp_path / kind
        saved.value.save_as(file)
        assert saved.value.suggested_filename == f"churn_by_contract.{kind.lower()}"
        assert file.read_bytes().startswith(start)


def test_a_what_if_moves_by_keyboard_is_in_the_url_and_goes_on_paper(visit: Visit):
    page = visit.open("churn-what-if?lang=en")
    trained(page)
    assert metric(page, "Change, in points") == "no change"
    page.get_by_role("slider", name="Tenure").focus()
    for _year in range(2):
        page.keyboard.press("PageUp")
    expect(page).to_have_url(re.compile("set=tenure"))
    change = page.get_by_test_id("stMetric").filter(has_text="Change, in points")
    expect(change.get_by_test_id("stMetricValue")).to_contain_text("−")
    settled(page)
    expect(page.get_by_text("follows from tenure")).to_be_visible()
    page.get_by_role("button", name="Find", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("customers match")).to_be_visible()
    page.keyboard.press("Escape")
    with page.expect_download() as started:
        page.get_by_role("button", name="This case on one page").click()
    paper = Path(started.value.path()).read_text("utf-8")
    assert "Risk of leaving" in paper
    assert "<script" not in paper


def test_a_file_of_ones_own_is_mapped_checked_and_shown(visit: Visit, tmp_path: Path):
    page = visit.open("data?lang=en&from=upload")
    bad = tmp_path / "bad.csv"
    bad.write_text(CUSTOMERS.replace("C7;non;", "C6;non;"), "latin-1")
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(bad)
    page.get_by_role("button", name="Check and use").click()
    expect(page.get_by_text("2 cells cannot be used").first).to_be_attached(timeout=20_000)
    expect(page.get_by_test_id("stMetric").filter(has_text="Rows")).to_contain_text("3,000")  # what was there stays

    good = tmp_path / "good.csv"
    good.write_text(CUSTOMERS, "latin-1")
    page.reload()
    settled(page)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(good)
    page.get_by_role("button", name="Check and use").click()
    expect(page.get_by_test_id("stMetric").filter(has_text="Rows")).to_contain_text("200", timeout=20_000)
    page.get_by_role("link", name="Explore", exact=True).click()
    expect(page.get_by_role("heading", name="Churn: explore")).to_be_visible()
    expect(page).to_have_title("Churn: explore")
    settled(page)
    assert metric(page, "Customers") == "200"


def test_the_world_is_drawn_without_a_network(visit: Visit):
    page = visit.open("covid?lang=en&view=map")
    shapes = page.locator(".st-key-card-covid_map .choroplethlayer path")
    expect(shapes.first).to_be_attached(timeout=15_000)
    assert shapes.count() >= 20  # the countries of the demo


def test_food_is_searched_when_asked_and_its_names_are_only_text(visit: Visit):
    page = visit.open("food?lang=en&layout=cards")
    page.get_by_role("textbox", name="Product, brand or barcode").fill("oat flakes")
    page.get_by_role("textbox", name="Product, brand or barcode").press("Enter")
    expect(page.get_by_text("Open Food Facts", exact=True).first).to_be_visible()
    settled(page)
    expect(page).to_have_url(re.compile("q=oat"))
    name = page.get_by_text("Plain oat flakes new").first  # "<b>new</b> ..." at the origin
    assert name.inner_text().replace("\u2060", "") == "Plain oat flakes new :material/home: :smile: $x$ _y_"


def test_a_board_is_presented_with_the_keys_and_ends_as_it_was(windows):
    visitor = windows["desktop"]
    page = visitor.open("boards?lang=en&board=sales")
    settled(page)
    page.get_by_role("button", name="Present").click()
    expect(page.get_by_role("heading", name="Sales", exact=True)).to_be_visible()
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    expect(page.get_by_role("button", name="On", exact=True)).to_be_visible()  # it listens for keys
    page.keyboard.press("ArrowRight")
    expect(page.get_by_test_id("stMetric").first).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".stMain .stPlotlyChart")).to_have_count(1)
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_test_id("stMetric").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Boards")).to_be_visible()
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
