"""Our World in Data: both editions in one table, every failure by name, the last good copy, only the rows asked for."""

import gzip
import io
import time
import zipfile
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

import settings
from connectors import BadResponse, ConnectorError, NotFound, RateLimited, Unavailable, owid
from connectors.files import InvalidFile
from data import schemas, tables
from tests.connectors.conftest import packed, send, unless_known

NOW = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
HEADER = "country,date,total_cases,new_cases,total_deaths,new_deaths,positive_rate,code,continent,population,unknown"
ROWS = (
    "Africa,2023-01-01,10,,,,,OWID_AFR,,1000000000,x",
    "France,2023-01-01,5,2,1,0,0.25,FRA,Europe,67000000,",
    "France,2023-01-02,4,-1,1,0,,FRA,Europe,67000000,",
    "Kosovo,2023-01-01,7,3,0,0,,OWID_KOS,Europe,1800000,",
)
POINTER = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 145000000\n"
)
PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>" + b"<p>" * 3_000


def csv(*rows, header=HEADER):
    return "\n".join([header, *(rows or ROWS), ""]).encode()


@pytest.fixture
def served(home, origin, monkeypatch):
    """An origin that serves the small file above unless told otherwise."""
    monkeypatch.setenv("VIGIE_OWID_URL", origin.url)
    monkeypatch.setenv("VIGIE_TIMEOUT_SECONDS", "0.5")
    settings.get.cache_clear()
    origin.answers = [send(csv())]
    return origin


def given(tmp_path, content, name="file.csv"):
    (tmp_path / name).write_bytes(content)
    return owid.dataset(tmp_path / name, NOW)


def test_the_table_has_the_types_of_its_schema_and_no_column_of_others(served):
    frame = owid.load()
    assert schemas.check("covid", frame).equals(frame)
    assert list(frame) == [
        *("country", "date", "code", "continent", "population", "total_cases", "new_cases", "total_deaths"),
        *("new_deaths", "positive_rate"),
    ]
    assert frame["country"].dtype == "category"
    assert frame["positive_rate"].dtype == "float32"
    assert frame["total_cases"].tolist() == [10, 5, 4, 7]
    assert frame["new_cases"].isna().tolist() == [True, False, False, False]
    assert frame.loc[frame["continent"].isna(), "country"].tolist() == ["Africa"]


def test_only_the_countries_and_days_asked_for_come_back(served):
    assert owid.load(["France"])["new_cases"].tolist() == [2, -1]
    assert owid.load(["France", "Kosovo"], start="2023-01-02")["country"].tolist() == ["France"]
    assert owid.load(end=date(2023, 1, 1))["country"].tolist() == ["Africa", "France", "Kosovo"]
    assert owid.load(["Kosovo"], start="2024-01-01").empty
    assert owid.load([]).empty


def test_an_unknown_country_is_named(served):
    with pytest.raises(NotFound, match="no country called Atlantis"):
        owid.load(["France", "Atlantis"])


def test_the_file_is_converted_once_while_it_stays_the_same(served, home, monkeypatch):
    served.answers = [unless_known('"a"', csv())]
    converted = []
    original = owid.convert
    monkeypatch.setattr(owid, "convert", lambda path: converted.append(path) or original(path))
    assert owid.load().equals(owid.load())
    assert len(converted) == 1
    assert len(served.requests) == 2
    served.answers = [send(csv(ROWS[1]), ETag='"b"')]
    assert len(owid.load()) == 1
    assert len(converted) == 2
    assert tables.active(home, "covid") is None, "loading does not change what the pages show"


def test_the_dataset_says_where_it_is_from_and_what_was_found(served):
    made = owid.dataset(now=NOW)
    assert (made.origin.kind, made.origin.licence, made.origin.url) == ("download", "CC BY 4.0", served.url)
    assert made.origin.retrieved == NOW
    found = {finding.message: finding.rows for finding in made.findings}
    assert [rows for message, rows in found.items() if "groups of countries" in message] == [1]
    assert [rows for message, rows in found.items() if "below zero" in message] == [1]


def test_progress_follows_what_travels_also_under_gzip(served):
    rng = np.random.default_rng(0)
    many = [f"Land {n},2023-01-01,{rng.integers(10**9)},,,,,L{n},Asia,{rng.integers(10**9)}," for n in range(60_000)]
    served.answers = [packed(csv(*many))]
    seen = []
    assert len(owid.dataset(progress=seen.append).main) == 60_000
    assert len(seen) > 3
    assert seen == sorted(seen)
    assert seen[0] < 0.5
    assert seen[-1] == pytest.approx(1)


