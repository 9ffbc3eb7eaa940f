"""The phrases of a question, and the words that ask for single lines: the largest, the smallest, the median."""

from dataclasses import dataclass

from models.ask.formulas import Statistic
from models.ask.lexicon import RATIOS, SUPERLATIVES, Entry, Kind
from models.ask.query import Relation

EXTREMES: dict[str, Statistic] = {  # which number of single lines a word asks for, beside its measure
    **dict.fromkeys(("max", "maximum", "maximal", "maximale"), "max"),
    **dict.fromkeys(("min", "minimum", "minimal", "minimale"), "min"),
}
FUNCTION = (
    "as a function of",
    "en fonction de",
    "en fonction du",
    "en fonction des",
    "depending on",
)  # of another number
RANKS: dict[str, Statistic] = {  # those that rank groups, too
    **dict.fromkeys(("highest", "largest", "biggest", "greatest", "longest", "heaviest"), "max"),
    **dict.fromkeys(("plus grand", "plus grande", "plus gros", "plus grosse", "plus haut", "plus haute"), "max"),
    **dict.fromkeys(("plus eleve", "plus elevee", "plus long", "plus longue"), "max"),
    **dict.fromkeys(("lowest", "smallest", "shortest", "plus petit", "plus petite", "plus bas", "plus basse"), "min"),
    **dict.fromkeys(("plus faible", "plus court", "plus courte"), "min"),
}
SCORED: dict[str, Statistic] = {"best": "max", "worst": "min"}  # of a score, those that rank it, too
ONE_LINE = ("sale", "vente")  # "the largest sale" is one
OF_LINES = (*ONE_LINE, "sales", "ventes", "amount", "amounts", "montant", "montants", "quantity", "quantite")
ADDED_UP = ("revenue", "gross_sales", "units")
OF_NUMBERS = ("units", "price")  # which a histogram cuts into bins
ONE_ORDER = (*RATIOS["basket"][1], "basket", "panier")
PRICED: dict[str, Statistic] = {"dearest": "max", "cheapest": "min"}
SIGNS: dict[str, Relation] = {"negative": "under", "positive": "over"}  # and the relation to 0
ADJECTIVES = (  # how a step of time begins that says what is added up before anything else
    "daily", "weekly", "monthly", "quarterly", "yearly", "annual", "quotidien", "hebdo", "mensuel", "trimestriel",
    "annuel",
)  # fmt: skip
GO_ON = ("again", "either", "with", "all")  # commands behind which what was said still holds: "without London and Bath"
COLOURS = ("color", "colour", "couleur", "colore")  # how what only colours points begins


STEPS = ("day", "week", "month", "quarter", "year", "jour", "semaine", "trimestre", "annee")  # no series by themselves
RELATIONS: dict[str, Relation] = {"over": "over", "under": "under", "at least": "at least", "at most": "at most"}
KINDS: tuple[Kind, ...] = ("measure", "dimension", "value", "grain", "lacking")
ROLES = ("by", "which", "many", *SUPERLATIVES)
WHOLE = ("sell", "spend", "many", "much", "against", "either", "share", "gross")  # what holds for the whole question
EACH = (
    "per",
    "for each",
    "for every",
    "in each",
    "in every",
    "each",
    "every",
    "chaque",
    "pour chaque",
    "dans chaque",
)  # before what there is one of
COUNTS = ("customers", "customers.count", "lines")
BUSY = ("busiest", "quietest", "slowest", "rush", "peak", "de pointe")  # when, or where, most are counted
SOURCES = ("from", "via", "through")  # before what has a share, and not before that of which it has it
JOINING = ("and", "et", "or", "ou", "&")  # what holds more than one thing together
APART = ("and in", "and for", "et a", "et en", "et pour")  # before one more value, of which the same is asked
COUNTING = ("most", "the most", "fewest", "le plus de", "le moins de")  # of what one has many
RATIO = {  # of a measure for one of another
    ("revenue", "orders"): "basket",
    ("revenue", "units"): "price",
    ("units", "orders"): "units_per_order",
}
ROWS = ("lines", "orders")
COUNTED = {"product": "products", "store": "stores", "customer": "customers"}
CONDITIONS: dict[
    str, tuple[str, tuple[str, ...], Relation]
] = {  # command -> table, measures to choose from, relation to 0
    "losing": ("sales", ("margin", "profit.sum", "benefice.sum", "marge.sum"), "under"),
    "empty": ("stock", ("stock_units",), "at most"),
}
IN_STOCK = ("units", "products", "customers")  # say nothing more beside a measure of the stock


@dataclass(frozen=True)
class Item:
    """A phrase of a question: what it can mean, or the `number` it is, or a `word` that means nothing.

    As it was `written`; `plural` if it was. `gap`: a period stood here. `placed`: the "in" or
    "for" before it.
    """

    entries: tuple[Entry, ...] = ()
    number: float | None = None
    unit: str = ""  # behind the number
    percent: bool = False
    money: bool = False
    word: str = ""
    written: str = ""
    plural: bool = False
    gap: bool = False
    placed: str = ""

    def has(self, kind: Kind, *names: str) -> bool:
        """Whether it can be of a kind (and has one of these names)."""
        return any(one.kind == kind and (not names or one.name in names) for one in self.entries)

    @property
    def names_a_value(self) -> bool:
        """Whether it can be a value, and no number of anything: "Kitchen products", not "3 products"."""
        return self.has("value") and self.number is None

    @property
    def of_several(self) -> tuple[str, ...]:
        """The measures that it can be, where it is a word of several columns' names."""
        return tuple(one.name for one in self.entries if one.kind == "measure" and not one.whole)

    def command(self) -> str:
        """The command it is; "" for none."""
        return next((one.name for one in self.entries if one.kind == "command"), "")

    @property
    def lacking(self) -> tuple[str, ...]:
        """What the data lack that it means, where it means nothing else."""
        meant = [one for one in self.entries if one.kind not in ("command", "stop")]
        return tuple(one.name for one in meant) if all(one.kind == "lacking" for one in meant) else ()
