"""What is usual: on simulations whose truth is set, and against other implementations."""

import numpy as np
import pytest
from scipy.stats import false_discovery_control, poisson

from models.act import detect

DAYS, YEAR = 900, 364
WEEK = np.array([0.75, 0.8, 0.9, 1.0, 1.2, 1.6, 0.5])


def judged(values, lines=None, apart=None, counted=True, **rest):
    values = np.asarray(values, float)
    lines = np.full(values.shape, 300.0) if lines is None else np.asarray(lines, float)
    days, series = values.shape
    apart = np.zeros(days, bool) if apart is None else apart
    return detect.usual(values, lines, np.arange(days) % 7, np.full(series, counted), apart, **rest)


def shop(noise, series=100, level=5000.0):
    """Sales with a week, a trend and a season in them, times what `noise` draws."""
    day = np.arange(DAYS)
    mean = level * WEEK[day % 7] * 1.15 ** (day / 365) * (1 + 0.2 * np.sin(2 * np.pi * day / 365))
    return mean[:, None] * noise(np.random.default_rng(11), (DAYS, series))


@pytest.mark.parametrize(
    ("noise", "least", "most"),
    [
        (lambda draw, size: np.exp(draw.normal(0, 0.25, size)), 0.4, 1.3),
        (lambda draw, size: draw.gamma(10, 0.1, size), 0.4, 1.3),
        (lambda draw, size: np.exp(draw.laplace(0, 0.18, size)), 0.5, 2.5),
        (lambda draw, size: np.exp(0.15 * draw.standard_t(3, size)), 0.5, 3.0),
    ],
    ids=["normal", "gamma", "laplace", "student"],
)
def test_what_comes_once_in_so_many_days_does_whatever_the_noise(noise, least, most):
    found = judged(shop(noise), since=DAYS - YEAR)
    for once, low, high in ((20, least, most), (100, least / 2, most)):
        for side in (found.low, found.high):
            assert low / once <= (side <= 1 / once).mean() <= high / once


def test_days_at_less_than_half_are_found_where_a_rolling_score_finds_none():
    values = shop(lambda draw, size: np.exp(draw.normal(0, 0.22, size)), series=20)
    draw = np.random.default_rng(4)
    planted = np.zeros(values.shape, bool)
    for series in range(20):
        planted[draw.choice(np.arange(DAYS - YEAR, DAYS), 12, replace=False), series] = True
    values[planted] *= 0.4
    alarms = judged(values).low <= 1 / 40
    assert (alarms & planted).sum() / planted.sum() > 0.9
    assert (alarms & planted).sum() / alarms[DAYS - YEAR :].sum() > 0.7
    windows = np.lib.stride_tricks.sliding_window_view(values, 28, axis=0)[:-1]
    rolling = (values[28:] - windows.mean(-1)) / windows.std(-1) < -2
    assert (rolling & planted[28:]).sum() / planted.sum() < 0.2


@pytest.mark.parametrize("cause", ["fewer lines", "smaller lines"])
def test_a_day_that_only_lacks_its_large_orders_is_usual(cause):
    draw = np.random.default_rng(6)
    series = 12
    lines = draw.poisson(80, (DAYS, series)).astype(float)
    planted = np.zeros(lines.shape, bool)
    for one in range(series):
        planted[draw.choice(np.arange(DAYS - YEAR, DAYS), 12, replace=False), one] = True
    if cause == "fewer lines":
        lines = np.where(planted, np.round(0.4 * lines), lines)
    worth = 20 * np.exp(1.3 * draw.normal(size=int(lines.sum())) - 1.3**2 / 2)  # a fiftieth of them is a third
    values = np.add.reduceat(worth, np.r_[0, np.cumsum(lines.ravel())[:-1].astype(int)]).reshape(lines.shape)
    if cause == "smaller lines":
        values = np.where(planted, 0.4 * values, values)
    alarms = judged(values, lines=lines).low <= 1 / 28
    alone = judged(values, lines=np.full(lines.shape, 80.0)).low <= 1 / 28  # of the sum, whatever its lines are
    hits, told = (alarms & planted).sum(), alarms[DAYS - YEAR :].sum()
    assert hits / planted.sum() > 0.75
    assert hits / told > 0.7
    assert (alone & planted).sum() / alone[DAYS - YEAR :].sum() < hits / told - 0.05


