"""Figures of the Churn section: titles say what is there and no more, text is safe, pictures hold what they should."""

import io

import numpy as np
import pandas as pd
import pytest

import locales
from charts.churn import explore as charts
from charts.churn import survival as survival_charts
from data.demo import customers as demo
from locales.customers import label, written
from models.churn import explore, survival


@pytest.fixture(scope="module")
def customers():
    return demo.generate(7000, seed=0)


@pytest.fixture(scope="module")
def noise():
    """Customers whose leaving has nothing to do with anything."""
    rng = np.random.default_rng(4)
    return pd.DataFrame(
        {
            "customer_id": np.arange(2000).astype(str),
            "churned": rng.random(2000) < 0.25,
            "region": rng.choice(list("abcdefgh"), 2000),
            "shade": rng.choice(["light", "dark"], 2000),
            "tenure": rng.integers(1, 73, 2000).astype(float),
            "income": rng.gamma(2, 20, 2000),
        }
    )


def title(figure):
    return figure.layout.title.text


def rate_by(frame, column, chosen=()):
    return charts.rate_by(explore.rate_by(frame, column), column, frame["churned"].mean(), list(chosen))


def rate_along(frame, column):
    halves = explore.halves(frame, column)
    return charts.rate_along(explore.rate_along(frame, column), column, frame["churned"].mean(), "USD", halves)


def test_a_slope_that_no_two_points_prove_is_not_called_chance():
    """Visits of a gym: 27 % of the lowest fifth leave and 16 % of the highest; and a number that says nothing."""
    rng = np.random.default_rng(3)
    visits, noise = rng.integers(0, 13, 900), rng.random(900)
    frame = pd.DataFrame({"visits": visits, "noise": noise, "churned": rng.random(900) < 0.28 - 0.013 * visits})
    lower, upper, chance = explore.halves(frame, "visits")
    assert lower == frame.loc[visits <= np.median(visits), "churned"].mean()
    assert upper == frame.loc[visits > np.median(visits), "churned"].mean()
    assert chance < 0.005
    assert "of the lower half leave" in title(rate_along(frame, "visits"))
    assert "no difference" in title(rate_along(frame, "noise"))


def associations(frame):
    matrix = explore.associations(frame)
    return charts.association_heatmap(matrix, explore.foremost(frame, matrix))


def correlations(frame):
    matrix = explore.correlations(frame)
    return charts.correlation_heatmap(matrix, explore.foremost(frame, matrix))


def curves_by(frame, by):
    return survival_charts.survival(survival.kaplan_meier(frame, by), survival.logrank(frame, by), by)


def test_titles_state_the_finding(customers):
    rates = customers.groupby("contract")["churned"].mean()
    times = rates["Month-to-month"] / rates["Two year"]
    expected = f"“Month-to-month” leave {times:.0f} times as often as “Two years”"
    assert expected in title(rate_by(customers, "contract"))
    assert title(rate_along(customers, "tenure")).startswith("Tenure: ")
    assert "leave at 1 month, " in title(rate_along(customers, "tenure"))
    at24 = survival.survival_at(survival.kaplan_meier(customers, "contract"), 24)
    assert f"{at24['Month-to-month']:.0%} of “Month-to-month” (log-rank p < 0.001)" in title(
        curves_by(customers, "contract")
    )
    assert title(associations(customers)).startswith("Contract goes together")
    assert title(correlations(customers)).startswith("The higher tenure, the fewer")
    crossed = explore.crossed(customers, "contract", "internet_service")
    most = f"{crossed.rate.loc['Month-to-month', 'Fiber optic']:.0%}"
    drawn = charts.crossed_heatmap(crossed, dark=False)
    assert drawn.get_suptitle() == (
        f"Contract “Month-to-month” with Internet service “Fibre optic”: {most} leave, the most"
    )


def test_titles_claim_nothing_where_nothing_differs(noise):
    nothing = "no difference that these data can prove"
    assert nothing in title(rate_by(noise, "region"))
    assert nothing in title(rate_along(noise, "income"))
    assert nothing in charts.crossed_heatmap(explore.crossed(noise, "region", "shade"), dark=False).get_suptitle()
    assert "does not separate" in title(curves_by(noise, "region"))
    assert title(associations(noise)).startswith("No column")
    assert title(correlations(noise)).startswith("No number")


def test_chance_does_not_make_titles():
    rng = np.random.default_rng(6)
    claims = []
    for _ in range(60):
        frame = pd.DataFrame({"churned": rng.random(1500) < 0.26, "x": rng.gamma(2, 20, 1500)})
        frame["g"] = rng.choice(list("abcdefghijkl"), 1500)
        claims.append(["no difference" not in t for t in (title(rate_by(frame, "g")), title(rate_along(frame, "x")))])
    assert np.mean(claims, axis=0).max() <= 0.12  # 5 % wanted; 60 draws


