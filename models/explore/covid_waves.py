"""The waves of a 7-day average: where they begin, are highest and end."""

import numpy as np
import pandas as pd

RISE = 1.5  # a wave: so many times the trough before it, and its peak so many times what comes after
FLOOR = 0.02  # of the highest value; below, ups and downs are no waves
SMOOTH = 15  # days around each, for finding waves only


def waves(average: pd.Series) -> pd.DataFrame:
    """The waves of a 7-day average: one row each, with `start`, `peak`, `trough` (days), `height` and `total`.

    Found on the average smoothed over 15 days: from a trough it rises to at least 1.5 times as much, and falls to less
    than 1 / 1.5 of its peak; values under 2% of the highest count as that. `peak` is the highest day of the average
    from start to trough, `height` its value, and `total` what was counted in these days, both in the unit of `average`.
    The trough of a wave that still runs is missing.
    """
    known = average.loc[average.first_valid_index() : average.last_valid_index()]
    filled = known.interpolate()
    smooth = filled.rolling(SMOOTH, center=True, min_periods=1).mean().to_numpy()
    names = ["start", "peak", "trough", "height", "total"]
    if len(smooth) == 0 or not smooth.max() > 0:
        return pd.DataFrame(columns=names)
    turns = _turns(np.maximum(smooth, FLOOR * smooth.max()))
    found = []
    for start, _peak, trough in turns:
        days = slice(start, len(known) if trough is None else trough + 1)
        end = pd.NaT if trough is None else known.index[trough]
        part = filled.iloc[days]
        found.append((known.index[start], part.idxmax(), end, float(part.max()), float(known.iloc[days].sum())))
    return pd.DataFrame(found, columns=names)


def _turns(level: np.ndarray) -> list[tuple[int, int, int | None]]:
    """Start, peak and trough of each wave in `level` (above zero), as positions."""
    found: list[tuple[int, int, int | None]] = []
    low = high = 0
    rising, days = False, level.tolist()  # single numbers of an array take five times as long
    for at, value in enumerate(days):
        if rising:
            if value > days[high]:
                high = at
            elif value * RISE < days[high]:
                found.append((low, high, None))
                rising, low = False, at
        elif value >= days[low] * RISE:
            _settle(found, level, low)
            rising, high = True, at
        elif value <= days[low]:
            low = at
    if rising:
        found.append((low, high, None))
    else:
        _settle(found, level, low)
    return found


def _settle(found: list[tuple[int, int, int | None]], level: np.ndarray, low: int) -> None:
    """Give the last wave its trough: the first day as low as `low`; none yet where it still falls on the last day."""
    if found:
        start, peak, _open = found[-1]
        trough = peak + int(level[peak : low + 1].argmin())
        found[-1] = (start, peak, trough if trough < len(level) - 1 else None)