FAILURES = {
    "slow": (send(csv(), pause=1.5), Unavailable, "cannot be reached"),
    "cut in the middle": (send(csv()[:150], length=len(csv())), BadResponse, "cut its answer off"),
    "packed and cut in the middle": (
        send(gzip.compress(csv(), 0)[:-30], Content_Encoding="gzip"),
        BadResponse,
        "cut its answer off",
    ),
    "cut in the middle, without saying so": (send(csv()[:-40]), BadResponse, "cut off"),
    "html with 200": (send(PAGE, Content_Type="text/html"), BadResponse, "not Our World in Data's"),
    "an LFS pointer": (send(POINTER), BadResponse, "not Our World in Data's"),
    "nothing": (send(b""), BadResponse, "not Our World in Data's"),
    "a header without rows": (send(csv().split(b"\n")[0] + b"\n"), BadResponse, "no row"),
    "other columns": (send(csv().replace(b"total_deaths", b"deaths_total")), BadResponse, "lacks total_deaths"),
    "JSON": (send(b'{"error": "x"}'), BadResponse, "not Our World in Data's"),
    "text for a number": (send(csv().replace(b",10,", b",ten,")), BadResponse, "row 2, column “total_cases”: “ten”"),
    "an infinite number": (send(csv().replace(b",10,", b",inf,")), BadResponse, "“inf”"),
    "no such day": (send(csv().replace(b"2023-01-02", b"2023-02-30")), BadResponse, "column “date”"),
    "a population below zero": (send(csv().replace(b"1800000", b"-1")), BadResponse, "population"),
    "asks for a pause": (send(b"", 429, Retry_After="60"), RateLimited, "asks for a pause"),
    "asks for a pause, not how long": (send(b"", 429), RateLimited, "asks for a pause"),
    "unwell": (send(b"<h1>503</h1>", 503), Unavailable, "answered 503"),
    "unwell for an hour": (send(b"", 503, Retry_After="3600"), Unavailable, "asks for a pause"),
    "gone": (send(b"", 404), NotFound, "no longer has"),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_every_failure_has_its_name_and_a_sentence(served, failure):
    answer, error, sentence = FAILURES[failure]
    served.answers = [answer]
    with pytest.raises(error, match=sentence):
        owid.load()


@pytest.mark.parametrize("failure", FAILURES)
def test_with_a_good_copy_no_failure_reaches_the_reader(served, home, failure):
    good = owid.load()
    copy = (home / "raw/owid/file.csv").read_bytes()
    served.answers = [FAILURES[failure][0]]
    assert owid.load().equals(good)
    assert (home / "raw/owid/file.csv").read_bytes() == copy
    later = owid.dataset(now=NOW + timedelta(days=1))
    assert "the copy of" in later.findings[-1].message


def test_a_hanging_server_is_given_up(served, home):
    def hang(handler):
        send(csv()[:100], length=len(csv()))(handler)
        handler.wfile.flush()
        time.sleep(1.5)

    served.answers = [hang]
    with pytest.raises(ConnectorError):
        owid.load()
    assert not list(home.rglob("*.csv"))


def test_a_huge_body_is_refused_before_it_fills_the_disk(served, home, monkeypatch):
    monkeypatch.setenv("VIGIE_DOWNLOAD_LIMIT_MB", "1")
    settings.get.cache_clear()
    served.answers = [packed(csv(*[ROWS[1]] * 40_000))]
    with pytest.raises(BadResponse, match="more than 1 MB"):
        owid.load()
    assert not list(home.rglob("*.csv"))


def test_a_redirect_to_another_host_is_not_followed_and_the_good_copy_stays(served, origin):
    served.answers = [send(csv())]
    assert len(owid.load()) == 4
    served.answers = [send(b"", 302, Location=origin.url.replace("127.0.0.1", "localhost")), send(PAGE)]
    assert len(owid.load()) == 4
    assert {one["Host"].split(":")[0] for one in served.requests} == {"127.0.0.1"}


@pytest.mark.parametrize("kind", ["text/html", "application/octet-stream", "application/json"])
def test_the_right_file_is_read_whatever_the_server_calls_it(served, kind):
    served.answers = [send(csv(), Content_Type=kind)]
    assert len(owid.load()) == 4


@pytest.mark.parametrize("kind", ["gz", "zip"])
def test_a_packed_file_is_read(home, tmp_path, kind):
    content = gzip.compress(csv())
    if kind == "zip":
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w") as archive:
            archive.writestr("compact.csv", csv())
        content = target.getvalue()
    made = given(tmp_path, content, f"compact.csv.{kind}")
    assert len(made.main) == 4
    assert made.origin.kind == "upload"


def test_the_older_spelling_gives_the_same_table(home, tmp_path):
    older = csv().replace(b"country,", b"location,", 1).replace(b",code,", b",iso_code,", 1)
    assert given(tmp_path, older).main.equals(given(tmp_path, csv()).main)


@pytest.mark.parametrize("day", ["%d/%m/%Y", "%d.%m.%Y", "%m/%d/%Y"])
@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_a_file_that_a_spreadsheet_kept_again_gives_the_same_table(home, tmp_path, delimiter, day):
    """With the delimiter, the decimal comma and the dates of its country; a month says which is the day."""
    rows = [f"France,2023-01-{day:02},{10 + day},2,1,0,0.25,FRA,Europe,67000000," for day in range(3, 29)]
    again = csv(*rows).decode().replace(",", delimiter).replace("0.25", "0,25")
    for number in range(3, 29):
        again = again.replace(f"2023-01-{number:02}", date(2023, 1, number).strftime(day))
    assert given(tmp_path, again.encode("utf-8-sig")).main.equals(given(tmp_path, csv(*rows)).main)


def test_rows_in_any_order_are_sorted_and_of_doubles_the_last_counts(home, tmp_path):
    made = given(tmp_path, csv(*ROWS[::-1], "France,2023-01-01,6,3,1,0,,FRA,Europe,67000000,"))
    assert made.main["country"].tolist() == ["Africa", "France", "France", "Kosovo"]
    assert made.main["total_cases"].tolist() == [10, 6, 4, 7]
    assert [finding.rows for finding in made.findings if "repeat" in finding.message] == [1]


def test_what_looks_like_html_or_a_formula_stays_text(home, tmp_path):
    made = given(tmp_path, csv("<script>alert(1)</script>,2023-01-01,1,1,,,,=1+1,Asia,5,"))
    assert made.main["country"].tolist() == ["<script>alert(1)</script>"]
    assert made.main["code"].tolist() == ["=1+1"]


def test_a_file_that_is_not_there_is_named(home, tmp_path):
    with pytest.raises(NotFound, match="nowhere"):
        owid.dataset(tmp_path / "nowhere.csv")


def test_a_report_points_at_the_cells(home, tmp_path):
    with pytest.raises(InvalidFile) as refused:
        given(tmp_path, csv(*ROWS, "Chad,2023-01-01,many,1,,,,TCD,Africa,1,"))
    assert refused.value.report[["row", "column", "value"]].to_numpy().tolist() == [[6, "total_cases", "many"]]


REAL = {
    "real_compact_rows_DEU_CHE_ALB.csv": (123, {"Albania", "Germany", "Switzerland"}, 61),
    "real_legacy67_AFG_OWIDAFR.csv": (2_199, {"Afghanistan", "Africa"}, 67),
    "real_legacy67_IND_KEN_cleaned.csv": (2_169, {"India", "Kenya"}, 67),
}


@pytest.mark.parametrize("name", REAL)
def test_real_files_of_both_editions(home, real_data, name):
    rows, countries, columns = REAL[name]
    raw = pd.read_csv(real_data / "owid" / name)
    assert raw.shape == (rows, columns)
    frame = owid.dataset(real_data / "owid" / name).main
    assert len(frame) == rows
    assert set(frame["country"]) == countries
    assert set(frame.columns) == set(schemas.columns("covid"))
    for column in ("total_cases", "new_deaths", "total_vaccinations", "positive_rate"):
        assert frame[column].sum() == pytest.approx(raw[column].sum(), rel=1e-6)


def test_a_real_file_is_served_kept_and_read_by_country(served, real_data):
    served.answers = [packed((real_data / "owid/real_legacy67_AFG_OWIDAFR.csv").read_bytes())]
    afghanistan = owid.load(["Afghanistan"], start="2024-07-01")
    assert afghanistan["date"].min() == pd.Timestamp("2024-07-01")
    assert afghanistan["total_cases"].iloc[-1] == 235_214
    assert len(afghanistan) == 35
