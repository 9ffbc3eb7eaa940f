"""What a campaign did: published intervals, simulated campaigns whose truth is set, and what cannot be told."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.special import xlog1py, xlogy
from scipy.stats import binom, chi2, norm
from statsmodels.stats.meta_analysis import combine_effects

from models.churn import uplift
from models.statistics import CannotTell


def arms(called: int, called_left: int, held: int, held_left: int) -> tuple[np.ndarray, np.ndarray]:
    mask = np.r_[np.ones(called, bool), np.zeros(held, bool)]
    left = np.r_[np.arange(called) < called_left, np.arange(held) < held_left].astype(float)
    return mask, left


def campaigns(seed: int, size: int, saved: dict[str, float], rate: float = 0.3) -> tuple[pd.DataFrame, ...]:
    """A list of `size` whose contracts are `saved`'s keys; a call saves that share of each one's leavers."""
    rng = np.random.default_rng(seed)
    facts = pd.DataFrame(
        {
            "contract": rng.choice(list(saved), size),
            "payment": rng.choice(["card", "cheque", "transfer"], size),
            "tenure": rng.integers(1, 60, size).astype(float),
        }
    )
    called = uplift.hold_out(size, size // 2, seed)
    risk = np.full(size, rate) * np.where(called, 1 - facts["contract"].map(saved), 1.0)
    return facts, np.full(size, rate) + rng.normal(0, 0.01, size), called, (rng.random(size) < risk).astype(float)


def one(left: np.ndarray) -> np.ndarray:
    """All customers are of one campaign."""
    return np.zeros(len(left), int)


def test_difference_is_newcombes():
    """56 of 70 and 48 of 80: Newcombe 1998, table II, method 10: 0.0524 to 0.3339."""
    found = uplift.effect(*arms(80, 48, 70, 56))
    assert found.fewer == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    assert found.saved[0] == pytest.approx(1 - 0.6 / 0.8)
    assert found.saved[1] < found.saved[0] < found.saved[2]


def test_share_saved_is_koopmans():
    """36 of 40 and 16 of 80: Koopman 1984: 2.94 to 7.15."""
    found = uplift.counted(40, 36, 80, 16)
    assert [1 - found.saved[2], 1 - found.saved[1]] == pytest.approx([2.94, 7.15], abs=5e-3)


@pytest.mark.parametrize(
    ("called", "called_left", "held", "held_left"),
    [
        (20, 3, 20, 20),
        (20, 0, 20, 20),
        (40, 10, 20, 20),
        (20, 20, 20, 19),
        (20, 20, 20, 20),
        (1000, 0, 100, 1),
        (60, 59, 30, 1),
    ],
)
def test_where_all_or_nobody_left_the_interval_is_of_the_ratios_that_fit(called, called_left, held, held_left):
    """A ratio is in it where a score test (Pearson's chi-squared with the likeliest shares of that ratio, found here by
    trying a grid of them) does not refuse it at 5%."""
    found = uplift.counted(called, called_left, held, held_left)

    def chance(ratio: float) -> float:
        then = np.linspace(0, min(1, 1 / ratio), 400_002)[1:-1]
        now = ratio * then
        likely = xlogy(called_left, now) + xlog1py(called - called_left, -now)
        best = int((likely + xlogy(held_left, then) + xlog1py(held - held_left, -then)).argmax())
        sides = ((called, called_left, now[best]), (held, held_left, then[best]))
        return float(chi2.sf(sum((left - n * p) ** 2 / (n * p * (1 - p)) for n, left, p in sides), 1))

    low, high = 1 - found.saved[2], 1 - found.saved[1]
    assert low <= 1 - found.saved[0] <= high
    assert chance(high * 1.02) < 0.05 < chance(high * 0.98)
    if called_left:
        assert chance(low * 0.98) < 0.05 < chance(low * 1.02)
    else:
        assert low == 0


def lists(seed: int, count: int, share: float, saved: float) -> tuple[np.ndarray, np.ndarray, float]:
    """A campaign that calls `count`, half of them in vain, with `share` of its list held out; its true points fewer."""
    rng = np.random.default_rng((seed, count, round(100 * share), round(100 * saved)))
    size = round(count / (1 - share))
    called = uplift.hold_out(size, size - count, seed)
    risk = rng.beta(2, 5, size)
    reached = called & (rng.random(size) < 0.5)
    left = (rng.random(size) < risk * np.where(reached, 1 - 2 * saved, 1.0)).astype(float)
    left[rng.random(size) < 0.1] = np.nan  # the file misses some
    return called, left, saved * float(risk[called].mean())


def held_of_campaigns(runs: int) -> dict[str, float]:
    """How often the 95% interval holds the truth: of the points fewer, of the share saved, and of the share saved where
    it takes the place of an assumed 30%. A run is 27 campaigns that call 300 to 5,000 and save none, 10% or 30%."""
    held = np.zeros(3)
    many = np.zeros(3)
    for seed in range(runs):
        for count, share, saved in product((300, 1000, 5000), (0.1, 0.25, 0.5), (0.0, 0.1, 0.3)):
            called, left, fewer = lists(seed, count, share, saved)
            found = uplift.effect(called, left)
            one = uplift.pooled([found])
            stands = one is not None and one.replaces(0.3)
            inside = found.saved[1] <= saved <= found.saved[2]
            held += [found.fewer[1] <= fewer <= found.fewer[2], inside, inside and stands]
            many += [1, not np.isnan(found.saved[0]), stands]
    return dict(zip(("fewer", "saved", "replacing"), held / many, strict=True))


def test_interval_holds_the_truth():
    """Promised in 95%, and in 9 of 10 where chance had a say in which ones count; of 189, give or take three errors."""
    held = held_of_campaigns(7)
    assert min(held["fewer"], held["saved"]) >= 0.95 - 3 * 0.016
    assert held["replacing"] >= 0.9 - 3 * 0.026


def test_unknown_outcomes_are_no_stayers():
    called, left = arms(100, 30, 100, 60)
    left[:50] = np.nan  # thirty leavers and twenty stayers of those called
    found = uplift.effect(called, left)
    assert (found.called, found.called_left, found.held, found.held_left) == (50, 0, 100, 60)


def test_too_few_of_an_arm_is_said():
    with pytest.raises(CannotTell, match="called"):
        uplift.effect(*arms(100, 30, 19, 5))


def test_nobody_held_out_left_says_nothing_of_the_share():
    found = uplift.effect(*arms(100, 3, 50, 0))
    assert np.isnan(found.saved).all()
    assert found.fewer[0] == pytest.approx(-0.03)
    assert uplift.pooled([found]) is None


def test_several_campaigns_are_nearer_to_the_truth_than_one():
    effects = [uplift.effect(*campaigns(seed, 800, {"all": 0.25})[2:]) for seed in range(20, 32)]
    found = uplift.pooled(effects)
    assert found is not None
    assert found.campaigns == 12
    assert not found.differ
    assert found.saved[1] < 0.25 < found.saved[2]
    assert found.saved[2] - found.saved[1] < 0.45 * min(one.saved[2] - one.saved[1] for one in effects)


# Thirteen trials of BCG (Colditz et al. 1994, JAMA 271, 698-702): left of those called, called, left, held out.
BCG = (
    (4, 123, 11, 139), (6, 306, 29, 303), (3, 231, 11, 220), (62, 13598, 248, 12867), (33, 5069, 47, 5808),
    (180, 1541, 372, 1451), (8, 2545, 10, 629), (505, 88391, 499, 88391), (29, 7499, 45, 7277),
    (17, 1716, 65, 1665), (186, 50634, 141, 27338), (5, 2498, 3, 2341), (27, 16913, 29, 17854),
)  # fmt: skip


def published(trials) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms of the ratios of trials, and their variances."""
    x, n, y, m = np.array(trials, float).T
    return np.log(x / n / (y / m)), 1 / x - 1 / n + 1 / y - 1 / m


