"""Boards as files: what stands in them is what the cards say, text is text, and nothing asks the network."""

import io
import json
import re
import zipfile
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from pypdf import PdfReader

import locales
import settings
from charts import paper, theme
from charts.ask import report_pdf, report_web, report_xlsx, reporting
from charts.ask.content import About, Content
from models.ask.board import Card

ASSETS = settings.ROOT / "ui" / "assets"
OUTLINES = json.loads((ASSETS / "world_110m.json").read_text("utf-8"))
ABOUT = About("Board & <b>", "Store: Bath", "shop.csv, version 1", datetime(2026, 3, 14, 10, tzinfo=UTC))
EVIL = '=HYPERLINK("http://evil.example")</script><script>alert(1)</script>'


def bars() -> go.Figure:
    figure = theme.figure("Bath has the most", x="Revenue", yaxis={"tickvals": [0, 1], "ticktext": ["Bath", "York"]})
    return figure.add_trace(go.Bar(x=[30.0, 20.0], y=[0, 1], orientation="h", name="Revenue", text=["€30", "€20"]))


def lines() -> go.Figure:
    steps = pd.date_range("2026-01-01", periods=3, freq="MS")
    figure = theme.figure("Up", xaxis=theme.time_axis(steps))
    for name, values in (("now", [1.0, 2.0, 4.0]), ("then", [1.0, 1.0, 1.0])):
        figure.add_trace(go.Scatter(x=steps, y=values, name=name, mode="lines+markers"))
    return figure


def heat() -> go.Figure:
    x, y = ({"tickvals": [0, 1], "ticktext": names} for names in (["a", "b"], ["c", "d"]))
    return theme.figure("Warm", xaxis=x, yaxis=y).add_trace(go.Heatmap(z=[[1.0, 2.0], [3.0, np.nan]]))


TABLE = pd.DataFrame({"Name": [EVIL, "plain", None], "Units": [1.0, 2.5, np.nan]})
NUMBER = pd.DataFrame({"Revenue": [50.0]})
CARDS = [
    (
        Card("number", width=3),
        Content("Revenue", "in 2026", "€50.00", "€40.00 then", table=pd.DataFrame({"Revenue": [50.0]})),
    ),
    (
        Card("figure"),
        Content("Bath has the most", "in 2026", figure=bars(), dimension="store", levels=("Bath", "York")),
    ),
    (Card("figure"), Content("Up", "by month", figure=lines())),
    (Card("figure"), Content("Warm", figure=heat())),
    (Card("table", width=12), Content("Products", "all", table=TABLE)),
    (Card("words"), Content("Note", text=f"Line one\n{EVIL} 東京")),
]


def text(file: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(file)).pages)


@pytest.mark.parametrize("slides", [False, True])
def test_a_pdf_says_what_the_cards_say_and_its_figures_are_text_and_vectors(slides):
    made = reporting.file(".pdf", ABOUT, CARDS, ASSETS, OUTLINES, slides)
    said = text(made)
    for word in (
        "Board & <b>",
        "Store: Bath",
        "version 1",
        "14 Mar 2026",
        "€50.00",
        "€40.00 then",
        "York",
        "HYPERLINK",
    ):
        assert word in said
    assert "€30" in said  # in a figure
    pages = PdfReader(io.BytesIO(made)).pages
    assert len(pages) == (7 if slides else len(pages))
    assert not any(page.images for page in pages)
    wide, high = pages[0].mediabox.width, pages[0].mediabox.height
    assert float(wide / high) == pytest.approx(16 / 9 if slides else 210 / 297, abs=0.01)


def test_the_same_board_is_the_same_pdf():
    first, second = (reporting.file(".pdf", ABOUT, CARDS, ASSETS, OUTLINES) for _time in range(2))
    assert first == second


def test_a_long_table_goes_on_with_its_head_and_says_what_it_leaves_out():
    rows = report_pdf.ROWS + 40
    table = pd.DataFrame({"Product": [f"p{row}" for row in range(rows)], "Units": range(rows)})
    made = report_pdf.pdf(ABOUT, [(Card("table", width=12), Content("All", "sales", table=table))], ASSETS, {})
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(made)).pages]
    assert len(pages) == 2
    assert all("Product" in page for page in pages)
    assert "p59" in pages[1]
    assert "p60" not in "".join(pages)
    assert "and 40 more" in pages[1]