def test_of_many_small_orders_what_chance_brings_once_in_400_days_is_not_told_once_in_ten_thousand():
    draw = np.random.default_rng(31)
    series = 150
    mean = np.broadcast_to((55 * WEEK / WEEK.mean())[np.arange(DAYS) % 7, None], (DAYS, series))
    planted = np.zeros(mean.shape, bool)
    planted[DAYS - YEAR + 20 :: 30] = draw.random((12, series)) < 0.5
    lines = draw.poisson(np.where(planted, 0.4 * mean, mean)).astype(float)
    values = 8 * np.array([[draw.lognormal(0, 0.3, int(n)).sum() for n in row] for row in lines])
    found = judged(values, lines=lines, since=DAYS - YEAR)
    planted = planted[DAYS - YEAR :]
    assert 0.25 < (found.low[~planted] <= 1 / 400).mean() * 400 < 1
    assert (found.low[planted] <= 1 / 400).mean() > 0.7


def test_the_tails_of_noise_are_those_of_days_as_far_as_days_make_it():
    draw = np.random.default_rng(32)
    day = draw.standard_t(detect.TAIL, 4_000_000) * ((detect.TAIL - 2) / detect.TAIL) ** 0.5
    counts = draw.normal(size=4_000_000)
    for share in (0.0, 0.3, 0.55):  # of the variance that counts make
        noise = (1 - share) ** 0.5 * day + share**0.5 * counts
        freedom = float(detect._tail(np.array([share**0.5]))[0])
        assert 6 / (freedom - 4) == pytest.approx((noise**4).mean() / (noise**2).mean() ** 2 - 3, abs=0.02)
    assert detect._tail(np.array([1.0, 1.4])).tolist() == [detect.MAX_TAIL] * 2


def test_nothing_that_comes_later_changes_what_is_said_of_a_day():
    values = shop(lambda draw, size: np.exp(draw.normal(0, 0.25, size)), series=5)
    other = values.copy()
    other[800:] = other[800:][::-1]  # as much in all, which says what a line is worth
    for lead in (1, 7):
        one, two = judged(values, lead=lead), judged(other, lead=lead)
        np.testing.assert_allclose(one.low[:800], two.low[:800], rtol=1e-6)
        assert not np.allclose(one.low[800:], two.low[800:])


def test_the_days_of_a_window_do_not_tell_what_is_expected_of_it():
    """Sums over seven days share six days with the sum before: an outage is not usual because it began yesterday."""
    draw = np.random.default_rng(6)
    daily = shop(lambda _draw, size: np.exp(draw.normal(0, 0.2, size)), series=30)
    daily[850:857] *= 0.5
    sums = np.stack([daily[day - 6 : day + 1].sum(0) for day in range(6, DAYS)])
    weekday = np.arange(6, DAYS) % 7
    rest = np.full(sums.shape, 2000.0), weekday, np.ones(30, bool), np.zeros(len(sums), bool)
    at_the_end = 856 - 6
    assert (detect.usual(sums, *rest, lead=7).low[at_the_end] < 1 / 200).mean() > 0.9
    before = detect.usual(sums, *rest, lead=7).low[400:840]
    assert (before < 1 / 50).mean() < 2 / 50


def test_days_apart_are_neither_judged_nor_learned_from():
    values = shop(lambda draw, size: np.exp(draw.normal(0, 0.2, size)), series=3)
    apart = np.zeros(DAYS, bool)
    apart[[700, 701, 702, 703]] = True
    closed = values.copy()
    closed[apart] *= 0.01
    one, two = judged(values, apart=apart), judged(closed, apart=apart)
    assert np.isnan(two.low[apart]).all()
    np.testing.assert_allclose(one.low[~apart], two.low[~apart])


def test_a_season_that_comes_every_year_is_expected_from_the_second_time_on():
    day = np.arange(DAYS)
    draw = np.random.default_rng(8)
    ebb = 1 - 0.6 * np.clip(1 - np.abs(day % YEAR - 162) / 12, 0, 1)  # down within 12 days, and back
    low = judged(5000 * ebb[:, None] * np.exp(draw.normal(0, 0.15, (DAYS, 40)))).low
    first, second = ((low[begin : begin + 24] < 1 / 100).mean() for begin in (150, 150 + YEAR))
    assert first > 0.15
    assert second < first / 4


