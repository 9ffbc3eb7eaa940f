"""What a full-size COVID-19 file costs: conversion, memory, reading, repainting. Run: python -m benchmarks.covid

The file is simulated: Our World in Data's 61 columns, 250 countries and groups, 590,000 rows, about 130 MB. Prints each
figure beside its budget. A repaint is told in time of the server's processor, and in time until the page has changed
beside six bars of a trivial app that were repainted in between (benchmarks/pages.py): their ratio holds on any machine.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
from playwright.sync_api import Page, sync_playwright

from benchmarks import pages
from data.demo import covid as demo

ALONE = ("benchmarks/covid_app.py", 8596)
VIEWS = ("time", "map", "ranking", "country", "alike", "relations", "weeks")
MEMORY = 400  # MB of the server after all views
ROUNDS = 10
ROOT = Path(__file__).resolve().parent.parent
COUNTRIES, DAYS = 250, 2_360
FOUR = ["Country 003", "Country 050", "Country 120", "Country 200"]
COLUMNS = [  # of compact.csv, in its order
    "country", "date", "total_cases", "new_cases", "new_cases_smoothed", "total_cases_per_million",
    "new_cases_per_million", "new_cases_smoothed_per_million", "total_deaths", "new_deaths",
    "new_deaths_smoothed", "total_deaths_per_million", "new_deaths_per_million",
    "new_deaths_smoothed_per_million", "excess_mortality", "excess_mortality_cumulative",
    "excess_mortality_cumulative_absolute", "excess_mortality_cumulative_per_million", "hosp_patients",
    "hosp_patients_per_million", "weekly_hosp_admissions", "weekly_hosp_admissions_per_million", "icu_patients",
    "icu_patients_per_million", "weekly_icu_admissions", "weekly_icu_admissions_per_million",
    "stringency_index", "reproduction_rate", "total_tests", "new_tests", "total_tests_per_thousand",
    "new_tests_per_thousand", "new_tests_smoothed", "new_tests_smoothed_per_thousand", "positive_rate",
    "tests_per_case", "total_vaccinations", "people_vaccinated", "people_fully_vaccinated", "total_boosters",
    "new_vaccinations", "new_vaccinations_smoothed", "total_vaccinations_per_hundred",
    "people_vaccinated_per_hundred", "people_fully_vaccinated_per_hundred", "total_boosters_per_hundred",
    "new_vaccinations_smoothed_per_million", "new_people_vaccinated_smoothed",
    "new_people_vaccinated_smoothed_per_hundred", "code", "continent", "population", "population_density",
    "median_age", "life_expectancy", "gdp_per_capita", "extreme_poverty", "diabetes_prevalence",
    "handwashing_facilities", "hospital_beds_per_thousand", "human_development_index",
]  # fmt: skip
CONVERT = """
import json, resource, sys, time
from pathlib import Path
from datetime import UTC, datetime
import settings
from connectors import child, owid
from data import tables
from data.dataset import Dataset, Origin
child.prepare()
time.sleep(5)  # a server has a child ready
begun = time.perf_counter()
frame, findings = owid.convert(Path(sys.argv[1]))
dataset = Dataset("covid", {"covid": frame}, Origin("download", "Simulated file"), findings)
stored = tables.add(settings.get().home, dataset, datetime.now(UTC))
print(json.dumps({
    "seconds": time.perf_counter() - begun,
    "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "frame": dataset.main.memory_usage(deep=True).sum() / 1e6,
    "parquet": (stored.folder / "covid.parquet").stat().st_size / 1e6,
    "rows": len(dataset.main),
}))
"""
READ = """
import sys, time
import settings
from data import tables
stored = tables.active(settings.get().home, "covid")
four = tables.among("country", sys.argv[1].split(","))
tables.read(stored, rows=four)
times = []
for _round in range(7):
    begun = time.perf_counter()
    assert tables.read(stored, rows=four)["country"].nunique() == 4
    times.append(time.perf_counter() - begun)
