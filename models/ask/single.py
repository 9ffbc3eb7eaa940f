"""What a question asks of single lines: the largest, two of their numbers against each other, how one is spread."""

from collections.abc import Sequence
from typing import Literal

from models.ask import columns, definitions
from models.ask.definitions import Catalogue
from models.ask.draft import Draft
from models.ask.formulas import OF_A_LINE, ROW, Statistic
from models.ask.items import ADDED_UP, GO_ON, OF_LINES, OF_NUMBERS, RANKS, SCORED, Item
from models.ask.lexicon import Entry
from models.ask.query import Filter, Relation
from models.ask.rows import row_of
from models.ask.spelling import key, stem

STRICT = ("histo", "box", "boite", "diagramme", "frequency")  # how words begin that mean single lines, and no groups
COMPARED = ("compar", "difference")  # how words begin that may mean two sums as well


def line_of(known: Catalogue, measure: str, statistic: Statistic) -> str:
    """The largest, smallest or median number of single lines that a measure adds up; "" where lines have none."""
    name = f"{OF_A_LINE.get(measure, measure.rpartition('.')[0])}.{statistic}"
    return name if name in known.measures else ""


def statistic(draft: Draft, wanted: Statistic, item: Item, before: Item, after: Item) -> None:
    """ "max" and the like behind their measure ("profit maximum", "prix minimum et maximum"), or before it."""
    behind = before.has("measure") or (before.command() in GO_ON and bool(draft.single[0]))
    if not behind or not draft.measures or (draft.named(after, "measure") and not after.has("measure", "lines")):
        draft.pending.append(wanted)
        draft.single = (draft.single[0], item.written)
        return
    measure = draft.single[0] or draft.measures[-1]
    if name := line_of(draft.known, measure, wanted):
        draft.measures = [*(draft.measures if draft.single[0] else draft.measures[:-1]), name]
    else:
        draft.unread.append(item.written)
    draft.single = (measure, item.written)


def of_lines(draft: Draft, measure: str, item: Item) -> None:
    """The measure behind "max" and the like: of single lines; where it rather is a sum ("max revenue by store"),
    perhaps."""
    names = [line_of(draft.known, measure, one) for one in draft.pending]
    if "" in names:
        draft.unread.append(draft.single[1])
        names = [measure]
    elif measure in ADDED_UP and item.written not in OF_LINES and draft.pending in (["max"], ["min"]):
        draft.order, draft.perhaps = "most" if draft.pending == ["max"] else "least", (measure, names[0])
        names = [measure]
    draft.measures += [*names, *([draft.average_of(measure)] if draft.mean else [])]
    draft.pending, draft.single, draft.role = [], (measure, draft.single[1]), ""


def of_counted(draft: Draft, relation: Relation, number: Item, named: Sequence[Entry], after: Item) -> bool:
    """Take a number as what each line must be like, where lines are counted: "flights over 3000 km by airline".

    The column is the one beside the number, or the only one that is in its unit. Whether it was taken.
    """
    known, counted = draft.known, draft.measures[:1]
    if (
        counted not in (["lines"], ["orders"])
        or (counted == ["orders"] and not known.single)
        or draft.by
        or draft.grain
    ):
        return False
    unit = number.unit or (stem(after.written) if draft.timed else "")
    in_unit = {
        one.name for one in known.measures.values() if one.row and columns.UNITS.get(unit, set()) & set(key(one.title))
    }
    there = {row_of(known, one.name) for one in named} or {row_of(known, one) for one in draft.measures[1:]} or in_unit
    if len(there) != 1 or "" in there or number.percent or (unit and not there <= in_unit):
        return False
    draft.measures = counted
    draft.filters.append(Filter(there.pop(), (f"{number.number:.10g}",), how=relation))
    return True


def perhaps(draft: Draft, measure: str, item: Item) -> None:
    """Note that "the highest" may be that of single lines: of a column of numbers, or a price."""
    word = item.written.split(" ", 1)[-1] if item.written.startswith(("le ", "la ", "les ")) else item.written
    own = draft.known.measures[measure].own
    scored = own == "mean" and not columns.better_less(measure)
    wanted = RANKS.get(word) or (SCORED.get(item.command()) if scored else None)
    if wanted and not draft.bare and (measure == "price" or own):
        draft.perhaps = (measure, line_of(draft.known, measure, wanted))


