"""How often what comes lies in bands and intervals, on many simulations whose truth is known: promised beside held.

Run: python -m benchmarks.held [simulations]. The tests look at the same simulations, fewer of them.
"""

import sys

from tests.unit import test_drift_performance, test_forecast_bands, test_forecast_steps, test_uplift


def row(what: str, promised: float, held: float) -> None:
    """Print a row of the table."""
    print(f"{what:<62} {promised:>8.0%} {held:>7.1%}")


def main(seeds: int = 500) -> None:
    """Print the table."""
    print(f"{'of ' + str(seeds):<62} {'promised':>8} {'held':>7}")
    for level, held in test_forecast_steps.held_of_slow_demand(seeds).items():
        row("sum of 28 days of a product that sells now and then", level / 100, held)
    bands = test_forecast_bands
    for errors in (bands.noise, bands.drifting, bands.lasting, bands.uneven):
        for part, both in bands.held_of(errors, seeds).items():
            for promised, held in zip((0.8, 0.95), both, strict=True):
                row(f"{part}, errors: {errors.__name__}", promised, held)
    estimated, realised = test_drift_performance.held_of_estimates(seeds)
    for measure, held in estimated.items():
        row(f"{measure} that came, in its estimate", 0.95, held)
    row("expected auc, in the interval of what came", 0.95, realised["auc"])
    for what, held in test_uplift.held_of_campaigns(seeds // 10).items():
        row(f"what calls did ({what}), in its interval", 0.9 if what == "replacing" else 0.95, held)
    row("share saved by several campaigns together", 0.95, test_uplift.held_together(seeds))
    row("a column that tells nobody apart, said to", 0.05, test_uplift.named_falsely(seeds))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
