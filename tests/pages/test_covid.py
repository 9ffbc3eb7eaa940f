"""COVID-19: every view in both languages, inputs in the URL, and what is lacking said in words."""

import json
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

import locales
import settings
from charts.explore import covid as charts
from connectors import owid
from data import demo, schemas, tables
from data.dataset import Dataset, Origin
from models.explore.covid import Shown

pytestmark = pytest.mark.same_data("covid")


def figures(app):
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


VIEWS = {
    "time": 1,
    "map": 1,
    "ranking": 1,
    "country": 2,
    "alike": 1,
    "relations": 2,
    "weeks": 1,
}


@pytest.mark.parametrize(("view", "lang"), [(view, lang) for view in VIEWS for lang in ("en", "fr")])
def test_every_view_shows_its_figures_in_both_languages(visit, view, lang):
    app = visit("covid", lang=lang, view=view)
    assert len(figures(app)) == VIEWS[view]


def keep(frame):
    dataset = Dataset("covid", {"covid": schemas.check("covid", frame)}, Origin("upload", "mine.csv"))
    return tables.add(settings.get().home, dataset, datetime(2026, 1, 5, tzinfo=UTC))


def metric(app, label):
    return next(card.value for card in app.metric if card.label.startswith(label))


def test_the_numbers_are_those_of_the_table(visit):
    app = visit("covid", countries=["Germany", "Kenya"], form="weekly", per="absolute")
    frame = tables.read(tables.active(settings.get().home, "covid"))
    germany = frame[frame["country"] == "Germany"]
    assert metric(app, "Germany") == f"{germany['new_cases'].iloc[-7:].sum():,.0f}"
    drawn = figures(app)[0]["data"]
    assert [trace["name"] for trace in drawn] == ["Germany", "Kenya"]
    week = np.array(drawn[0]["y"], float)
    assert week[-1] == pytest.approx(germany["new_cases"].iloc[-7:].sum(), rel=1e-6)


def test_the_inputs_are_in_the_url_and_come_back_from_it(visit):
    wanted = {
        "countries": ["Spain", "World"],
        "reference": "World",
        "measure": "deaths",
        "form": "biweekly",
        "per": "absolute",
        "log": "1",
        "shape": "small",
    }
    app = visit("covid", **wanted)
    assert app.multiselect(key="countries").value == ["Spain", "World"]
    assert {key: app.query_params[key] for key in wanted} == wanted
    assert figures(app)[0]["layout"]["yaxis"]["type"] == "log"


def test_a_period_in_the_url_cuts_the_figure(visit):
    span = tables.active(settings.get().home, "covid") or store_demo()
    first, last = (when.date() for when in span.span)
    end = last - timedelta(days=300)
    app = visit("covid", period=[first.isoformat(), end.isoformat()], view="ranking")
    assert locales.day(end) in " ".join(one.value for one in app.markdown)
    outside = visit("covid", period=["1999-01-01", "1999-02-01"])
    assert "period" not in outside.query_params


def test_a_calendar_and_years_set_the_period_exactly(visit):
    app = visit("covid", period=["2026-01-01", "2026-02-01"])
    first, last = (when.date() for when in tables.active(settings.get().home, "covid").span)
    app.session_state["covid-days"] = True
    app.run()
    assert list(app.date_input(key="covid.days").value) == list(app.slider(key="period").value)
    exact = first + timedelta(days=101), last - timedelta(days=13)
    app.date_input(key="covid.days").set_value(exact).run()
    assert tuple(app.slider(key="period").value) == exact
    assert app.query_params["period"] == [day.isoformat() for day in exact]
    next(one for one in app.button if one.label == str(last.year - 1)).click().run()
    assert tuple(app.slider(key="period").value) == (date(last.year - 1, 1, 1), date(last.year - 1, 12, 31))
    next(one for one in app.button if one.label == "All days").click().run()
    assert "period" not in app.query_params


def test_each_measure_has_its_usual_scale_and_shares_one_of_their_own(visit):
    assert visit("covid", measure="vaccinated").selectbox(key="share").value == "hundred"
    app = visit("covid", measure="deaths", per="absolute")
    assert app.selectbox(key="per").value == "absolute"
    app.selectbox(key="measure").set_value("vaccinated").run()
    assert app.selectbox(key="share").value == "hundred"


