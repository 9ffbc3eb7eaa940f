"""Have dbt parse and run the data tests on the DuckDB file, print what each counts."""

import json
import sys
from pathlib import Path

from dbt.cli.main import dbtRunner

work, home = map(Path, sys.argv[1:3])
(home / "dbt_project.yml").write_text("name: shop\nversion: '1.0.0'\nprofile: shop\n", "utf-8")
profile = {"shop": {"target": "dev", "outputs": {"dev": {"type": "duckdb", "path": str(work / "shop.duckdb")}}}}
(home / "profiles.yml").write_text(json.dumps(profile), "utf-8")
where = ["--project-dir", str(home), "--profiles-dir", str(home), "--quiet", "--no-send-anonymous-usage-stats"]
done = dbtRunner().invoke(["test", *where])
if done.exception:
    raise done.exception
counts = {}
for one in done.result.results:
    assert one.status in ("pass", "warn", "fail"), (one.node.name, one.message)
    counts[one.node.name.removeprefix("vigie_")] = one.failures
print(json.dumps(counts))
