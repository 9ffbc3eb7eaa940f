"""Every word that some data's questions can be made of: measures, dimensions, the values in the data, and commands."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import locales
from data import countries
from locales.labels import label
from models.ask import columns, spelling, synonyms, words
from models.ask.definitions import Catalogue
from models.ask.formulas import Measure
from models.ask.spelling import key

Kind = Literal["measure", "dimension", "grain", "value", "lacking", "command", "intent", "stop"]
RATIOS = {  # measure -> what it is of, and what one is called of what it is for
    "revenue_per_customer": ("revenue", ("customer", "client", "buyer", "shopper", "acheteur", "head", "tete")),
    "orders_per_customer": ("orders", ("customer", "client", "buyer", "shopper", "acheteur")),
    "basket": ("revenue", ("order", "invoice", "ticket", "receipt", "transaction", "commande", "facture", "achat")),
    "units_per_order": (
        "units",
        (
            "order",
            "invoice",
            "ticket",
            "receipt",
            "transaction",
            "basket",
            "purchase",
            "commande",
            "facture",
            "panier",
            "achat",
        ),
    ),
}
MAX_LEVELS_OF_A_WORD = 200  # levels of a dimension up to which a word that only some of them have stands for these
LONG = 9  # letters of a word in which two may be wrong
SUPERLATIVES = {"most": "most", "least": "least", "best": "most", "worst": "least"}  # and which way they order
SHORT = 3  # letters of a word that says too little for that
MIN_GENERAL = 0.9  # of the values of a dimension that have a word which names them all
MAX_OF_A_FEW = 5  # values that may share a word by chance
GENERIC = frozenset(
    (
        "a",
        "an",
        "and",
        "avec",
        "de",
        "des",
        "du",
        "en",
        "et",
        "for",
        "in",
        "la",
        "le",
        "model",
        "meme",
        "of",
        "same",
        "set",
        "the",
        "with",
    )
)
NAMES: tuple[Kind, ...] = ("measure", "dimension", "value", "grain")  # what can be mistyped and still be meant
YES = ("Yes", "yes", "YES", "Y", "y", "True", "true", "TRUE", "1", "Oui", "oui", "OUI", "O", "Vrai")
NO = ("No", "no", "NO", "N", "n", "False", "false", "FALSE", "0", "Non", "non", "NON", "Faux")


@dataclass(frozen=True)
class Entry:
    """What a phrase can mean: `name` is that of a measure, dimension, grain or command; a value has its `values`.

    `whole`: the phrase is all of a name and not a word of it; `beside`: a word of it that only says more beside the
    one that says what it is, "client" of "Note client".
    """

    kind: Kind
    name: str
    values: tuple[str, ...] = ()
    whole: bool = True
    beside: bool = False


_SHARE = Entry("command", "share")


@dataclass(frozen=True)
class Lexicon:
    """Phrases (words in one spelling, see `models.ask.spelling.key`) and what they can mean.

    `longest` is the number of words of the longest one, `words` all of which phrases are made; `single` those that can
    be mistyped, by their first letter. `codes` are the values of dimensions with many, as they stand (small letters ->
    value); `product_words` the words in products' names; `binary` the dimensions whose values are yes and no,
    `numeric` those of the file's own that have numbers, `counts` those of them that count things: from 0 or 1 on.
    """

    phrases: Mapping[tuple[str, ...], tuple[Entry, ...]]
    longest: int
    words: frozenset[str]
    single: Mapping[str, tuple[str, ...]]
    codes: Mapping[str, Mapping[str, str]]
    product_words: frozenset[str]
    binary: Mapping[str, tuple[str, str]]
    numeric: frozenset[str]
    counts: frozenset[str]


def lexicon(known: Catalogue, levels: Mapping[str, Collection[str]], names: Mapping[str, Mapping[str, str]]) -> Lexicon:
    """The words for the data of a catalogue.

    `levels` are the values of each dimension; `names` what values are called beside that (dimension -> value -> name):
    products, stores, suppliers.
    """
    found: dict[tuple[str, ...], dict[Entry, None]] = defaultdict(dict)

    def say(phrase: str | tuple[str, ...], entry: Entry) -> None:
        if parts := key(phrase) if isinstance(phrase, str) else phrase:
            found[parts].setdefault(entry)

    def say_all(phrases: Iterable[str], entry: Entry, same: bool = False) -> None:
        for phrase in phrases:
            say(phrase, entry)
            for other in _same(phrase) if same else ():
                say(other, entry)

    kinds: tuple[tuple[Kind, Mapping[str, str]], ...] = (
        ("command", words.COMMANDS),
        ("intent", words.INTENTS),
        ("grain", words.GRAINS),
        ("stop", {"": words.STOP}),
    )
    for kind, texts in kinds:
        for name, text in texts.items():
            say_all(words.split(text), Entry(kind, name))
    for command in SUPERLATIVES:
        for phrase in words.split(words.COMMANDS[command]):
            if phrase.startswith(("plus ", "moins ")):  # "le plus petit"
                say_all((f"{article} {phrase}" for article in ("le", "la", "les")), Entry("command", command))
    for measure in known.measures.values():
        if measure.own in ("", "sum", "mean"):  # the others are said of these
            say_all(measure.words, Entry("measure", measure.name), same=True)
    for dimension in known.dimensions.values():
        say_all(dimension.words, Entry("dimension", dimension.name), same=dimension.own)
    for ratio, (above, below) in RATIOS.items():
        if ratio in known.measures:
            counted = known.measures["customers" if ratio.endswith("customer") else "orders"].words
            pairs = itertools.product(known.measures[above].words, ("per", "par"), (*below, *counted))
            for one, per, other in pairs:
                say(f"{one} {per} {other}", Entry("measure", ratio))
    for measure in known.measures.values():
        title = key(measure.title)
        if measure.own == "mean" and len(title) > 2 and {"de", "du", "des", "d"} & set(title[1:2]):
            for typical in ("moyen", "moyenne"):  # "coût moyen des pièces"
                say((title[0], typical, *title[1:]), Entry("measure", measure.name))
    parts = _parts(known)
    for word, measures in parts.items():
        several = len({one.title for one in measures}) > 1
        for weighs in [one for one in found if one[0] == word and found[one].keys() == {_SHARE}]:
            if not several:
                del found[weighs]  # "poids" where a column says what things weigh
        for same in (word, *_same(word)):
            if key(same) in found:
                continue
            each = list({one.title: one for one in reversed(measures)}.values())
            for meant in each if several else (measures[0], measures[-1]):
                beside = not several and word not in _telling(meant, parts)
                say(same, Entry("measure", meant.name, whole=not several, beside=beside))
    for word in ("coute", "coutent"):  # those who buy, or us?
        for name in ("price", "unit_cost"):
            if name in known.measures:
                say(word, Entry("measure", name, whole=False))
    for name in known.lacking:
        say_all((*synonyms.of(name, "measure"), *synonyms.of(name, "dimension")), Entry("lacking", name))
    for word, name in _heads(known).items():
        if (word,) not in found:
            say(word, Entry("dimension", name))
    codes: dict[str, dict[str, str]] = {}
    product_words: set[str] = set()
    binary: dict[str, tuple[str, str]] = {}
    say_all(words.split(words.WEEKEND), Entry("value", "weekday", ("6", "7")))
    if "country" in known.lacking and countries.named(levels.get("store", ())):  # a shop that sells abroad
        say_all(synonyms.of("country", "dimension"), Entry("dimension", "store"))
    for number, phrases in enumerate(words.WEEKDAYS, start=1):
        say_all(words.split(phrases), Entry("value", "weekday", (str(number),)))
    for name, values in levels.items():
        called = names.get(name, {})
        if not known.dimensions[name].spoken:
            continue
        if (two := _yes_no(values)) is not None:
            binary[name] = two
            continue
        if len(values) > MAX_LEVELS_OF_A_WORD:
            codes[name] = {str(value).casefold(): str(value) for value in values}
        for phrase, value in _phrases(values, called, len(values) <= MAX_LEVELS_OF_A_WORD):
            say_all([phrase], Entry("value", name, (value,)), same=len(values) <= MAX_LEVELS_OF_A_WORD)
        if name == "product":
            product_words |= {
                word for value in called.values() for word in key(value) if len(word) >= SHORT and word not in GENERIC
            }
        for word in _general(values, called):
            if (word,) not in found:
                say(word, Entry("dimension", name))
        if len(values) <= MAX_LEVELS_OF_A_WORD and name != "customer":  # people share their first names with feasts
            said = {word for phrase in known.dimensions[name].words for word in key(phrase)}
            for word, which in _shared(values, called).items():
                if word in said or any(one.kind in ("command", "dimension") for one in found.get((word,), ())):
                    continue  # no "Booking.com" where the column is "Booking channel", no "United States" of "states"
                say((word,), Entry("value", name, (which,), whole=False))
                say_all(_same(word), Entry("value", name, (which,), whole=False))
    own = {word for one in known.dimensions.values() if one.own for word in key(one.title)}
    own |= {word for one in known.measures.values() if one.own for word in key(one.title)}
    for nouns, trade in words.EVENTS.items():
        event = "orders" if "orders" in known.measures else "lines"
        if event in known.measures and len(own & columns.stems(trade)) > 1:
            for noun in words.split(nouns):
                if all(one.beside for one in found.get(key(noun), ())):
                    say(noun, Entry("measure", event))
    for phrase in (known.rows, *_same(known.rows)):  # "films" are the lines of "films.csv"
        if {one.kind for one in found.get(key(phrase), ())} <= {"dimension"} and "lines" in known.measures:
            say(phrase, Entry("measure", "lines"))
    every = {word for phrase in found for word in phrase}
    numeric = frozenset(
        name for name, values in levels.items() if known.dimensions[name].own and all(map(str.isdigit, values))
    )
    named = {word for phrase, entries in found.items() if any(one.kind in NAMES for one in entries) for word in phrase}
    named -= {phrase[0] for phrase, entries in found.items() if len(phrase) == 1 and next(iter(entries)).kind == "stop"}
    long = {word for word in named if len(word) > SHORT}
    return Lexicon(
        phrases={phrase: tuple(entries) for phrase, entries in found.items()},
        longest=max(map(len, found)),
        words=frozenset(every),
        single={letter: tuple(of) for letter, of in itertools.groupby(sorted(long), key=lambda word: word[0])},
        codes=codes,
        product_words=frozenset(product_words),
        binary=binary,
        numeric=numeric,
        counts=frozenset(name for name in numeric if min(map(int, levels[name]), default=2) < 2),
    )


_SAME = {
    key(one): tuple(group) for group in (tuple(words.split(text)) for text in words.SAME) for one in group
}  # every word for a thing -> all of them


def _same(phrase: str) -> tuple[str, ...]:
    """Other words for the same thing."""
    return _SAME.get(key(phrase), ())


def _parts(known: Catalogue) -> dict[str, list[Measure]]:
    """The words in the names of columns of one's own, and whose they are: "waiting" is of "Waiting minutes"."""
    having: dict[str, list[Measure]] = defaultdict(list)
    for measure in known.measures.values():
        for word in set(key(measure.title)) if measure.own in ("sum", "mean") and measure.words else ():
            known_word = len(word) > SHORT or word in columns.AVERAGED | columns.ADDED  # "age", "tip"
            if known_word and word not in words.OF_A_COLUMN and word not in GENERIC:
                having[word].append(measure)
    return having


