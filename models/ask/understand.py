"""From words to a query: what was asked, in English, French or both, or why it cannot be said.

Phrases are looked up, longest first (`models.ask.lexicon`); what stands beside them says what they are for. Nothing
is guessed: a word that is not known, or two meanings of equal right, make it a question back.
"""

import itertools
import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from models.ask import columns, definitions, hours, seasons, spelling, when, words
from models.ask.ahead import ahead
from models.ask.definitions import TABLES, Catalogue
from models.ask.items import RELATIONS, Item
from models.ask.lexicon import NAMES, SUPERLATIVES, Entry, Lexicon, corrected, nearest
from models.ask.phrases import Reading
from models.ask.query import Query
from models.ask.readings import MAX_READINGS, queries

MONEY = tuple([word] for word in ("euro", "eur", "pound", "dollar", "gbp", "usd", "livre"))
MOVED = re.compile(
    rf"(?:{when.GROWTH.pattern})|bad|good|low|high|weak|strong|poor|slow|mauvaise?s?|bon(?:ne)?s?|faibles?|basse?s?|"
    r"hauts?|fort(?:e)?s?|lente?s?"
)
TIMES = ("delai", "duree", "temps", "time", "duration", "length")  # what days and hours are of
LETTERS = ("a", "i", "y")  # that are words, too
AFTER_ITS_NUMBER = ("or ", "ou ", "and ", "et ", "minimum", "maximum")  # "10 or more": how such a relation begins
MAX_CHARACTERS = 500  # characters of a question