def test_forty_customers_of_noise_make_no_column_go_with_leaving():
    rng = np.random.default_rng(16)
    claims = []
    for _ in range(60):
        frame = pd.DataFrame({"customer_id": np.arange(40).astype(str), "churned": rng.random(40) < 0.35})
        frame = frame.assign(**{f"x{n}": rng.normal(size=40) for n in range(3)})
        frame = frame.assign(**{f"g{n}": rng.choice(list("abcd"), 40) for n in range(3)})
        claims.append(["No " not in title(figure) for figure in (associations(frame), correlations(frame))])
    assert np.mean(claims, axis=0).max() <= 0.12  # 5 % wanted; 60 draws


def test_where_few_leave_what_goes_with_it_is_named_and_shares_have_a_decimal():
    rng = np.random.default_rng(5)
    plan, visits = rng.choice(["monthly", "yearly"], 100_000), rng.gamma(2, 1, 100_000)
    left = rng.random(100_000) < np.where(plan == "monthly", 0.012, 0.004) * np.exp(-visits / 2)
    frame = pd.DataFrame({"customer_id": "", "churned": left, "plan": plan, "visits": visits})
    assert title(associations(frame)).startswith("plan goes together with leaving")
    assert title(correlations(frame)).startswith("The higher visits, the fewer customers leave")
    shares = frame.groupby("plan")["churned"].mean()
    drawn = rate_by(frame, "plan")
    assert {f"<b>{share:.1%}</b>" for share in shares} <= {note.text for note in drawn.layout.annotations}
    assert len(set(drawn.layout.xaxis.ticktext)) == len(drawn.layout.xaxis.ticktext) > 2


def test_the_share_beside_a_bar_is_that_of_the_bar_also_where_levels_are_numbers():
    frame = pd.DataFrame({"churned": [True] * 31 + [False] * 69 + [True] * 13 + [False] * 87})
    figure = rate_by(frame.assign(active=[0] * 100 + [1] * 100), "active")
    names = figure.data[0].y
    beside = {names[note.y]: note.text for note in figure.layout.annotations if note.x == 1}
    assert beside == {"0": "<b>31%</b>", "1": "<b>13%</b>"}


def test_a_tiny_level_does_not_hide_the_finding(customers):
    tiny = customers["contract"].where(customers.index > 1, "Pilot")
    assert "“Month-to-month” leave" in title(rate_by(customers.assign(contract=tiny), "contract"))


def test_bars_carry_their_level_and_fade_when_not_chosen(customers):
    bar = rate_by(customers, "contract", chosen=["One year"]).data[0]
    opacity = dict(zip(bar.customdata, bar.marker.opacity, strict=True))
    assert opacity == {"Month-to-month": 0.35, "One year": 1.0, "Two year": 0.35}
    rates = customers.groupby("contract")["churned"].mean()
    assert dict(zip(bar.customdata, bar.x, strict=True)) == pytest.approx(rates.to_dict())
    assert bar.hovertext[-1].startswith("Month-to-month: ")
    assert "customers left" in bar.hovertext[-1]


def test_axes_speak_french(customers):
    with locales.using("fr"):
        figure = rate_along(customers, "total_charges")
        assert figure.layout.yaxis.ticktext[1].replace("\xa0", " ").replace("\u202f", " ").endswith("0 %")
        assert figure.layout.xaxis.ticktext[-1][1] in "\xa0\u202f"


def test_the_survival_band_steps_with_the_curve():
    frame = pd.DataFrame({"churned": [True] * 3 + [False] * 2, "tenure": [2.0, 4.0, 6.0, 8.0, 8.0]})
    curves = survival.kaplan_meier(frame)
    band = survival_charts.survival(curves, None, None).data[0]
    lower = list(zip(band.x, band.y, strict=True))[len(band.x) // 2 :][::-1]
    lo = curves.set_index("time")["lo"]
    # from month 2 to month 4 the lower end is the one of month 2
    assert [x for x, y in lower if y == pytest.approx(lo[2.0])] == [2.0, 4.0]


def test_curves_of_many_moments_stay_small():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"churned": rng.random(5000) < 0.5, "tenure": rng.exponential(20, 5000)})
    figure = survival_charts.survival(survival.kaplan_meier(frame), None, None)
    assert max(len(trace.x) for trace in figure.data) <= 4 * survival_charts.MAX_STEPS
    assert figure.data[1].x[-1] == frame["tenure"].max()


def test_at_most_six_groups_and_no_two_alike(noise):
    lines = [trace for trace in curves_by(noise, "region").data if trace.name]
    assert len(lines) == survival_charts.MAX_GROUPS == len({(line.line.color, line.line.dash) for line in lines})


