"""The European Central Bank's euro foreign exchange reference rates: what a euro was worth each day since 1999.

Published on working days at about 16:00 CET, for information, free to use with the source named
(ecb.europa.eu/stats/policy_and_exchange_rates/euro_reference_exchange_rates). A day without one has the day before's.
"""

import io
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pandas as pd

import settings
from connectors import child, copies, files
from connectors.child import Parsed
from connectors.files import InvalidFile
from locales import N_

NAME = N_("European Central Bank: reference rates")
OLDEST = 7  # days that a rate still holds: over holidays, not over the end of a currency


def rates(now: datetime) -> pd.DataFrame:
    """One row a day (DatetimeIndex, ascending), one column a currency: how much of it one euro was; EUR is 1.

    Asked for once a day; while the origin is down the last good copy counts. Raises ConnectorError.
    """
    url = settings.get().ecb_url
    folder = settings.get().home / "raw" / "ecb"
    path = folder / (Path(urlsplit(url).path).name or "download")
    good = copies.kept(url, path)
    if good is None or good.retrieved.date() != now.date():
        good = copies.download(url, folder, now, check=_read)
    return _read(good.path)


def factors(table: pd.DataFrame, days: pd.Series, codes: pd.Series, wanted: str) -> pd.Series:
    """What one unit of each of `codes` was worth in `wanted` on each of `days`; missing where not known."""
    if wanted not in table:
        return pd.Series(np.nan, days.index)
    calendar = pd.date_range(table.index[0], table.index[-1] + pd.Timedelta(days=OLDEST))
    filled = table.reindex(calendar).ffill(limit=OLDEST)
    rows = calendar.get_indexer(days.dt.normalize())
    columns = filled.columns.get_indexer(codes)
    known = (rows >= 0) & (columns >= 0)
    values = filled.to_numpy(float)
    found = np.where(known, values[rows, filled.columns.get_loc(wanted)] / values[rows, columns], np.nan)
    return pd.Series(found, days.index)


def _read(path: Path) -> pd.DataFrame:
    """The rates in a file. Raises `InvalidFile`."""
    return child.run(_parsed, path, name=path.name, limit=settings.get().download_limit_mb * 1_000_000).frames["rates"]


def _parsed(content: bytes | Path, name: str, limit: int) -> Parsed:
    """The rates in a file, which may be packed, as `rates`."""
    given = content if isinstance(content, bytes) else content.read_bytes()
    _name, text = files.unpacked(name, given, limit)
    wrong = InvalidFile(N_("The European Central Bank sent something else than its rates. Try again later."))
    try:
        table = pd.read_csv(io.BytesIO(text), na_values=["N/A"], index_col=0, skipinitialspace=True)
        days = pd.DatetimeIndex(pd.to_datetime(table.index, format="%Y-%m-%d"))
        table = table.set_axis(table.columns.str.strip(), axis=1)
        table = table.loc[:, table.columns.str.fullmatch("[A-Z]{3}")].astype(float)
    except (ValueError, TypeError, AttributeError, UnicodeDecodeError) as error:
        raise wrong from error
    if table.empty or "USD" not in table or not (table.isna() | (table > 0)).all(axis=None):
        raise wrong
    return Parsed({"rates": table.set_axis(days, axis=0).sort_index().assign(EUR=1.0)})