ASKS = ("which", "many", "much", "sell", "spend", "losing", "empty", "share", "mean", *SUPERLATIVES)
FOLLOWS = (
    "again",
    "gross",
    "by",
    "not",
    "all",
    "table",
)  # commands that a question which goes on from another begins with
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
    `goes_on`: it changes the question before. `ahead`: the days to come that a question for the forecast names.
    """

    readings: tuple[Query, ...] = ()
    intent: str = ""
    unknown: tuple[Unknown, ...] = ()
    lacking: tuple[str, ...] = ()
    fixed: tuple[tuple[str, str], ...] = ()
    too_long: bool = False
    goes_on: bool = False
    ahead: tuple[date, date] | None = None

    @property
    def certain(self) -> bool:
        """Whether this is one answer that nothing speaks against."""
        return not (self.unknown or self.lacking) and (bool(self.intent) or len(self.readings) == 1)


def understand(text: str, known: Catalogue, lexicon: Lexicon, previous: Query | None = None) -> Understood:
    """What a question asks of some data; one that goes on from a `previous` query changes it."""
    if len(text) > MAX_CHARACTERS:
        return Understood(too_long=True)
    plain = re.sub(r"[,;](?!\d)", " and ", spelling.plain(text))
    plain, clock = hours.find(plain)
    spoken = seasons.spelled(spelling.numbers(plain), known.first, known.last)
    times = [when.find(one, known.first, known.last, previous.period if previous else "") for one in spoken]
    times = [replace(one, growth=one.growth and not _named(one.rest, lexicon)) for one in times]
    time = times[0]
    items, fixed = _items(time.rest, lexicon)
    items = [item for place, item in enumerate(items) if not _article(item, items[place - 1 : place], text)]
    items += [Item((Entry("value", "hour", clock),))] if clock else []
    items = _said_beside(items)
    intents = {one.name for item in items for one in item.entries if one.kind == "intent"}
    intent = next((name for name in PRIORITY if name in intents), "")
    base = previous if previous is not None and _goes_on(items) and not time.growth else None
    readings: list[Query] = []
    unread: tuple[str, ...] = ()
    twofold = any(item.has("value") and {one.kind for one in item.entries} != {"value"} for item in items)
    values = (False, True) if twofold else (False,)
    for table, prefers_values, one, read in itertools.product(TABLES, values, times, _each(items)):
        draft = Reading(known, lexicon, table, prefers_values, intent)
        draft.read(read)
        if not draft.failed:
            unread = unread or tuple(one for one in draft.unread if intent != "forecast" or one == draft.listing)
            readings += queries(draft, one, base)
    possible = tuple(one for one in dict.fromkeys(readings) if definitions.fits(known, one))
    moved = intent == "why"  # "why did it fall", "why was it so bad": the word says what everybody sees
    stray = [item.word for item in items if item.word and not (moved and MOVED.fullmatch(item.word))]
    stray += unread
    unknown = tuple(Unknown(word, tuple(nearest(lexicon, spelling.stem(word)))) for word in dict.fromkeys(stray))
    lacking = tuple(dict.fromkeys(name for item in items for name in item.lacking))
    goes_on = base is not None and bool(possible)
    readings_ = possible[: 1 if intent else MAX_READINGS]
    to_come = ahead(plain, known.last) if intent == "forecast" else None
    return Understood(readings_, intent, unknown, lacking, fixed, goes_on=goes_on, ahead=to_come)


def going_on(text: str, known: Catalogue, lexicon: Lexicon, earlier: Understood) -> Understood:
    """What a question asks behind one whose readings were offered, and none chosen: it changes each of them.

    What kept that question from being answered still does, so that the change is offered, too.
    """
    each = [understand(text, known, lexicon, one) for one in earlier.readings]
    if not each[0].goes_on:
        return each[0]
    readings = tuple(dict.fromkeys(itertools.chain.from_iterable(one.readings for one in each)))
    return replace(
        each[0],
        readings=readings[:MAX_READINGS],
        unknown=tuple(dict.fromkeys((*earlier.unknown, *each[0].unknown))),
        lacking=tuple(dict.fromkeys((*earlier.lacking, *each[0].lacking))),
    )


def _items(text: str, lexicon: Lexicon) -> tuple[list[Item], tuple[tuple[str, str], ...]]:
    """The phrases of a plain text, and the words that were taken for mistyped ones."""
    written = list(spelling.words(text))
    stems = [spelling.stem(word) for word in written]
    there = lexicon.words
    fixed = []
    for place, word in enumerate(stems):
        if word in there or word in lexicon.product_words or _coded(word, lexicon) or word[0].isdigit():
            continue
        if (
            written[place] in words.NUMBERS
            or written[place] in words.BEYOND
            or word in columns.AVERAGED | columns.ADDED
        ):
            continue  # "speed" is no "spend" where there is no such column
        if meant := words.SHORT.get(written[place]):
            written[place], stems[place] = meant, spelling.stem(meant)
            continue
        if (right := corrected(lexicon, word)) is not None:
            fixed.append((written[place], right))
            stems[place] = right
    items, place, behind = [], 0, 0
    while place < len(stems):
        item, used = _phrase(stems, written, place, lexicon)
        begins, place = place, place + used
        if item is not None:
            items.append(replace(item, placed=next((one for one in written[behind:begins] if one in words.PLACED), "")))
            behind = place
            if (
                len(items) > 1
                and items[-2].number is not None
                and item.command() in RELATIONS
                and (item.written.startswith(AFTER_ITS_NUMBER))
            ):
                items[-2:] = items[:-3:-1]
    return items, tuple(fixed)


def _said_beside(items: Sequence[Item]) -> list[Item]:
    """The phrases without words of several columns where the one that is meant stands beside: "la note IMDB"; and
    without those that only say more of a column, which alone are not known."""
    said = {one.name for item in items for one in item.entries if one.kind == "measure" and not one.beside}
    if any(columns.timed(name) for name in said):  # "délai moyen d'immobilisation" where that is in days
        items = [item for item in items if item.word not in TIMES]
    items = [item for one in items if (item := _more(one, said)) is not None]
    kept = []
    for place, item in enumerate(items):
        beside = [*items[max(place - 1, 0) : place], *items[place + 1 : place + 2]]
        named = any(one.has("measure", *item.of_several) and not one.of_several for one in beside)
        if not (item.of_several and named):
            kept.append(item)
    return kept


def _more(item: Item, said: Container[str]) -> Item | None:
    """A phrase without the columns of which it only says more; None where one of these was said."""
    entries = tuple(one for one in item.entries if not one.beside)
    if len(entries) == len(item.entries):
        return item
    if all(one.kind == "lacking" for one in entries) and any(one.name in said for one in item.entries):
        return None
    return replace(item, entries=entries, word="" if entries else item.written)


def _each(items: Sequence[Item]) -> Iterable[list[Item]]:
    """The phrases, once for each of the columns that a word is in the names of: "rating" where there are two."""
    unsure = dict.fromkeys(names for item in items if (names := item.of_several))
    for chosen in itertools.islice(itertools.product(*unsure), MAX_READINGS):
        meant = dict(zip(unsure, chosen, strict=True))
        yield [
            replace(item, entries=tuple(one for one in item.entries if one.name == meant[item.of_several]))
            if item.of_several
            else item
            for item in items
        ]


def _named(text: str, lexicon: Lexicon) -> bool:
    """Whether the word for a change is one of these data: sales of "rosé" did not rise, nor did a lorry's "drops"."""
    found = when.GROWTH.search(text)
    return found is not None and any(one.kind in NAMES for one in lexicon.phrases.get((spelling.stem(found[0]),), ()))


