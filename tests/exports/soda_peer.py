"""Have Soda verify the contracts on the DuckDB file, print what each check counts."""

import json
import logging
import sys
from pathlib import Path

logging.disable(logging.INFO)
from soda_core.contracts.api.verify_api import verify_contract_locally  # noqa: E402

work, home = map(Path, sys.argv[1:3])
source = work / "source.yml"
source.write_text(f"type: duckdb\nname: vigie\nconnection:\n  database: {work / 'shop.duckdb'}\n", "utf-8")
counts = {}
for contract in sorted(home.glob("*.yml")):
    found = verify_contract_locally(data_source_file_path=str(source), contract_file_path=str(contract))
    assert not found.has_errors, found.get_errors_str()
    for result in found.contract_verification_results:
        for one in result.check_results:
            values = one.diagnostic_metric_values or {}
            count = values[f"{one.check.type}_count"]
            place = one.check.identity if not hasattr(one.check, "qualifier") else one.check.qualifier
            counts[str(place).rpartition("vigie_")[2]] = int(count)
print(json.dumps(counts))
