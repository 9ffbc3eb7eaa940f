"""Whom "who" can mean: the columns of a file that name those who buy, sell or do what its lines say."""

from collections.abc import Iterable

from models.ask.columns import stems
from models.ask.formulas import Dimension
from models.ask.spelling import key
from models.ask.words import OF_A_COLUMN

WHO = ("who", "whos", "qui")  # and not "who are", which asks for several
BOUGHT = ("buy", "bought", "purchase", "achet", "spen", "depens")  # how what a buyer does begins
SELLERS = stems(  # who sells, or does what a line says
    """
    seller | salesperson | salesman | vendeur | vendeuse | commercial | representative | rep | agent | employee |
    employe | staff | cashier | caissier | caissiere | conseiller | adviser | advisor | preparateur | trainer | coach |
    doctor | medecin | practitioner | praticien | technician | technicien | driver | chauffeur | courier | livreur |
    sales | manager
    """
)
BUYERS = stems(  # who pays
    """
    customer | client | buyer | acheteur | account | rider | guest | member | membre | patient | passenger | player |
    student | user | utilisateur | subscriber | abonne | company | entreprise | societe
    """
)


def those(dimensions: Iterable[Dimension], bought: bool, sold: bool) -> list[str]:
    """The dimensions of buyers and of sellers; of one of them where it was said what they did.

    Where a file names no sellers, its stores are those who sell.
    """
    called = {one.name: set(key(one.name)) - OF_A_COLUMN if one.own else set() for one in dimensions}
    buyers = [name for name, words in called.items() if name == "customer" or (words and words <= BUYERS)]
    sellers = [name for name, words in called.items() if words and words <= SELLERS]
    sellers = sellers or [name for name in called if name == "store"]
    return buyers if bought else sellers if sold else [*sellers, *buyers]
