"""The sales overview: every figure reconciles with the lines it came from."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

import locales
from charts.sales import overview as charts
from charts.sales import pareto
from data import demo, tables
from data.schemas import GOODS
from models.sales import overview


def lines(rows, **more):
    """A sales table of (day, line_type, quantity, unit_price, invoice, customer, category, store)."""
    names = ["timestamp", "line_type", "quantity", "unit_price", "invoice", "customer", "category", "store"]
    frame = pd.DataFrame(rows, columns=names).assign(product="P", **more)
    return frame.assign(timestamp=pd.to_datetime(frame["timestamp"]))


SMALL = lines(
    [
        ("2026-03-02 09:00", "sale", 2, 10.0, "2", "A", "toys", "x"),
        ("2026-01-05 10:00", "sale", 1, 5.0, "1", "A", "toys", "x"),
        ("2026-01-05 10:00", "sale", 1, 7.0, "1", "A", "bags", "x"),
        ("2026-01-06 10:00", "return", -1, 5.0, "C1", "A", "toys", "x"),
        ("2026-01-07 10:00", "return", -1, 9.0, "C2", "D", "toys", "x"),
        ("2026-02-01 10:00", "sale", 1, 20.0, "3", "B", None, "y"),
        ("2026-03-02 12:00", "sale", 1, 30.0, "4", "B", "bags", "y"),
        ("2026-03-03 12:00", "sale", 1, 40.0, "5", None, "bags", "y"),
        ("2026-03-03 12:00", "shipping", 1, 3.0, "5", None, "post", "z"),
    ]
)


@pytest.fixture(scope="module")
def shop():
    """The demo's lines, and the same as goods."""
    frame = demo.dataset("sales", date(2026, 3, 14)).main
    return frame, overview.goods(frame)


def whole(sold):
    return sold.days[0], sold.days[-1]


def test_key_figures_are_those_of_the_lines():
    sold = overview.goods(SMALL)
    now = overview.measures(sold).iloc[0]
    assert now["revenue"] == 5 + 7 - 5 - 9 + 20 + 20 + 30 + 40
    assert now["returned"] == 14
    assert now["return_share"] == pytest.approx(14 / 122)
    assert now["orders"] == 5
    assert now["basket"] == pytest.approx(122 / 5)
    assert now["customers"] == 2  # not D, who only sent something back, nor the one nobody knows
    assert list(sold.lines["store"].array.categories) == ["x", "y"]  # shipping is no goods
    assert sold.lines["category"].astype(str).tolist().count(overview.UNKNOWN) == 1


def test_filters_combine_and_an_empty_choice_keeps_all():
    sold = overview.goods(SMALL)
    assert overview.keep(sold, {"category": [], "store": []}) is sold
    kept = overview.keep(sold, {"category": ["bags"], "store": ["y"]})
    assert overview.measures(kept)["revenue"].item() == 70
    assert kept.is_open.sum() == sold.is_open.sum()
    nothing = overview.keep(sold, {"category": [overview.UNKNOWN], "store": ["x"]})
    assert nothing.lines.empty
    assert overview.measures(nothing)["revenue"].item() == 0
    assert np.isnan(overview.measures(nothing)["basket"].item())


def test_both_ends_of_a_period_belong_to_it():
    sold = overview.goods(SMALL)
    assert overview.measures(overview.between(sold, pd.Timestamp("2026-02-01"), pd.Timestamp("2026-03-02")))[
        "revenue"
    ].item() == (20 + 20 + 30)
    assert overview.between(sold, pd.Timestamp("2025-01-01"), pd.Timestamp("2025-12-31")).lines.empty


@pytest.mark.parametrize("gone", ["invoice", "customer", "category", "store"])
@pytest.mark.parametrize("how", ["absent", "empty"])
def test_a_column_that_says_nothing_is_absent(gone, how):
    frame = SMALL.drop(columns=gone) if how == "absent" else SMALL.assign(**{gone: None})
    sold = overview.goods(frame[[name for name in overview.wanted(frame.columns) if name in frame]])
    assert gone not in sold.lines
    now = overview.measures(sold).iloc[0]
    assert now["revenue"] == 108
    assert ("orders" in now, "basket" in now) == (gone != "invoice",) * 2
    assert ("customers" in now) == (gone != "customer")


def test_no_goods_at_all_is_no_error():
    sold = overview.goods(SMALL[SMALL["line_type"].eq("shipping")])
    assert sold.lines.empty
    assert len(sold.days) == 0