def test_no_count_is_rarer_than_poissons_law_has_it():
    draw = np.random.default_rng(2)
    values = draw.poisson(3.0, (DAYS, 50)).astype(float)
    found = judged(values, lines=values)
    known = ~np.isnan(found.low)
    none, many = known & (values == 0) & (found.low < 0.15), known & (values >= 9)
    assert none.any()
    assert (found.low[none] >= poisson.cdf(0, found.expected[none]) * 0.999).all()
    assert (found.high[many] >= poisson.sf(values[many] - 1, found.expected[many]) * 0.98).all()
    assert (found.low[known] <= 1 / 40).mean() < 1 / 40


def test_days_that_a_file_sums_up_in_a_line_are_as_steady_as_they_are():
    draw = np.random.default_rng(12)
    values = np.round(200 * np.exp(draw.normal(0, 0.1, (DAYS, 20))))
    values[800], values[801] = 0, 400
    found = judged(values, lines=np.ones(values.shape))
    assert (found.low[800] < 1e-6).all()
    assert (found.high[801] < 1e-3).mean() > 0.9
    assert (found.low[200:800] < 1 / 100).mean() < 2 / 100


def test_one_large_line_is_no_busy_day():
    draw = np.random.default_rng(3)
    lines = draw.poisson(2.0, (DAYS, 1)).astype(float)
    values = lines.copy()
    lines[800], values[800] = 1, 60.0
    assert judged(values, lines=lines).high[800, 0] > 0.1
    lines[800] = 60
    assert judged(values, lines=lines).high[800, 0] < 1e-3


def test_what_never_moves_is_no_alarm_until_it_moves():
    for counted in (True, False):
        values = np.full((300, 1), 7.0)
        values[200] = 2.0
        found = judged(values, lines=np.full((300, 1), 400.0), counted=counted)
        assert found.low[200, 0] < 1e-4
        assert found.low[150:200].min() > 0.4
    nothing = judged(np.zeros((200, 2)), lines=np.zeros((200, 2)))
    assert np.nanmin(nothing.low) > 0.4
    assert np.nanmin(nothing.high) > 0.4


def test_a_new_level_becomes_usual():
    values = shop(lambda draw, size: np.exp(draw.normal(0, 0.2, size)), series=10)
    values[400:] *= 3
    high = judged(values).high
    assert (high[400:405] < 1 / 100).mean() > 0.9
    assert (high[600:] < 1 / 100).mean() < 3 / 100


def test_an_average_of_few_lines_may_be_further_off():
    draw = np.random.default_rng(9)
    lines = np.where(draw.random((DAYS, 30)) < 0.3, 4, 100).astype(float)
    values = 0.1 + draw.normal(0, 0.3, lines.shape) / np.sqrt(lines)
    high = judged(values, lines=lines, counted=False).high
    few = (high[100:] < 1 / 50)[lines[100:] == 4].mean()
    assert few < 2 / 50


def test_too_few_days_and_unknown_ones_are_not_judged():
    values = shop(lambda draw, size: np.exp(draw.normal(0, 0.2, size)), series=1)
    values[:500] = np.nan
    values[620] = np.nan
    low = judged(values).low[:, 0]
    assert np.isnan(low[: 500 + detect.WARM]).all()
    assert not np.isnan(low[500 + detect.WARM])
    assert np.isnan(low[620])
    assert judged(np.zeros((10, 0))).low.shape == (10, 0)


def test_adjusted_chances_are_those_of_benjamini_and_hochberg():
    draw = np.random.default_rng(0)
    chances = draw.random((40, 30)) ** 3
    expected = np.stack([false_discovery_control(row) for row in chances])
    np.testing.assert_allclose(detect.adjusted(chances), expected)
    chances[:, 7] = np.nan
    found = detect.adjusted(chances)
    assert np.isnan(found[:, 7]).all()
    np.testing.assert_allclose(np.delete(found, 7, 1), [false_discovery_control(np.delete(row, 7)) for row in chances])


def test_among_many_nothing_is_found_on_most_days_without_anything():
    draw = np.random.default_rng(1)
    found = detect.adjusted(draw.random((4000, 200)))
    assert (found.min(axis=1) <= 0.1).mean() == pytest.approx(0.1, abs=0.02)