def _article(item: Item, before: Sequence[Item], text: str) -> bool:
    """Whether a value of one letter is a word of the language here: "à", "a", "y" are no class A unless written so."""
    letter = item.written
    if letter not in LETTERS or not item.has("value"):
        return False
    named = any(one.has("dimension", entry.name) for one in before for entry in item.entries)
    return not re.search(rf"\S\s+(?:{letter.upper()}{f'|{letter}' if named else ''})\b", text)


def _phrase(stems: Sequence[str], written: Sequence[str], place: int, lexicon: Lexicon) -> tuple[Item | None, int]:
    """What begins at a word, and how many words it is long; None for what says nothing."""
    word = stems[place]
    for length in range(min(lexicon.longest, len(stems) - place), 0, -1):
        entries = lexicon.phrases.get(tuple(stems[place : place + length]), ())
        unit = stems[place + 1] if place + 1 < len(stems) else ""
        united = unit in columns.UNITS and (unit,) not in lexicon.phrases  # "3h" is no score of 3
        if length == 1 and word[0].isdigit() and (united or not any(one.kind == "value" for one in entries)):
            entries = ()
        if entries:
            told = tuple(one for one in entries if one.kind != "stop")
            last = written[place + length - 1]
            said = " ".join(written[place : place + length])
            return (
                Item(
                    told,
                    number=float(word) if length == 1 and word.isdigit() else None,
                    written=said,
                    plural=last.endswith(("s", "x")) and last != spelling.stem(last),
                )
                if told
                else None
            ), length
    if word == "\x00":
        return Item(gap=True), 1
    for length in (3, 2):  # "C-0017"
        if code := _coded("-".join(written[place : place + length]), lexicon):
            return Item(code, written=" ".join(written[place : place + length])), length
    if written[place] in words.NUMBERS:
        return Item(number=float(words.NUMBERS[written[place]]), written=word), 1
    if code := _coded(word, lexicon):
        return Item(code, written=written[place]), 1
    if word[0].isdigit():
        after = stems[place + 1 : place + 3]
        money = after[:1] in MONEY
        percent = after[:1] in (["%"], ["percent"], ["pourcent"]) or after == ["pour", "cent"]
        used = 1 + (money or percent) + (percent and after[0] == "pour")
        if after and after[0] in columns.UNITS and (after[0],) not in lexicon.phrases:
            return Item(number=float(word), unit=after[0], written=f"{word} {after[0]}"), used + 1
        return Item(number=float(word), percent=percent, money=money, written=word), used
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
    """Whether a question changes the one before: it begins with "and", "only", "by", or is no question by itself."""
    begins = bool(items) and items[0].command() in FOLLOWS
    split = any(item.has("dimension") or item.has("grain") for item in items)
    asks = any(
        item.has("measure") or item.has("intent") or (item.command() in ASKS and (split or not _refines(item)))
        for item in items
    )
    return begins or not asks


def _refines(item: Item) -> bool:
    """Whether a phrase, alone, goes on from a question: it says which come first ("the 5 worst"), or "as a share"."""
    return item.command() in (*SUPERLATIVES, "share")