def rows(draft: Draft) -> None:
    """Decide, of all that was said, whether two numbers of each line are asked for, or how one is spread over them.

    What adds up may be asked of groups, too ("revenue vs profit by store"): then both are offered. Where a word for
    lines has nothing of lines to go with, it was not read.
    """
    if draft.ignored:  # the number is of another table
        return
    numbers = [row_of(draft.known, name) for name in draft.measures]
    of_texts = {name: row_of(draft.known, f"{name}.{ROW}") for name in draft.by}  # numbers that also are dimensions
    facing = draft.facing and len(numbers) == 1 and bool(draft.against)
    paired = len(numbers) > 1 and (draft.coloured or not (draft.by or draft.grain)) and bool(draft.against)
    if draft.intent and (draft.relation or draft.spread or paired):  # no model says that
        draft.unread.append((draft.relation or draft.spread or draft.against).split()[0])
        return
    usual = {name: _usual(draft, name) for name in draft.measures if name in draft.known.measures}
    sums = [name for name, one in usual.items() if one != "mean"]
    if draft.relation or paired or (facing and all(of_texts.values())):
        draft.also = not draft.relation and not draft.coloured and len(sums) == len(numbers) > 1
        draft.also |= draft.against.startswith(COMPARED)
        if len(numbers) < definitions.COLUMNS["relation"] and any(of_texts.values()):
            numbers += [of_texts[name] for name in draft.by if of_texts[name]]
            draft.by = [name for name in draft.by if not of_texts[name]]
        if not draft.measures and not numbers and len(draft.by) == 2 and "lines" in draft.known.measures:
            draft.measures = ["lines"]  # two kinds against each other: how many there are of both
        elif len(numbers) == 1 == len(draft.by):
            _asked(draft, "distribution", numbers, bool(sums))
        else:
            _asked(draft, "relation", numbers, draft.also)
    elif draft.spread:
        strict = draft.spread.startswith(STRICT)
        split = bool(draft.by or draft.grain)
        if not numbers and len(draft.by) == 1 and all(of_texts.values()):
            numbers, draft.by, split = [of_texts[draft.by[0]]], [], False
        own = any(draft.known.measures[name].own or name in OF_NUMBERS for name in usual)
        if not split or (strict and own):
            _asked(draft, "distribution", numbers, False)
        elif own and draft.by and not draft.grain and len(numbers) == 1 and list(usual.values()) != ["sum"]:
            _asked(draft, "distribution", numbers, bool(sums))  # waiting times by ward: nobody adds those up


def _asked(draft: Draft, what: Literal["relation", "distribution"], numbers: list[str], also: bool) -> None:
    """Ask for rows, if each of the numbers is one that rows have, and there are as many as that takes."""
    if "" in numbers or len(numbers) != definitions.COLUMNS[what] or (what == "relation" and _of_goods(draft, numbers)):
        draft.unread.append((draft.relation or draft.spread or draft.against).split()[0])
        return
    draft.rows, draft.also, draft.numbers = what, also, numbers


def _of_goods(draft: Draft, numbers: Sequence[str]) -> bool:
    """Whether two numbers of lines rather are asked of goods: what sells at which price, or how long the films are that
    take most, lines do not say, of which each good has many."""
    called = [name.removesuffix(f".{ROW}") for name in numbers]
    of_goods = [
        name in draft.known.of_goods or (one == "unit_price" and not draft.known.single)
        for name, one in zip(numbers, called, strict=True)
    ]
    sums = [one in ("amount", "quantity") or columns.usual(one) == "sum" for one in called]
    return any(of_goods) and any(sums) and not all(of_goods)


def _usual(draft: Draft, measure: str) -> Literal["sum", "mean", ""]:
    """What a measure of lines is where it is named alone."""
    one = draft.known.measures[measure]
    if not one.own:
        return "sum" if one.additive else "mean"
    return columns.usual(f"{measure} {one.title}")
