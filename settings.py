"""Every setting, its default and its environment variable: VIGIE_ and the name in capitals.

What should not stand in the environment (a database password) can stand in the table `[vigie]` of
`.streamlit/secrets.toml` under the same name in small letters; the environment wins.
"""

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

VERSION = "0.1.0"
ROOT = Path(__file__).parent
SECRETS = ROOT / ".streamlit" / "secrets.toml"


class SettingsError(ValueError):
    """A setting cannot be used; the sentence says which, why, and where to correct it."""


def _starts(*beginnings: str) -> AfterValidator:
    def check(value: str) -> str:
        if not value.startswith(beginnings):
            raise ValueError(f"it must start with {' or '.join(beginnings)}")
        return value

    return AfterValidator(check)


def _default_database(others: dict[str, Path]) -> str:
    return f"sqlite:///{others['home'] / 'vigie.db'}"


def _names(value: str | Iterable[str]) -> frozenset[str]:
    """Names of hosts, separated by spaces or commas."""
    text = value if isinstance(value, str) else " ".join(value)
    names = {name.lower().strip("[]") for name in re.split(r"[\s,]+", text) if name}
    if not all(re.fullmatch(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*|[0-9a-f.]*:[0-9a-f:.]*", name) for name in names):
        raise ValueError(
            "it must list hosts by name, such as vigie.example.com or *.example.com, without http and port"
        )
    return frozenset(names)


def _urls(value: str | Mapping[str, str]) -> dict[str, str]:
    """URLs by their names: as a table, or as text "name=URL name=URL"."""
    pairs = [pair.partition("=")[::2] for pair in value.split()] if isinstance(value, str) else list(value.items())
    if not all(
        re.fullmatch(r"[\w.-]{1,40}", name) and re.match(r"[a-z][a-z0-9+_]*://", str(url)) for name, url in pairs
    ):
        raise ValueError("it must list databases as name=postgresql://user:password@host/database, separated by spaces")
    return {name: str(url) for name, url in pairs}


def _people(value: str | Iterable[str]) -> frozenset[str]:
    """E-mail addresses and names of groups, separated by commas: groups may have blanks in their names."""
    names = value.split(",") if isinstance(value, str) else value
    return frozenset(name.strip().lower() for name in names if name.strip())


Hosts = Annotated[frozenset[str], NoDecode, BeforeValidator(_names)]
People = Annotated[frozenset[str], NoDecode, BeforeValidator(_people)]
Url = Annotated[str, _starts("https://", "http://")]


class Settings(BaseSettings):
    """The settings of one process, checked. Times are in seconds, sizes in megabytes."""

    model_config = SettingsConfigDict(env_prefix="VIGIE_", env_ignore_empty=True, extra="forbid", frozen=True)

    # Where everything Vigie keeps lies: tables, models, raw downloads, logs.
    home: Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())] = ROOT / "data" / "local"
    # The state database as a SQLAlchemy URL: SQLite under `home` unless several machines share a PostgreSQL.
    database_url: Annotated[str, _starts("sqlite:///", "postgresql://", "postgresql+psycopg://")] = Field(
        default_factory=_default_database
    )
    # Databases and stores that tables may be read from: URLs (postgresql://, mysql://, sqlite:////, duckdb:////, what
    # SQLAlchemy knows, mongodb://, s3://) by the names they are shown under, name=URL separated by spaces; in the
    # secrets file a table `[vigie.databases]`. Whoever reaches Vigie reads what these accounts may read.
    databases: Annotated[dict[str, SecretStr], NoDecode, BeforeValidator(_urls)] = {}
    # Of one statement there.
    database_seconds: float = Field(1800.0, gt=0, allow_inf_nan=False)
    # Where sales lines that are too many for one machine are summed up: a Spark master (local[*], spark://host:7077,
    # yarn, k8s://...) or a Spark Connect server (sc://host:15002).
    spark: Annotated[str, _starts("local", "spark://", "yarn", "k8s://", "sc://")] | Literal[""] = ""
    # Headers by the host that files are read from ({"data.example.com": {"Authorization": "Bearer ..."}}); no other
    # host is sent them.
    headers: dict[str, dict[str, SecretStr]] = {}
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    # Whether the log is kept under `home` too. Where several machines share a database, and with it a home, it is not
    # unless this says so: each has its own stdout.
    log_file: bool = Field(default_factory=lambda others: str(others.get("database_url", "")).startswith("sqlite"))
    # Whether predictions, their quality, drift, alerts, jobs and pages are logged too, a line each (`data.events`).
    log_events: bool = False
    # How the servers Vigie downloads from can reach whoever runs it: part of its User-Agent.
    contact: str = "https://github.com/vigie"
    # The names under which browsers reach this server, beside localhost and its own address. Requests under another
    # name are refused: a web page elsewhere could have made it point here.
    allowed_hosts: Hosts = frozenset()
    # Hosts of a private network that downloads may come from; localhost, addresses in numbers and names without a
    # domain are taken for what they are and need not stand here.
    private_hosts: Hosts = frozenset()
    # Who may do what, once they have logged in (`[auth]` in .streamlit/secrets.toml): e-mail addresses, or values of
    # the claim `role_claim` ("groups", "roles") of their identity token, separated by commas; "*" is everybody who can
    # log in. Who stands in none of them sees nothing; who stands in several has the highest of these roles.
    viewers: People = frozenset()
    analysts: People = frozenset()
    admins: People = frozenset()
    role_claim: str = ""
    # How long a login lasts before it is asked for again.
    login_hours: float = Field(12.0, gt=0, allow_inf_nan=False)
    upload_limit_mb: int = Field(200, gt=0)
    # A file that lies on this machine: in the folder `incoming` under `home`, or named to `jobs.py import`.
    file_limit_mb: int = Field(10_000, gt=0)
    download_limit_mb: int = Field(400, gt=0)
    # How many pieces of work beside the pages go on at once; of trainings, which are counted apart, as many again.
    workers: int = Field(default_factory=lambda: max(1, (os.cpu_count() or 2) - 1), gt=0)
    timeout_seconds: float = Field(20.0, gt=0, allow_inf_nan=False)
    # Of one download, all in all: enough for 145 MB over a line of 1 Mbit/s.
    download_seconds: float = Field(1800.0, gt=0, allow_inf_nan=False)
    # Whether this server does what is due by the schedules; of several that share a database, one at a time does.
    scheduler: Literal["on", "off"] = "off"
    # Who is told of alerts: apprise URLs (mailto://, slack://, workflows://, json://), separated by spaces or commas.
    notify_urls: SecretStr = SecretStr("")
    # The mail server that orders to suppliers leave by: an apprise URL, mailtos://user:password@smtp.example.com?from=...
    order_mail: SecretStr = SecretStr("")
    # An OpenAI-compatible endpoint, "http://localhost:11434/v1", that reads questions which the page Ask is unsure of.
    # It is told what can be asked and the question, no data. Nobody is asked unless a URL and a model are named.
    llm_url: Annotated[str, _starts("https://", "http://")] | Literal[""] = ""
    llm_model: str = ""
    llm_key: SecretStr = SecretStr("")
    telco_url: Url = (
        "https://raw.githubusercontent.com/IBM/telco-customer-churn-on-icp4d/master/data/Telco-Customer-Churn.csv"
    )
    retail_url: Url = "https://archive.ics.uci.edu/static/public/352/online+retail.zip"
    dummyjson_url: Url = "https://dummyjson.com"
    owid_url: Url = "https://catalog.ourworldindata.org/garden/covid/latest/compact/compact.csv"
    ecb_url: Url = "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip"
    openfoodfacts_url: Url = "https://world.openfoodfacts.org"
    openfoodfacts_search_url: Url = "https://search.openfoodfacts.org"
    openprices_url: Url = "https://prices.openfoodfacts.org"
    # What Open Food Facts calls its tags, a file a kind of tag.
    taxonomies_url: Url = "https://static.openfoodfacts.org/data/taxonomies"
    # What Open Food Facts allows one address in a minute; a server of your own may allow more.
    openfoodfacts_reads: int = Field(15, gt=0)
    openfoodfacts_searches: int = Field(10, gt=0)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then the secrets file."""
        return init_settings, env_settings, InitSettingsSource(settings_cls, _secrets())


def _secrets() -> dict[str, object]:
    if not SECRETS.exists():
        return {}
    try:
        return tomllib.loads(SECRETS.read_text("utf-8")).get("vigie", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{SECRETS} is not a TOML file ({error}): correct it or remove it.") from None


@cache
def get() -> Settings:
    """The settings of this process. Raises `SettingsError`.

    Tests that change the environment call `get.cache_clear()`.
    """
    try:
        return Settings()
    except ValidationError as invalid:
        # The value itself stays out of the sentence: it may be a secret, and sentences are logged.
        reasons = "; ".join(
            f"VIGIE_{str(error['loc'][0]).upper()}: {error['msg'].removeprefix('Value error, ')}"
            for error in invalid.errors(include_input=False, include_url=False)
        )
        raise SettingsError(
            f"Vigie cannot use its settings ({reasons}). Correct them in the environment or in .streamlit/secrets.toml."
        ) from None
