"""Whom "who" can mean: the columns of a file that name those who buy, sell or do what its lines say."""

from collections.abc import Iterable

from models.ask.definitions import Dimension
from models.ask.spelling import key
from models.ask.words import OF_A_COLUMN, WHO_BUYS, WHO_SELLS

WHO = ("who", "qui")  # and not "who are", which asks for several
BOUGHT = ("buy", "bought", "purchase", "achet", "spen", "depens")  # how what a buyer does begins


def those(dimensions: Iterable[Dimension], bought: bool, sold: bool) -> list[str]:
    """The dimensions of buyers and of sellers; of one of them where it was said what they did.

    Where a file names no sellers, its stores are those who sell.
    """
    called = {one.name: set(key(one.name)) - OF_A_COLUMN if one.own else set() for one in dimensions}
    buyers = [name for name, words in called.items() if name == "customer" or (words and words <= WHO_BUYS)]
    sellers = [name for name, words in called.items() if words and words <= WHO_SELLS]
    sellers = sellers or [name for name in called if name == "store"]
    return buyers if bought else sellers if sold else [*sellers, *buyers]