def _telling(measure: Measure, parts: Mapping[str, list[Measure]]) -> set[str]:
    """The words of a header that alone stand for its column: of "Taxe de séjour" and "Patient age" no "séjour" and no
    "patient", which are other things; but of "Temps d'attente" and "Waiting minutes" what it is that takes time, and
    of "IMDB rating" beside another rating whose it is."""
    title = key(measure.title)
    of = next((place for place, word in enumerate(title) if word in ("de", "du", "des", "d", "of")), 0)
    heads = set(title[:of]) or set(title) & (columns.AVERAGED | columns.ADDED)
    shared = any({one.title for one in parts.get(head, ())} - {measure.title} for head in heads)
    return set(title) if shared or heads <= words.OF_A_COLUMN | {"temp"} else heads


def _heads(known: Catalogue) -> dict[str, str]:
    """What alone names one dimension of one's own, and nothing else: "channel" is the "Booking channel", "rating" no
    "Content rating" beside a "Critics' rating"; in French the head stands first, "mode" of "Mode de paiement"."""
    numbers = {word: {one.title for one in of} for word, of in _parts(known).items()}
    having: dict[str, list[str]] = defaultdict(list)
    for dimension in known.dimensions.values():
        title = key(dimension.title) if dimension.own else ()
        head = title[0 if {"de", "du", "d"} & set(title) else -1] if len(title) > 1 else ""
        if len(head) > SHORT and head not in words.OF_A_COLUMN and head not in GENERIC:
            if numbers.get(head, set()) - {dimension.title}:
                continue
            having[head].append(dimension.name)
    return {word: names[0] for word, names in having.items() if len(names) == 1}


