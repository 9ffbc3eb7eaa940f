"""How figures get onto paper: Vigie's way beside others, in one run. Run: python -m benchmarks.report

Eight figures of the demo's boards, and the whole PDF of the board Sales. A way whose library is not installed is left
out (`pip install kaleido`, which drives a Chrome). Seconds of this process and its
children, of the second of two rounds; `text`: whether words in a figure can be searched for.
"""

import io
import json
import resource
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from matplotlib import font_manager
from pypdf import PdfReader

import settings
from charts import paper
from charts.ask import content, report_pdf, reporting
from data import demo, state, tables
from models.ask.board import READY

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
WIDE, HIGH = 3.5, 2.4  # inches
ASSETS = settings.ROOT / "ui" / "assets"


def main(figures: int = 8) -> None:
    with tempfile.TemporaryDirectory() as home:
        for table in ("sales", "customers"):
            tables.add(Path(home), demo.dataset(table, NOW.date()), NOW)
        sold, people = (tables.active(Path(home), table) for table in ("sales", "customers"))
        assert sold
        source = reporting.source(sold, people, state.engine("sqlite://"))
        says = [(card, content.content(card, board.bar, source)) for board in READY.values() for card in board.cards]
        drawn = [one.figure for _card, one in says if one.figure is not None][:figures]
        for name in ("regular", "bold"):
            font_manager.fontManager.addfont(str(ASSETS / f"atkinson-{name}.ttf"))
        print(f"{len(drawn)} figures      seconds    kB each  text")
        for name, (needs, way) in WAYS.items():
            if all(map(find_spec, needs)):
                made, spent = _timed(partial(way, drawn))
                print(f"{name:<18}{spent:8.2f} {sum(map(len, made)) / len(made) / 1000:9.0f}  {_searched(made[0])}")
        outlines = json.loads((ASSETS / "world_110m.json").read_text("utf-8"))
        sales = [(card, content.content(card, READY["sales"].bar, source)) for card in READY["sales"].cards]
        about = content.about("Sales", "", sold, source.of, NOW)
        for slides in (False, True):
            made, spent = _timed(partial(_whole, about, sales, outlines, slides))
            print(f"{'slides' if slides else 'A4'}, {len(sales)} cards{spent:13.2f} {len(made[0]) / 1000:9.0f}")


def _whole(about: Any, sales: Sequence[Any], outlines: Mapping[str, Any], slides: bool) -> list[bytes]:
    return [report_pdf.pdf(about, sales, ASSETS, outlines, slides)]


def _timed(work: Callable[[], list[bytes]]) -> tuple[list[bytes], float]:
    """What the second round makes, and the seconds of this process and of those it waited for, or of the clock."""
    work()
    begun = [_spent(), time.perf_counter()]
    made = work()
    return made, max(_spent() - begun[0], time.perf_counter() - begun[1])


def _spent() -> float:
    return sum(
        one.ru_utime + one.ru_stime for one in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def _searched(made: bytes) -> str:
    if made.startswith(b"%PDF"):
        return "yes" if PdfReader(io.BytesIO(made)).pages[0].extract_text().strip() else "no"
    return "yes" if b"<text" in made else "no"


def _vigie(figures: Sequence[go.Figure]) -> list[bytes]:
    return [paper.drawn(one, WIDE, HIGH, report_pdf.FAMILY) for one in figures]


def _kaleido(figures: Sequence[go.Figure]) -> list[bytes]:
    kaleido = import_module("kaleido")  # of the reader’s own environment, if at all
    kaleido.start_sync_server(silence_warnings=True)
    try:
        return [kaleido.calc_fig_sync(one.to_dict(), opts={"format": "pdf"}) for one in figures]
    finally:
        kaleido.stop_sync_server(silence_warnings=True)


WAYS: dict[str, tuple[tuple[str, ...], Callable[[Sequence[go.Figure]], list[bytes]]]] = {
    "Vigie": ((), _vigie),
    "kaleido (Chrome)": (("kaleido",), _kaleido),
}

if __name__ == "__main__":
    main()
