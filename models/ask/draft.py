"""A query in the making: all that phrases said of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from models.ask.definitions import Catalogue
from models.ask.formulas import Statistic
from models.ask.items import ADDED_UP, Item
from models.ask.lexicon import Entry, Kind, Lexicon
from models.ask.query import Filter, How, Relation, Rows, Threshold

RATES = {"margin": "margin_rate", "discount": "discount_rate", "returned": "return_rate"}


@dataclass
class Draft:
    """A query in the making, of one table; `values`: a name of a value that means something else, too, is the value."""

    known: Catalogue
    lexicon: Lexicon
    table: str
    values: bool
    intent: str
    measures: list[str] = field(default_factory=list)
    by: list[str] = field(default_factory=list)
    grain: str = ""
    filters: list[Filter] = field(default_factory=list)
    thresholds: list[Threshold] = field(default_factory=list)
    order: str = ""
    each: str = ""  # the dimension of whose levels so many are asked for each
    limit: int = 0
    mean: bool = False  # an average was asked for, of the measure that is to come
    typical: bool = False  # it was, of a column: one more column is averaged, too
    averaged: int = 0  # measures that are to be averaged over time or lines
    said: set[str] = field(default_factory=set)  # commands that hold for the whole: "sell", "many", "against" ...
    choices: list[list[Filter]] = field(default_factory=list)  # of a value that several dimensions have
    cleared: list[str] = field(default_factory=list)  # dimensions of which all is asked for
    waiting: list[tuple[Relation, Item]] = field(default_factory=list)  # thresholds without a measure yet
    unread: list[str] = field(default_factory=list)
    failed: bool = False  # something that was said is not of this table, or cannot be asked
    ignored: bool = False  # a measure that says nothing of the stock was named
    counted: bool = False  # products were counted: they may be units
    people: bool = False  # the last measure counts those whom a dimension names, too
    role: str = ""  # the command that the next phrase is for: "by", "which", "most" ...
    negated: bool = False  # "without" came before
    held: bool = False  # "with" came before
    spread: str = ""  # the word that asked for a distribution
    relation: str = ""  # the word that asked for two numbers of each line
    numbers: list[str] = field(default_factory=list)  # of single rows, that are asked for
    rows: Rows = ""  # what is asked of single rows
    also: bool = False  # and may be asked of groups
    timed: bool = False  # a unit of time stands behind the number of a threshold
    facing: bool = False  # a dimension stands right beside what sets one thing against another
    denied: bool = False  # "without" has nothing behind it yet
    pending: list[Statistic] = field(default_factory=list)  # of single lines of the measure that is to come
    single: tuple[str, str] = ("", "")  # the measure whose single lines were asked for last, and the word for it
    perhaps: tuple[str, str] = ("", "")  # a measure, and the one of its single lines that "the highest" can mean
    against: str = ""  # the word that sets one thing against another
    coloured: bool = False  # what it is split by only colours its points
    who: bool = False  # "who ..." begins the question: one of those who act
    stepped: bool = False  # it was said "by month", not "per month" or "monthly"
    bought: bool = False  # the question is of who buys
    total: str = ""  # the word for a sum that was said of the measure that is to come
    summed: set[str] = field(default_factory=set)  # sums that were asked for as such
    listing: str = ""  # the word that asked which lines, or orders
    flagged: str = ""  # the dimension of what a share may be of, or of a yes or no beside what counts lines
    scoped: list[str] = field(default_factory=list)  # dimensions of values that say where
    rate: bool = False  # its rate was asked for
    bare: bool = False  # a dimension was named with no "by": the groups, not the lines, have a most and a least

    def named(self, item: Item, kind: Kind) -> list[Entry]:
        """What an item can mean in this table."""
        found = []
        for one in item.entries:
            if one.kind != kind:
                continue
            if (kind == "measure" and self.known.measures[one.name].table == self.table) or (
                kind != "measure"
                and one.name in self.known.dimensions
                and self.table in self.known.dimensions[one.name].sql
            ):
                found.append(one)
        return found

    def add_threshold(self, measure: str, relation: Relation, number: Item) -> None:
        """A threshold in the measure's own unit; a per cent of money means its rate."""
        value, unit = number.number or 0.0, self.known.measures[measure].unit
        if number.percent and unit != "share" and RATES.get(measure) in self.known.measures:
            self.measures = [RATES[one] if one == measure else one for one in self.measures]
            measure, unit = RATES[measure], "share"
        if (number.percent and unit != "share") or (number.money and unit not in ("money", "number")):
            self.unread.append(number.written)
        if number.percent or (unit == "share" and value > 1):
            value = round(value / 100, 9)
        self.thresholds.append(Threshold(measure, relation, value))

    def average_of(self, measure: str) -> str:
        """The average of a measure: of a column of one's own its mean; of what adds up, or counts, that over time."""
        self.mean = False
        self.typical |= self.known.measures[measure].own in ("sum", "mean")
        mean = measure.removesuffix(".sum") + ".mean"
        if measure.endswith(".sum") and mean in self.known.measures:
            return mean
        one = self.known.measures[measure]
        self.averaged += one.additive or one.unit == "count"
        return measure

    def sum_of(self, measure: str) -> str:
        """The sum of a measure, said to be one."""
        self.total = ""
        added = f"{measure.rpartition('.')[0]}.sum"
        self.summed.add(added)
        return added if measure.endswith(".mean") and added in self.known.measures else measure

    def _denies(self, item: Item, after: Item) -> bool:
        """Whether a "no" that is a value elsewhere is of the yes or no behind it: "no online backup"."""
        return item.command() == "not" and any(after.has("dimension", one) for one in self.lexicon.binary)

    def _both(self, after: Item) -> bool:
        """Whether "without" behind "with" sets the two apart: "with a card and without", "with or without a card"."""
        said = self.filters[-1].dimension if self.filters else ""
        if not after.entries and said in self.lexicon.binary:
            self.filters.pop()
        else:
            said = next((one.name for one in after.entries if self.held and one.name in self.lexicon.binary), "")
        self.by += [said] if said else []
        self.cleared += [said] if said else []
        return bool(said)

    def _over_lines(self) -> None:
        self.mean = self.mean or not self.averaged
        self.grain = "line"

    def _signed(self, relation: Relation) -> None:
        """A threshold of zero on the measure before it, or on the next; negative reviews are no scores under it."""
        if self.measures and self.known.measures[self.measures[-1]].own == "mean":
            self.unread.append("negative" if relation == "under" else "positive")
        elif self.measures:
            self.add_threshold(self.measures[-1], relation, Item(number=0.0))
        else:
            self.waiting.append((relation, Item(number=0.0)))

    def _chosen(self, named: Sequence[Entry]) -> str:
        """The measure that is meant: that of a column of one's own before one that Vigie knows by the same name."""
        own = [one.name for one in named if self.known.measures[one.name].own]
        return own[0] if own else named[0].name

    def _listed(self, measure: str) -> bool:
        """Whether a measure right behind another is one more column of a list: "sales profit by category"."""
        last = self.measures[-1]
        return all(self.known.measures[one].own or one in ADDED_UP for one in (last, measure))

    def _of_one_column(self, measure: str, other: str) -> bool:
        return measure.endswith((".sum", ".mean")) and measure.rpartition(".")[0] == other.rpartition(".")[0]

    def _per_customer(self, name: str) -> bool:
        """Whether it is an average of each customer that is asked for: "average sales per customer"."""
        ratio = f"{self.measures[-1]}_per_customer" if self.measures else ""
        if name != "customer" or not self.averaged or ratio not in self.known.measures:
            return False
        self.measures[-1], self.averaged, self.role = ratio, self.averaged - 1, ""
        return True

    def _many(self, name: str) -> bool:
        """Whether a dimension is products, or people: so many that values of others say which."""
        return name == "product" or name in self.lexicon.codes

    def _one(self, item: Item) -> None:
        """A single "which store", "best day" is one, if it is to be in an order at all."""
        if not item.plural and self.role != "by" and not self.limit:
            self.limit = -1

    def _is_value_of(self, item: Item, name: str) -> bool:
        return any(one.name == name for one in self.named(item, "value")) and not item.has("dimension", name)

    def _qualified(self, item: Item, before: Item, after: Item) -> list[Entry]:
        """The values it can be of a dimension that is named beside it."""
        named = self.named(item, "value")
        return [one for one in named if before.has("dimension", one.name) or after.has("dimension", one.name)]

    def _how(self, one: Entry) -> How:
        return "contains" if one.name == "product" and not one.whole and "product" in self.lexicon.codes else "is"

    def _filter(self, fresh: Filter) -> None:
        """Values of one dimension are alternatives; words in a product's name are all to be there."""
        for place, one in enumerate(self.filters):
            if (one.dimension, one.kept, one.how) == (fresh.dimension, fresh.kept, fresh.how):
                self.filters[place] = replace(one, values=tuple(dict.fromkeys((*one.values, *fresh.values))))
                return
        self.filters.append(fresh)
