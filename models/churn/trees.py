"""Boosted trees read from bytes: a call of XGBoost takes a millisecond, however few customers it is asked about.

A tree has eight leaves at most, so that a byte says which of them a value of one column leaves possible. The bytes of
all columns, joined by AND, leave one: where the customer ends (QuickScorer, Lucchese et al. 2015, SIGIR, 73-82).
"""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

MAX_LEAVES = 8  # of a tree: one a bit
AT_ONCE = 256  # customers, whose bytes stay in the processor's cache
LEAF = np.zeros(256, np.intp)  # of a byte with one bit: which one
LEAF[1 << np.arange(MAX_LEAVES)] = np.arange(MAX_LEAVES)
# The tree, the number under which customers go left or the codes of those who go right, whether those go left who are
# not known, and the leaves to the left and to the right, a bit each.
Split = tuple[int, float | list[int], bool, int, int]


@dataclass(frozen=True)
class Trees:
    """The trees of a booster, those of its first output first."""

    edges: tuple[np.ndarray, ...]  # of each column, the values at which another byte begins
    start: np.ndarray  # of each column, where its bytes begin: one a part between the edges, and one of not known
    possible: np.ndarray  # (all columns' parts x trees, eight in a word): the leaves that are possible
    every: np.ndarray  # the same of a customer of whom nothing is asked
    values: np.ndarray  # (trees x `MAX_LEAVES`) of the leaves, one after the other
    base: np.ndarray  # of each output: the log-odds that all customers share


def read(booster: Any) -> Trees:
    """The trees of a booster. Raises ValueError where one has more than `MAX_LEAVES` leaves."""
    learner = json.loads(booster.save_raw("json"))["learner"]
    forest, share = learner["gradient_booster"]["model"], learner["learner_model_param"]["base_score"]
    base = np.atleast_1d(json.loads(share)).astype(float)
    trees = [forest["trees"][place] for place in np.argsort(forest["tree_info"], kind="stable")]
    values, every = np.zeros((len(trees), MAX_LEAVES)), np.zeros(-(-len(trees) // 8) * 8, np.uint8)
    splits: list[list[Split]] = [[] for _column in range(booster.num_features())]
    for number, tree in enumerate(trees):
        leaves: list[float] = []
        every[number] = _below(tree, 0, number, leaves, splits)
        values[number, : len(leaves)] = leaves
    found = [_column(asked, every) for asked in splits]
    return Trees(
        tuple(edges for edges, _possible in found),
        np.cumsum([0, *(len(possible) for _edges, possible in found)])[:-1],
        np.vstack([possible for _edges, possible in found]).view(np.uint64),
        every.view(np.uint64),
        values.ravel(),
        np.log(base / (1 - base)),
    )


def log_odds(trees: Trees, matrix: np.ndarray) -> np.ndarray:
    """What the booster says of coded customers (outputs x rows), summed up in 64 bits where it sums up in 32."""
    count, told = len(trees.values) // MAX_LEAVES, np.empty((len(matrix), len(trees.base)))
    first = MAX_LEAVES * np.arange(count)
    for begin in range(0, len(matrix), AT_ONCE):
        here = slice(begin, begin + AT_ONCE)
        left = trees.every
        for start, edges, column in zip(trees.start, trees.edges, matrix[here].T.astype(np.float32), strict=True):
            part = np.where(np.isnan(column), len(edges) + 1, np.searchsorted(edges, column, "right"))
            left = left & trees.possible[start + part]
        leaf = first + LEAF[left.view(np.uint8)[:, :count]]
        told[here] = trees.values[leaf].reshape(len(leaf), len(trees.base), -1).sum(axis=2)
    return told.T + trees.base[:, None]


def _below(tree: dict[str, Any], node: int, number: int, leaves: list[float], splits: list[list[Split]]) -> int:
    """The leaves below a node of a tree, a bit each; adds their values to `leaves`, and what is asked to `splits`."""
    left, right = tree["left_children"][node], tree["right_children"][node]
    if left < 0:
        leaves.append(tree["split_conditions"][node])
        if len(leaves) > MAX_LEAVES:
            raise ValueError(f"a tree with more than {MAX_LEAVES} leaves")
        return 1 << (len(leaves) - 1)
    limit: float | list[int] = tree["split_conditions"][node]
    if tree["split_type"][node]:
        place = tree["categories_nodes"].index(node)
        first = tree["categories_segments"][place]
        limit = tree["categories"][first : first + tree["categories_sizes"][place]]
    under, over = _below(tree, left, number, leaves, splits), _below(tree, right, number, leaves, splits)
    splits[tree["split_indices"][node]].append((number, limit, bool(tree["default_left"][node]), under, over))
    return under | over


def _column(splits: list[Split], every: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The edges of a column, and which leaves (of `every` one of each tree) each part between them leaves possible."""
    if not splits:
        return np.zeros(0, np.float32), np.tile(every, (2, 1))
    tree, limits, usual, left, right = zip(*splits, strict=True)
    if isinstance(limits[0], list):
        edges = np.arange(1, max(map(max, limits)) + 2, dtype=np.float32)
        goes = np.ones((len(edges) + 2, len(splits)), bool)
        goes[np.concatenate(limits), np.repeat(np.arange(len(splits)), list(map(len, limits)))] = False
    else:
        edges, place = np.unique(np.array(limits, np.float32), return_inverse=True)
        goes = np.arange(len(edges) + 2)[:, None] <= place
    goes[-1] = usual
    stays = np.where(goes, 255 - np.array(right, np.uint8), 255 - np.array(left, np.uint8))
    trees, first = np.unique(tree, return_index=True)
    possible = np.tile(every, (len(edges) + 2, 1))
    possible[:, trees] &= np.bitwise_and.reduceat(stays, first, axis=1)
    return edges, possible