def _phrases(values: Collection[str], called: Mapping[str, str], few: bool) -> Iterable[tuple[str, str]]:
    """What each value is called: itself, its name, and what both languages say for it."""
    for value in map(str, values):
        if not value.isdigit():  # a number is a value only behind the name of its dimension
            yield value, value
        if value in called:
            yield called[value], value
        if few:
            for language in locales.LANGUAGES:
                with locales.using(language):
                    yield label(value), value
                    if not value.isdigit():
                        yield _in_digits(label(value)), value
                        yield f"{value}s", value  # plurals of short words, "check-ups", are not known as such
                    yield locales.territory(value), value


def _in_digits(name: str) -> str:
    """A name with its numbers in digits: the contract of "Two years" is one of 2 years."""
    return " ".join(str(words.NUMBERS.get(word, word)) for word in spelling.words(spelling.plain(name)))


def _shared(values: Collection[str], called: Mapping[str, str]) -> dict[str, str]:
    """Words that one of the values has, and no other."""
    having: dict[str, list[str]] = defaultdict(list)
    for value in map(str, values):
        parts = set(key(value)) | set(key(called.get(value, "")))
        for language in locales.LANGUAGES:
            with locales.using(language):
                parts |= set(key(label(value)))
        for word in parts:
            if len(word) > SHORT and word not in GENERIC and not word.isdigit():
                having[word].append(value)
    return {word: which[0] for word, which in having.items() if len(which) == 1}


