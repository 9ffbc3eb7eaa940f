"""From words to a query: what was asked, in English, French or both, or why it cannot be said.

Phrases are looked up, longest first (`models.ask.lexicon`); what stands beside them says what they are for. Nothing
is guessed: a word that is not known, or two meanings of equal right, make it a question back.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from models.ask import definitions, spelling, when
from models.ask.definitions import TABLES, Catalogue
from models.ask.lexicon import Entry, Kind, Lexicon, corrected, nearest
from models.ask.query import GRAINS, Filter, Query, Relation, Threshold

LONGEST = 500  # characters of a question
MOST_READINGS = 4
USUAL = ("revenue", "units", "orders")  # what is offered where no measure was named
RELATIONS: dict[str, Relation] = {"over": "over", "under": "under", "at least": "at least", "at most": "at most"}
FOLLOWS = ("again", "by", "not", "all", "table")  # commands that a question which goes on from another begins with
COUNTED = {"product": "products", "store": "stores", "customer": "customers"}
IN_STOCK = {"units": "stock_units", "products": "", "customers": ""}  # what "units ... in stock" are; "" says nothing
PRIORITY = ("why", "drift", "leaving", "slipping", "stock", "forecast")


@dataclass(frozen=True)
class Unknown:
    """A word that means nothing here, and the known ones nearest to it."""

    word: str
    nearest: tuple[str, ...] = ()


@dataclass(frozen=True)
class Understood:
    """What was understood of a question.

    `readings` are the queries it can mean, the likeliest first: one is an answer, several are to be chosen from, none
    is no answer. `intent` names the model that is asked ("forecast", "leaving", "slipping", "stock", "why", "drift").
    `unknown` words, and what is `lacking` in the data (names of a catalogue), keep it from being answered; `readings`
    then are what is left without them. `fixed` are the words that were read as others; `too_long`: not read at all.
    """

    readings: tuple[Query, ...] = ()
    intent: str = ""
    unknown: tuple[Unknown, ...] = ()
    lacking: tuple[str, ...] = ()
    fixed: tuple[tuple[str, str], ...] = ()
    too_long: bool = False

    @property
    def certain(self) -> bool:
        """Whether this is one answer that nothing speaks against."""
        return not (self.unknown or self.lacking) and (bool(self.intent) or len(self.readings) == 1)


@dataclass(frozen=True)
class Item:
    """A phrase of a question: what it can mean, or the `number` it is, or a `word` that means nothing.

    `plural`: as it was written. `gap`: a period stood here.
    """

    entries: tuple[Entry, ...] = ()
    number: float | None = None
    percent: bool = False
    word: str = ""
    plural: bool = False
    gap: bool = False

    def has(self, kind: Kind, *names: str) -> bool:
        """Whether it can be of a kind (and has one of these names)."""
        return any(one.kind == kind and (not names or one.name in names) for one in self.entries)

    def command(self) -> str:
        """The command it is; "" for none."""
        return next((one.name for one in self.entries if one.kind == "command"), "")

    @property
    def lacking(self) -> tuple[str, ...]:
        """What the data lack that it means, where it means nothing else."""
        meant = [one for one in self.entries if one.kind not in ("command", "stop")]
        return tuple(one.name for one in meant) if all(one.kind == "lacking" for one in meant) else ()


def understand(text: str, known: Catalogue, lexicon: Lexicon, previous: Query | None = None) -> Understood:
    """What a question asks of some data; one that goes on from a `previous` query changes it."""
    if len(text) > LONGEST:
        return Understood(too_long=True)
    time = when.find(spelling.numbers(spelling.plain(text)), known.first, known.last)
    items, fixed = _items(time.rest, lexicon)
    intents = {one.name for item in items for one in item.entries if one.kind == "intent"}
    intent = next((name for name in PRIORITY if name in intents), "")
    base = previous if previous is not None and _goes_on(items) else None
    readings: list[Query] = []
    unread: tuple[str, ...] = ()
    for table, prefers_values in itertools.product(TABLES, (False, True)):
        draft = _Draft(known, lexicon, table, prefers_values, intent)
        draft.read(items)
        if not draft.failed:
            unread = unread or tuple(draft.unread)
            readings += draft.queries(time, base)
    possible = tuple(one for one in dict.fromkeys(readings) if definitions.fits(known, one))
    stray = [*(item.word for item in items if item.word), *unread]
    unknown = tuple(Unknown(word, tuple(nearest(lexicon, spelling.stem(word)))) for word in dict.fromkeys(stray))
    lacking = tuple(dict.fromkeys(name for item in items for name in item.lacking))
    return Understood(possible[: 1 if intent else MOST_READINGS], intent, unknown, lacking, fixed)


def _items(text: str, lexicon: Lexicon) -> tuple[list[Item], tuple[tuple[str, str], ...]]:
    """The phrases of a plain text, and the words that were taken for mistyped ones."""
    written = list(spelling.words(text))
    stems = [spelling.stem(word) for word in written]
    there = lexicon.words
    fixed = []
    for place, word in enumerate(stems):
        if word in there or word in lexicon.product_words or _coded(word, lexicon) or word[0].isdigit():
            continue
        if (right := corrected(lexicon, word)) is not None:
            fixed.append((written[place], right))
            stems[place] = right
    items, place = [], 0
    while place < len(stems):
        item, used = _phrase(stems, written, place, lexicon)
        place += used
        if item is not None:
            items.append(item)
    return items, tuple(fixed)


def _phrase(stems: Sequence[str], written: Sequence[str], place: int, lexicon: Lexicon) -> tuple[Item | None, int]:
    """What begins at a word, and how many words it is long; None for what says nothing."""
    word = stems[place]
    for length in range(min(lexicon.longest, len(stems) - place), 0, -1):
        entries = lexicon.phrases.get(tuple(stems[place : place + length]), ())
        if entries and length == 1 and word[0].isdigit() and not any(one.kind == "value" for one in entries):
            entries = ()
        if entries:
            told = tuple(one for one in entries if one.kind != "stop")
            last = written[place + length - 1]
            return (Item(told, plural=last != spelling.stem(last)) if told else None), length
    if word == "\x00":
        return Item(gap=True), 1
    if code := _coded(word, lexicon):
        return Item(code, word=""), 1
    if word[0].isdigit():
        after = stems[place + 1 : place + 3]
        percent = after[:1] in (["%"], ["percent"], ["pourcent"]) or after == ["pour", "cent"]
        return Item(number=float(word), percent=percent), 1 + (percent and (2 if after[0] == "pour" else 1))
    if word in lexicon.product_words:
        return Item((Entry("value", "product", (word,), whole=False),)), 1
    return Item(word=written[place]) if any(one.isalnum() for one in word) else None, 1


def _coded(word: str, lexicon: Lexicon) -> tuple[Entry, ...]:
    """The dimensions that have a value which is written like this, among those with many."""
    return tuple(
        Entry("value", name, (codes[word],))
        for name, codes in lexicon.codes.items()
        if word in codes and not word.isdigit()
    )


def _goes_on(items: Sequence[Item]) -> bool:
    """Whether a question changes the one before: it begins with "and", "only", "by", or names no measure at all."""
    begins = bool(items) and items[0].command() in FOLLOWS
    return begins or not any(item.has("measure") or item.has("intent") for item in items)


@dataclass
class _Draft:
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
    limit: int = 0
    share: bool = False
    mean: bool = False  # an average was asked for, and no measure yet that is one
    sold: bool = False
    many: bool = False
    against: bool = False
    choices: list[list[Filter]] = field(default_factory=list)  # of a value that several dimensions have
    cleared: list[str] = field(default_factory=list)  # dimensions of which all is asked for
    waiting: list[tuple[Relation, float, bool]] = field(default_factory=list)  # thresholds without a measure yet
    unread: list[str] = field(default_factory=list)
    failed: bool = False  # something that was said is not of this table, or cannot be asked

    def read(self, items: Sequence[Item]) -> None:
        """Take everything that was said, from the first phrase to the last."""
        role, negated, held = "", False, False  # "by", "which" ...; "without"; "with"
        denied = 0  # "without" that has nothing behind it yet
        for place, item in enumerate(items):
            before = items[place - 1] if place else Item()
            after = items[place + 1] if place + 1 < len(items) else Item()
            if item.gap:
                role, negated = "", False
            elif item.number is not None:
                self._number(item, before, after)
            elif self._has_more_than_a_command(item):
                role_here = "" if item.has("intent") else role
                kind = self._kind(
                    item, role_here, before, after, items[place + 2] if place + 2 < len(items) else Item()
                )
                if kind == "value":
                    self._value(item, negated, before, after)
                    denied = 0
                    continue  # what is left out goes on over the next value
                if kind == "dimension":
                    binary = self._binary(item)
                    if binary and (negated or held) and role != "by":
                        yes, no = self.lexicon.binary[binary]
                        self._filter(Filter(binary, (no if negated else yes,)))
                        denied = 0
                        continue
                    self._dimension(item, role_here, before, after)
                elif kind == "measure":
                    self._measure(item, role_here, after)
                elif kind == "grain":
                    self._grain(item, role_here)
                role, negated = ("by" if role == "by" and kind in ("dimension", "grain") else ""), False
                if item.command() == "share":
                    self.share = True
            else:
                command = item.command()
                if command in RELATIONS:
                    continue
                negated = command == "not" or (negated and command in ("again", "with", "all"))
                denied += command == "not"
                held = command == "with" or (held and command == "again")
                role = (
                    command
                    if command in ("by", "which", "many", "most", "least")
                    else role
                    if command in ("sell", "again", "mean", "sum")
                    else ""
                )
                self._command(command, before, after)
        self.failed |= denied > 0

    def _has_more_than_a_command(self, item: Item) -> bool:
        return any(item.has(kind) for kind in ("measure", "dimension", "value", "grain", "lacking"))

    def _named(self, item: Item, kind: Kind) -> list[Entry]:
        """What an item can mean in this table."""
        found = []
        for one in item.entries:
            if one.kind != kind:
                continue
            if kind == "measure" and self.known.measures[one.name].table == self.table:
                found.append(one)
            elif kind in ("dimension", "value") and one.name in self.known.dimensions:
                if self.table in self.known.dimensions[one.name].sql:
                    found.append(one)
        return found

    def _kind(self, item: Item, role: str, before: Item, after: Item, next_but_one: Item) -> str:
        """What an item is here: "measure", "dimension", "value" or "grain"; "" where it is nothing of this table."""
        if item.lacking:
            return ""
        kinds = {kind for kind in ("measure", "dimension", "value") if self._named(item, kind)}  # type: ignore[arg-type]
        if not kinds and item.has("grain"):
            return "grain"
        if not kinds:
            named = next((one.name for one in item.entries if one.kind == "measure"), "")
            self.failed |= not (self.table == "stock" and named in IN_STOCK)
            return ""
        if item.has("grain") and not (self.values and "value" in kinds):
            return "grain"
        ranked = after.command() == "by" and next_but_one.has("measure") and not next_but_one.has("dimension")
        limited = after.command() in RELATIONS or (after.command() == "with" and next_but_one.command() in RELATIONS)
        split = role in ("by", "which", "most", "least") or ranked or limited
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
                self._limit(self._chosen(named), relation, number, item.percent)
            elif self.measures:
                self._limit(self.measures[-1], relation, number, item.percent)
            else:
                self.waiting.append((relation, number, item.percent))
        elif {"most", "least"} & {before.command(), after.command()}:
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

    def _limit(self, measure: str, relation: Relation, value: float, percent: bool) -> None:
        share = self.known.measures[measure].unit == "share"
        self.thresholds.append(
            Threshold(measure, relation, round(value / 100, 9) if percent or (share and value > 1) else value)
        )

    def _command(self, command: str, before: Item, after: Item) -> None:
        if command in ("most", "least"):
            self.order = command
        elif command == "share":
            self.share = True
        elif command == "mean":
            self.mean = True
            if before.has("measure") and self.measures and not self._named(after, "measure"):
                self.measures[-1] = self._averaged(self.measures[-1])
        elif command == "sum":
            self.mean = False
        elif command == "sell":
            self.sold = True
        elif command == "many":
            self.many = True
        elif command == "against":
            self.against = True
        elif command == "all":
            self.cleared += [one.name for one in self._named(after, "dimension")]

    def _averaged(self, measure: str) -> str:
        """The mean of a column whose sum this is; what it was where it has none."""
        mean = measure.removesuffix(".sum") + ".mean"
        if measure.endswith(".sum") and mean in self.known.measures:
            self.mean = False
            return mean
        return measure

    def _chosen(self, named: Sequence[Entry]) -> str:
        """The measure that is meant: that of a column of one's own before one that Vigie knows by the same name."""
        own = [one.name for one in named if self.known.measures[one.name].own]
        return self._averaged(own[0]) if own and self.mean else own[0] if own else named[0].name

    def _measure(self, item: Item, role: str, after: Item) -> None:
        named = self._named(item, "measure")
        measure = self._chosen(named)
        if self.waiting:
            self._limit(measure, *self.waiting.pop())
        if any(one.measure == measure for one in self.thresholds) and measure not in self.measures:
            return  # it was named for its threshold
        if measure not in self.measures:
            self.measures.insert(0 if role == "by" else len(self.measures), measure)
        if role == "by":
            self.order = self.order or "most"

    def _dimension(self, item: Item, role: str, before: Item, after: Item) -> None:
        name = self._named(item, "dimension")[0].name
        if role != "by" and (self._is_value_of(after, name) or self._is_value_of(before, name)):
            return  # "the store London", "London stores"
        if role == "many" and not item.has("measure"):
            if (counted := COUNTED.get(name)) and counted in self.known.measures:
                self.measures.append("units" if name == "product" and self.sold else counted)
            else:
                self.failed = True
            return
        if role == "" and name == "product" and before.has("value"):
            return  # "Kitchen products"
        if name in self.cleared:
            return
        if name not in self.by:
            self.by.append(name)
        if not item.plural and role in ("which", "most", "least") and not self.limit:
            self.limit = -1  # the one, if it is to be in an order at all

    def _is_value_of(self, item: Item, name: str) -> bool:
        return any(one.name == name for one in self._named(item, "value")) and not item.has("dimension", name)

    def _binary(self, item: Item) -> str:
        return next((one.name for one in self._named(item, "dimension") if one.name in self.lexicon.binary), "")

    def _grain(self, item: Item, role: str) -> None:
        self.grain = next(one.name for one in item.entries if one.kind == "grain")
        if role in ("which", "most", "least") and not item.plural and not self.limit:
            self.limit = -1

    def _value(self, item: Item, negated: bool, before: Item, after: Item) -> None:
        named = self._named(item, "value")
        qualified = [one for one in named if before.has("dimension", one.name) or after.has("dimension", one.name)]
        whole = [one for one in named if one.whole]
        named = qualified or whole or named
        for one in named:  # "the store London": no split by stores
            if before.has("dimension", one.name) and one.name in self.by and not self.share:
                self.by.remove(one.name)
        contained = (
            {"how": "contains"}
            if named[0].name == "product" and not named[0].whole and "product" in self.lexicon.codes
            else {}
        )
        made = [Filter(one.name, one.values, kept=not negated, **contained) for one in named]  # type: ignore[arg-type]
        if len({one.dimension for one in made}) > 1:
            self.choices.append(made)
        else:
            self._filter(made[0])

    def _filter(self, fresh: Filter) -> None:
        """Values of one dimension are alternatives; words in a product's name are all to be there."""
        for place, one in enumerate(self.filters):
            if (one.dimension, one.kept, one.how) == (fresh.dimension, fresh.kept, fresh.how):
                self.filters[place] = replace(one, values=tuple(dict.fromkeys((*one.values, *fresh.values))))
                return
        self.filters.append(fresh)

    def queries(self, time: when.Found, base: Query | None) -> Iterator[Query]:
        """The queries this can be, one for each dimension that a value may be of."""
        if self.waiting and self.measures:
            self._limit(self.measures[-1], *self.waiting.pop())
        if self.waiting:
            return
        for measures in self._measures(time, base):
            for chosen in itertools.islice(itertools.product(*self.choices), MOST_READINGS):
                yield self._query(measures, [*self.filters, *chosen], time, base)

    def _measures(self, time: when.Found, base: Query | None) -> list[tuple[str, ...]]:
        if self.measures:
            return [tuple(self.measures)]
        if self.thresholds:
            return [tuple(dict.fromkeys(one.measure for one in self.thresholds))]
        if base is not None:
            return [base.measures]
        usual = [name for name in USUAL if name in self.known.measures]
        said = self.by or self.grain or self.filters or self.choices or time.said
        if self.table != "sales" or not usual or not (said or self.sold or self.intent == "why"):
            return []
        if self.many and self.sold and "units" in usual:
            return [("units",)]
        if self.sold or self.order or self.share or self.intent:
            return [(usual[0],)]
        return [(name,) for name in usual]

    def _query(self, measures: tuple[str, ...], filters: list[Filter], time: when.Found, base: Query | None) -> Query:
        by, grain, over, limit = list(self.by), self.grain, "", self.limit
        first = self.known.measures.get(measures[0])
        if first is not None and self.mean and not first.own and first.additive:
            over, grain = (grain or "line"), ""
        if self.share and not by and len(filters) == 1:
            by = [filters[0].dimension]
        if self.against:
            by += [one.dimension for one in filters if len(one.values) > 1 and one.kept and one.dimension not in by]
        if limit < 0:
            limit = 1 if self.order else 0
        period, compared = time.period, time.compared
        if time.growth and not compared and not self.intent:
            compared = "year"
        if compared and not period:
            period = "this year" if compared == "year" else "previous month"
        fresh = Query(
            measures=measures,
            by=tuple(by),
            grain=grain,
            filters=tuple(filters),
            thresholds=tuple(self.thresholds),
            period=period,
            compared=compared,
            over=over,
            order=self.order,  # type: ignore[arg-type]
            limit=limit,
            share=self.share,
        )
        return fresh if base is None else self._changed(base, fresh, time)

    def _changed(self, base: Query, fresh: Query, time: when.Found) -> Query:
        """The query before with what was said in place of what it had."""
        renewed = {one.dimension for one in fresh.filters} | set(self.cleared)
        kept = tuple(one for one in base.filters if one.dimension not in renewed)
        by = fresh.by or tuple(name for name in base.by if name not in self.cleared)
        return replace(
            base,
            measures=tuple(self.measures) or base.measures,
            by=by,
            grain=fresh.grain or (base.grain if not fresh.by or base.grain not in GRAINS else base.grain),
            filters=(*kept, *fresh.filters),
            thresholds=fresh.thresholds or base.thresholds,
            period=time.period or base.period,
            compared=time.compared or base.compared,
            over=fresh.over or base.over,
            order=fresh.order or base.order,
            limit=fresh.limit or base.limit,
            share=fresh.share or base.share,
        )
