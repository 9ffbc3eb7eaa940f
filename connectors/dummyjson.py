"""DummyJSON: an invented web shop's products, carts and users, and a simulated sales history made of them. MIT.

What is real (as far as an invented shop is): the products with their prices, discounts and categories, and who has
what in the cart. The origin has no dates, and one cart a user, so the history is a simulation, always the same for the
same carts, `days` and `seed`, up to and including `LAST_DAY`:

- Each user comes at a rate of their own, drawn once (gamma, `VISITS` a year on average), more often towards the weekend
  (`WEEKDAYS`) and in December (`SEASON`).
- On a visit each good of the cart is bought with probability `EVERYDAY` / price, always where it costs less: soap each
  time, a car hardly ever. A whole cart each time would leave two thirds of the revenue to a few vehicles.
- Quantities are drawn anew around those of the cart (1 + Poisson); what is bought rarely is bought singly.
- Prices and discounts stay what they are today.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import TypeVar
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

import settings
from connectors import BadResponse, NotFound, copies, http
from data import schemas
from data.dataset import Dataset, Finding, Origin
from locales import N_

NAME = N_("DummyJSON demo shop (simulated history)")
LICENCE = "MIT"
LAST_DAY = date(2025, 12, 31)
VISITS = 24.0  # a year
EVERYDAY = 40.0  # dollars; what costs up to this much is bought on each visit
WEEKDAYS = np.array([0.90, 0.85, 0.85, 0.95, 1.15, 1.30, 1.00])  # from Monday on
SEASON, PEAK = 0.3, 345  # how far the year swings, and on which day of it (11 December) it is highest
HOURS = 8, 22  # when the shop is visited
PAGE, PAGE_BYTES = 250, 20_000_000
MOST, REQUESTS = 2_000, 100  # rows and requests for a list; the origin has about 200 rows


class _Strict(BaseModel):
    """No text taken for numbers, no infinities; what is not named here is dropped and never kept."""

    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False)


class _Product(_Strict):
    id: int
    title: str
    category: str
    price: float = Field(ge=0, le=1e7)
    discountPercentage: float = Field(ge=0, le=99)  # noqa: N815  # the origin's name


class _Line(_Strict):
    id: int
    quantity: int = Field(ge=1, le=10_000)


class _Cart(_Strict):
    id: int
    userId: int  # noqa: N815  # the origin's name
    products: list[_Line] = Field(max_length=100)


class _User(_Strict):
    id: int


class _Shop(_Strict):
    """All that is kept of the origin."""

    products: list[_Product] = []
    carts: list[_Cart] = []
    users: list[_User] = []


class _Page(_Shop):
    """A page of one list; the other lists stay empty."""

    total: int = Field(ge=1, le=MOST)


T = TypeVar("T", bound=_Strict)
# The lists, and what is asked for of each row: users have passwords and bank cards. Carts always come whole.
LISTS = {"products": "title,category,price,discountPercentage", "carts": "", "users": "id"}


def sales_history(days: int = 365, seed: int = 0) -> pd.DataFrame:
    """The simulated sales table of the `days` days up to `LAST_DAY`, in US dollars; see the module for what is real.

    The same carts, `days` and `seed` give the same frame. Raises ConnectorError; ValueError where `days` is below 1.
    """
    return dataset(days, seed).main


def dataset(
    days: int = 365, seed: int = 0, now: datetime | None = None, progress: Callable[[float], None] | None = None
) -> Dataset:
    """`sales_history` with the products, its origin and findings. `now` says when this is, not when sales end.

    With the origin down it is made of the last good copy of its lists. `progress` hears the share received, 0 to 1.
    Raises as `sales_history` does.
    """
    if days < 1:
        raise ValueError("a history needs at least one day")
    chosen = settings.get()
    url = chosen.dummyjson_url.rstrip("/")
    host = urlsplit(url).netloc
    path = chosen.home / "raw" / "dummyjson" / "shop.json"
    good = copies.keep(url, path, now or datetime.now(UTC), lambda: _download(url, progress))
    shop = _parsed(_Shop, good.path.read_bytes(), host)
    goods, lines, unknown = _carts(shop, host)
    sales = _history(goods, lines, days, seed)
    products = goods.reset_index()[["product", "description", "category", "list_price"]]
    frames = {"sales": schemas.check("sales", sales), "products": schemas.check("products", products)}
    findings = [
        Finding(
            N_("{rows} lines are simulated up to {day}: products, prices and carts are DummyJSON's, dates are not."),
            len(sales),
            severity="warning",
            days={"day": LAST_DAY},
        ),
        Finding(N_("{rows} lines of carts name an unknown product or user: left out."), unknown, severity="warning"),
    ]
    if not good.fresh:
        message = N_("{host} gave no good answer: these {rows} products and their carts are the copy of {day}.")
        copied = {"day": good.retrieved.date()}
        findings.append(Finding(message, len(goods), {"host": host}, severity="warning", days=copied))
    origin = Origin("download", NAME, LICENCE, url, good.retrieved, good.sha256, "USD")
    return Dataset("sales", frames, origin, tuple(finding for finding in findings if finding.rows))


def _download(url: str, progress: Callable[[float], None] | None) -> bytes:
    """The three lists, checked and stripped to what is needed, as JSON."""
    shop = _Shop()
    for number, name in enumerate(LISTS):
        rows: list[_Strict] = getattr(shop, name)
        for page in _pages(url, name):
            rows += getattr(page, name)
            if progress:
                progress((number + len(rows) / page.total) / len(LISTS))
    _carts(shop, urlsplit(url).netloc)  # raises before carts of nobody replace the good copy
    return shop.model_dump_json().encode()


def _pages(url: str, name: str) -> Iterator[_Page]:
    """The pages of a list until it is whole. Raises BadResponse where they do not add up to one list."""
    host, address, ids, total = urlsplit(url).netloc, f"{url}/{name}", set[int](), 0
    for _request in range(REQUESTS):
        params = {"limit": PAGE, "skip": len(ids)} | ({"select": LISTS[name]} if LISTS[name] else {})
        try:
            page = _parsed(_Page, http.get(address, params, PAGE_BYTES), host)
        except NotFound as error:
            message = N_("There is nothing at {url}: check the address of DummyJSON in the settings.")
            raise NotFound(message, url=address) from error
        fresh = [row.id for row in getattr(page, name)]
        total = total or page.total
        if page.total != total or not fresh or len(ids.union(fresh)) != len(ids) + len(fresh):
            break
        ids.update(fresh)
        yield page
        if len(ids) >= total:
            break
    if len(ids) != total:
        raise BadResponse(N_("The pages of {url} do not make one list. Try again later."), url=address)


def _parsed(kind: type[T], content: bytes, host: str) -> T:
    """The JSON `content` as `kind`. Raises BadResponse naming the first place that is not as it should be."""
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        where = ".".join(str(step) for step in error.errors(include_input=False, include_url=False)[0]["loc"])
        raise BadResponse(
            N_("{host} sent data that cannot be used ({where}). Try again later."), host=host, where=where or "JSON"
        ) from None


def _carts(shop: _Shop, host: str) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """The goods by product, what each customer has in the cart of each of them, and how many lines were left out.

    Raises BadResponse where no cart can be used.
    """
    goods = pd.DataFrame(
        {
            "product": [str(one.id) for one in shop.products],
            "description": [one.title for one in shop.products],
            "category": [one.category for one in shop.products],
            "list_price": [float(one.price) for one in shop.products],
            "promotion": [round(one.discountPercentage / 100, 4) for one in shop.products],
        }
    ).set_index("product")
    users = {one.id for one in shop.users}
    named = [(cart.userId, line) for cart in shop.carts for line in cart.products]
    usable = [
        (str(user), str(line.id), line.quantity)
        for user, line in named
        if user in users and str(line.id) in goods.index
    ]
    if not usable:
        raise BadResponse(N_("{host} has no cart with a product and a user it knows. Try again later."), host=host)
    lines = pd.DataFrame(usable, columns=["customer", "product", "quantity"])
    return goods, lines.groupby(["customer", "product"], as_index=False).sum(), len(named) - len(usable)


def _history(goods: pd.DataFrame, lines: pd.DataFrame, days: int, seed: int) -> pd.DataFrame:
    """The sales table of `days` days: who comes when, which goods of their cart they buy, and how many."""
    rng = np.random.default_rng(seed)
    calendar = pd.date_range(end=LAST_DAY, periods=days, unit="us")
    season = 1 + SEASON * np.cos(2 * np.pi * (calendar.day_of_year.to_numpy() - PEAK) / 365.25)
    pull = WEEKDAYS[calendar.day_of_week] * season
    sizes = lines.groupby("customer").size().to_numpy()  # sorted by customer, as the lines are
    visits = rng.poisson(rng.gamma(2, VISITS / 2, len(sizes)) * pull.sum() / 365.25)
    visitor = np.repeat(np.arange(len(sizes)), visits)
    day = rng.choice(days, len(visitor), p=pull / pull.sum())
    minute = 60 * (HOURS[0] + (HOURS[1] - HOURS[0]) * rng.beta(2, 2, len(visitor)))
    when = calendar[day] + pd.to_timedelta(minute.astype(int), unit="min")
    order = np.argsort(when, kind="stable")
    visitor, when = visitor[order], when[order]

    # Every line of the visitor's cart on every visit, then those that are bought.
    visit = np.repeat(np.arange(len(visitor)), sizes[visitor])
    within = np.arange(len(visit)) - np.repeat((sizes[visitor].cumsum() - sizes[visitor]), sizes[visitor])
    line = (sizes.cumsum() - sizes)[visitor[visit]] + within
    price = goods.loc[lines["product"], "list_price"].to_numpy()
    often = (EVERYDAY / np.maximum(price, EVERYDAY))[line]
    bought = rng.random(len(line)) < often
    visit, line, often = visit[bought], line[bought], often[bought]
    wanted = lines["quantity"].to_numpy()[line]
    offer = goods.loc[lines["product"].iloc[line]]
    return pd.DataFrame(
        {
            "source": "dummyjson",
            "line_id": np.arange(1, len(line) + 1).astype(str),
            "invoice": (pd.factorize(visit)[0] + 1).astype(str),
            "timestamp": when[visit],
            "customer": lines["customer"].to_numpy()[line],
            "product": offer.index,
            "description": offer["description"].to_numpy(),
            "category": offer["category"].to_numpy(),
            "line_type": "sale",
            "quantity": 1.0 + rng.poisson((wanted - 1) * often),
            "unit_price": (offer["list_price"] * (1 - offer["promotion"])).round(2).to_numpy(),
            "promotion": offer["promotion"].to_numpy(),
            "currency": "USD",
        }
    )
