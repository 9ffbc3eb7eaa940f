"""The connectors that downloaded datasets come from, by the name that a dataset's origin has."""

from collections.abc import Callable
from functools import partial

from connectors import dummyjson, owid, retail, telco
from data.dataset import Dataset

DUMMYJSON_DAYS = 3 * 365
DOWNLOADS: dict[str, Callable[..., Dataset]] = {
    telco.NAME: telco.dataset,
    retail.NAME: retail.dataset,
    dummyjson.NAME: partial(dummyjson.dataset, DUMMYJSON_DAYS),
    owid.NAME: owid.dataset,
}