NASTY = "<b>$5-$10</b> & {more} <script>alert(1)</script>"


def test_text_from_outside_is_only_text(noise):
    frame = noise.assign(shade=np.where(noise["shade"] == "dark", NASTY, "plain"))
    frame["churned"] |= frame["shade"] == NASTY
    for figure in (rate_by(frame, "shade"), curves_by(frame, "shade")):
        texts = [
            str(text)
            for trace in figure.data
            for part in (trace.name, trace.y if trace.type == "bar" else None, trace.hovertext)
            for text in ([part] if isinstance(part, str) else [] if part is None else part)
        ]
        assert any("&lt;script&gt;" in text or "&lt;b&gt;" in text for text in texts)
        assert not any("<script" in text or "<b>" in text for text in texts)
    with io.BytesIO() as target:
        charts.crossed_heatmap(explore.crossed(frame, "shade", "region"), dark=True).savefig(target, format="svg")
        drawn = target.getvalue().decode()
    assert "<script>alert" not in drawn
    assert "&lt;b&gt;$5-$10&lt;" in drawn


@pytest.mark.parametrize("dark", [False, True])
def test_the_crossing_shows_rates_and_counts_and_hides_small_cells(dark):
    frame = pd.DataFrame(
        {"churned": [True, False] * 20 + [True] * 5, "a": ["x"] * 40 + ["y"] * 5, "b": ["u"] * 20 + ["v"] * 25}
    )
    drawn = charts.crossed_heatmap(explore.crossed(frame, "a", "b"), dark)
    texts = [text.get_text() for text in drawn.axes[0].texts]
    assert texts.count("50%\nn = 20") == 2
    assert drawn.get_facecolor() == (0, 0, 0, 0)  # transparent
    assert not any("n = 5" in text and "%" in text for text in texts)


def test_a_triangle_tells_each_pair_once(customers):
    matrix = explore.correlations(customers)
    trace = charts.correlation_heatmap(matrix, None).data[0]
    told = [text for row in trace.text for text in row if text]
    assert len(told) == len(matrix) * (len(matrix) - 1) // 2
    assert trace.z[0][0] == matrix.iloc[1, 0]


def test_figures_of_next_to_nothing_are_still_figures():
    few = pd.DataFrame({"churned": [False] * 3, "tenure": [1.0, 2, 3], "a": ["x"] * 3, "b": ["u", "u", "v"]})
    few.insert(0, "customer_id", list("pqr"))
    assert "too few customers" in title(rate_along(few, "tenure"))
    assert "no difference" in title(rate_by(few, "a"))
    assert title(curves_by(few, "b"))
    assert title(associations(few[["customer_id", "churned", "a"]]))
    assert title(correlations(few))
    assert charts.crossed_heatmap(explore.crossed(few, "a", "b"), dark=False).get_suptitle().startswith("Too few")


def test_labels_know_their_words_and_leave_others():
    assert [label(name) for name in ("internet_service", "True", "Fiber optic", "?")] == [
        "Internet service",
        "Yes",
        "Fibre optic",
        "Not known",
    ]
    assert label("sales_region") == "sales region"


def test_levels_that_are_numbers_are_names_on_an_axis():
    table = pd.DataFrame({"flag": ["0", "1"] * 50, "churned": [True, False] * 50})
    drawn = charts.rate_by(explore.rate_by(table, "flag"), "flag", 0.5, [])
    assert set(drawn.data[0].y) == {"0", "1"}
    assert drawn.layout.autotypenumbers == "strict"  # else plotly puts ticks at 0.5 between them


def test_words_of_other_tables_mean_nothing_to_customers():
    """A stranger's `kind` is no kind of day, a `higher` income not 5 to 20% higher, an `amount` no total of a line."""
    frame = pd.DataFrame({"customer_id": range(400), "kind": ["higher", "lower"] * 200, "churned": [True, False] * 200})
    said = title(charts.rate_by(explore.rate_by(frame, "kind"), "kind", 0.5, []))
    assert said == "kind: “higher” leave more than “lower”, by 100.0 points"
    assert [label(name) for name in ("visit", "amount", "code", "contract", "True")] == [
        "visit", "amount", "code", "Contract", "Yes"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "en", "fr"),
    [
        (1.0, "1 month", "1 mois"),
        (0.0, "0 months", "0 mois"),
        (1.2, "1.2 months", "1,2 mois"),
        (34.0, "34 months", "34 mois"),
    ],
)
def test_months_are_written_as_they_are_read(value, en, fr):
    assert written("tenure", value, "EUR") == en
    with locales.using("fr"):
        assert written("tenure", value, "EUR").replace("\u00a0", " ") == fr