def test_the_steps_of_the_sparkline_add_up_and_end_with_the_period(shop):
    frame, sold = shop
    end = sold.days[-1]
    year = overview.sparkline(sold, end - pd.Timedelta(days=363), end)
    assert len(year) == 52
    assert year["revenue"].sum() == pytest.approx(
        overview.measures(overview.between(sold, end - pd.Timedelta(days=363), end))["revenue"].item()
    )
    last = frame[frame["line_type"].isin(GOODS) & (frame["timestamp"] >= end - pd.Timedelta(days=6))]
    assert year["revenue"].iloc[-1] == pytest.approx((last["quantity"] * last["unit_price"]).sum())
    assert year["orders"].iloc[-1] == last[last["line_type"].eq("sale")]["invoice"].nunique()
    month = overview.sparkline(sold, end - pd.Timedelta(days=27), end)
    assert len(month) == 24  # four Sundays are closed
    assert len(overview.sparkline(sold, end, end)) == 1


def test_the_demo_agrees_with_pandas(shop):
    frame, sold = shop
    goods = frame[frame["line_type"].isin(GOODS)]
    bought = goods[goods["line_type"].eq("sale")]
    chosen = goods["category"].isin(["Toys", "Bags"]) & goods["store"].eq("WEB")
    now = overview.measures(overview.keep(sold, {"category": ["Toys", "Bags"], "store": ["WEB"]})).iloc[0]
    assert now["revenue"] == pytest.approx((goods["quantity"] * goods["unit_price"])[chosen].sum())
    assert now["orders"] == bought.loc[chosen[bought.index], "invoice"].nunique()
    assert now["customers"] == bought.loc[chosen[bought.index], "customer"].nunique()
    days = overview.daily(sold)
    by_day = (goods["quantity"] * goods["unit_price"]).groupby(goods["timestamp"].dt.normalize()).sum()
    assert days["revenue"][days["is_open"]].to_numpy() == pytest.approx(by_day.to_numpy())
    assert len(by_day) == days["is_open"].sum()
    assert not days["revenue"][~days["is_open"]].any()


def test_a_change_against_last_year_meets_the_same_weekdays(shop):
    _frame, sold = shop
    end = sold.days[-1]
    start = end - pd.Timedelta(days=27)
    earlier = (start - pd.Timedelta(days=364), end - pd.Timedelta(days=364))
    assert [when.day_of_week for when in earlier] == [start.day_of_week, end.day_of_week]
    days = overview.daily(sold)["revenue"]
    assert overview.measures(overview.between(sold, *earlier))["revenue"].item() == pytest.approx(
        days[slice(*earlier)].sum()
    )


@pytest.mark.parametrize("season", ["week", "year"])
def test_trend_season_and_rest_add_up_to_the_revenue(shop, season):
    days = overview.daily(shop[1])
    parts = overview.decompose(days, season)
    assert parts[["trend", "season", "rest"]].sum(axis=1).to_numpy() == pytest.approx(parts["revenue"].to_numpy())
    if season == "week":
        assert parts["revenue"].to_numpy() == pytest.approx(days["revenue"][days["is_open"]].to_numpy())
        # The demo sells most on Saturdays, least on Mondays.
        profile = parts["season"].groupby(parts.index.day_of_week).mean()
        assert (profile.idxmax(), profile.idxmin()) == (5, 0)
    else:
        assert set(parts.index.day_of_week) == {0}
        assert parts["revenue"].iloc[0] == pytest.approx(days["revenue"][parts.index[0] :].iloc[:7].sum())
        assert parts["season"].idxmax().month in (11, 12)  # Christmas


def shaped(weeks=30):
    """Revenue of 100 + one a day, 50 more on Fridays; Saturdays closed, and two holidays."""
    index = pd.date_range("2026-01-05", periods=7 * weeks, name="day")
    revenue = 100.0 + np.arange(len(index)) + 50 * (index.day_of_week == 4)
    is_open = index.day_of_week != 5
    is_open[[14, 51]] = False
    return pd.DataFrame({"revenue": np.where(is_open, revenue, 0.0), "is_open": is_open}, index=index)


def test_closed_days_do_not_bend_the_trend():
    days = shaped()
    parts = overview.decompose(days, "week")
    assert len(parts) == days["is_open"].sum()
    assert parts["rest"].abs().max() < 5
    assert parts["trend"].diff().min() > 0
    profile = parts["season"].groupby(parts.index.day_of_week).mean()
    assert profile.idxmax() == 4
    assert profile[4] - profile.drop(4).mean() == pytest.approx(50, abs=1)


