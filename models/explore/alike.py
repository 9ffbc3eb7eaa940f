"""Which countries went through an epidemic alike: their courses since the outbreak, by dynamic time warping.

Weeks are compared since each country's own outbreak. A course may run ahead of the other or behind it by some weeks, so
that two waves of one shape are alike although one of them came a little later (Sakoe and Chiba 1978, IEEE Transactions
on Acoustics, Speech and Signal Processing 26, 43-49).
"""

import numpy as np
import pandas as pd

from models.explore.covid import WEEK
from models.explore.covid_waves import FLOOR

BAND = 4  # weeks that one may run ahead of the other or behind it
KNOWN = 0.9  # share of the weeks of a course that have to be known
PATHS = 40  # nearest ones whose weeks are matched to be read


def courses(aligned: pd.DataFrame, weeks: int) -> pd.DataFrame:
    """The first `weeks` of a panel by days since the outbreak (see `covid.aligned`), a row a week.

    A week is what was known on its last day. Countries of which less than `KNOWN` of the weeks are known are left out;
    what they lack lies on the line between its neighbours.
    """
    ends = aligned.iloc[WEEK - 1 : WEEK * weeks : WEEK]
    whole = ends.set_axis(range(1, len(ends) + 1)).reindex(range(1, weeks + 1)).rename_axis("week")
    return whole.loc[:, whole.notna().mean() >= KNOWN].interpolate(limit_direction="both")


def nearest(courses: pd.DataFrame, reference: str, band: int = BAND) -> pd.DataFrame:
    """The countries of `courses` (above zero, a row a week) by how alike they are to `reference`, the nearest first.

    One row a country: `times`, how many times as much the higher of two matched weeks has as the lower on (geometric)
    average, 1 for a copy; and `later`, by how many weeks the course runs behind the reference's on average, below zero
    ahead of it. Weeks are matched so that the sum of the absolute differences of logarithms is least and none is moved
    by more than `band` weeks. What lies under `covid.FLOOR` of the reference's highest week counts as that. Empty where
    the reference has no course.
    """
    from dtaidistance import dtw

    if reference not in courses or not courses[reference].max() > 0:
        return pd.DataFrame(columns=["times", "later"], dtype=float)
    logged = np.log(np.maximum(courses, FLOOR * courses[reference].max()))
    others = dict(zip(map(str, logged), np.array(logged.T, float, order="C"), strict=True))
    mine = others.pop(reference)
    how = {"window": band + 1, "inner_dist": "euclidean"}  # which is the absolute difference of two numbers
    sums = pd.Series({name: dtw.distance_fast(mine, one, **how) for name, one in others.items()}, dtype=float)
    found = {}
    for name in sums.nsmallest(PATHS).index:
        _sum, costs = dtw.warping_paths_fast(mine, others[name], **how)
        here, there = np.array(dtw.best_path(costs)).T
        found[name] = [np.exp(np.abs(mine[here] - others[name][there]).mean()), float((there - here).mean())]
    made = pd.DataFrame.from_dict(found, orient="index", columns=["times", "later"], dtype=float)
    return made.sort_values("times", kind="stable")
