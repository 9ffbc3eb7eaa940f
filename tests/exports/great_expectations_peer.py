"""Load the suites by Great Expectations, run them on the Parquet files, print what each expectation counts."""

import json
import sys
from pathlib import Path

import great_expectations as gx
import pandas as pd

work, home = map(Path, sys.argv[1:3])
context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = None
source = context.data_sources.add_pandas("shop")
counts: dict[str, int] = {}
rules = json.loads((work / "rules.json").read_text("utf-8"))
for file in sorted(home.glob("*.json")):
    content = json.loads(file.read_text("utf-8"))
    frame = content["name"].partition("_")[2]
    suite = context.suites.add(gx.ExpectationSuite(**content))
    batch = source.add_dataframe_asset(frame).add_batch_definition_whole_dataframe("all")
    result = batch.get_batch({"dataframe": pd.read_parquet(work / f"{frame}.parquet")}).validate(
        suite, result_format="SUMMARY"
    )
    for one in result.results:
        assert not one.exception_info.get("raised_exception"), one.exception_info
        place = rules.index(one.expectation_config.meta["vigie"]) + 1
        counts[str(place)] = one.result["unexpected_count"]
print(json.dumps(counts))