def test_numbers_are_whole_beside_names_without_end():
    table = pd.DataFrame({"Product": ["long " * 60, "b"], "Revenue": [38_923_451.25, 1.0], "Units": [7_654_321, 2]})
    for slides in (False, True):
        said = text(report_pdf.pdf(ABOUT, [(Card("table", width=12), Content("All", table=table))], ASSETS, {}, slides))
        assert "38,923,451.25" in said
        assert "7,654,321" in said


def test_what_paper_cannot_draw_is_its_table():
    tree = go.Figure(go.Treemap(labels=["a"], parents=[""], values=[1]))
    card = (Card("picture"), Content("Tree", figure=tree, table=pd.DataFrame({"Leaf": ["oak"], "Count": [3]})))
    assert "oak" in text(report_pdf.pdf(ABOUT, [card], ASSETS, {}))


@pytest.mark.parametrize(
    "cards", [[], [(Card("words"), Content("", text=""))], [(Card("words"), Content("", text="x" * 5000))]]
)
def test_a_board_of_nothing_or_of_one_endless_word_is_a_pdf(cards):
    assert PdfReader(io.BytesIO(reporting.file(".pdf", About("", "", "", ABOUT.made), cards, ASSETS, OUTLINES))).pages


def cells(file: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(file)) as book:
        return {name: book.read(name).decode("utf-8", "replace") for name in book.namelist()}


def test_a_workbook_has_a_sheet_a_card_with_charts_of_its_own_and_no_formula():
    made = report_xlsx.workbook(ABOUT, CARDS)
    parts = cells(made)
    frames = pd.read_excel(io.BytesIO(made), sheet_name=None, header=None, engine="calamine")
    assert list(frames) == ["Board & <b>", "Bath has the most", "Up", "Warm", "Products"]
    assert frames["Board & <b>"].iloc[4, :3].tolist() == ["Revenue", 50.0, "€50.00"]
    assert frames["Bath has the most"].iloc[4:, :2].values.tolist() == [["Bath", 30], ["York", 20]]
    assert frames["Up"].iloc[3].tolist() == [" ", "now", "then"] or frames["Up"].iloc[3, 1:].tolist() == ["now", "then"]
    assert frames["Up"].iloc[-1, 1:].tolist() == [4, 1]
    assert frames["Warm"].iloc[4:, 0].tolist() == ["c", "d"]
    assert frames["Products"].iloc[4, 0] == EVIL
    charts = [part for name, part in parts.items() if name.startswith("xl/charts/")]
    assert sorted(re.search(r"<c:(bar|line)Chart>", part)[1] for part in charts) == ["bar", "line"]
    sheets = "".join(part for name, part in parts.items() if name.startswith("xl/worksheets/"))
    assert "colorScale" in sheets
    assert "<f>" not in sheets
    assert "hyperlink" not in sheets.lower()


def test_sheets_of_one_name_are_told_apart():
    twice = [(Card("table"), Content("A" * 40 + "/[x]", table=pd.DataFrame({"a": [1]}))) for _time in range(3)]
    frames = pd.read_excel(io.BytesIO(report_xlsx.workbook(ABOUT, twice)), sheet_name=None, engine="calamine")
    assert len(frames) == 4
    assert all(len(name) <= 31 for name in frames)


def test_a_page_for_a_browser_escapes_what_it_is_given_and_loads_nothing():
    pointed = bars()
    pointed.data[0].hovertext = [EVIL, "York"]
    cards = [*CARDS, (Card("figure"), Content(EVIL, EVIL, figure=pointed))]
    made = report_web.page(ABOUT, cards, {}).decode()
    body = made[made.index("<body>") :]
    assert "alert(1)</script>" not in body
    assert "&lt;script&gt;alert(1)" in body
    assert "Board &amp; &lt;b&gt;" in body
    head = made[: made.index("<body>")]
    assert not re.search(r"<(script|link|img)[^>]*(src|href)=", head + body)
    assert "€50.00" in body