def test_several_are_averaged_as_dersimonian_and_laird_do():
    """As R's metafor has BCG: a log ratio of -0.7141, by their own interval -1.0644 to -0.3638."""
    found = uplift.pooled([uplift.counted(n, x, m, y) for x, n, y, m in BCG])
    assert found is not None
    assert found.differ
    value, hi, lo = np.log1p(-np.array(found.saved))
    assert value == pytest.approx(-0.7141, abs=1e-4)
    assert lo <= -1.0644 < -0.3638 <= hi


@pytest.mark.parametrize("trials", [BCG[3:6], BCG[5:8], BCG[6:], BCG])
def test_the_interval_of_several_is_hartungs_and_knapps(trials):
    """As statsmodels has it, where it is the wider one."""
    ratio, variance = published(trials)
    theirs = combine_effects(ratio, variance, method_re="dl", use_t=True)
    least = norm.ppf(0.975) * float((1 / (variance + max(theirs.tau2, 0))).sum() ** -0.5)
    lo, hi = theirs.conf_int()[3]
    either = max(float(hi - lo) / 2, least)
    found = uplift.pooled([uplift.counted(n, x, m, y) for x, n, y, m in trials])
    assert found is not None
    ends = np.log1p(-np.array(found.saved[1:]))
    assert ends == pytest.approx([theirs.mean_effect_re + either, theirs.mean_effect_re - either], abs=1e-9)