def _general(values: Collection[str], called: Mapping[str, str]) -> list[str]:
    """Words that nearly all of many values have: "Garage 001", "Garage 002" are garages."""
    parts = [word for value in map(str, values) for word in set(key(called.get(value, value)))]
    most = [word for word, count in Counter(parts).most_common(2) if count > MIN_GENERAL * len(values)]
    return [word for word in most if len(word) > SHORT and word.isalpha() and len(values) > MAX_OF_A_FEW]


def _yes_no(values: Collection[str]) -> tuple[str, str] | None:
    """How a dimension writes yes and no, where that is what it says ("No internet service" counts as neither)."""
    there = [str(value) for value in values]
    yes, no = ([value for value in there if value in which] for which in (YES, NO))
    others = [value for value in there if value not in (*YES, *NO) and not value.lower().startswith("no ")]
    if len(yes) + len(no) == 1 and not (others or len({*yes, *no}.pop()) == 1):  # of flights none is cancelled
        yes, no = yes or [YES[NO.index(no[0])]], no or [NO[YES.index(yes[0])]]
    return (yes[0], no[0]) if len(yes) == len(no) == 1 and not others else None


def nearest(lexicon: Lexicon, word: str, most: int = 3) -> list[str]:
    """The known words nearest to one that is not known, the nearest first."""
    from rapidfuzz import process
    from rapidfuzz.distance import JaroWinkler

    every = list(itertools.chain.from_iterable(lexicon.single.values()))
    every = [one for one in every if one != word]
    found = process.extract(word, every, scorer=JaroWinkler.normalized_similarity, limit=most, score_cutoff=0.8)
    return [one for one, _score, _place in found]


def corrected(lexicon: Lexicon, word: str) -> str | None:
    """The one known word that this is a typing mistake of: one letter, two in long ones, the first one right.

    Counted as Damerau (1964) does: a letter too many, too few, wrong, or two in each other's place.
    """
    from rapidfuzz import process
    from rapidfuzz.distance import DamerauLevenshtein

    if len(word) <= SHORT + 1 or not word.isalpha():  # "pris" is no "prix": of four letters most are other words
        return None
    most = 1 if len(word) < LONG else 2
    alike = lexicon.single.get(word[0], ())
    found = process.extract(word, alike, scorer=DamerauLevenshtein.distance, limit=4, score_cutoff=most)
    near = [
        (int(score), one) for one, score, _place in found if one not in (f"{word}r", f"{word}er")
    ]  # a ride, no rider
    near = [(score, one) for score, one in near if score == min(near)[0]]
    return near[0][1] if len(near) == 1 else None
