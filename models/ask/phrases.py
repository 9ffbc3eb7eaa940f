"""What each phrase of a question adds to the query in the making."""

from collections.abc import Sequence
from dataclasses import replace

from models.ask import columns, single
from models.ask.draft import RATES, Draft
from models.ask.items import (
    ADJECTIVES,
    APART,
    BUSY,
    COLOURS,
    CONDITIONS,
    COUNTED,
    COUNTING,
    COUNTS,
    EACH,
    EXTREMES,
    FUNCTION,
    GO_ON,
    IN_STOCK,
    JOINING,
    KINDS,
    ONE_LINE,
    ONE_ORDER,
    PRICED,
    RANKS,
    RATIO,
    RELATIONS,
    ROLES,
    ROWS,
    SIGNS,
    SOURCES,
    STEPS,
    WHOLE,
    Item,
)
from models.ask.lexicon import SUPERLATIVES
from models.ask.query import Filter, Relation, Threshold
from models.ask.rows import row_of
from models.ask.spelling import key
from models.ask.who import BOUGHT, WHO


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


class Reading(Draft):
    """A draft that takes what is said, phrase by phrase."""

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
            elif (
                not any(item.has(kind) for kind in KINDS)
                or self._denies(item, after)
                or (item.command() == "mean" and item.has("value") and (before.has("measure") or not self.values))
            ):  # of learners, a level can be "moyen"
                self._command(item, before, after)
            elif kind := self._kind(item, before, items[place + 1 :]):
                {
                    "measure": self._measure,
                    "dimension": self._dimension,
                    "value": self._value,
                    "grain": self._grain,
                }[kind](item, before, after)
        self.failed |= self.denied
        single.rows(self)

    def _kind(self, item: Item, before: Item, rest: Sequence[Item]) -> str:
        """What an item is here: "measure", "dimension", "value" or "grain"; "" where it is nothing of this table."""
        if item.lacking:
            return ""
        kinds = {kind for kind in ("measure", "dimension", "value") if self.named(item, kind)}
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
        of_scores = {one.name.rpartition(".")[0] for one in self.named(item, "measure")}
        if {one.name for one in self.named(item, "dimension")} & of_scores:
            ranking = self.role == "by" and bool(self.order) and bool(self.by)  # "top 5 hotels by review score"
            return "dimension" if self.role in ("by", "which") and not ranking else "measure"
        if self.by and before.written in COUNTING and item.has("measure", *COUNTS) and "measure" in kinds:
            return "measure"  # "which state has the most customers"
        ranked = after.command() == "by" and later.has("measure") and not later.has("dimension")
        qualifies = any(self._is_value_of(after, one.name) for one in self.named(item, "dimension"))
        one_who = after.command() == "which" and not item.plural  # "the customer who spent most"
        split = self.role in ("by", "which", *SUPERLATIVES) or ranked or qualifies or one_who or _limited(rest)
        if item.has("dimension") and item.has("measure") and split:
            self.failed |= "dimension" not in kinds
            return "dimension" if "dimension" in kinds else ""
        if "value" in kinds and len(kinds) > 1:
            qualified = {one.name for one in self.named(item, "value")} & {
                one.name for one in before.entries if one.kind == "dimension"
            }
            return "value" if self.values or qualified else "measure" if "measure" in kinds else "dimension"
        return "measure" if "measure" in kinds else "dimension" if "dimension" in kinds else "value"

    def _number(self, item: Item, before: Item, after: Item) -> None:
        number = item.number or 0.0
        relation = RELATIONS.get(before.command())
        if relation:
            named = self.named(after, "measure")
            self.timed = (after.has("grain") or after.has("dimension", "hour")) and not named
            if single.of_counted(self, relation, item, named, after):
                return
            if not named and (several := self.named(after, "dimension")):
                self._several(relation, item, several[0].name)
                return
            if item.unit:
                self.unread.append(item.written)
                return
            aimed = self.known.measures[self.measures[-1]] if self.measures else None
            if self.timed and not (aimed and (aimed.unit == "days" or aimed.own)):
                self.unread.append(f"{number:g}")  # "stays of more than 10 days": no number of stays
                return
            if named:
                self.add_threshold(self._chosen(named), relation, item)
            elif self.measures:
                self.add_threshold(self.measures[-1], relation, item)
            else:
                self.waiting.append((relation, item))
        elif number < 1 or item.unit:
            self.unread.append(item.written)
        elif {before.command(), after.command()} & set(SUPERLATIVES) or (
            self.named(after, "dimension") and not self.named(before, "dimension")
        ):
            self.limit = int(number)
        elif named := self.named(before, "dimension"):
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

    def _several(self, relation: Relation, number: Item, name: str) -> None:
        """A number of a dimension's values as a threshold: "suppliers with more than 5 products"."""
        counted = COUNTED.get(name, f"{name}.distinct")
        if counted in self.known.measures and self.by and name not in self.by:
            self.add_threshold(counted, relation, number)
            self.cleared.append(name)
        else:
            self.unread.append(number.written)  # "orders with more than 5 items": no order is looked into

    def _command(self, item: Item, before: Item, after: Item) -> None:
        """What a command says of the phrases behind it, and of the whole question."""
        command = item.command()
        if command in RELATIONS:
            if after.number is None and not after.gap:
                self.unread.append(item.written)
            return
        nothing = not (after.entries or after.word or after.number is not None)
        splits = command == "by" or (command == "again" and item.written.endswith((" by", " par")))
        if splits and (nothing or after.written in JOINING or (after.has("value") and after.placed)):
            self.unread.append(item.written)  # "by type", "by make in London": what it is to be split by, was not read
        if (
            command == "many"
            and before.command() == "by"
            and any(after.has("dimension", one) for one in self.lexicon.numeric)
        ):
            return  # "for each number of cylinders"
        if item.written == "distribution by" and self.measures:
            self.spread = "distribution"
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
        wanted = statistic or ("mean" if command == "mean" else "")
        if wanted and self.by and before.has("dimension", self.by[-1]) and self.role != "by":
            name = f"{self.by[-1]}.{wanted}"  # "calibre médian", a number of few values
            if name in self.known.measures and not columns.labels(name):
                self.by.pop()
                self.measures.append(name)
                self.bare = False
                return
        if statistic and after.number is None:
            single.statistic(self, statistic, item, before, after)
            return
        self.role = (
            command if command in ROLES else self.role if command in ("sell", "spend", "mean", "sum", *GO_ON) else ""
        )
        if command == "again" and item.written.endswith((" by", " par")):
            self.role = "by"  # "and by month?"
        if command in SUPERLATIVES:
            self.order = command
            self.said |= {"counting"} if item.written in BUSY else set()
            if before.has("measure") and self.measures:
                single.perhaps(self, self.measures[-1], item)
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
            if own or (before.has("measure") and self.measures and not self.named(after, "measure")):
                self.measures[-1] = self.average_of(self.measures[-1])
        elif command == "sum":
            self.mean = False
            self.total = "" if item.written in ("overall",) else item.written
            if self.total and before.has("measure") and self.measures and not self.named(after, "measure"):
                self.measures[-1] = self.sum_of(self.measures[-1])
        elif command == "spread":
            self.spread = item.written
        elif command == "relation":
            self.relation = item.written
        elif command == "share" and item.written == "parts":
            self.unread.append(item.written)  # of machines, or of a whole?
        elif command == "rate":
            self.rate = any(one.has("dimension", *self.lexicon.binary) for one in (before, after) if one.entries)
            self.said |= {"share", "counting"} if self.rate else set()
            self.unread += [] if self.rate else [item.written]
        elif command == "all":
            self.cleared += [one.name for one in self.named(after, "dimension")]
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
            self.perhaps = ("price", single.line_of(self.known, "price", PRICED[command]))
        elif command in WHOLE:
            self.said.add(command)
            self.against = item.written if command == "against" else self.against

    def _measure(self, item: Item, before: Item, _after: Item) -> None:
        measure = self._chosen(self.named(item, "measure"))
        dear = PRICED.get(before.command())
        extreme = dear or RANKS.get(before.written)
        if measure == "lines" and extreme and not item.plural:  # "the longest ride by distance"
            self.pending, self.order, self.single = [extreme], "", ("", before.written)
            return
        if item.written in ONE_LINE and extreme and (dear or not self.bare):
            self.measures = [one for one in self.measures if not (dear and one == "price")]
            self.pending, self.order, self.single = [extreme], "", ("", before.written)
        elif dear or (extreme and (measure in ROWS or (measure == "basket" and item.written in ONE_ORDER))):
            self.unread.append(before.written)  # "the largest order", "the longest repairs": not the most of them
        elif before.command() in SUPERLATIVES:
            single.perhaps(self, measure, before)
        if self.pending:
            single.of_lines(self, measure, item)
            return
        self.single = ("", self.single[1])
        if measure in ROWS and before.command() == "which" and before.written not in WHO:
            self.unread.append(before.written)  # "which visits were late": not how many
            self.listing = before.written
        if self.mean:
            measure = self.average_of(measure)
        elif self.total:
            measure = self.sum_of(measure)
        if measure == "lines" and before.command() == "by" and self.measures:  # "fare per ride", where a line is one
            self._over_lines()
            self.role = ""
            return
        if before.written in FUNCTION and self.measures:
            self.relation = before.written
        ranks = before.command() == "by" and before.written not in (*EACH, *FUNCTION)
        if item.command() == "share":
            self.said.add("share")
        if self.waiting:
            self.add_threshold(measure, *self.waiting.pop())
        if any(one.how in RELATIONS and one.dimension == row_of(self.known, measure) for one in self.filters):
            return  # "wines of more than 14 degrees"
        named_for_its_threshold = any(one.measure in (measure, RATES.get(measure)) for one in self.thresholds)
        if measure in self.measures or named_for_its_threshold:
            pass
        elif before.command() == "mean" and self.measures and self._of_one_column(measure, self.measures[-1]):
            pass  # "poids moyen livré"
        elif (
            self.measures
            and (
                item.has("dimension") or measure in (*COUNTS, "lines") or (measure == "orders" and before.has("value"))
            )
            and before.command() not in ("again", "by")
        ):
            pass  # "revenue of customers who ..."
        elif self.people and before.command() not in ("again", "by") and not (self.held and self.measures == ["lines"]):
            self.measures[-1] = measure  # "customers left"
        elif measure == "units" and self.measures[-1:] == ["price"] and not item.plural:
            pass  # "the price of a seat", "price per night"
        elif before.written in (*EACH, "par") and not item.plural and (ratio := self._ratio(measure)):
            self.measures[-1], ranks = ratio, False
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

    def _ratio(self, measure: str) -> str:
        """What the last measure is for one of another: "revenue per night", "CA moyen par commande"; "" for nothing."""
        name = RATIO.get((self.measures[-1] if self.measures else "", measure), "")
        if name in self.known.measures:
            self.mean, self.averaged = False, max(self.averaged - 1, 0)
            return name
        return ""

    def _dimension(self, item: Item, before: Item, after: Item) -> None:
        name = self.named(item, "dimension")[0].name
        if name == "hour" and self.timed and before.number is not None:
            return  # "more than 3 hours": their unit
        if name == "weekday" and "against" in (before.command(), after.command()):
            self.unread.append(item.written)  # "weekend vs weekdays": working days are no split
        if self.role != "by" and (self._is_value_of(after, name) or self._is_value_of(before, name)):
            return  # "the store London", "London stores"
        binary = next((one.name for one in self.named(item, "dimension") if one.name in self.lexicon.binary), "")
        if binary in self.by and self.negated:
            self.denied = self.negated = False  # "bio et non bio"
            return
        yes, no = self.lexicon.binary.get(binary, ("", ""))
        flag = yes.lower() == "true" and self.role != "which"  # "senior citizens who left" are those who are
        flag |= before.has("measure", *ROWS) or after.has("measure", *ROWS)  # "furnished flats", "appartements meublés"
        flag |= "rate" in (before.command(), after.command())
        if binary and binary not in self.cleared and (self.negated or self.held or flag) and self.role != "by":
            self._filter(Filter(binary, (no if self.negated else yes,)))
            self.denied, self.flagged = False, binary
            return
        number = name in self.lexicon.numeric and f"{name}.sum" in self.known.measures
        if number and not (self.role or self.measures) and after.command() == "by":
            self.measures.append(f"{name}.sum")  # "goals conceded for each opponent": or their mean
            return
        if before.written in ("per", "par") and self._per_customer(name):
            return
        if before.command() == "mean" and self.mean and f"{name}.mean" in self.known.measures:
            self.measures.append(self.average_of(f"{name}.mean"))  # "average goals per stadium"
            self.role = ""
            return
        pending = f"{name}.{self.pending[0]}" if self.pending else ""
        if pending in self.known.measures and self.role != "by" and not columns.labels(name):
            self.measures += [f"{name}.{one}" for one in self.pending]
            self.pending = []
            return
        hours = [one for one in self.known.measures if {"hour", "heure"} & set(key(one))]
        unit = name == "hour" and (
            item.placed or (before.written in ("per", "par") and bool(hours))
        )  # "duration in hours"
        if unit or (before.written == "per" and name in self.lexicon.numeric and not item.plural):
            self.unread.append(item.written)  # "revenue per adult": a ratio
        if self.role == "many" and not item.has("measure"):
            counted = COUNTED.get(name, f"{name}.distinct")
            self.failed |= counted not in self.known.measures
            if name not in self.lexicon.numeric:
                self.measures.append(counted)
            elif item.plural and name in self.lexicon.counts and f"{name}.sum" in self.known.measures:
                self.measures.append(self.sum_of(f"{name}.sum"))  # "how many adults"
            else:
                self.unread.append(item.written)  # not how many different numbers of them
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
            self.facing |= "against" in (before.command(), after.command())
            if before.written in EACH and self.by[0] != name:
                self.each = name
            self._one(item)
        self.role, self.negated = ("by" if self.role == "by" else ""), False

    def _grain(self, item: Item, before: Item, after: Item) -> None:
        if self.timed and before.number is not None:
            return  # "a wait over 10 days": their unit
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
        named = self.named(item, "value")
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
        if before.written in COUNTING:
            self.said.add("counting")  # "which vet has the most emergencies": their number, and no money
        if not (item.placed or self.by) and ("share" in self.said or after.command() == "share"):
            self.flagged = (
                self.flagged or made[0].dimension
            )  # "the share of candles by store": of what each sells, or of all candles?
        self.scoped += [made[0].dimension] if item.placed and item.placed not in SOURCES else []
        if before.written in APART and any(one.dimension == made[0].dimension and one.kept for one in self.filters):
            self.by += [made[0].dimension] if made[0].dimension not in self.by else []
        if len({one.dimension for one in made}) > 1:
            self.choices.append(made)
        else:
            self._filter(made[0])
        self.denied = False  # and what is left out goes on over the next value
