"""What campaigns tell of calls: what is promised beside what was held, of small lists and of few campaigns that differ.

Run: python -m benchmarks.campaigns --seed N: one that nothing was looked at with. One campaign is counted out over all
that can come of it (binomial), so that no chance is left in the numbers; of several 400 sets are drawn.
"""

import argparse
from itertools import product

import numpy as np
from scipy.stats import binom

from models.churn import uplift

LISTS = ((180, 20), (200, 50), (450, 50))  # called, held out
RATES, SAVED = (0.1, 0.3, 0.6), (0.0, 0.1, 0.3, 0.6)
ASSUMED, RUNS = 0.3, 400
LIKELY = 1e-6  # what is rarer is left out


def one(called: int, held: int) -> dict[tuple[float, float], np.ndarray]:
    """Shares by rate and share saved: the interval of the points fewer and of the share saved (where somebody held out
    has left) hold the truth; it replaces the assumption; that and holds."""
    found: dict[tuple[int, int], tuple[uplift.Effect, bool]] = {}
    shares = {}
    for rate, saved in product(RATES, SAVED):
        left = binom.pmf(np.arange(called + 1), called, rate * (1 - saved))
        gone = binom.pmf(np.arange(held + 1), held, rate)
        sums, known = np.zeros(4), 0.0
        for x, y in zip(*np.nonzero(np.outer(left, gone) > LIKELY), strict=True):
            if (x, y) not in found:
                effect = uplift.counted(called, int(x), held, int(y))
                both = uplift.pooled([effect])
                found[x, y] = effect, both is not None and both.replaces(ASSUMED)
            effect, stands = found[x, y]
            chance, right = left[x] * gone[y], effect.saved[1] <= saved <= effect.saved[2]
            sums += chance * np.array(
                [effect.fewer[1] <= rate * saved <= effect.fewer[2], right, stands, stands & right]
            )
            known += chance * (y > 0)
        shares[rate, saved] = sums / [1, known, 1, max(sums[2], LIKELY)]
    return shares


def several(rng: np.random.Generator, count: int, apart: float, called: int, held: int) -> np.ndarray:
    """How often the interval of several campaigns that save a fifth, give or take, holds that; how often they replace
    the assumption; how wide the interval is in the middle of all."""
    rows = []
    for _run in range(RUNS):
        stay = 0.8 * np.exp(apart * rng.standard_normal(count))
        left = [(int(rng.binomial(called, min(0.3 * one, 1))), int(rng.binomial(held, 0.3))) for one in stay]
        found = uplift.pooled([uplift.counted(called, x, held, y) for x, y in left])
        if found is not None:
            _value, lo, hi = found.saved
            rows.append((lo <= 0.2 <= hi, found.replaces(ASSUMED), hi - lo))
    held_, stood, wide = np.array(rows, float).T
    return np.array([held_.mean(), stood.mean(), np.median(wide)])


def main() -> None:
    """Print both tables."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--seed", type=int, required=True)
    rng = np.random.default_rng(asked.parse_args().seed)
    print("| called, held out | leave, saved | points fewer | share saved | replaces the assumption | and holds then |")
    print("| --- | --- | --- | --- | --- | --- |")
    print("| promised | | 0.95 | 0.95 | | 0.95 |")
    for called, held in LISTS:
        for (rate, saved), (fewer, share, stands, then) in one(called, held).items():
            last = f"{then:.3f}" if stands >= 0.01 else ""
            print(f"| {called}, {held} | {rate:.0%}, {saved:.0%} | {fewer:.3f} | {share:.3f} | {stands:.2f} | {last} |")
    print("\n| campaigns | called, held out | log ratios apart | held (promised 0.95) | replaces | interval, points |")
    print("| --- | --- | --- | --- | --- | --- |")
    for count, (called, held), apart in product((2, 3, 6), ((500, 170), (1000, 110)), (0.0, 0.1, 0.2, 0.4)):
        right, stands, wide = several(rng, count, apart, called, held)
        print(f"| {count} | {called}, {held} | {apart} | {right:.3f} | {stands:.2f} | {100 * wide:.0f} |", flush=True)


if __name__ == "__main__":
    main()