def held_together(runs: int) -> float:
    """How often the interval of two to six alike campaigns that save a tenth holds that."""
    held = 0
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        both = [(int(rng.binomial(500, 0.27)), int(rng.binomial(170, 0.3))) for _ in range(2 + seed % 5)]
        found = uplift.pooled([uplift.counted(500, called, 170, held_out) for called, held_out in both])
        held += found is not None and found.saved[1] <= 0.1 <= found.saved[2]
    return held / runs


def test_campaigns_that_are_more_alike_than_chance_are_averaged():
    same = uplift.counted(500, 130, 170, 50)
    found = uplift.pooled([same, same])
    assert found is not None
    assert found.saved[0] == pytest.approx(same.saved[0])
    assert same.saved[1] < found.saved[1] < found.saved[0] < found.saved[2] < same.saved[2]
    assert held_together(100) >= 0.95 - 3 * 0.022


def effects(rng: np.random.Generator, count: int, apart: float, saved: float = 0.2) -> list[uplift.Effect]:
    """Campaigns whose logarithms of ratios lie `apart` (a standard deviation) around that of a share saved."""
    stay = (1 - saved) * np.exp(apart * rng.standard_normal(count))
    left = [(int(rng.binomial(500, min(0.3 * one, 1))), int(rng.binomial(170, 0.3))) for one in stay]
    return [uplift.counted(500, called, 170, held_out) for called, held_out in left]


@pytest.mark.parametrize(("count", "apart"), [(2, 0.2), (2, 0.4), (3, 0.2), (3, 0.4)])
def test_few_campaigns_that_truly_differ_hold_what_they_promise(count, apart):
    """DerSimonian and Laird's interval held 75% to 87% of these."""
    rng, runs, held = np.random.default_rng((7, count, round(10 * apart))), 100, 0
    for _run in range(runs):
        some = effects(rng, count, apart)
        found = uplift.pooled(some)
        assert found is not None
        held += found.saved[1] <= 0.2 <= found.saved[2]
        _ratio, variance = published([(one.called_left, one.called, one.held_left, one.held) for one in some])
        fixed = (1 / variance).sum() ** -0.5
        assert np.log((1 - found.saved[1]) / (1 - found.saved[2])) >= 2 * 1.95996 * fixed
    assert held >= 0.95 * runs - 3 * (0.95 * 0.05 * runs) ** 0.5


