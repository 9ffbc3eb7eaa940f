"""Names of tags: those that come with Vigie, those of Open Food Facts, and which of them are shown."""

import csv
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

import locales
import settings
from connectors import ConnectorError, taxonomies
from data.food import names_path, tag_name
from locales import tags

# In the form of the origin's *.full.json.
SERVED = {
    "additives": {
        "en:e330": {
            "name": {"en": "E330", "fr": "E330 - Acide citrique", "de": "E330 - Citronensäure"},
            "additives_classes": {"en": "en:acid, en:sequestrant"},
        },
        "en:e9999": {"name": {"en": "E9999 - Wonder powder"}, "additives_classes": {"en": "en:colour"}},
    },
    "categories": {
        "en:cheddars": {"name": {"en": "cheddars", "fr": "Cheddars anglais"}, "parents": ["en:cheeses"]},
        "de:nur-deutsch": {"name": {"de": "Nur Deutsch"}},
        "no tag": {"name": {"en": "x"}},
    },
    "labels": {"en:cheddars": {"name": {"en": "A label of the same name"}}, "en:bad": {"name": 3}, "en:odd": 7},
}


class Server:
    def __init__(self):
        self.down = False
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                name = self.path.rsplit("/", 1)[-1].removesuffix(".full.json")
                body = json.dumps(SERVED.get(name, {"en:x": {"name": {}}})).encode()
                self.send_response(503 if server.down else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture
def origin(home, monkeypatch):
    made = Server()
    monkeypatch.setenv("VIGIE_TAXONOMIES_URL", f"http://127.0.0.1:{made.http.server_port}")
    monkeypatch.setenv("VIGIE_TIMEOUT_SECONDS", "2")
    settings.get.cache_clear()
    yield made
    made.http.shutdown()


def test_what_was_fetched_completes_what_comes_with_vigie(origin):
    assert tag_name("en:cheddars") == "Cheddars"  # its own words
    good = taxonomies.fetch()
    assert good.path == names_path()
    assert good.fresh
    assert tag_name("en:cheddars") == "A label of the same name"  # labels are read first
    assert tags.known("en:e9999") == tags.Tag("additive", "Wonder powder", "", ("en:colour",))
    assert tags.known("en:e330").functions == ("en:acid", "en:sequestrant")
    with locales.using("fr"):
        assert tag_name("en:e330") == "Acide citrique"
        assert tag_name("en:e9999") == "Wonder powder"  # no French: the English one
    assert tag_name("en:e330") == "Citric acid"  # the origin has but its number
    assert tags.name("de:nur-deutsch") is None


def test_offline_the_names_of_before_stay(origin):
    origin.down = True
    with pytest.raises(ConnectorError):
        taxonomies.fetch()
    assert not names_path().exists()
    origin.down = False
    taxonomies.fetch()
    origin.down = True
    assert not taxonomies.fetch().fresh
    assert tags.name("en:e9999") == "Wonder powder"


@pytest.mark.parametrize(
    ("tag", "english", "french"),
    [
        ("en:e951", "Aspartame", "Aspartame"),
        ("en:e150d", "Sulphite ammonia caramel", "Caramel au sulfite d’ammonium"),
        ("en:e331iii", "Trisodium citrate", "Citrate trisodique"),
        ("en:nuts", "Nuts", "Fruits à coque"),
        (
            "en:pet-1-polyethylene-terephthalate",
            "PET 1, polyethylene terephthalate",
            "PET 1, polyéthylène téréphtalate",
        ),
        ("en:deposit-refunds", "Deposit refunded", "Consigné"),
        ("en:diet-cola-soft-drink", "Diet cola soft drink", "Colas light"),
    ],
)
def test_names_that_come_with_vigie(home, tag, english, french):
    assert tag_name(tag) == english
    with locales.using("fr"):
        assert tag_name(tag) == french


def test_the_bundled_table_is_whole():
    lines = [line for line in tags.BUNDLED.read_text("utf-8").splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    assert len({row["tag"] for row in rows}) == len(rows) > 800
    classes = {row["tag"] for row in rows if row["kind"] == "class"}
    for row in rows:
        assert tags.is_tag(row["tag"]), row
        assert row["en"], row
        assert row["fr"], row
        assert set(filter(None, row["functions"].split(";"))) <= classes, row
        assert bool(row["functions"]) == (row["kind"] == "additive"), row


def test_what_real_products_carry_is_called_something_in_both_languages(home, real_data):
    """But for what their contributors typed, which Open Food Facts itself does not name."""
    carried: dict[str, int] = {}
    for path in sorted((real_data / "openfoodfacts").rglob("*.json")):
        raw = json.loads(path.read_text("utf-8"))
        for product in [raw.get("product"), *(raw.get("products") or [])]:
            for field in ("allergens_tags", "traces_tags", "additives_tags", "labels_tags", "categories_tags"):
                for tag in (product or {}).get(field) or ():
                    carried[tag] = carried.get(tag, 0) + 1
    named = {tag: tags.known(tag) for tag in carried}
    of_all = sum(number for tag, number in carried.items() if (one := named[tag]) and one.en and one.fr)
    assert sum(carried.values()) > 400
    assert of_all / sum(carried.values()) > 0.94
