"""A small Open Food Facts on this machine: `python -m tests.connectors.food_replica 8700` serves it by hand.

It has the real products of VIGIE_REAL_DATA, or invented ones in the same form; by hand with drawn pictures of them.
`failing` maps the beginning of a path to an answer that is given instead (see tests.connectors.conftest.send).
"""

import io
import json
import os
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from data.demo import food as demo

NOT_IN_INDEX = ("serving", "vitamin", "potassium", "calcium", "iron")


def invented() -> list[dict[str, Any]]:
    """Products as version 2 sends them: some amounts as text, grades in capitals, one with HTML in its name."""
    rows: list[dict[str, Any]] = []
    for number, one in enumerate(demo.products(datetime(2026, 1, 1, tzinfo=UTC))):
        amounts: dict[str, Any] = {
            f"{name.replace('_', '-')}_100g": str(amount).replace(".", ",") if number % 3 == 1 else amount
            for name, amount in one.per_100.items()
            if not name.startswith("energy")
        }
        amounts["energy_100g"] = one.per_100["energy_kj"]
        rows.append(
            {
                "code": one.code,
                "product_name": f"{one.name} <b>new</b>" if number == 0 else one.name,
                "brands": one.brands,
                "quantity": one.quantity,
                "categories_hierarchy": list(one.categories),
                "countries_tags": ["en:france"],
                "nutriscore_grade": (one.nutriscore or "").upper() if number % 2 else one.nutriscore,
                "nova_group": one.nova,
                "serving_size": one.serving,
                "serving_quantity": str(one.serving_size),
                "nutriments": amounts | {"vitamin-c_100g": 0.012},
                "completeness": 0.9,
                "last_modified_t": 1_750_000_000 + number,
                "image_front_small_url": f"https://images.openfoodfacts.org/images/products/{number}.200.jpg",
            }
        )
    return rows


def real(folder: Path) -> list[dict[str, Any]]:
    """The real products."""
    return [json.loads(path.read_text("utf-8")) for path in sorted((folder / "openfoodfacts/products").glob("[0-9]*"))]


class Replica:
    """The server; `requests` holds the paths it was asked for."""

    def __init__(self, rows: list[dict[str, Any]], port: int = 0) -> None:
        self.rows = {row["code"]: row for row in rows}
        self.failing: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.prices: list[dict[str, Any]] = []  # of Open Prices, which the same replica stands for
        self.requests: list[str] = []
        self.agents: set[str] = set()
        replica = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # the library's name
                replica.requests.append(self.path)
                replica.agents.add(self.headers.get("User-Agent", ""))
                for beginning, answer in replica.failing.items():
                    if self.path.startswith(beginning):
                        answer(self)
                        return
                drawn = self.path.startswith("/picture/")
                status, body = (200, {}) if drawn else replica.answer(self.path)
                sent = _picture(self.path) if drawn else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "image/svg+xml" if drawn else "application/json; charset=utf-8")
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, path: str) -> tuple[int, dict[str, Any]]:
        """Status and body, as the real server and its search service answer."""
        asked = urlsplit(path)
        params = {name: values[0] for name, values in parse_qs(asked.query).items()}
        fields = set(params.get("fields", "").split(",")) - {""}
        if asked.path.startswith("/api/v2/product/"):
            code = asked.path.rsplit("/", 1)[-1]
            if code not in self.rows:
                return 404, {"code": code, "status": 0, "status_verbose": "product not found"}
            return 200, {"code": code, "status": 1, "product": _only(self.rows[code], fields)}
        if asked.path == "/api/v1/prices":
            there = [one for one in self.prices if one["product_code"] == params["product_code"]]
            there.sort(key=lambda one: str(one["date"]), reverse=True)
            size = int(params["size"])
            body = {
                "items": there[:size],
                "page": 1,
                "pages": -(-len(there) // size),
                "size": size,
                "total": len(there),
            }
            return 200, body
        rows = list(self.rows.values())
        if "code" in params:
            rows = [self.rows[code] for code in params["code"].split(",") if code in self.rows]
        for name in ("categories", "countries", "labels"):
            if tag := params.get(f"{name}_tags"):
                rows = [row for row in rows if tag in row.get(f"{name}_hierarchy", row.get(f"{name}_tags", []))]
        words = params.get("q", params.get("search_terms", "")).split()
        for tag in [word for word in words if ":" in word]:
            value = tag.split(":", 1)[1].strip('"')
            rows = [row for row in rows if value in json.dumps(row)]
        plain = [word for word in words if ":" not in word]
        rows = [row for row in rows if all(word in _text(row) for word in plain)]
        page, size = int(params.get("page", 1)), int(params.get("page_size", 24))
        hits = [_only(row, fields) for row in rows[(page - 1) * size : page * size]]
        if asked.path == "/search":
            for row in hits:
                amounts = {k: v for k, v in row["nutriments"].items() if not any(part in k for part in NOT_IN_INDEX)}
                row.update(nutriments=amounts, brands=str(row.get("brands", "")).split(","))
                row.pop("serving_size", None)
                row.pop("serving_quantity", None)
            return 200, {"hits": hits, "count": len(rows), "page": page, "page_count": -(-len(rows) // size)}
        return 200, {"products": hits, "count": len(rows), "page": page, "page_count": len(hits), "skip": 0}


def picture(text: str = "3029330003533", kind: str = "EAN13") -> bytes:
    """A PNG with a barcode in it."""
    import zxingcpp
    from PIL import Image

    drawn = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, kind))
    file = io.BytesIO()
    Image.fromarray(drawn.to_image(scale=3, add_quiet_zones=True)).save(file, "PNG")
    return file.getvalue()


def _only(row: dict[str, Any], fields: set[str]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name in fields} if fields else dict(row)


def _picture(path: str) -> bytes:
    """A bottle in a colour of its own."""
    hue = sum(map(ord, path)) * 37 % 360
    return f"""<svg xmlns="http://www.w3.org/2000/svg" width="90" height="120" viewBox="0 0 90 120">
<path d="M36 4h18v24q16 10 16 28v54q0 8-8 8H28q-8 0-8-8V56q0-18 16-28z" fill="hsl({hue},45%,45%)"/>
<rect x="20" y="64" width="50" height="26" fill="hsl({hue},60%,90%)"/></svg>""".encode()


def _text(row: dict[str, Any]) -> str:
    return f"{row.get('product_name')} {row.get('brands')}".lower().replace("-", " ")


if __name__ == "__main__":
    given = os.environ.get("VIGIE_REAL_DATA")
    served = Replica(real(Path(given)) if given else invented(), int(sys.argv[1]))
    for row in served.rows.values():
        row.update(
            dict.fromkeys(("image_front_url", "image_front_small_url"), f"{served.url}/picture/{row['code']}.svg")
        )
    print(f"{len(served.rows)} products on {served.url}")
    threading.Event().wait()
