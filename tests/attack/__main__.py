"""`python -m tests.attack [--seed N] [--scale X] [attack ...]`: run the attacks, print a table, exit 1 on a red row."""

import argparse
import importlib
import logging
import pkgutil
import sys
import time
import traceback

from tests import attack


def main() -> int:
    """Every attack named, or all; the number of rows in which something did not hold."""
    names = [module.name for module in pkgutil.iter_modules(attack.__path__) if not module.name.startswith("_")]
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--scale", type=float, default=1.0)
    asked.add_argument("attacks", nargs="*", metavar="attack", help=", ".join(names))
    chosen = asked.parse_args()
    logging.getLogger("vigie").setLevel(logging.CRITICAL)  # what is found damaged is told, hundreds of times
    if unknown := set(chosen.attacks) - set(names):
        asked.error(f"there is no attack called {', '.join(sorted(unknown))}: choose from {', '.join(names)}")
    red = 0
    print(
        f"| {'attack':60} | {'tried':>6} | {'held':>6} | note |",
        "|" + "-" * 62 + "|-------:|-------:|------|",
        sep="\n",
    )
    for name in chosen.attacks or names:
        module, begun = importlib.import_module(f"tests.attack.{name}"), time.monotonic()
        if not hasattr(module, "run"):
            continue
        try:
            for what, tried, held, note in module.run(chosen.seed, chosen.scale):
                bad = held < tried
                red += bad
                print(f"| {what:60} | {tried:6} | {held:6} | {'RED ' if bad else ''}{note} |", flush=True)
        except Exception as error:  # an attack that breaks is no attack that was held
            traceback.print_exc()
            red += 1
            print(f"| {name:60} | {1:6} | {0:6} | RED {type(error).__name__} |", flush=True)
        print(f"{name}: {time.monotonic() - begun:.0f} s", file=sys.stderr)
    return red


if __name__ == "__main__":
    sys.exit(main() > 0)
