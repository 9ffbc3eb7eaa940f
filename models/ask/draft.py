"""A query in the making: what each phrase of a question adds to it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from models.ask.columns import better_less
from models.ask.definitions import Catalogue
from models.ask.formulas import Statistic
from models.ask.items import (
    ADDED_UP,
    ADJECTIVES,
    COLOURS,
    EXTREMES,
    OF_A_LINE,
    OF_LINES,
    OF_NUMBERS,
    ONE_LINE,
    ONE_ORDER,
    PRICED,
    RANKS,
    SCORED,
    SIGNS,
    Item,
)
from models.ask.lexicon import SUPERLATIVES, Entry, Kind, Lexicon
from models.ask.query import Filter, How, Relation, Threshold
from models.ask.who import BOUGHT, WHO

STEPS = ("day", "week", "month", "quarter", "year", "jour", "semaine", "trimestre", "annee")  # no series by themselves
RATES = {"margin": "margin_rate", "discount": "discount_rate", "returned": "return_rate"}
RELATIONS: dict[str, Relation] = {"over": "over", "under": "under", "at least": "at least", "at most": "at most"}
KINDS: tuple[Kind, ...] = ("measure", "dimension", "value", "grain", "lacking")
ROLES = ("by", "which", "many", *SUPERLATIVES)
WHOLE = ("sell", "spend", "many", "much", "against", "either", "share", "gross")  # what holds for the whole question
GO_ON = ("again", "either", "with", "all")  # commands behind which what was said still holds: "without London and Bath"
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
COUNTING = ("most", "the most", "fewest", "le plus de", "le moins de")  # of what one has many
COUNTED = {"product": "products", "store": "stores", "customer": "customers"}
CONDITIONS: dict[
    str, tuple[str, tuple[str, ...], Relation]
] = {  # command -> table, measures to choose from, relation to 0
    "losing": ("sales", ("margin", "profit.sum", "benefice.sum", "marge.sum"), "under"),
    "empty": ("stock", ("stock_units",), "at most"),
}
IN_STOCK = ("units", "products", "customers")  # say nothing more beside a measure of the stock


def _limited(rest: Sequence[Item]) -> bool:
    """Whether a threshold is what follows: "who spent more than 100", "whose revenue is over 100"."""
    measures = 0
    for item in rest:
        if item.command() in RELATIONS:
            return True
        measures += item.has("measure")
        if measures > 1 or not (item.has("measure") or item.command() in ("which", "with", "sell", "spend")):
            return False
    return False


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
    bare: bool = False  # a dimension was named with no "by": the groups, not the lines, have a most and a least

    def read(self, items: Sequence[Item]) -> None:
        """Take everything that was said, from the first phrase to the last."""
        around = [Item(), *items, Item(), Item()]
        for place, item in enumerate(items):
            before, after = around[place], around[place + 2]
            if item.gap:
                self.role, self.negated = "", False
            elif item.number is not None and not (
                self._qualified(item, before, after) and before.command() not in (*SUPERLATIVES, *RELATIONS)
            ):
                self._number(item, before, after)
            elif not any(item.has(kind) for kind in KINDS) or self._denies(item, after):
                self._command(item, before, after)
            elif kind := self._kind(item, before, items[place + 1 :]):
                {
                    "measure": self._measure,
                    "dimension": self._dimension,
                    "value": self._value,
                    "grain": self._grain,
                }[kind](item, before, after)
        self.failed |= self.denied
        if self.against and len(self.measures) > 1 and (self.coloured or not (self.by or self.grain)):
            self.unread.append(self.against)  # "price vs weight, coloured by body": a point is a line, no body
        there = [self.known.measures[name] for name in self.measures if name in self.known.measures]
        of_numbers = any(one.name in OF_NUMBERS or one.own for one in there)
        if self.spread and (not (self.by or self.grain) or (self.spread.startswith("histogram") and of_numbers)):
            self.unread.append(self.spread)  # how values lie is not how they add up

    def _denies(self, item: Item, after: Item) -> bool:
        """Whether a "no" that is a value elsewhere is of the yes or no behind it: "no online backup"."""
        return item.command() == "not" and any(after.has("dimension", one) for one in self.lexicon.binary)

    def _named(self, item: Item, kind: Kind) -> list[Entry]:
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

    def _kind(self, item: Item, before: Item, rest: Sequence[Item]) -> str:
        """What an item is here: "measure", "dimension", "value" or "grain"; "" where it is nothing of this table."""
        if item.lacking:
            return ""
        kinds = {kind for kind in ("measure", "dimension", "value") if self._named(item, kind)}
        if not kinds and item.has("grain"):
            return "grain"
        if not kinds:
            named = next((one.name for one in item.entries if one.kind == "measure"), "")
            self.failed |= not (self.table == "stock" and named in IN_STOCK)
            self.ignored = True
            return ""
        if item.has("grain") and not (self.values and "value" in kinds):
            return "grain"
        after, later = (*rest, Item(), Item())[:2]
        of_scores = {one.name.rpartition(".")[0] for one in self._named(item, "measure")}
        if {one.name for one in self._named(item, "dimension")} & of_scores:
            ranking = self.role == "by" and bool(self.order) and bool(self.by)  # "top 5 hotels by review score"
            return "dimension" if self.role in ("by", "which") and not ranking else "measure"
        if self.by and before.written in COUNTING and item.has("measure", *COUNTS) and "measure" in kinds:
            return "measure"  # "which state has the most customers"
        ranked = after.command() == "by" and later.has("measure") and not later.has("dimension")
        qualifies = any(self._is_value_of(after, one.name) for one in self._named(item, "dimension"))
        one_who = after.command() == "which" and not item.plural  # "the customer who spent most"
        split = self.role in ("by", "which", *SUPERLATIVES) or ranked or qualifies or one_who or _limited(rest)
        if item.has("dimension") and item.has("measure") and split:
            self.failed |= "dimension" not in kinds
            return "dimension" if "dimension" in kinds else ""
        if "value" in kinds and len(kinds) > 1:
            qualified = {one.name for one in self._named(item, "value")} & {
                one.name for one in before.entries if one.kind == "dimension"
            }
            return "value" if self.values or qualified else "measure" if "measure" in kinds else "dimension"
        return "measure" if "measure" in kinds else "dimension" if "dimension" in kinds else "value"

    def _number(self, item: Item, before: Item, after: Item) -> None:
        number = item.number or 0.0
        relation = RELATIONS.get(before.command())
        if relation:
            named = self._named(after, "measure")
            if named:
                self.add_threshold(self._chosen(named), relation, item)
            elif self.measures:
                self.add_threshold(self.measures[-1], relation, item)
            else:
                self.waiting.append((relation, item))
        elif number < 1:
            self.unread.append(item.written)
        elif {before.command(), after.command()} & set(SUPERLATIVES) or (
            self._named(after, "dimension") and not self._named(before, "dimension")
        ):
            self.limit = int(number)
        elif named := self._named(before, "dimension"):
            value = self.lexicon.codes.get(named[0].name, {}).get(f"{number:g}")
            if value is None:
                self.unread.append(f"{number:g}")
            else:
                self.by = [one for one in self.by if one != named[0].name]
                self._filter(Filter(named[0].name, (value,)))
        elif self.order and not self.limit:
            self.limit = int(number)
        else:
            self.unread.append(f"{number:g}")

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

    def _command(self, item: Item, before: Item, after: Item) -> None:
        """What a command says of the phrases behind it, and of the whole question."""
        command = item.command()
        if command in RELATIONS:
            if after.number is None and not after.gap:
                self.unread.append(item.written)
            return
        self.bought |= item.written.startswith(BOUGHT)
        self.who |= item.written in WHO and not (before.entries or before.word or before.gap)
        if command == "not" and before.command() in (*GO_ON, "either") and self._both(after):
            return
        self.negated = command == "not" or (self.negated and command in GO_ON)
        self.denied |= command == "not"
        self.held = command == "with" or (self.held and command in GO_ON)
        statistic = "median" if command == "median" else EXTREMES.get(item.written)
        if statistic != "median" and self.bare and self.role != "by":
            statistic = None  # "the state with the max profit" is one of the states
        if statistic and after.number is None:
            self._statistic(statistic, item, before, after)
            return
        self.role = (
            command if command in ROLES else self.role if command in ("sell", "spend", "mean", "sum", *GO_ON) else ""
        )
        if command == "again" and item.written.endswith((" by", " par")):
            self.role = "by"  # "and by month?"
        if command in SUPERLATIVES:
            self.order = command
            if before.has("measure") and self.measures:
                self._perhaps(self.measures[-1], item)
        elif command in SIGNS:
            self._signed(SIGNS[command])
        elif command == "excluded":
            if before.has("value") and self.filters:
                self.filters[-1] = replace(self.filters[-1], kept=False)
            else:
                self.unread.append(item.written)
        elif command == "line" and self.perhaps[1]:  # "the lowest profit of a line"
            self.measures, self.order, self.perhaps = [self.perhaps[1]], "", ("", "")
        elif command == "line":
            self._over_lines()
        elif command == "mean":
            self.mean = True
            own = before.has("measure") and self.measures and self.known.measures[self.measures[-1]].own
            if own or (before.has("measure") and self.measures and not self._named(after, "measure")):
                self.measures[-1] = self.average_of(self.measures[-1])
        elif command == "sum":
            self.mean = False
            self.total = "" if item.written in ("overall",) else item.written
            if self.total and before.has("measure") and self.measures and not self._named(after, "measure"):
                self.measures[-1] = self.sum_of(self.measures[-1])
        elif command == "spread":
            self.spread = item.written.split()[0]
        elif command == "share" and item.written == "parts":
            self.unread.append(item.written)  # of machines, or of a whole?
        elif command == "all":
            self.cleared += [one.name for one in self._named(after, "dimension")]
        elif command in CONDITIONS:
            table, names, relation = CONDITIONS[command]
            there = [name for name in names if name in self.known.measures]
            self.failed |= not there or self.table != table
            self.thresholds += [Threshold(name, relation, 0.0) for name in there[:1]]
        elif command == "losing most":
            there = [name for name in CONDITIONS["losing"][1] if name in self.known.measures]
            self.failed |= not there or self.table != "sales"
            self.measures, self.order = there[:1], "least"
        elif command in PRICED:
            self.failed |= "price" not in self.known.measures
            self.measures, self.order, self.role = ["price"], "most" if command == "dearest" else "least", "most"
            self.perhaps = ("price", self.of_lines("price", PRICED[command]))
        elif command in WHOLE:
            self.said.add(command)
            self.against = item.written if command == "against" else self.against

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
        """A threshold of zero on the measure before it, or on the next."""
        if self.measures:
            self.add_threshold(self.measures[-1], relation, Item(number=0.0))
        else:
            self.waiting.append((relation, Item(number=0.0)))

    def of_lines(self, measure: str, statistic: Statistic) -> str:
        """The largest, smallest or median number of single lines that a measure adds up; "" where lines have none."""
        of_a_line = OF_A_LINE.get(measure, measure.rpartition(".")[0])
        name = f"{of_a_line}.{statistic}"
        return name if name in self.known.measures else ""

    def _statistic(self, statistic: Statistic, item: Item, before: Item, after: Item) -> None:
        """ "max" and the like behind their measure ("profit maximum", "prix minimum et maximum"), or before it."""
        behind = before.has("measure") or (before.command() in GO_ON and bool(self.single[0]))
        if not behind or not self.measures or self._named(after, "measure"):
            self.pending.append(statistic)
            self.single = (self.single[0], item.written)
            return
        measure = self.single[0] or self.measures[-1]
        if name := self.of_lines(measure, statistic):
            self.measures = [*(self.measures if self.single[0] else self.measures[:-1]), name]
        else:
            self.unread.append(item.written)
        self.single = (measure, item.written)

    def _single(self, measure: str, item: Item) -> None:
        """The measure behind "max" and the like: of single lines; where it rather is a sum ("max revenue by store"),
        perhaps."""
        names = [self.of_lines(measure, one) for one in self.pending]
        if "" in names:
            self.unread.append(self.single[1])
            names = [measure]
        elif measure in ADDED_UP and item.written not in OF_LINES and self.pending in (["max"], ["min"]):
            self.order, self.perhaps = "most" if self.pending == ["max"] else "least", (measure, names[0])
            names = [measure]
        self.measures += [*names, *([self.average_of(measure)] if self.mean else [])]
        self.pending, self.single, self.role = [], (measure, self.single[1]), ""

    def _perhaps(self, measure: str, item: Item) -> None:
        """Note that "the highest" may be that of single lines: of a column of numbers, or a price."""
        word = item.written.split(" ", 1)[-1] if item.written.startswith(("le ", "la ", "les ")) else item.written
        scored = self.known.measures[measure].own == "mean" and not better_less(measure)
        statistic = RANKS.get(word) or (SCORED.get(item.command()) if scored else None)
        if statistic and not self.bare and (measure == "price" or self.known.measures[measure].own):
            self.perhaps = (measure, self.of_lines(measure, statistic))

    def average_of(self, measure: str) -> str:
        """The average of a measure: of a column of one's own its mean; of what adds up, or counts, that over time."""
        self.mean = False
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

    def _chosen(self, named: Sequence[Entry]) -> str:
        """The measure that is meant: that of a column of one's own before one that Vigie knows by the same name."""
        own = [one.name for one in named if self.known.measures[one.name].own]
        return own[0] if own else named[0].name

    def _measure(self, item: Item, before: Item, _after: Item) -> None:
        measure = self._chosen(self._named(item, "measure"))
        dear = PRICED.get(before.command())
        extreme = dear or RANKS.get(before.written)
        if measure == "lines" and extreme and not item.plural:  # "the longest ride by distance"
            self.pending, self.order, self.single = [extreme], "", ("", before.written)
            return
        if item.written in ONE_LINE and extreme and (dear or not self.bare):
            self.measures = [one for one in self.measures if not (dear and one == "price")]
            self.pending, self.order, self.single = [extreme], "", ("", before.written)
        elif dear or (extreme and measure in ("orders", "basket") and item.written in ONE_ORDER):
            self.unread.append(before.written)  # "the largest order": not the most of them
        elif before.command() in SUPERLATIVES:
            self._perhaps(measure, before)
        if self.pending:
            self._single(measure, item)
            return
        self.single = ("", self.single[1])
        if self.mean:
            measure = self.average_of(measure)
        elif self.total:
            measure = self.sum_of(measure)
        if measure == "lines" and before.command() == "by" and self.measures:  # "fare per ride", where a line is one
            self._over_lines()
            self.role = ""
            return
        ranks = before.command() == "by" and before.written not in EACH
        if item.command() == "share":
            self.said.add("share")
        if self.waiting:
            self.add_threshold(measure, *self.waiting.pop())
        named_for_its_threshold = any(one.measure in (measure, RATES.get(measure)) for one in self.thresholds)
        if measure in self.measures or named_for_its_threshold:
            pass
        elif before.command() == "mean" and self.measures and self._of_one_column(measure, self.measures[-1]):
            pass  # "poids moyen livré"
        elif (
            self.measures
            and (item.has("dimension") or measure in (*COUNTS, "lines"))
            and before.command() not in ("again", "by")
        ):
            pass  # "revenue of customers who ..."
        elif self.people and before.command() not in ("again", "by"):
            self.measures[-1] = measure  # "customers left"
        elif measure == "units" and self.measures[-1:] == ["price"] and not item.plural:
            pass  # "the price of a seat", "price per night"
        elif before.written in EACH or (
            self.measures
            and (
                (before.has("value") and before.number is None) or (before.has("measure") and not self._listed(measure))
            )
        ):
            self.unread.append(item.written)  # "same day shipping", "items per ticket", "prix d'achat": another thing
        else:
            self.measures.insert(0 if ranks else len(self.measures), measure)
        self.people = bool(self.measures) and measure == self.measures[-1] and measure in COUNTS
        if ranks:
            self.order = self.order or "most"
        self.role, self.negated = "", False

    def _listed(self, measure: str) -> bool:
        """Whether a measure right behind another is one more column of a list: "sales profit by category"."""
        last = self.measures[-1]
        return all(self.known.measures[one].own or one in ADDED_UP for one in (last, measure))

    def _of_one_column(self, measure: str, other: str) -> bool:
        return measure.endswith((".sum", ".mean")) and measure.rpartition(".")[0] == other.rpartition(".")[0]

    def _dimension(self, item: Item, before: Item, after: Item) -> None:
        name = self._named(item, "dimension")[0].name
        if name == "weekday" and "against" in (before.command(), after.command()):
            self.unread.append(item.written)  # "weekend vs weekdays": working days are no split
        if self.role != "by" and (self._is_value_of(after, name) or self._is_value_of(before, name)):
            return  # "the store London", "London stores"
        binary = next((one.name for one in self._named(item, "dimension") if one.name in self.lexicon.binary), "")
        yes, no = self.lexicon.binary.get(binary, ("", ""))
        flag = yes.lower() == "true" and self.role != "which"  # "senior citizens who left" are those who are
        if binary and binary not in self.cleared and (self.negated or self.held or flag) and self.role != "by":
            self._filter(Filter(binary, (no if self.negated else yes,)))
            self.denied = False
            return
        if before.written in ("per", "par") and self._per_customer(name):
            return
        unit = name == "hour" and item.placed  # "total duration in hours"
        if unit or (before.written == "per" and name in self.lexicon.numeric and not item.plural):
            self.unread.append(item.written)  # "revenue per adult": a ratio
        if self.role == "many" and not item.has("measure"):
            counted = COUNTED.get(name, f"{name}.distinct")
            self.failed |= counted not in self.known.measures
            if name in self.lexicon.numeric:
                self.unread.append(item.written)  # "how many adults": not how many different numbers of them
            else:
                self.measures.append(counted)
            if name == "product":
                self.counted = True
        elif self.role == "" and any(after.has("measure", one) for one in COUNTS):
            self.unread.append(item.written)  # "contract customers": which ones?
        elif (
            self.role == "" and self._many(name) and before.has("value") and before.number is None
        ) or name in self.cleared:
            pass  # "Kitchen products", "self-pay patients"
        else:
            self.by += [name] if name not in self.by else []
            self.bare |= self.role != "by"
            if self.role != "by" and self.single[1]:
                self.unread.append(self.single[1])  # "max profit state": of the lines, or of the states?
            self.coloured |= before.written.startswith(COLOURS)
            if before.written in EACH and self.by[0] != name:
                self.each = name
            self._one(item)
        self.role, self.negated = ("by" if self.role == "by" else ""), False

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
        return any(one.name == name for one in self._named(item, "value")) and not item.has("dimension", name)

    def _grain(self, item: Item, before: Item, after: Item) -> None:
        if self.table == "stock" and item.has("grain", "day"):
            return  # "out of stock for the most days"
        if item.plural and after.has("value") and not (self.role or self.mean or self.averaged):
            return  # "revenue on days of rain": those days, and no series of them
        if item.written in STEPS and not (self.role or self.mean or self.averaged):
            self.unread.append(item.written)  # "Christmas week" is no series of weeks
        if (self.pending or (before.has("measure") and self.single[1])) and item.written.startswith(ADJECTIVES):
            self.unread.append(item.written)  # the median of days is none of lines
        self.grain = next(one.name for one in item.entries if one.kind == "grain")
        self.stepped = before.written == "by"
        self._one(item)
        self.role, self.negated = ("by" if self.role == "by" else ""), False

    def _value(self, item: Item, before: Item, after: Item) -> None:
        named = self._named(item, "value")
        if item.placed and not self.denied and before.command() not in GO_ON:
            self.negated = False  # "without the web in London"
        if item.placed and self.role == "by":
            self.role = ""  # "by quarter for the consumer segment"
        qualified = self._qualified(item, before, after)
        if before.command() == "by" and not (qualified or item.placed or any(one.whole for one in named)):
            self.failed |= self.values  # "by city" where there are city bikes, and no cities
            self.unread.append(item.written)
        named = qualified or [one for one in named if one.whole] or named
        for one in named:  # "the store London" asks for no split by stores
            if before.has("dimension", one.name) and one.name in self.by and "share" not in self.said:
                self.by.remove(one.name)
        made = [Filter(one.name, one.values, not self.negated, self._how(one)) for one in named]
        if len({one.dimension for one in made}) > 1:
            self.choices.append(made)
        else:
            self._filter(made[0])
        self.denied = False  # and what is left out goes on over the next value

    def _qualified(self, item: Item, before: Item, after: Item) -> list[Entry]:
        """The values it can be of a dimension that is named beside it."""
        named = self._named(item, "value")
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