print(sorted(times)[3])
"""


def write(path: Path) -> None:
    """The simulated file: the demo's twenty countries, again and again with other sizes, for each outline of the map,
    and groups of countries."""
    small = demo.generate(date(2026, 1, 1))
    parts = [part.reset_index(drop=True) for _name, part in small.groupby("country", observed=True)]
    single, groups = ([part for part in parts if part["continent"].isna().all() == apart] for apart in (False, True))
    outlines = json.loads((ROOT / "ui/assets/world_110m.json").read_text())["objects"]["countries"]["geometries"]
    codes = sorted({shape["id"] for shape in outlines})
    rng = np.random.default_rng(0)
    days = pd.date_range(end="2026-06-17", periods=DAYS)
    with pa.csv.CSVWriter(str(path), pa.schema([(name, _kind(name)) for name in COLUMNS])) as file:
        for number in range(COUNTRIES):
            pattern = single if number < len(codes) else groups
            one = pattern[number % len(pattern)]
            part = one.iloc[np.arange(DAYS) % len(one)].reset_index(drop=True)
            numbers = part.select_dtypes("number").columns
            part[numbers] = (part[numbers] * rng.uniform(0.5, 1.5)).round(3)
            part["country"], part["date"] = f"Country {number:03d}", days.strftime("%Y-%m-%d")
            part["code"] = codes[number] if number < len(codes) else f"OWID_{number}"
            for name in COLUMNS:
                if name not in part:
                    source = next((c for c in part if name.startswith(c)), "total_cases")
                    share = part[source].astype(float) * 0.0123
                    dense = number % 4 == 0 or name.startswith(("total", "new_cases"))  # the real file has many gaps
                    part[name] = share.round(2) if dense else np.nan
            file.write_table(pa.Table.from_pandas(part[COLUMNS], preserve_index=False).cast(file_schema()))


def file_schema() -> pa.Schema:
    return pa.schema([(name, _kind(name)) for name in COLUMNS])


def _kind(name: str) -> pa.DataType:
    return pa.string() if name in ("country", "date", "code", "continent") else pa.float64()


def run(script: str, home: str, *arguments: str) -> str:
    """The last line that a script prints, in a process of its own."""
    answer = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=ROOT,
        env={**os.environ, "VIGIE_HOME": home},
        check=True,
        capture_output=True,
        text=True,
    )
    return answer.stdout.splitlines()[-1]


def server(port: int) -> Path:
    """The folder of /proc of the server at this port."""
    asked = f"--server.port={port}"
    for process in Path("/proc").glob("[0-9]*"):
        if asked in (process / "cmdline").read_text("utf-8", "replace").split("\0"):
            return process
    raise ProcessLookupError(asked)


def resident(process: Path) -> float:
    """What a server holds in memory, MB."""
    lines = (process / "status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def spent(process: Path) -> float:
    """Milliseconds of the processor that a server has taken."""
    fields = (process / "stat").read_text("utf-8").rsplit(")", 1)[1].split()
    return 1000 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def choose(page: Page) -> None:
    """Choose one more country, by the page itself: Playwright's own clicks take 40 ms."""
    page.evaluate("document.querySelector('[role=option]').click()")


def visit(page: Page, port: int, view: str) -> None:
    page.goto(f"http://localhost:{port}/covid?lang=en&view={view}")
    page.wait_for_selector("h1")
    page.wait_for_timeout(4_000)


def repaint(page: Page, port: int, view: str, floor: Page) -> tuple[list[float], list[float], list[float]]:
    """Milliseconds of the server's processor, and until the last change of the page, from a country chosen; and those
    until the last change of the trivial app (`floor`)."""
    visit(page, port, view)
    process, worked, times, bars = server(port), [], [], []
    for _round in range(ROUNDS + 1):
        bars.append(pages.bars(floor))
        page.get_by_role("combobox", name="Countries and groups").click()
        page.wait_for_selector("[role=option]")
        page.wait_for_timeout(600)
        before = spent(process)
        times.append(pages.measure(page, lambda: choose(page))[1])
        worked.append(spent(process) - before)
        page.keyboard.press("Escape")
        page.keyboard.press("Backspace")  # as many countries in every round
        page.wait_for_timeout(600)
    return worked[1:], times[1:], bars[1:]


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / "compact.csv"
        write(path)
        print(f"a file of {path.stat().st_size / 1e6:.0f} MB, {COUNTRIES * DAYS:,} rows, {len(COLUMNS)} columns")
        found = json.loads(run(CONVERT, home, str(path)))
        print(f"converted and kept            {found['seconds']:7.2f} s    budget 5")
        print(f"memory of that process        {found['memory']:7.0f} MB   budget 400")
        print(f"the table in memory, on disk  {found['frame']:7.0f} MB, {found['parquet']:.0f} MB")
        print(f"four countries read           {float(run(READ, home, ','.join(FOUR))):7.3f} s    budget 0.07")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
            )
            page = browser.new_page(viewport=pages.SIZE, bypass_csp=True)
            page.set_default_timeout(120_000)
            with pages.served(*ALONE, home), pages.served(*pages.TRIVIAL, home):
                floor = pages.opened(browser, pages.TRIVIAL[1])
                for view in VIEWS:
                    found = repaint(page, ALONE[1], view, floor)
                    (worked, most), (middle, late), (bars, _) = (statistics.quantiles(one, n=10)[4::4] for one in found)
                    print(f"country chosen: {view:<14}{worked:9.0f} ms   p90 {most:.0f}   of the processor;", end="")
                    print(f" {middle:.0f} ms   p90 {late:.0f} until it is painted,", end=" ")
                    print(
                        f"{middle / bars:.2f} (p90 {late / bars:.2f}) of six bars   budget 0.74 (p90 1.30)", flush=True
                    )
                once = resident(server(ALONE[1]))
                for view in VIEWS:
                    visit(page, ALONE[1], view)
                again = resident(server(ALONE[1]))
                print(
                    f"memory of a server of this page{once:6.0f} MB   budget {MEMORY}; {again:.0f} after a second round"
                )
            with pages.served(*pages.VIGIE, home):
                page.goto(f"http://localhost:{pages.VIGIE[1]}")
                page.wait_for_timeout(2 * pages.WARM_UP)
                warmed = resident(server(pages.VIGIE[1]))
                for view in VIEWS:
                    visit(page, pages.VIGIE[1], view)
                print(
                    f"memory of a server of all pages{resident(server(pages.VIGIE[1])):6.0f} MB   {warmed:.0f} before"
                )
            browser.close()


if __name__ == "__main__":
    main()
