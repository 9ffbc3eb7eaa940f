"""COVID-19 models against numbers worked out by hand, and against the real files."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

import locales
from charts import paper
from charts.explore import covid as charts
from charts.explore import covid_relations, covid_time, covid_world
from connectors import owid
from data import tables
from data.demo import covid as demo
from models.explore import alike, covid, covid_waves, known
from models.explore.covid import MEASURES, Counts, Measure, Shown
from ui.explore import covid_data

NAN = float("nan")


def panel(start="2023-01-01", **columns):
    length = len(next(iter(columns.values())))
    return pd.DataFrame(columns, pd.date_range(start, periods=length, unit="us"), dtype=float)


def rows(**columns):
    frame = pd.DataFrame(columns)
    frame["date"] = pd.to_datetime(frame["date"]).astype("datetime64[us]")
    return frame.assign(country=frame["country"].astype("category"))


def final(frame, day=None):
    columns = (frame[name] for name in frame if name not in ("country", "date"))
    return covid.final(frame, columns, None if day is None else pd.Timestamp(day))[0]


def reported(values, column="A"):
    return values[column].fillna(-1).tolist()


def test_a_panel_has_every_day_and_no_invented_zero():
    made = covid.panel(
        rows(country=["A", "A", "B"], date=["2023-01-01", "2023-01-04", "2023-01-02"], new_cases=[1.0, 4.0, 0.0]),
        "new_cases",
    )
    assert len(made) == 4
    assert reported(made) == [1, -1, -1, 4]
    assert reported(made, "B") == [-1, 0, -1, -1]


def test_daily_numbers_go_on_from_the_totals_where_they_end():
    new = panel(A=[1, 2, NAN, NAN, NAN, NAN], B=[1, 1, 1, 1, 1, 1])
    total = panel(A=[1, 3, 3, NAN, 10, NAN], B=[1, 2, 3, 4, 5, 6])
    found = covid.daily(new, total)
    assert reported(found.daily) == [1, 2, 0, 3.5, 3.5, -1]  # nothing after the last total
    assert reported(found.filled) == [0, 0, 0, 1, 1, 0]  # on which of the two days the 7 came is not known
    assert reported(found.daily, "B") == [1] * 6
    assert found.continued == {"A": pd.Timestamp("2023-01-02")}


def test_a_correction_is_no_number_of_its_day_and_totals_keep_it():
    new, total = panel(A=[5, 5, -4, 5]), panel(A=[5, 10, 6, 11])
    found = covid.daily(new, total)
    assert reported(found.daily) == [5, 5, -1, 5]
    assert reported(covid.formed(found, "cumulative")) == [5, 10, 6, 11]


def test_a_fall_of_the_total_after_the_daily_numbers_end_is_no_case_either():
    found = covid.daily(panel(A=[1, NAN, NAN]), panel(A=[5, 3, 9]))
    assert reported(found.daily) == [1, -1, 6]


def spread(*totals):
    total = panel(A=totals)
    return covid.daily(total * NAN, total)


def test_sparse_totals_are_spread_over_the_days_between_reports_and_marked():
    found = spread(NAN, 10, NAN, NAN, 40, 41)
    assert reported(found.daily) == [-1, -1, 10, 10, 10, 1]
    assert reported(found.filled) == [0, 0, 1, 1, 1, 0]
    assert reported(spread(10, 8, 9).daily) == [-1, -1, 1]


def test_days_without_a_number_share_what_others_of_these_days_leave():
    found = covid.daily(panel(A=[5, NAN, 4, NAN, 1]), panel(A=[5, NAN, NAN, 15, 16]))
    assert reported(found.daily) == [5, 3, 4, 3, 1]
    assert reported(found.filled) == [0, 1, 0, 1, 0]


def test_a_long_silence_stays_empty():
    assert spread(0, *[NAN] * 27, 28).daily["A"].iloc[1:].tolist() == [1] * 28
    assert spread(0, *[NAN] * 28, 29).daily["A"].isna().all()


def test_a_line_joins_reports_that_are_near():
    assert reported(covid.joined(panel(A=[NAN, 10, NAN, 40, NAN]))) == [-1, 10, 25, 40, -1]
    far = covid.joined(panel(A=[0, *[NAN] * 28, 29]))
    assert far["A"].notna().sum() == 2


def test_groups_take_the_published_average_where_it_is_nearer_to_the_total():
    total = panel(A=[0, 10, 4, 14, 24], B=[0, 10, 4, 14, 24])  # a member of the group stopped and began again
    average, groups = panel(A=[0, 6, 6, 6, 6], B=[0, 6, 6, 6, 6]), ["A"]
    found = covid.grouped(covid.daily(total * NAN, total), average, groups)
    assert reported(found.daily) == [0, 6, 6, 6, 6]
    assert reported(found.daily, "B") == [-1, 10, -1, 10, 10]
    assert found.smooth == ("A",)
    assert found.sums == {}  # it adds up
    assert reported(covid.formed(found, "average")) == [0, 6, 6, 6, 6]  # not averaged again


def test_the_real_africa_s_doses_are_dated_and_add_up_as_the_publisher_s(home, real_data):
    file = real_data / "owid" / "real_legacy67_AFG_OWIDAFR.csv"
    table = owid.dataset(file).frames["covid"]
    found = covid.counts(table, MEASURES["doses"], ["Africa"])
    published = pd.read_csv(file, usecols=["location", "new_vaccinations"]).groupby("location").sum()
    assert published.loc["Africa"].item() == 41_958_498  # a day's doses at the publisher
    assert found.daily["Africa"].sum() == 39_520_074  # what total_vaccinations grew by: days and totals agree
    assert found.sums == {}
    # Afghanistan reported people fully vaccinated on 2021-08-20 and on 2021-11-14, and nothing between.
    full = covid.counts(table, MEASURES["fully_vaccinated"])
    for form in ("level", "change"):
        values = covid.formed(full, form)["Afghanistan"]
        assert values.loc["2021-08-21":"2021-11-13"].isna().all(), form
    ranked = covid.ranking(covid.formed(full, "level"), pd.Timestamp("2021-11-13")).loc["Afghanistan"]
    assert (ranked["value"], ranked["day"]) == (430_744, pd.Timestamp("2021-08-20"))
    assert np.isnan(ranked["change"])


def test_kenya_s_tests_keep_the_day_of_their_report(home, real_data):
    table = owid.dataset(real_data / "owid" / "real_legacy67_IND_KEN_cleaned.csv").frames["covid"]
    found = covid.formed(covid.counts(table, MEASURES["tests"]), "cumulative")
    kenya = covid.ranking(found, pd.Timestamp("2021-12-16")).loc["Kenya"]
    assert kenya["day"] == pd.Timestamp("2021-05-04")
    assert np.isnan(kenya["change"])


def test_every_wave_is_as_high_as_its_days(home, real_data):
    checked = 0
    for file in ("real_legacy67_AFG_OWIDAFR.csv", "real_legacy67_IND_KEN_cleaned.csv"):
        table = owid.dataset(real_data / "owid" / file).frames["covid"]
        for measure in ("cases", "deaths"):
            average = covid.formed(covid.counts(table, MEASURES[measure]), "average")
            for name in average:
                for wave in covid_waves.waves(average[name]).itertuples():
                    days = average[name].loc[wave.start : wave.trough if pd.notna(wave.trough) else None]
                    assert (days.max(), days.idxmax()) == (wave.height, wave.peak)
                    checked += 1
    assert checked > 20


def test_averages_and_sums_of_weekly_reports():
    counts = Counts(panel(A=[0, 0, 0, 0, 0, 0, 70] * 2), panel(A=[0] * 6 + [70] * 7 + [140]), {})
    average = covid.formed(counts, "average")["A"]
    assert average.iloc[:5].isna().all()
    assert average.iloc[6:].tolist() == [10] * 8
    assert covid.formed(counts, "weekly")["A"].iloc[-1] == 70
    assert covid.formed(counts, "biweekly")["A"].iloc[-1] == 140
    assert covid.formed(counts, "new") is counts.daily


def test_no_sum_is_dated_after_the_last_report():
    counts = Counts(panel(A=[10.0] * 7 + [NAN] * 3), panel(A=[NAN] * 10), {})
    for form, value in (("average", 10), ("weekly", 70)):
        assert reported(covid.formed(counts, form))[-4:] == [value, -1, -1, -1]


def test_what_is_published_as_an_average_is_not_averaged_again():
    smooth = panel(A=range(20))
    counts = Counts(smooth, smooth * NAN, smooth=("A",))
    assert covid.formed(counts, "average").equals(smooth)
    assert covid.formed(counts, "weekly")["A"].iloc[-1] == 7 * 19
    assert covid.formed(counts, "biweekly")["A"].iloc[-1] == 7 * (19 + 12)
    assert "new" not in MEASURES["tests"].forms


def test_one_missing_day_in_seven_is_forgiven_two_are_not():
    one, two = Counts(panel(A=[7, NAN, 7, 7, 7, 7, 7]), panel(A=[NAN] * 7), {}), panel(A=[7, NAN, NAN, 7, 7, 7, 7])
    assert covid.formed(one, "average")["A"].iloc[-1] == 7
    assert covid.formed(one, "weekly")["A"].iloc[-1] == 42
    assert np.isnan(covid.formed(Counts(two, two * NAN, {}), "average")["A"].iloc[-1])


def test_the_change_is_week_against_week_and_absent_where_there_was_nothing():
    counts = Counts(panel(A=[10] * 7 + [15] * 7, B=[0] * 7 + [15] * 7), panel(A=[0] * 14, B=[0] * 14), {})
    change = covid.formed(counts, "change").iloc[-1]
    assert change["A"] == pytest.approx(0.5)
    assert np.isnan(change["B"])
    level = panel(A=[100, *[NAN] * 6, 80])
    assert covid.formed(Counts(level, level, {}), "change")["A"].iloc[-1] == pytest.approx(-0.2)


def test_totals_are_of_the_days_on_which_they_were_reported():
    total = panel(A=[NAN, 10, NAN, 40, NAN])
    assert reported(covid.formed(Counts(total, total, {}), "cumulative")) == [-1, 10, -1, 40, -1]


def test_per_head():
    values, people = panel(A=[5]), pd.Series({"A": 2_000_000.0})
    assert covid.relative(values, people, "million")["A"].iloc[0] == 2.5
    assert covid.relative(values, people, "hundred")["A"].iloc[0] == 0.00025
    assert covid.relative(values, people, "absolute") is values


def test_groups_have_no_continent_or_a_known_name_and_kosovo_is_a_country():
    names = [
        "Asia excl. China",
        "England",
        "European Union (27)",
        "Kosovo",
        "Low income",
        "Peru",
        "Unheard of",
        "World",
    ]
    codes = ["OWID_X", "OWID_ENG", "OWID_EUR", "OWID_KOS", "OWID_LIC", "PER", "OWID_Y", "OWID_WRL"]
    continents = ["Asia", "Europe", "Europe", "Europe", None, "South America", None, None]
    made = rows(country=names, date=["2023-01-01"] * 8, code=codes, continent=continents, population=[1.0] * 8)
    found = covid.countries(final(made))
    assert found.index[~found["group"]].tolist() == ["Kosovo", "Peru"]
    assert found.loc["Kosovo", "code"] == "OWID_KOS"


def test_what_is_known_of_a_country_is_its_last_report():
    made = rows(
        country=["A", "A", "B"],
        date=["2023-01-01", "2023-01-02", "2023-01-01"],
        continent=["Asia"] * 3,
        population=[100.0, NAN, 50.0],
        total_cases=[10.0, NAN, NAN],
        people_vaccinated=[40.0, 60.0, 5.0],
        median_age=[30.0, 30.0, NAN],
    )
    assert covid.countries(final(made))["population"].tolist() == [100, 50]
    assert final(made, pd.Timestamp("2023-01-01"))["people_vaccinated"].tolist() == [40, 5]
    last = final(made).rename(columns={"total_cases": "cases", "people_vaccinated": "vaccinated"})
    stand = covid.standing(last, last)  # totals stand as they are, of whatever days
    assert stand["cases"].fillna(-1).tolist() == [100_000, -1]
    assert stand["vaccinated"].tolist() == [60, 10]
    assert "deaths" not in stand


def test_the_latest_number_is_the_last_reported_however_old():
    values = panel(A=[1, 2, NAN, NAN], B=[NAN, 5, 6, NAN], C=[NAN] * 4)
    found = covid.latest(values, values.index[-1])
    assert found["value"].to_dict() == {"A": 2, "B": 6}
    assert found["day"].dt.day.to_dict() == {"A": 2, "B": 3}
    assert covid.latest(values, values.index[0])["value"].to_dict() == {"A": 1}


def test_the_ranking_compares_with_seven_days_before_that_number():
    values = panel(A=[10, *[NAN] * 6, 15, NAN], B=[0, *[NAN] * 7, 20])
    ranked = covid.ranking(values, values.index[-1])
    assert ranked.index.tolist() == ["B", "A"]
    assert ranked.loc["A", ["value", "before", "change"]].tolist() == [15, 10, 0.5]
    assert np.isnan(ranked.loc["B", "change"])


def test_outbreaks_are_aligned_on_the_day_the_total_reached_the_threshold():
    values, total = (
        panel(A=[1, 2, 3, 4], B=[5, 6, 7, 8], C=[9, 9, 9, 9]),
        panel(A=[0, 99, 100, 300], B=[500] * 4, C=[1] * 4),
    )
    found = covid.aligned(values, total, 100)
    assert list(found) == ["A", "B"]
    assert found["A"].dropna().tolist() == [3, 4]
    assert found["B"].tolist() == [5, 6, 7, 8]


def bumps(*heights, days=80, floor=1.0):
    """Bell-shaped waves, one after the other."""
    return np.concatenate([floor + h * np.exp(-0.5 * ((np.arange(days) - days / 2) / 9) ** 2) for h in heights])


def test_waves_have_a_start_a_peak_and_a_trough():
    series = panel(A=bumps(100, 300, 50))["A"]
    found = covid_waves.waves(series)
    assert len(found) == 3
    peaks = (found["peak"] - series.index[0]).dt.days
    assert peaks.tolist() == pytest.approx([40, 120, 200], abs=1)
    assert found["height"].tolist() == pytest.approx([101, 301, 51], rel=0.01)
    assert (found["start"] < found["peak"]).all()
    assert (found["peak"] < found["trough"])[:2].all()
    assert (found["trough"].iloc[:2].to_numpy() <= found["start"].iloc[1:].to_numpy()).all()
    assert found["total"].sum() == pytest.approx(series.sum(), rel=0.05)


def test_a_wave_that_still_runs_has_no_trough():
    found = covid_waves.waves(panel(A=bumps(100, 300)[:125])["A"])
    assert found["trough"].isna().tolist() == [False, True]


def test_ripples_and_silence_are_no_waves():
    steady = 100 + 10 * np.sin(np.arange(300) / 8)
    assert covid_waves.waves(panel(A=steady)["A"]).empty
    assert covid_waves.waves(panel(A=[0] * 50)["A"]).empty
    assert covid_waves.waves(panel(A=[NAN] * 50)["A"]).empty


def test_a_comparison_says_how_many_times_and_how_much_later():
    values = panel(A=[1, 4, 2, NAN], B=[2, 2, 6, 9], C=[NAN] * 4)
    (found,) = covid.compare(values, "A", ["A", "B", "C"])
    assert (found.country, found.day, found.value) == ("B", values.index[2], 6)
    assert found.other == 2
    assert found.usual == pytest.approx(10 / 7)
    assert (found.highest, found.later) == (values.index[2], 1)


@pytest.mark.parametrize(
    ("ratio", "words", "french"),
    [
        (0, "next to nothing", "presque rien"),
        (0.04, "less than a tenth as much", "plus de dix fois moins"),
        (0.105, "about a tenth as much", "environ dix fois moins"),
        (0.15, "85% less", "85 % de moins"),
        (0.198, "about a fifth as much", "environ cinq fois moins"),
        (0.344, "about a third as much", "environ trois fois moins"),
        (0.8, "20% less", "20 % de moins"),
        (0.97, "about as much", "à peu près autant"),
        (1.2, "20% more", "20 % de plus"),
        (2.05, "about twice as much", "environ le double"),
        (5.53, "5.5 times as much", "5,5 fois plus"),
        (27.3, "27 times as much", "27 fois plus"),
    ],
)
def test_a_comparison_is_said_as_one_says_it(ratio, words, french):
    day, peak = pd.Timestamp("2023-03-01"), pd.Timestamp("2023-02-01")
    one = covid.Comparison("Germany", day, 100 * ratio, 100.0, 1.0, peak, -3)
    shown = Shown("cases", "average", "million")
    (told,) = charts.sentences([one], "France", shown, day)
    assert told == (
        f"Germany: {charts.written(100 * ratio, shown)}; {words}; over the whole period about as much; "
        "peaked 3 days earlier, on 1 Feb 2023."
    )
    with locales.using("fr"):
        assert french in charts.sentences([one], "France", shown, day)[0].replace("\N{NO-BREAK SPACE}", " ").replace(
            "\u202f", " "
        )


def test_what_adds_up_has_no_peak_and_what_may_be_below_zero_no_ratio():
    day = pd.Timestamp("2023-03-01")
    one = covid.Comparison("Kenya", day - pd.Timedelta(days=1), 5.0, -2.5, 1.0, day, 0)
    (excess,) = charts.sentences([one], "France", Shown("excess", "level", "absolute"), day)
    assert excess == "Kenya: 5.00 on 28 Feb 2023, when France had −2.50; 7.50 higher."
    (total,) = charts.sentences([replace(one, other=2.5)], "France", Shown("deaths", "cumulative", "million"), day)
    assert total == "Kenya: 5.00 on 28 Feb 2023, when France had 2.50; about twice as much."


@pytest.mark.parametrize(
    ("change", "words"),
    [(0.1234, "+12%"), (-0.0004, "±0%"), (0.0, "±0%"), (-0.004, "−0.4%"), (-0.0996, "−10%"), (0.5, "+50%")],
)
def test_a_change_has_a_sign_and_never_minus_nothing(change, words):
    assert charts.written_change(change) == words
    assert charts.written(change, Shown("cases", "change", "absolute")) == words


def test_a_number_below_zero_has_a_minus_and_no_hyphen():
    assert charts.written(-5.21, Shown("excess", "level", "absolute")) == "−5.21"
    assert charts.written(-0.001, Shown("excess", "level", "absolute")) == "0.00"


def test_a_title_says_only_what_the_weeks_show():
    shown = Shown("cases", "average", "million")

    def title(values, shown=shown):
        return covid_relations.heatmap(values, shown, dark=False).layout.title.text

    apart = panel(A=[1] * 40 + [9] + [1] * 60, B=[1] * 90 + [9] + [1] * 10)
    assert title(apart).startswith("A peaked first, in Feb 2023, and B last, in Apr")
    alike = apart.assign(C=apart["A"], D=apart["A"])
    assert title(alike).startswith("3 of these 4 countries peaked in Feb 2023")
    total = Shown("cases", "cumulative", "million")
    assert "peaked" not in title(alike.cumsum(), total)


def test_figures_are_the_same_on_paper():
    """What is drawn from a first day on has its days there, too."""
    values = panel(A=range(60), B=range(60, 0, -1))
    shown = Shown("cases", "average", "million")
    lines = paper.plain(covid_time.lines(values, values.isna(), shown, False).to_dict())["data"]
    assert [(str(one["x"][0])[:10], str(one["x"][-1])[:10]) for one in lines] == [("2023-01-01", "2023-03-01")] * 2
    weeks = covid.weeks(values)
    cells = paper.plain(covid_relations.heatmap(weeks, shown, dark=False).to_dict())["data"][0]
    assert pd.DatetimeIndex(cells["x"]).equals(weeks.index.as_unit("ms"))
    assert list(cells["y"]) == ["B", "A"]  # B was highest first
    assert cells["z"][1].tolist() == weeks["A"].tolist()
    assert paper.drawn(covid_relations.heatmap(weeks, shown, dark=False), 4, 3, "sans-serif").startswith(b"%PDF")


def test_correlations_are_drawn_once_each_under_the_numbers_of_their_names():
    matrix = pd.DataFrame([[1, 0.5, NAN], [0.5, 1, -0.9], [NAN, -0.9, 1]], list("abc"), list("abc"))
    drawn = covid_relations.correlations(matrix, {"a": "One", "b": "Two", "c": "Three"})
    assert drawn.layout.title.text == "“Two” and “Three” go together most (rank correlation −0.90)"
    assert drawn.layout.yaxis.ticktext == ("One <b>1</b>", "Two <b>2</b>", "Three <b>3</b>")
    assert [list(row) for row in drawn.data[0].text] == [["", "", ""], ["0.50", "", ""], ["", "−0.90", ""]]


def test_numbers_are_carried_to_the_days_of_a_figure_with_the_day_they_are_of():
    values = panel(A=[1, NAN, 3, NAN], B=[NAN, NAN, NAN, 8])
    numbers, when = covid.carried(values, values.index[[1, 3]])
    assert reported(numbers) == [1, 3]
    assert reported(numbers, "B") == [-1, 8]
    assert when["A"].dt.day.tolist() == [1, 3]
    assert when["B"].isna().tolist() == [True, False]


@pytest.mark.parametrize(("days", "most"), [(2_360, 60), (30, 60), (1, 60), (420, 60)])
def test_the_days_of_a_figure_that_plays(days, most):
    found = covid.frames(pd.date_range("2020-01-05", periods=days), most)
    assert 1 <= len(found) <= most
    assert found[-1] == pd.Timestamp("2020-01-05") + pd.Timedelta(days=days - 1)
    assert set(np.diff(found) // np.timedelta64(7, "D") * np.timedelta64(7, "D")) == set(np.diff(found))


def test_weeks_end_on_the_last_day():
    assert covid.weeks(panel(A=range(16)))["A"].tolist() == [1, 8, 15]


def test_rank_correlations_need_enough_countries():
    table = pd.DataFrame({"x": range(12), "y": [v**3 for v in range(12)], "z": [1.0, 2.0] + [NAN] * 10})
    found = covid.correlations(table)
    assert found.loc["x", "y"] == pytest.approx(1)
    assert np.isnan(found.loc["x", "z"])


def test_the_demo_behaves_like_the_real_file():
    frame = demo.generate(pd.Timestamp("2026-03-14").date())
    assert frame.equals(demo.generate(pd.Timestamp("2026-03-14").date()))
    known = covid.countries(final(frame))
    assert known["group"].sum() == 7
    assert not known.loc["Kosovo", "group"]
    found = covid.counts(frame, MEASURES["cases"])
    assert list(found.continued) == [demo.ENDS]
    counted, total = found.daily.sum(), found.total.ffill().iloc[-1]
    same = [name for name in known.index if name not in (demo.CORRECTED, "Europe", "World")]
    assert counted[same].to_numpy() == pytest.approx(total[same].to_numpy(), rel=1e-3)
    kenya = frame[frame["country"] == "Kenya"].set_index("date")["new_cases"]
    assert (kenya[kenya.index.day_of_week != 6] == 0).all()
    assert len(covid_waves.waves(covid.formed(found, "average")["Germany"])) >= 5


def test_the_smoothed_figures_of_a_real_file_are_those_of_its_publisher(home, real_data):
    path = real_data / "owid" / "real_legacy67_IND_KEN_cleaned.csv"
    raw = (
        pd.read_csv(path)
        .assign(date=lambda f: pd.to_datetime(f["date"]))
        .pivot_table(index="date", columns="location", values=["new_cases_smoothed", "new_cases_smoothed_per_million"])
    )
    frame = owid.dataset(path).main
    average = covid.formed(covid.counts(frame, MEASURES["cases"]), "average")
    india = raw["new_cases_smoothed"]["India"].loc["2021-01-01":"2022-12-31"]
    ours = average["India"].reindex(india.index)
    same = (ours - india).abs() < 0.001
    assert same.sum() >= 700  # of 730; whoever cleaned this copy filled in a few days, on each of which averages depend
    million = covid.relative(average, covid.countries(final(frame))["population"], "million")["India"].reindex(
        india.index
    )
    theirs = raw["new_cases_smoothed_per_million"]["India"].reindex(india.index)
    assert million[same].to_numpy() == pytest.approx(theirs[same].to_numpy(), abs=0.002)


def test_the_real_africa_is_a_group_and_albania_a_country(home, real_data):
    older = covid.countries(final(owid.dataset(real_data / "owid/real_legacy67_AFG_OWIDAFR.csv").main))
    assert older["group"].to_dict() == {"Afghanistan": False, "Africa": True}
    newer = covid.countries(final(owid.dataset(real_data / "owid/real_compact_rows_DEU_CHE_ALB.csv").main))
    assert not newer["group"].any()


def test_a_measure_knows_its_columns_and_forms():
    assert Measure("t", "d").columns == ["t", "d"]
    assert Measure(level="x").forms == ["level", "change"]
    assert Measure(level="x", signed=True).forms == ["level"]
    assert covid.usual("vaccinated").per == "hundred"
    assert covid.usual("hospital").per == "million"
    assert Shown("vaccinated", "level", "hundred").grows
    assert not Shown("hospital", "level", "million").grows
    assert covid.usual("deaths") == Shown("deaths", "cumulative", "million")
    assert covid.usual("positivity").share


def test_a_report_that_is_far_from_others_is_a_point():
    values = panel(A=[1, 2, *[NAN] * 30, 9])
    drawn = covid.joined(values)
    shown = Shown("fully_vaccinated", "level", "hundred")
    line, point = covid_time.lines(drawn, drawn.isna(), shown, log=False).data
    assert (line.mode, point.mode) == ("lines", "markers")
    assert (point.y.tolist(), str(point.x[0])[:10]) == ([9], "2023-02-02")


def test_ratios_need_enough_cases_and_are_those_of_the_totals(home, real_data):
    table = owid.dataset(real_data / "owid" / "real_legacy67_IND_KEN_cleaned.csv").frames["covid"]
    found = covid.formed(covid.counts(table, MEASURES["fatality"]), "level")["India"].dropna()
    rows = table[table["country"] == "India"].set_index("date")
    assert found.index[0] == rows.index[rows["total_cases"] >= 100][0]
    last = rows.loc[found.index[-1]]
    assert found.iloc[-1] == pytest.approx(last["total_deaths"] / last["total_cases"])
    assert Shown("fatality", "level", "absolute").share


def course(days, peaks, heights):
    when = np.arange(days)
    return 2 + sum(h * np.exp(-0.5 * ((when - p) / 20) ** 2) for p, h in zip(peaks, heights, strict=True))


def test_a_country_that_is_a_delayed_and_stretched_copy_is_found_alike():
    peaks, days = [60, 200, 330, 470], 700
    model = course(days, peaks, [100, 300, 80, 500])
    later = np.interp((np.arange(days) - 35) / 1.05, np.arange(days), model, left=0.1)  # 5 weeks later, 5% slower
    values = panel(
        Model=model,
        Copy=later,
        Flatter=course(days, peaks, [100, 120, 80, 180]),  # the nearest where weeks are not moved
        Noise=np.random.default_rng(0).lognormal(3.5, 1.2, days),
        Other=course(days, [120, 260, 400], [400, 50, 300]),
    )
    courses = alike.courses(covid.aligned(values, values.cumsum(), 100), 70)
    found = alike.nearest(courses, "Model")
    assert found.index[0] == "Copy"
    assert found.index[-1] != "Copy"
    assert found.loc["Copy", "times"] < 1.15 < 1.8 < found.loc["Noise", "times"]
    assert found.loc["Copy", "later"] > 1
    assert abs(found.loc["Flatter", "later"]) < found.loc["Copy", "later"]
    assert alike.nearest(courses, "Model", band=0).index[0] == "Flatter"
    same = alike.nearest(courses.assign(Twin=3 * courses["Model"]), "Model").loc["Twin"]
    assert same["times"] <= 3.0 + 1e-9  # three times as much all along, before any week is moved
    assert alike.nearest(courses, "Nowhere").empty


def test_the_factor_is_what_dynamic_time_warping_worked_out_by_hand_says():
    courses = pd.DataFrame({"A": [1.0, 1, 8, 1, 1], "B": [1.0, 1, 1, 8, 1], "C": [1.0, 1, 4, 1, 1]}, range(1, 6))
    found = alike.nearest(courses, "A")
    assert found.loc["B", "times"] == pytest.approx(1)  # one week later, and else the same
    assert found.loc["B", "later"] > 0
    assert found.loc["C", "times"] == pytest.approx(2 ** (1 / 5))  # twice as much in one of five weeks


def test_courses_need_most_of_their_weeks():
    aligned = pd.DataFrame({"A": range(70), "B": [*range(40), *[NAN] * 30]}, dtype=float)
    assert list(alike.courses(aligned, 10)) == ["A"]
    assert alike.courses(aligned, 10)["A"].tolist() == [6 + 7 * week for week in range(10)]
    assert list(alike.courses(aligned, 12)) == []


def test_what_was_known_on_a_day_does_not_change_with_what_came_later(home, real_data):
    table = owid.dataset(real_data / "owid" / "real_legacy67_IND_KEN_cleaned.csv").frames["covid"]
    demo_table = demo.generate(pd.Timestamp("2026-03-14").date())
    spain = demo_table[demo_table["country"] == demo.ENDS]
    for rows, country in ((table, "Kenya"), (table, "India"), (spain, demo.ENDS)):
        for measure in ("cases", "stringency"):
            whole = known.known(covid.counts(rows, MEASURES[measure]), measure, country)
            for day in pd.to_datetime(["2020-11-05", "2021-03-06", "2021-12-31", "2025-03-30"]):
                then = rows[rows["date"] <= day]
                if then["country"].eq(country).any() and then["date"].max() == day:
                    told = known.known(covid.counts(then, MEASURES[measure]), measure, country)
                    assert told.equals(whole.loc[:day]), (country, measure, day)


def test_a_share_of_a_later_total_was_not_known_before_it():
    new, total = panel(A=[1.0] * 7 + [NAN, NAN, NAN, 5]), panel(A=[*range(1, 8), NAN, NAN, 37, 42])
    found = known.known(covid.daily(new, total), "cases", "A")
    assert found.iloc[-3] == found.iloc[-4] == found.iloc[-5] == 1  # the last one reported
    assert found.iloc[-2] == pytest.approx((4 + 30) / 7)
    assert found.index[0] == new.index[5]
    silent = panel(A=[3.0, *[NAN] * 40])
    assert known.known(Counts(silent, silent), "stringency", "A").notna().sum() == covid.GAP + 1


@pytest.mark.parametrize(
    ("country", "measure", "value"),
    [
        ("Switzerland", "excess", 25.713408),
        ("Switzerland", "excess_deaths", -687.7999),
        ("Germany", "excess_deaths", -6599.801),
        ("Switzerland", "excess_total", -79.61929),
        ("Switzerland", "admissions", 1122),
        ("Switzerland", "intensive_care", 429),
        ("Switzerland", "hospital", 1440),
        ("Albania", "tests_per_case", 7.320754716981132),
    ],
)
def test_the_last_numbers_of_a_real_file_are_those_of_its_columns(home, real_data, country, measure, value):
    table = owid.dataset(real_data / "owid" / "real_compact_rows_DEU_CHE_ALB.csv").frames["covid"]
    values = covid.formed(covid.counts(table, MEASURES[measure]), "level")[country].dropna()
    assert values.iloc[-1] == pytest.approx(value, rel=1e-5)


def test_a_number_of_people_is_not_set_beside_that_of_other_countries():
    last = pd.DataFrame({"population": [1e6], "excess_deaths": [5.0], "hospital": [3.0]})
    days = pd.DataFrame(dict.fromkeys(last, pd.to_datetime(["2023-01-01"])))
    assert list(covid.standing(last, days)) == ["hospital"]


def test_one_number_by_another_is_of_one_day_where_countries_are_compared(home, real_data):
    # Afghanistan's last total of tests is of 2022-06-23: 994,894, over 181,574 cases of that day, not over the 235,214
    # of two years later. Kenya's: 3,728,165 over 330,478 of 2022-06-22, not over its last 342,932.
    for file, country, told in (
        ("real_legacy67_AFG_OWIDAFR.csv", "Afghanistan", 5.479275667),
        ("real_legacy67_IND_KEN_cleaned.csv", "Kenya", 11.281129152),
    ):
        stored = tables.add(home, owid.dataset(real_data / "owid" / file), datetime(2026, 3, 1, tzinfo=UTC))
        stand = covid_data.standing(stored, stored.span[1])
        assert stand.loc[country, "tests_per_case"] == pytest.approx(told, rel=1e-6)
        fatal = tables.read(stored, rows=tables.among("country", [country])).dropna(
            subset=["total_cases", "total_deaths"]
        )
        shares = fatal["total_deaths"] / fatal["total_cases"]
        assert stand.loc[country, "fatality"] == pytest.approx(shares.iloc[-1], rel=1e-6)
        assert "Africa" not in stand.index


def test_levels_of_another_time_go_together_with_nothing():
    day = pd.Timestamp("2023-03-01")
    last = pd.DataFrame({"population": [1e6] * 4, "hospital": [9.0, 2.0, 1.0, NAN], "cases": [1.0, 2.0, 3.0, 4.0]})
    days = pd.DataFrame({"hospital": [day - pd.Timedelta(days=15), day - pd.Timedelta(days=14), day, pd.NaT]})
    found = covid.standing(last, days.assign(cases=day))
    assert found["hospital"].fillna(-1).tolist() == [-1, 2, 1, -1]
    assert found["cases"].tolist() == [1, 2, 3, 4]
    assert covid.of_one_time(days["hospital"].to_numpy()[:0]).tolist() == []


def test_what_plays_a_figure_is_below_every_line_of_its_axis_title():
    days = pd.to_datetime(["2023-01-01", "2023-03-01"])
    places = []
    for title in ("GDP", "Confirmed cases, in all, per million people"):
        frame = pd.DataFrame({"x": [1.0], "y": 2.0, "population": 1e6, "continent": "Asia", "day": days[0]}, ["India"])
        layout = covid_relations.scatter(dict.fromkeys(days, frame), title, "y", (False, False), NAN).layout
        lines = layout.xaxis.title.text.count("<br>") + 1
        size = layout.xaxis.title.font.size or 14
        places.append((lines, layout.sliders[0].pad.t, layout.updatemenus[0].pad.t))
        assert layout.sliders[0].pad.t >= 26 + lines * 1.3 * size  # 26: the numbers of the axis
    (one, slider, menu), (two, lower, lowest) = places
    assert two > one
    assert lower - slider == lowest - menu > 0


def test_a_bubble_has_the_day_of_a_report_that_is_old():
    days = pd.to_datetime(["2023-01-01", "2023-03-01"])
    frame = pd.DataFrame(
        {"x": [1.0, 2.0], "y": [3.0, 4.0], "population": [1e6, 2e6], "continent": "Asia", "day": days},
        ["India", "Nepal"],
    )
    figure = covid_relations.scatter({days[1]: frame}, "x", "y", (False, False), NAN)
    assert next(list(trace.text) for trace in figure.data if len(trace.x)) == [
        "India (last reported 1 Jan 2023)",
        "Nepal",
    ]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"Kenya": [9, *[0] * 30], "India": [9, *[NAN] * 30]}, "Only Kenya was reported lately: 0"),
        ({"Kenya": [9, *[0] * 30], "India": [9, *[0] * 30]}, "Zero in each of 2 countries"),
        ({"Kenya": [9, *[0] * 30], "India": [9, *[1] * 30]}, "India"),
    ],
)
def test_nobody_leads_alone_or_with_nothing(values, says):
    numbers, shown = panel(**values), Shown("cases", "average", "absolute")
    day = numbers.index[-1]
    figure = covid_world.ranking(covid.ranking(numbers, day), shown, day, [])
    known, asof = covid.carried(numbers, numbers.index[-1:])
    codes = pd.Series({"Kenya": "KEN", "India": "IND"})
    world = covid_world.world(known, asof, known.isna(), codes, shown, "World", dark=False)
    assert all(one.layout.title.text.startswith(says) for one in (figure, world))


def test_levels_of_another_time_do_not_compare_but_totals_do():
    values = panel(A=[9.0] + [NAN] * 59, B=[NAN] * 59 + [2.0], C=[NAN] * 50 + [1.0] * 10)
    ranked = covid.ranking(values, values.index[-1])
    assert ranked.index.tolist() == ["A", "B", "C"]
    assert covid.alike(ranked, grows=False).index.tolist() == ["B", "C"]
    assert covid.alike(ranked, grows=True).index.tolist() == ["A", "B", "C"]
    assert covid.alike(ranked.loc[["A"]], grows=False).index.tolist() == ["A"]  # where all are old, they compare


REAL = ("real_legacy67_AFG_OWIDAFR.csv", "real_legacy67_IND_KEN_cleaned.csv")


@pytest.mark.parametrize("file", REAL)
def test_what_is_known_on_any_day_is_what_a_database_finds_last(home, real_data, file):
    stored = tables.add(home, owid.dataset(real_data / "owid" / file), datetime(2026, 3, 1, tzinfo=UTC))
    rows = tables.read(stored)
    names = [name for name in rows if name not in ("country", "date")]
    last = ", ".join(f"arg_max({name}, date) FILTER ({name} IS NOT NULL) AS {name}" for name in names)
    newest = ", ".join(f"max(date) FILTER ({name} IS NOT NULL) AS {name}" for name in names)
    text = dict.fromkeys(("code", "continent"), "str")
    for day in ("2020-01-10", "2021-11-13", "2026-01-01"):
        found = covid.final(rows, (rows[name] for name in names), pd.Timestamp(day))
        shuffled = rows.sample(frac=1, random_state=0)
        again = covid.final(shuffled, (shuffled[name] for name in names), pd.Timestamp(day))
        for one, other, parts in zip(found, again, (last, newest), strict=True):
            asked = tables.query(
                stored, f"SELECT country, {parts} FROM covid WHERE date <= '{day}' GROUP BY 1 ORDER BY 1"
            )
            kinds = text if parts is last else "datetime64[us]"
            pd.testing.assert_frame_equal(
                one.astype(kinds), asked.set_index("country").astype(kinds), check_exact=True, check_index_type=False
            )
            pd.testing.assert_frame_equal(other, one)


@pytest.mark.parametrize("file", REAL)
def test_one_country_by_itself_has_the_numbers_that_it_has_among_all(home, real_data, file):
    stored = tables.add(home, owid.dataset(real_data / "owid" / file), datetime(2026, 3, 1, tzinfo=UTC))
    known = covid_data.countries(stored)
    for measure in covid_data.measures(stored):
        for form in MEASURES[measure].forms:
            shown = Shown(measure, form, MEASURES[measure].per if MEASURES[measure].counted else "absolute")
            whole, filled = covid_data.panel(stored, shown), covid_data.filled(stored, shown)
            for name in known.index:
                mine, days = covid_data.course(stored, shown, name)
                pd.testing.assert_frame_equal(mine, whole[[name]], check_exact=True, check_names=False)
                assert (days is None) == (filled is None)
                assert days is None or days[name].equals(filled[name])
        total = covid_data.counts(stored, measure).total
        if MEASURES[measure].total:
            assert covid_data.total(stored, measure, list(known.index)).equals(total[list(known.index)])
        played = covid.frames(total.index, 30)
        stands = covid.carried(covid_data.panel(stored, covid.usual(measure)), played)
        for made, stand in zip(covid_data.standings(stored, measure, played), stands, strict=True):
            pd.testing.assert_frame_equal(made, stand, check_exact=True)