def test_nobody_held_out_left_counts_beside_others():
    """A campaign in which by chance nobody held out has left is not left out: the others alone would say too much."""
    lucky, other = uplift.counted(200, 20, 60, 0), uplift.counted(500, 120, 170, 60)
    alone, both = uplift.pooled([other]), uplift.pooled([lucky, other])
    assert alone is not None
    assert both is not None
    assert both.campaigns == 2
    assert both.saved[0] < alone.saved[0]


def held_where_it_replaces(called: int, held: int, rate: float, saved: float) -> tuple[float, float]:
    """How often a campaign takes the place of an assumed 30%, and how often its interval then holds the truth, over all
    that can come of it (binomial)."""
    stands = right = 0.0
    for left in range(called + 1):
        for stayed in range(held + 1):
            chance = float(binom.pmf(left, called, rate * (1 - saved)) * binom.pmf(stayed, held, rate))
            if chance < 1e-6 or not stayed:
                continue
            found = uplift.pooled([uplift.counted(called, left, held, stayed)])
            if found is not None and found.replaces(0.3):
                stands += chance
                right += chance * (found.saved[1] <= saved <= found.saved[2])
    return stands, right / stands if stands else 1.0


def test_what_replaces_the_assumption_is_no_lucky_campaign():
    """200 called and 22 held out, of whom 60% leave: where what replaced had to be surely above nothing, or away from
    the assumption, and calls saved 30%, its interval held that 87% of the time."""
    stands, right = held_where_it_replaces(200, 22, 0.6, 0.3)
    assert stands > 0.2
    assert right >= 0.92


def test_one_campaign_alone_keeps_its_interval():
    one = uplift.effect(*arms(80, 48, 70, 56))
    found = uplift.pooled([one])
    assert found is not None
    assert found.saved == one.saved


def test_campaigns_that_differ_are_said_to():
    good, bad = uplift.effect(*arms(1000, 100, 1000, 300)), uplift.effect(*arms(1000, 300, 1000, 300))
    found = uplift.pooled([good, bad])
    assert found is not None
    assert found.differ
    assert found.saved[1] < 0 < found.saved[2]  # nobody knows what the next one does


@pytest.mark.parametrize(
    ("counts", "assumed", "stands"),
    [
        ((1000, 150, 1000, 300), 0.3, True),  # calls save
        ((2000, 300, 2000, 300), 0.3, True),  # not a third of them
        ((60, 9, 30, 6), 0.3, False),  # anything may be
    ],
)
def test_the_assumption_is_replaced_where_the_data_say_so(counts, assumed, stands):
    found = uplift.pooled([uplift.effect(*arms(*counts))])
    assert found is not None
    assert found.replaces(assumed) is stands


def test_who_is_held_out_is_chance_and_the_same_again():
    called = uplift.hold_out(1000, 200, 7)
    assert (~called).sum() == 200
    assert (called == uplift.hold_out(1000, 200, 7)).all()
    assert 60 <= (~called[:500]).sum() <= 140  # the riskiest first: half of them, give or take six errors
    assert (called != uplift.hold_out(1000, 200, 8)).any()


def test_unlike_arms_are_noticed():
    risk = np.linspace(0, 1, 200)
    assert uplift.unlike(risk, uplift.hold_out(200, 100, 0)) > 0.001
    assert uplift.unlike(risk, risk > 0.5) < 1e-6


def test_for_whom_calls_work_is_found():
    found = 0
    for seed in range(5):
        facts, risk, called, left = campaigns(seed, 3000, {"monthly": 0.6, "yearly": 0.0})
        rows = uplift.segments(facts, called, left, one(left))
        curve = uplift.qini(facts, risk, called, left, one(left), seed)
        better = rows.set_index("level")["fewer"]
        found += curve.pvalue < 0.05 and set(rows["column"]) == {"contract"} and better["monthly"] > better["yearly"]
    assert found == 5


