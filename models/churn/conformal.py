"""Which outcomes of a customer can be ruled out, with a promise that holds for leavers, for stayers and group by group.

Class-conditional (Mondrian) conformal prediction: Vovk, Gammerman, Shafer (2005), Algorithmic Learning in a Random
World, ch. 4.5. Staying may be said of at most one leaver in five, and leaving of at most one stayer in five. For
leavers nearly that is also kept in every group of customers that a limit for all would miss (those on long contracts
leave so rarely that all their risks are low): such groups are found in the data, the one that lacks most first, and
each has a limit that is no lower than it must be after those before it (the one-sided form of multivalid prediction:
Jung, Noarov, Ramalingam, Roth 2023, Batch multivalid conformal prediction, ICLR).
"""

from dataclasses import dataclass

import numpy as np

from models.churn.preparation import Coding

LEAVE, STAY, UNCLEAR = "leave", "stay", "unclear"
SURE = 0.8  # how often the right outcome is among those a verdict leaves possible, for leavers and stayers alike
IN_GROUPS = 0.05  # less of that is promised in each group;
NOISE = 0.5  # so many standard errors of a share over its leavers are asked for on top, since the limits are learned
MIN_LEAVERS = 10  # leavers: a group with fewer has no limit of its own
BANDS = 6  # of about as many customers each, into which a number is cut
GROUPS = 16  # with limits of their own at most
ERRORS = 0.25  # standard errors of coverage that may lack in a group without one


@dataclass(frozen=True)
class Group:
    """The customers whose coded column at `place` lies from `lo` to `hi`; both NaN: those whose value is missing."""

    place: int
    lo: float
    hi: float

    def members(self, matrix: np.ndarray) -> np.ndarray:
        """A mask over coded rows."""
        values = matrix[:, self.place]
        return np.isnan(values) if np.isnan(self.lo) else (values >= self.lo) & (values <= self.hi)


@dataclass(frozen=True)
class Limits:
    """From which risk leaving is possible, for each group and (last) for everybody; up to which risk staying is.

    None of the former lies above the latter: where staying is ruled out, leaving is what remains.
    """

    leave: np.ndarray
    stay: float

    def verdict(self, probability: np.ndarray, member: np.ndarray) -> np.ndarray:
        """ "leave" or "stay" where the other one is ruled out, else "unclear", for each probability.

        `member` (rows x groups) says who is in which group; of several limits the lowest one counts.
        """
        leaves = probability >= np.where(member, self.leave[:-1], np.inf).min(axis=1, initial=self.leave[-1])
        stays = probability <= self.stay
        return np.where(~stays, LEAVE, np.where(~leaves, STAY, UNCLEAR))


def limits(held_out: np.ndarray, left: np.ndarray, member: np.ndarray, sure: float = SURE) -> Limits:
    """The limits by held-out probabilities `held_out`, what happened, and who is in which group (rows x groups).

    A leaver whom the limits of groups before leave possible (or for whom staying is ruled out) counts for the next one.
    """
    stay = -_lowest(-held_out[~left], sure)
    risks, lowest, leave = held_out[left], np.full(left.sum(), stay), []
    groups, everybody = list(member[left].T), np.ones(len(risks), bool)
    shares = [*(float(asked(group.sum(), sure)) for group in groups), sure]
    for group, share in zip([*groups, everybody], shares, strict=True):
        kept = np.where(risks >= lowest, np.inf, risks)
        leave.append(min(_lowest(kept[group], share), stay))
        lowest[group] = np.minimum(lowest[group], leave[-1])
    return Limits(np.array(leave), stay)


def groups(
    held_out: np.ndarray, left: np.ndarray, matrix: np.ndarray, coding: Coding, sure: float = SURE
) -> list[Group]:
    """The groups of coded customers whose leavers need limits of their own, the one that needs it most first.

    Candidates are the levels of each column, bands of each number, and who has no value. One is taken at a time, until
    leavers of no candidate are called stayers much more often than promised.
    """
    found = _candidates(matrix, left, coding)
    if not found:
        return []
    inside = np.column_stack([group.members(matrix) for group in found])
    size = inside[left].sum(axis=0)
    share = asked(size, sure)
    taken: list[int] = []
    while len(taken) < GROUPS:
        member = inside[:, taken]
        kept = limits(held_out, left, member, sure).verdict(held_out[left], member[left]) != STAY
        short = share - kept.astype(float) @ inside[left] / size
        lacking = short / np.sqrt(share * (1 - share) / size)
        lacking[taken] = 0.0
        if lacking.max() <= ERRORS:
            break
        taken.append(int(lacking.argmax()))
    return [found[place] for place in taken]


def verdict(held_out: np.ndarray, left: np.ndarray, probability: np.ndarray, sure: float = SURE) -> np.ndarray:
    """The verdict on each probability by the same limits for everybody (see `Limits.verdict`)."""
    nobody = np.zeros((len(held_out), 0), bool)
    return limits(held_out, left, nobody, sure).verdict(probability, np.zeros((len(probability), 0), bool))


def asked(leavers: np.ndarray, sure: float) -> np.ndarray:
    """The share of a group's `leavers` that its limit leaves possible."""
    least = sure - IN_GROUPS
    return least + NOISE * np.sqrt(least * (1 - least) / np.maximum(leavers, 1))


def _candidates(matrix: np.ndarray, left: np.ndarray, coding: Coding) -> list[Group]:
    """Groups with enough leavers, of one column each, that are not everybody."""
    found = []
    for place, column in enumerate(coding.columns):
        known = matrix[~np.isnan(matrix[:, place]), place]
        if column in coding.levels:
            ends = [(float(code), float(code)) for code in range(len(coding.levels[column]))]
        else:
            cuts = (
                np.unique(np.quantile(known, np.linspace(0, 1, BANDS + 1), method="nearest")) if len(known) else known
            )
            ends = [(lo, float(np.nextafter(hi, lo))) for lo, hi in zip(cuts[:-1], [*cuts[1:-1], np.inf], strict=True)]
            ends = [(-np.inf if lo == cuts[0] else float(lo), hi) for lo, hi in ends]
        found += [Group(place, lo, hi) for lo, hi in [*ends, (np.nan, np.nan)]]
    return [
        group for group in found if group.members(matrix[left]).sum() >= MIN_LEAVERS and not group.members(matrix).all()
    ]


def _lowest(risks: np.ndarray, sure: float) -> float:
    """The risk from which an outcome cannot be ruled out, by the held-out risks of those with that outcome."""
    place = int((1 - sure) * (len(risks) + 1) + 1e-9)
    return float(np.partition(risks, place - 1)[place - 1]) if place else -np.inf
