"""Every setting, its default and its environment variable (VIGIE_ and the name in capitals)."""

from functools import cache
from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

VERSION = "0.1.0"
ROOT = Path(__file__).parent


class Settings(BaseSettings):
    """Read from VIGIE_* environment variables."""

    model_config = SettingsConfigDict(env_prefix="VIGIE_", extra="ignore")

    home: Path = ROOT / "data" / "local"
    database_url: str = ""
    contact: str = "https://github.com/vigie"
    upload_limit_mb: int = 200
    download_limit_mb: int = 400
    timeout_seconds: float = 20.0
    telco_url: str = (
        "https://raw.githubusercontent.com/IBM/telco-customer-churn-on-icp4d/master/data/Telco-Customer-Churn.csv"
    )
    retail_url: str = "https://archive.ics.uci.edu/static/public/352/online+retail.zip"


@cache
def get() -> Settings:
    """The settings of this process. Tests that change the environment call `get.cache_clear()`."""
    return Settings()