def test_a_day_out_of_line_stands_out_and_does_not_move_the_trend():
    days = shaped()
    usual = overview.decompose(days, "week")
    rng = np.random.default_rng(0)
    days["revenue"] += days["is_open"] * rng.normal(0, 2, len(days))
    days.iloc[100, 0] += 900
    parts = overview.decompose(days, "week")
    far = overview.standing_out(parts["rest"])
    assert far.index[0] == days.index[100]
    assert far.iloc[0] == pytest.approx(900, abs=10)
    assert parts["trend"].to_numpy() == pytest.approx(usual["trend"].to_numpy(), abs=10)
    assert overview.standing_out(parts["rest"] * 0).empty


def test_what_cannot_be_split_is_not_split():
    assert overview.decompose(shaped().iloc[:21], "week") is None
    assert overview.decompose(shaped(), "year") is None
    assert overview.decompose(shaped().assign(is_open=lambda days: days.index.day_of_week == 2), "week") is None
    assert (
        overview.decompose(shaped().assign(revenue=lambda days: days["revenue"] * (days.index.day < 10)), "week")
        is None
    )


def test_shares_and_the_fewest_that_make_four_fifths():
    frame = lines([("2026-01-05", "sale", 1, price, "1", "A", "toys", "x") for price in (50, 20, 15, 10, 5)])
    frame["product"] = list("ABCDE")
    lost = lines([("2026-01-06", "return", -1, 30.0, "C1", "A", "toys", "x")]).assign(product="Z")
    ranked = overview.pareto(overview.goods(pd.concat([frame, lost])), "product")
    assert ranked["level"].tolist() == list("ABCDEZ")
    assert ranked["revenue"].sum() == 70
    assert ranked["share"].tolist() == pytest.approx([0.5, 0.2, 0.15, 0.1, 0.05, 0])
    assert ranked["cumulative"].tolist() == pytest.approx([0.5, 0.7, 0.85, 0.95, 1, 1])
    assert overview.main_levels(ranked) == 3
    assert pareto.pareto(ranked.assign(name="a"), "product", "GBP").layout.title.text == (
        "3 of 6 products make 80% of revenue"
    )
    nothing = overview.pareto(overview.goods(lost), "product")
    assert nothing["share"].isna().all()
    assert pareto.pareto(nothing.assign(name="a"), "product", "GBP").layout.title.text == "Product: no revenue"


def test_exactly_four_fifths_is_enough():
    frame = lines([("2026-01-05", "sale", 1, 20.0, "1", "A", "toys", "x")] * 5).assign(product=list("ABCDE"))
    assert overview.main_levels(overview.pareto(overview.goods(frame), "product")) == 4


def test_new_and_returning_customers():
    sold = overview.goods(SMALL)
    months = overview.loyalty(sold, *whole(sold))
    assert months["month"].dt.month.tolist() == [1, 2, 3]
    assert months["new"].tolist() == [1, 1, 0]
    assert months["returning"].tolist() == [0, 0, 2]
    assert months["revenue_new"].tolist() == [7, 20, 0]
    assert months["revenue_returning"].tolist() == [-9, 0, 50]  # D returned what was bought before the data begin
    assert months["revenue_unknown"].tolist() == [0, 0, 40]
    assert months["is_whole"].tolist() == [False, True, False]
    # New to the shop, not to a filter: B has bought in February.
    bags = overview.loyalty(overview.keep(sold, {"category": ["bags"]}), *whole(sold))
    assert (bags["new"].tolist(), bags["returning"].tolist()) == ([1, 0], [0, 1])
    assert bags["month"].dt.month.tolist() == [1, 3]


def test_new_and_returning_are_all_customers_of_the_demo(shop):
    frame, sold = shop
    months = overview.loyalty(sold, *whole(sold))
    bought = frame[frame["line_type"].eq("sale")]
    each = bought.groupby(bought["timestamp"].dt.to_period("M"))["customer"].nunique()
    assert (months["new"] + months["returning"]).tolist() == each.tolist()
    assert months["new"].sum() == bought["customer"].nunique()
    money = months[["revenue_new", "revenue_returning", "revenue_unknown"]].to_numpy().sum()
    assert money == pytest.approx(overview.measures(sold)["revenue"].item())


