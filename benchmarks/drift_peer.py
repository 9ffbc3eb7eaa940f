"""The side of Evidently and NannyML in benchmarks/drift.py, which runs it in an environment of its own.

python drift_peer.py NAME FOLDER prints as JSON the seconds, those of all processors and extra megabytes for
reference.parquet and current.parquet, and what is said of each pair "then ....parquet" and "now ....parquet".
"""

import json
import sys
import time
from pathlib import Path

import pandas as pd


def evidently(reference: pd.DataFrame, current: pd.DataFrame) -> dict[str, float]:
    """PSI of every column, which is the least that can be asked for."""
    from evidently import DataDefinition, Dataset, Report  # type: ignore[import-not-found]
    from evidently.presets import DataDriftPreset  # type: ignore[import-not-found]

    numbers = [name for name in reference if pd.api.types.is_numeric_dtype(reference[name])]
    texts = [name for name in reference if name not in numbers]
    about = DataDefinition(numerical_columns=numbers, categorical_columns=texts)
    sides = [Dataset.from_pandas(side, data_definition=about) for side in (current, reference)]
    found = Report([DataDriftPreset(method="psi")]).run(*sides).dict()
    drifts = [metric for metric in found["metrics"] if "ValueDrift" in str(metric.get("metric_name"))]
    return {"value": float(drifts[0]["value"])}


def nannyml(reference: pd.DataFrame, current: pd.DataFrame) -> dict[str, float]:
    """KS, Wasserstein and Jensen-Shannon of numbers, chi-square and Jensen-Shannon of text, in one chunk."""
    import nannyml as nml  # type: ignore[import-not-found]

    calculator = nml.UnivariateDriftCalculator(
        column_names=list(reference),
        continuous_methods=["kolmogorov_smirnov", "wasserstein", "jensen_shannon"],
        categorical_methods=["chi2", "jensen_shannon"],
        chunk_number=1,
    )
    frame = calculator.fit(reference).calculate(current).to_df(multilevel=False)
    return {"value": float(frame[f"{reference.columns[0]}_jensen_shannon_value"].iloc[-1])}


def peak() -> float:
    """The greatest memory this process has held, in megabytes."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def main(name: str, folder: Path) -> None:
    """Answer."""
    ask = {"Evidently": evidently, "NannyML": nannyml}[name]
    small = [pd.read_parquet(folder / f"{side}.parquet").head(1000) for side in ("reference", "current")]
    ask(*small)  # imports and first calls count for nothing
    big = [pd.read_parquet(folder / f"{side}.parquet") for side in ("reference", "current")]
    before, begun, used = peak(), time.perf_counter(), time.process_time()
    ask(*big)
    answer = {"seconds": time.perf_counter() - begun, "cpu": time.process_time() - used, "megabytes": peak() - before}
    for path in folder.glob("then *.parquet"):
        spot = path.stem.removeprefix("then ")
        try:
            said = ask(pd.read_parquet(path), pd.read_parquet(folder / f"now {spot}.parquet"))["value"]
        except Exception:  # it gave up: that is its answer
            said = float("nan")
        answer[spot] = said
    print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