def test_maps_bring_their_outlines_along():
    world = go.Figure(go.Choropleth(locations=["FRA"], z=[1.0], locationmode="ISO-3"))
    card = (Card("map"), Content("Map", figure=world))
    made = reporting.file(".html", ABOUT, [card], ASSETS, OUTLINES).decode()
    assert "PlotlyGeoAssets={" in made
    drawn = reporting.file(".pdf", ABOUT, [card], ASSETS, OUTLINES)
    assert len(drawn) > len(reporting.file(".pdf", ABOUT, [(Card("words"), Content("Map"))], ASSETS, OUTLINES)) + 20_000


def test_french_is_french_to_the_foot_of_the_page():
    with locales.using("fr"):
        said = text(reporting.file(".pdf", ABOUT, CARDS, ASSETS, OUTLINES))
    assert "14 mars 2026" in said


# --- figures on paper


def test_figures_of_all_kinds_are_drawn_from_what_they_hold():
    steps = pd.date_range("2026-01-01", periods=4)
    figure = theme.figure("Kinds", yaxis={"range": [0, 5]}, shapes=[theme.across(2.0), theme.upright(steps[1])])
    figure.add_trace(theme.band(steps, [1, 1, 1, 1], [2, 3, 2, 3], theme.STAY))
    figure.add_trace(go.Scatter(x=steps, y=[1, 2, np.nan, 3], mode="lines+markers+text", text=["a", "b", "c", "déjà"]))
    figure.add_trace(
        go.Scatter(x=steps, y=[1, 2, 3, 4], mode="markers", marker={"color": [1, 2, 3, 4], "symbol": "diamond"})
    )
    figure.add_trace(go.Bar(x=steps, y=[1, 2, 3, 4], error_y=theme.interval([1, 2, 3, 4], [0, 1, 2, 3], [2, 3, 4, 5])))
    assert paper.drawable(figure)
    assert "déjà" in text(paper.drawn(figure, 4, 3, report_pdf.FAMILY))
    fall = go.Figure(go.Waterfall(x=["a", "b", "c"], y=[5, -2, 0], measure=["absolute", "relative", "total"]))
    assert paper.drawable(fall)
    assert paper.drawn(fall, 4, 3, report_pdf.FAMILY).startswith(b"%PDF")


def test_a_waterfall_falls_where_it_should():
    trace = {"measure": ["absolute", "relative", "relative", "total"]}
    base, long, _paint = paper._falls(trace, np.array([10.0, -4.0, 3.0, 0.0]))
    assert (base + np.minimum(long, 0)).tolist() == [0, 6, 6, 0]
    assert long.tolist() == [10, -4, 3, 9]


def test_cells_lie_around_their_middles_also_where_there_is_one_column():
    assert paper._edges(np.array([0.0, 1.0, 3.0])).tolist() == [-0.5, 0.5, 2.0, 4.0]
    assert paper._edges(np.array([2.0])).tolist() == [1.5, 2.5]
    one = go.Figure(go.Heatmap(z=[[1.0], [2.0]], x=["only"], y=["a", "b"]))
    assert b" re" in PdfReader(io.BytesIO(paper.drawn(one, 3, 2, report_pdf.FAMILY))).pages[0].get_contents().get_data()


def test_what_is_left_out_is_said_on_paper():
    about = About("b", "", "", ABOUT.made, "Not shown: Basket needs invoices")
    for kind in reporting.KINDS:
        made = reporting.file(kind, about, CARDS, ASSETS, OUTLINES)
        said = text(made) if kind == ".pdf" else "".join(cells(made).values()) if kind == ".xlsx" else made.decode()
        assert "Not shown: Basket needs invoices" in said
    table = pd.DataFrame({"a": range(100)})
    slides = report_pdf.pdf(ABOUT, [(Card("table"), Content("t", table=table))], ASSETS, {}, slides=True)
    shown = text(slides)
    count = 100 - max(row for row in range(100) if f"\n{row}\n" in shown) - 1
    assert f"and {count} more" in shown


def test_colours_and_text_of_plotly_are_read():
    assert paper._colour("rgba(255, 0, 16, 0.5)") == ("#ff0010", 0.5)
    assert paper.unmarked("a<br>b <b>c</b> &lt;d&gt;") == "a\nb c <d>"
    packed = go.Figure(go.Heatmap(z=np.arange(6.0).reshape(2, 3))).to_dict()
    assert paper.plain(packed)["data"][0]["z"].tolist() == [[0, 1, 2], [3, 4, 5]]