def test_online_retail_to_the_cent(online_retail):
    frame = tables.read(online_retail)
    revenue = frame["quantity"] * frame["unit_price"]
    assert revenue.sum() == pytest.approx(9_747_747.93, abs=0.005)
    sold = overview.goods(frame)
    now = overview.measures(sold).iloc[0]
    # Without postage, discounts, fees and adjustments.
    assert now["revenue"] == pytest.approx(revenue[frame["line_type"].isin(GOODS)].sum(), abs=0.005)
    assert now["revenue"] == pytest.approx(9_747_747.93 - revenue[~frame["line_type"].isin(GOODS)].sum(), abs=0.005)
    for column in ("product", "store"):
        assert overview.pareto(sold, column)["revenue"].sum() == pytest.approx(now["revenue"], abs=0.005)
    days = overview.daily(sold)
    assert not days["is_open"][days.index.day_of_week == 5].any()  # never on a Saturday
    assert days["revenue"].sum() == pytest.approx(now["revenue"], abs=0.005)
    parts = overview.decompose(days, "week")
    assert len(parts) == days["is_open"].sum()
    assert parts[["trend", "season", "rest"]].to_numpy().sum() == pytest.approx(now["revenue"], abs=0.005)
    months = overview.loyalty(sold, *whole(sold))
    assert months["new"].sum() == now["customers"]
    assert months.filter(like="revenue").to_numpy().sum() == pytest.approx(now["revenue"], abs=0.005)


def test_kaggle_knows_neither_invoices_nor_customers(kaggle_chain):
    sold = overview.goods(tables.read(kaggle_chain))
    assert set(overview.measures(sold)) == {"revenue", "returned", "return_share"}
    assert overview.decompose(overview.daily(sold), "year") is not None


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_figures_state_findings_in_both_languages(shop, lang):
    _frame, sold = shop
    days = overview.daily(sold)
    with locales.using(lang):
        for season in ("week", "year"):
            parts = overview.decompose(days, season)
            profile = charts.season_of_week if season == "week" else charts.season_of_year
            for figure in (
                charts.trend(parts, season, "GBP"),
                profile(parts, "GBP", overview.by_chance(parts, season)),
                charts.rest(parts, season, "GBP"),
            ):
                assert figure.layout.title.text
        months = overview.loyalty(sold, *whole(sold))
        share = locales.percent(months["new"].iloc[-2] / (months["new"] + months["returning"]).iloc[-2])
        assert share in charts.loyalty(months).layout.title.text  # of the last month that is whole
        ranked = overview.pareto(sold, "customer")
        assert (
            locales.number(overview.main_levels(ranked)) in pareto.concentration(ranked, "customer").layout.title.text
        )
        best = days["revenue"].idxmax()
        assert locales.day(best) in charts.calendar(days, "GBP", dark=False).layout.title.text


