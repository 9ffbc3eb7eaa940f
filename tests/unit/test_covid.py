"""COVID-19 models against numbers worked out by hand, and against the real files."""

import numpy as np
import pandas as pd
import pytest

from connectors import owid
from data.demo import covid as demo
from models import covid
from models.covid import MEASURES, Counts, Measure, Shown

NAN = float("nan")


def panel(start="2023-01-01", **columns):
    length = len(next(iter(columns.values())))
    return pd.DataFrame(columns, pd.date_range(start, periods=length, unit="us"), dtype=float)


def rows(**columns):
    frame = pd.DataFrame(columns)
    frame["date"] = pd.to_datetime(frame["date"]).astype("datetime64[us]")
    return frame.assign(country=frame["country"].astype("category"))


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
    assert reported(found.daily) == [1, 2, 0, 0, 7, -1]  # nothing after the last total
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


def test_sparse_totals_are_spread_over_the_days_between_reports():
    assert reported(covid.spread(panel(A=[NAN, 10, NAN, NAN, 40, NAN]))) == [-1, -1, 10, 10, 10, -1]
    assert reported(covid.spread(panel(A=[10, 8, 9]))) == [-1, -1, 1]


def test_averages_and_sums_of_weekly_reports():
    counts = Counts(panel(A=[0, 0, 0, 0, 0, 0, 70] * 2), panel(A=[0] * 6 + [70] * 7 + [140]), {})
    average = covid.formed(counts, "average")["A"]
    assert average.iloc[:5].isna().all()
    assert average.iloc[6:].tolist() == [10] * 8
    assert covid.formed(counts, "weekly")["A"].iloc[-1] == 70
    assert covid.formed(counts, "biweekly")["A"].iloc[-1] == 140
    assert covid.formed(counts, "new") is counts.daily


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


def test_totals_are_carried_forward_up_to_the_last_report_only():
    total = panel(A=[NAN, 10, NAN, 40, NAN])
    assert reported(covid.formed(Counts(total, total, {}), "cumulative")) == [-1, 10, 10, 40, -1]


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
    found = covid.countries(made)
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
    assert covid.countries(made)["population"].tolist() == [100, 50]
    stand = covid.standing(made)
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
    found = covid.waves(series)
    assert len(found) == 3
    peaks = (found["peak"] - series.index[0]).dt.days
    assert peaks.tolist() == pytest.approx([40, 120, 200], abs=1)
    assert found["height"].tolist() == pytest.approx([101, 301, 51], rel=0.01)
    assert (found["start"] < found["peak"]).all()
    assert (found["peak"] < found["trough"])[:2].all()
    assert (found["trough"].iloc[:2].to_numpy() <= found["start"].iloc[1:].to_numpy()).all()
    assert found["total"].sum() == pytest.approx(series.sum(), rel=0.05)


def test_a_wave_that_still_runs_has_no_trough():
    found = covid.waves(panel(A=bumps(100, 300)[:125])["A"])
    assert found["trough"].isna().tolist() == [False, True]


def test_ripples_and_silence_are_no_waves():
    steady = 100 + 10 * np.sin(np.arange(300) / 8)
    assert covid.waves(panel(A=steady)["A"]).empty
    assert covid.waves(panel(A=[0] * 50)["A"]).empty
    assert covid.waves(panel(A=[NAN] * 50)["A"]).empty


def test_a_comparison_says_how_many_times_and_how_much_later():
    values = panel(A=[1, 4, 2, NAN], B=[2, 2, 6, 9], C=[NAN] * 4)
    (found,) = covid.compare(values, "A", ["A", "B", "C"])
    assert (found.country, found.day, found.value) == ("B", values.index[2], 6)
    assert found.ratio == 3
    assert found.usual == pytest.approx(10 / 7)
    assert found.later == 1


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
    known = covid.countries(frame)
    assert known["group"].sum() == 7
    assert not known.loc["Kosovo", "group"]
    found = covid.counts(frame, MEASURES["cases"])
    assert list(found.continued) == [demo.ENDS]
    counted, total = found.daily.sum(), found.total.ffill().iloc[-1]
    same = [name for name in known.index if name not in (demo.CORRECTED, "Europe", "World")]
    assert counted[same].to_numpy() == pytest.approx(total[same].to_numpy(), rel=1e-3)
    kenya = frame[frame["country"] == "Kenya"].set_index("date")["new_cases"]
    assert (kenya[kenya.index.day_of_week != 6] == 0).all()
    assert len(covid.waves(covid.formed(found, "average")["Germany"])) >= 5


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
    million = covid.relative(average, covid.countries(frame)["population"], "million")["India"].reindex(india.index)
    theirs = raw["new_cases_smoothed_per_million"]["India"].reindex(india.index)
    assert million[same].to_numpy() == pytest.approx(theirs[same].to_numpy(), abs=0.002)


def test_the_real_africa_is_a_group_and_albania_a_country(home, real_data):
    older = covid.countries(owid.dataset(real_data / "owid/real_legacy67_AFG_OWIDAFR.csv").main)
    assert older["group"].to_dict() == {"Afghanistan": False, "Africa": True}
    newer = covid.countries(owid.dataset(real_data / "owid/real_compact_rows_DEU_CHE_ALB.csv").main)
    assert not newer["group"].any()


def test_a_measure_knows_its_columns_and_forms():
    assert Measure("t", "d").columns == ["t", "d"]
    assert Measure(level="x").forms == ["level", "change"]
    assert covid.usual("deaths") == Shown("deaths", "cumulative", "million")
    assert covid.usual("positivity").share