def test_the_comparison_the_cards_and_the_table_agree_and_have_no_hyphen_for_a_minus(visit):
    app = visit("covid", countries=["Germany", "France"], reference="France")
    frame = tables.read(tables.active(settings.get().home, "covid"))
    daily = frame.pivot_table(index="date", columns="country", values="new_cases")[["France", "Germany"]]
    now, before = daily.iloc[-7:].mean(), daily.iloc[-14:-7].mean()
    people = frame.groupby("country", observed=True)["population"].last()
    million = now / people[now.index] * 1e6
    said = " ".join(one.value for one in [*app.markdown, *app.caption]).replace("\\", "")
    assert (
        f"Compared with France** ({charts.written(million['France'], Shown('cases', 'average', 'million'))} on" in said
    )
    assert f"Germany: {charts.written(million['Germany'], Shown('cases', 'average', 'million'))}; " in said
    assert f"{charts.written_change(now['France'] / before['France'] - 1)} in a week" in said
    shown = app.table[0].value.map(lambda text: text.replace("\\", ""))
    assert shown.loc["Germany", "Change in a week"] == charts.written_change(now["Germany"] / before["Germany"] - 1)
    assert not any(text.startswith("-") for text in shown.to_numpy().ravel())


def test_the_waves_of_all_countries_chosen_are_one_table(visit):
    app = visit("covid", view="country", countries=["Germany", "Kenya"], waves="chosen")
    listed = app.dataframe[0].value
    assert set(listed["Country"]) == {"Germany", "Kenya"}
    assert (listed["Start"] < listed["Peak"]).all()
    assert listed.groupby("Country")["Wave"].max().min() > 2
    highest = listed.loc[listed["Country"] == "Germany", "Height at the peak"].max()
    card = next(one.value for one in app.metric if one.label == "Highest in the period")
    assert card == charts.written(highest, Shown("cases", "average", "million"))


def test_who_is_alike_is_told_by_a_factor_and_says_how_it_was_found(visit):
    app = visit("covid", view="alike", reference="Germany", measure="deaths")
    drawn = figures(app)[0]["data"]
    listed = app.table[0].value
    assert drawn[0]["name"] == "Germany"
    assert [trace["name"] for trace in drawn[1:]] == listed.index[: len(drawn) - 1].tolist()
    assert "Germany" not in listed.index
    assert "World" not in listed.index
    factors = listed["Differs by a factor of"].str.replace("\\", "").astype(float)
    assert factors.is_monotonic_increasing
    assert factors.iloc[0] >= 1
    said = " ".join(one.value for one in app.caption).replace("\\", "")
    assert "confirmed deaths, 7-day average, per million people" in said
    assert "4 weeks (28 days)" in said
    signed = visit("covid", view="alike", measure="excess")
    assert any("confirmed cases are compared" in one.value for one in signed.caption)


def test_excess_deaths_stand_beside_the_p_score_and_an_index_is_not_per_head(visit):
    app = visit("covid", view="country", measure="excess")
    named = " ".join(note["text"] for note in figures(app)[0]["layout"]["annotations"])
    assert "P-score" in named
    assert "Excess deaths of all causes" in named
    assert "Vaccine doses" in named
    assert "0 to 100, per" not in named
    assert any("Karlinsky" in one.value for one in app.caption)


def store_demo():
    made = demo.dataset("covid", datetime.now(UTC).date())
    return tables.add(settings.get().home, made, datetime.now(UTC))


@pytest.mark.parametrize("along", ["cases", "deaths"])
def test_outbreaks_can_be_aligned(visit, along):
    drawn = figures(visit("covid", along=along))[0]
    assert drawn["data"][0]["x0"] == 0
    assert "Days since" in drawn["layout"]["xaxis"]["title"]["text"]


def test_daily_numbers_that_go_on_from_totals_are_said_to(visit):
    said = " ".join(one.value for one in visit("covid", countries=["Spain", "Kenya"]).caption)
    assert "Daily numbers end before the totals" in said
    assert "Spain" in said
    assert "Kenya" not in said


def test_the_demo_is_called_simulated_and_sources_are_named(visit):
    app = visit("covid")
    said = " ".join(one.value for one in [*app.caption, *app.markdown])
    assert "Demo (simulated)" in said.replace("\\", "")
    assert "Mathieu" in said
    assert "CC BY 4.0" in said
    assert "World Health Organization" in said