def test_noise_is_for_nobody():
    told = 0
    for seed in range(100, 108):
        facts, risk, called, left = campaigns(seed, 1500, {"monthly": 0.3, "yearly": 0.3})
        told += uplift.qini(facts, risk, called, left, one(left), seed).pvalue < 0.05 or len(
            uplift.segments(facts, called, left, one(left))
        )
    assert told <= 3  # two tests at 5% of eight: one expected, and four in one of a hundred


def two_lists(seed: int, saved: dict[str, float]) -> tuple[pd.DataFrame, ...]:
    """A list of the risky, of whom one in ten is held out, and one of the calm, of whom half are."""
    rng = np.random.default_rng(seed)
    of = np.repeat([0, 1], 1200)
    contract = np.where(rng.random(2400) < np.where(of == 0, 0.8, 0.2), "monthly", "yearly")
    called = np.r_[uplift.hold_out(1200, 120, seed), uplift.hold_out(1200, 600, seed)]
    risk = np.where(of == 0, 0.5, 0.1)
    stays = np.where(called, 1 - pd.Series(contract).map(saved), 1.0)
    return pd.DataFrame({"contract": contract}), risk, called, (rng.random(2400) < risk * stays).astype(float), of


def named_falsely(runs: int) -> float:
    """How often a column is said to tell customers apart of two campaigns whose calls do nothing."""
    told = 0
    for seed in range(runs):
        facts, _risk, called, left, of = two_lists(seed, {"monthly": 0.0, "yearly": 0.0})
        told += len(uplift.segments(facts, called, left, of)) > 0
    return told / runs


def test_calls_that_do_nothing_are_for_nobody_whoever_was_called_most():
    """Put together, most of those called are the risky ones: calls would seem to drive them away."""
    assert named_falsely(60) <= 8 / 60  # 5% of sixty are three, and nine come in one of 250


def test_campaigns_are_compared_within_themselves():
    facts, risk, called, left, of = two_lists(0, {"monthly": 0.6, "yearly": 0.0})
    monthly = (facts["contract"] == "monthly").to_numpy()
    parts = []  # of each list: customers called x held out / all, and the difference of the shares who left
    for mine in (monthly & (of == 0), monthly & (of == 1)):
        n, m = (mine & called).sum(), (mine & ~called).sum()
        parts.append((n * m / (n + m), left[mine & ~called].mean() - left[mine & called].mean()))
    (first, its), (second, other) = parts
    row = uplift.segments(facts, called, left, of).set_index("level").loc["monthly"]
    assert row["fewer"] == pytest.approx((first * its + second * other) / (first + second))
    assert row["lo"] < (86.4 * 0.3 + 60 * 0.06) / 146.4 < row["hi"]  # the truth, of as many as are expected
    curve = uplift.qini(facts, risk, called, left, of)
    whole = [uplift.effect(called[of == which], left[of == which]) for which in (0, 1)]
    assert curve.fewer[-1] == pytest.approx(sum(part.fewer[0] * part.called for part in whole))


def test_qini_ends_at_the_whole_effect():
    facts, risk, called, left = campaigns(3, 2000, {"monthly": 0.6, "yearly": 0.0})
    curve = uplift.qini(facts, risk, called, left, one(left))
    whole = uplift.effect(called, left)
    assert curve.fewer[-1] == pytest.approx(whole.fewer[0] * whole.called)
    assert curve.fewer[0] == 0
    assert curve.random[25] == pytest.approx(curve.fewer[-1] / 2)


def test_few_leavers_are_too_few():
    facts, risk, called, left = campaigns(0, 100, {"monthly": 0.2}, rate=0.2)
    with pytest.raises(CannotTell, match="left"):
        uplift.qini(facts, risk, called, left, one(left))
    with pytest.raises(CannotTell, match="left"):
        uplift.segments(facts, called, left, one(left))