@pytest.mark.parametrize("count", [1, 5, 28, 364, 371, 1096])
def test_every_day_has_its_cell_in_the_calendar(shop, count):
    days = overview.daily(shop[1]).iloc[-count:]
    figure = charts.calendar(days, "GBP", dark=True)
    sold, closed = (np.asarray(trace.z) for trace in figure.data)
    assert np.isfinite(sold).sum() == days["is_open"].sum()
    assert np.isfinite(closed).sum() == (~days["is_open"]).sum()
    assert np.nansum(sold) == pytest.approx(days["revenue"].sum())
    assert not (np.isfinite(sold) & np.isfinite(closed)).any()
    row, column = np.argwhere(sold == days["revenue"].max())[0]
    assert row % 8 == days["revenue"].idxmax().day_of_week
    assert locales.day(days["revenue"].idxmax()) in figure.data[0].hovertext[row][column]
    if count == 364:  # the ticks stand at the weeks in which months begin
        monday = days.index[0] - pd.Timedelta(days=days.index[0].day_of_week)
        ticks = dict(zip(figure.layout.xaxis.tickvals, figure.layout.xaxis.ticktext, strict=True))
        begins = {(first - monday).days // 7: locales.month(first) for first in days.index[days.index.day == 1]}
        assert len(ticks) == 4
        assert ticks.items() <= begins.items()


def test_names_from_outside_are_no_html():
    frame = lines([("2026-01-05", "sale", 1, 5.0, "1", "A", "<b>toys</b>", "x")])
    ranked = overview.pareto(overview.goods(frame), "category")
    figure = pareto.pareto(ranked.assign(name=ranked["level"]), "category", "GBP")
    assert figure.layout.yaxis.ticktext == ("&lt;b&gt;toys&lt;/b&gt;",)
    assert "<b>" not in figure.data[0].hovertext[0]


def test_large_amounts_are_short():
    assert locales.short_money(99_999_999, "RUB") == "₽99,999,999"
    assert locales.short_money(250_051_855, "RUB") == "₽250.1M"
    with locales.using("fr"):
        assert locales.short_money(250_051_855, "GBP") == "250,1\xa0M\xa0£"


def test_days_and_months_have_names():
    assert locales.weekdays()[0] == "Monday"
    assert locales.month(date(2026, 3, 14)) == "Mar 2026"
    with locales.using("fr"):
        assert locales.weekdays("abbreviated")[5] == "sam."
        assert locales.month(date(2026, 3, 14)) == "mars 2026"


def test_the_silence_of_a_slow_dealer_is_no_closure():
    rng, days = np.random.default_rng(3), pd.date_range("2024-01-01", periods=730)
    assert overview.opened(days, rng.random(730) < 10 / 365).all()
    sold = np.asarray(days.day_of_week != 6)
    sold[[100, 200, *range(300, 330)]] = False  # two holidays and a month of rest
    assert (overview.opened(days, sold) == sold).all()
    rare = np.asarray(days.day_of_week != 6) & (rng.random(730) < 0.4)
    assert overview.opened(days, rare)[days.day_of_week != 6].mean() > 0.99


def weekly(seed, rate, growth):
    """Daily revenue of a shop that sells a Poisson number of things worth 10, `growth` times as many at the end."""
    days = pd.date_range("2024-01-01", periods=364)
    rising = np.linspace(1, growth, 364)
    revenue = 10.0 * np.random.default_rng(seed).poisson(rate * rising)
    return pd.DataFrame({"revenue": revenue, "is_open": True}, index=days)


def test_a_change_of_revenue_is_told_from_chance():
    """No change is told in about one of twenty shops that sell at one rate; half as much again in all."""
    told = sum(overview.moved(overview.decompose(weekly(seed, 12, 1.0), "week"))[1] < 0.05 for seed in range(40))
    assert told <= 6  # two expected, and seven in one of two hundred
    for seed in range(10):
        change, pvalue = overview.moved(overview.decompose(weekly(seed, 12, 1.5), "week"))
        assert pvalue < 0.05
        assert change == pytest.approx(1.45 / 1.05 - 1, abs=0.12)


def seasonal(seed, saturday=1.0, summer=0.0, days=736):
    """Daily revenue that varies by half, with a busier Saturday and a season of the year."""
    dates = pd.date_range("2023-01-02", periods=days)
    noise = np.exp(np.random.default_rng(seed).normal(0, 0.5, days))
    year = np.exp(summer * np.cos(2 * np.pi * (dates.day_of_year - 200) / 365))
    revenue = 1_000 * noise * year * np.where(dates.day_of_week == 5, saturday, 1)
    return pd.DataFrame({"revenue": revenue, "is_open": True}, index=dates)


def test_a_season_is_told_from_chance():
    """Of shops without one about one in twenty is said to have one; a planted one is said nearly always."""
    week, year = (
        [overview.by_chance(overview.decompose(seasonal(seed, days=days), season), season) < 0.05 for seed in range(40)]
        for season, days in (("week", 364), ("year", 736))
    )
    assert max(sum(week), sum(year)) <= 6
    parts = [overview.decompose(seasonal(seed, 1.6, days=364), "week") for seed in range(10)]
    assert sum(overview.by_chance(one, "week") < 0.05 for one in parts) >= 9
    assert "Saturday: +" in charts.season_of_week(parts[0], "GBP", 0.01).layout.title.text
    assert "Saturday" not in charts.season_of_week(parts[0], "GBP", 0.5).layout.title.text
    parts = [overview.decompose(seasonal(seed, summer=0.3), "year") for seed in range(10)]
    assert sum(overview.by_chance(one, "year") < 0.05 for one in parts) >= 9
    assert np.isnan(overview.by_chance(parts[0].iloc[:80], "year"))


def test_a_change_says_whether_the_time_of_the_year_is_in_it():
    """A shop whose only change is its season, over a year: less in winter, of which nothing has been taken out."""
    dates = pd.date_range("2025-04-01", "2026-03-31")
    sold = 1_000 * np.exp(np.cos(2 * np.pi * (dates.day_of_year - 150) / 365)) + 50 * (dates.day_of_week == 5)
    days = pd.DataFrame({"revenue": sold, "is_open": True}, index=dates)
    title = charts.trend(overview.decompose(days, "week"), "week", "GBP").layout.title.text
    assert "lower in the last fifth" in title
    assert "season included" in title


def test_totals_of_months_are_shown_as_such():
    months = pd.Series([1_000.0, 3_000.0, 2_000.0], pd.date_range("2026-01-01", periods=3, freq="MS"))
    assert charts.totals(months, "GBP").layout.title.text == "The best total was that of 1 Feb 2026 with £3,000"