def test_the_map_has_countries_and_no_groups_and_plays(visit):
    drawn = figures(visit("covid", view="map"))[0]
    assert drawn["data"][0]["locationmode"] == "ISO-3"
    assert "OWID_KOS" in drawn["data"][0]["locations"]
    assert "OWID_WOR" not in drawn["data"][0]["locations"]
    assert 2 <= len(drawn["frames"]) <= charts.FRAMES
    outlines = json.loads((settings.ROOT / "ui/assets/world_110m.json").read_text())
    known = {shape["id"] for shape in outlines["objects"]["countries"]["geometries"]}
    assert set(drawn["data"][0]["locations"]) <= known


@pytest.mark.parametrize("view", ["map", "relations"])
def test_a_figure_shown_again_keeps_its_title_and_follows_language_and_period(visit, view):
    def titles(app):
        found = [one.value for one in app.markdown if one.value.startswith("**")]
        assert found
        assert all("title" not in one["layout"] or not one["layout"]["title"].get("text") for one in figures(app))
        return found, [chart.proto.alt for chart in app.get("plotly_chart")]

    app = visit("covid", view=view)
    first, drawn = titles(app), figures(app)
    app.multiselect(key="countries").set_value(["Kenya"]).run()
    assert (titles(app), figures(app)) == (first, drawn)
    assert titles(visit("covid", view=view, lang="fr")) != first
    last = tables.active(settings.get().home, "covid").span[1].date()
    period = [(last - timedelta(days=500)).isoformat(), (last - timedelta(days=300)).isoformat()]
    assert figures(visit("covid", view=view, period=period)) != drawn  # a rank correlation may be the same


@pytest.mark.parametrize("view", VIEWS)
def test_a_small_file_without_most_columns_says_what_it_lacks(visit, home, view):
    text = "country,date,total_cases,new_cases,total_deaths,new_deaths,code,continent,population\n"
    text += "".join(f"<b>Here</b>,2023-01-{day:02d},{day},1,0,0,HER,Asia,1000\n" for day in range(1, 6))
    (home / "small.csv").write_text(text)
    keep(owid.dataset(home / "small.csv").main)
    app = visit("covid", view=view)
    assert "<b>" not in " ".join(trace.get("name", "") for one in figures(app) for trace in one["data"])
    assert "reported nothing of this in the period" in " ".join(one.value for one in app.caption)


@pytest.mark.parametrize("view", VIEWS)
def test_a_file_of_one_country_and_day_is_shown_and_other_continents_are_empty(visit, home, view):
    (home / "one.csv").write_text(
        "country,date,total_cases,new_cases,total_deaths,new_deaths,code,continent,population\n"
        "A$b*c_d,2023-01-01,10,1,0,0,AAA,Asia,1000\n"
    )
    keep(owid.dataset(home / "one.csv").main)
    app = visit("covid", view=view, form="cumulative", region="Africa")
    assert app.metric[0].value == "10,000"
    if view in ("map", "ranking"):
        assert app.info


@pytest.mark.parametrize(
    ("view", "measure", "form"),
    [
        ("time", "positivity", "level"),
        ("map", "excess", "level"),
        ("ranking", "vaccinated", "level"),
        ("country", "doses", "weekly"),
        ("country", "fully_vaccinated", "level"),
        ("time", "fatality", "level"),
        ("weeks", "deaths", "change"),
    ],
)
def test_measures_of_every_kind_are_drawn(visit, view, measure, form):
    app = visit("covid", view=view, measure=measure, form=form)
    assert app.metric
    assert len(figures(app)) == VIEWS[view]
    if measure == "fully_vaccinated":  # which has no waves: those of the cases stand over it
        assert "Confirmed cases" in figures(app)[0]["layout"]["annotations"][0]["text"]
    if measure == "fatality":
        assert any("not the risk of who falls ill" in one.value for one in app.caption)


def test_no_country_chosen_gets_a_sentence(visit):
    app = visit("covid")
    app.multiselect(key="countries").set_value([]).run()
    assert "Choose a country" in app.info[0].value


def test_the_page_data_offers_the_download_and_shows_the_demo(visit):
    app = visit("data", table="covid", **{"from": "download"})
    assert any("590,000 rows" in one.value for one in app.caption)
    assert any(settings.get().owid_url.split("/")[-1] in one.value.replace("\\", "") for one in app.caption)
