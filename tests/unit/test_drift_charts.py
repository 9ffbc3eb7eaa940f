"""Figures of the drift pages: what an axis leaves out is said, and labels stand apart at the width of a phone."""

import numpy as np
import pandas as pd
import pytest

import locales
from charts.monitoring import drift as charts
from charts.monitoring import what_if
from models.drift import bins, classifier, watch
from models.drift.watch import Sides


def compared(psi: list[float]) -> pd.DataFrame:
    names = ["monthly_charges", "total_charges", "contract", "tenure", "partner", "gender"][: len(psi)]
    label = np.where(np.array(psi) > 0.3, watch.CONFIRMED, watch.STABLE)
    return pd.DataFrame({"feature": names, "psi": psi, "psi_before": 0.02, "psi_after": psi, "label": label}).assign(
        noise_limit=0.01
    )


@pytest.mark.parametrize(("most", "last"), [(0.6, "0,60"), (15.4, "≥ 1,00")])
def test_an_axis_that_is_cut_says_so(most, last):
    with locales.using("fr"):
        figure = what_if.before_after(compared([0.1, 0.2, most]), 0.3)
    assert figure.layout.xaxis.ticktext[-1] == last
    assert max(figure.layout.xaxis.range) >= min(most, 1)
    assert f"{most:.2f}".replace(".", ",") in figure.layout.title.text


def test_labels_of_points_meet_no_other_label_and_no_point():
    draw = np.random.default_rng(0)
    for _case in range(50):
        points = draw.random((12, 2)) ** 2 * [240, 250]
        halves = np.c_[draw.uniform(15, 60, 12), np.full(12, 8.0)]
        placed = charts._apart(points, halves, np.arange(12), 250)
        boxes = [
            (points[one] + np.array(charts.SIDES[side]) * (halves[one] + 7), halves[one])
            for one, side in enumerate(placed)
            if side
        ]
        assert len(boxes) >= 3
        for one, (middle, half) in enumerate(boxes):
            assert all((np.abs(middle - point) > half).any() for point in points)
            assert half[0] <= middle[0] <= 250 - half[0]
            assert all((np.abs(middle - other) >= half + more).any() for other, more in boxes[:one])


def test_the_map_names_what_changed():
    table = compared([0.5, 0.02, 0.02, 0.02, 0.02, 0.02])
    importance = dict.fromkeys(table["feature"], 0.3) | {"monthly_charges": 0.01}
    figure = charts.weight(table, importance, 0.3, "importance")
    assert "Monthly charges" in figure.data[0].text
    assert "Monthly charges" in figure.layout.title.text


def test_levels_that_hardly_moved_are_told_together_and_nothing_is_lost():
    levels = pd.Series([f"code {number}" for number in range(30) for _row in range(30 - number)])
    cut = bins.freeze(levels)
    now = cut.count(pd.concat([levels, pd.Series(["new"] * 100)]))
    figure = charts.distribution("product", Sides(cut, cut.expected(now), np.zeros_like(now), now))
    names = figure.layout.yaxis.ticktext
    assert names[0] == "new ones"
    assert names[-1].endswith("others")
    assert len(names) <= charts.BARS
    assert all(sum(bar.x) == pytest.approx(1) for bar in figure.data)


@pytest.mark.parametrize(
    ("auc", "pvalue", "says"),
    [
        (0.93, 0.0001, "tells these rows"),
        (0.93, 0.02, "not sure"),
        (0.55, 0.5, "cannot tell"),
        (0.55, 1e-9, "cannot tell"),
    ],
)
def test_what_looks_unlike_by_chance_is_not_called_alike(auc, pvalue, says):
    found = {classifier.LEARNED: classifier.Apart(auc, pvalue, {"product": 0.2}, {})}
    assert says in charts.apart(found).layout.title.text
