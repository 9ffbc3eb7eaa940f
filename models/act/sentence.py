"""Rules in words, English and French, and back.

    sentence(rule, known, names, currency) -> str     # "Revenue by store: more than 30% under the same weekday, ..."
    read(text, known, lexicon) -> Heard               # .rule, or what was not understood

What is watched is read by the parser of Ask (`models.ask.understand`); what is said of it, here. A sentence of
`sentence` is read back as the rule it was written for, apart from its owner, severity and actions.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import locales
from locales import N_, _, ngettext
from models.act import rules
from models.act.rules import DEFAULT, Against, Kind, Rule
from models.act.timing import HOURS
from models.ask import spelling, wording
from models.ask.definitions import Catalogue
from models.ask.formulas import Measure
from models.ask.lexicon import Lexicon
from models.ask.query import Query
from models.ask.understand import MAX_CHARACTERS, understand
from models.ask.words import NUMBERS

CONDITIONS: dict[tuple[Against, Kind], str] = {
    ("number", "over"): N_("over {value}"),
    ("number", "under"): N_("under {value}"),
    ("number", "outside"): N_("outside {value} to {upper}"),
    ("weekday", "over"): N_("more than {value} over the same weekday"),
    ("weekday", "under"): N_("more than {value} under the same weekday"),
    ("weekday", "changed"): N_("more than {value} away from the same weekday"),
    ("year", "over"): N_("more than {value} over the same days last year"),
    ("year", "under"): N_("more than {value} under the same days last year"),
    ("year", "changed"): N_("more than {value} away from the same days last year"),
    ("band", "over"): N_("over {value} times the forecast’s band"),
    ("band", "under"): N_("under {value} times the forecast’s band"),
    ("band", "outside"): N_("outside {value} times the forecast’s band"),
    ("usual", "over"): N_("an unusual rise, such as chance brings once in {value} days"),
    ("usual", "under"): N_("an unusual fall, such as chance brings once in {value} days"),
    ("usual", "outside"): N_("an unusual rise or fall, such as chance brings once in {value} days"),
}


PLAINEST = "lines"  # a measure that all sales have, and whose words mean nothing else


@dataclass(frozen=True)
class Heard:
    """What was understood of a sentence: the `rule`, or None with the words that are `unknown`, and whether it names
    `several` things that could be meant."""

    rule: Rule | None = None
    unknown: tuple[str, ...] = ()
    several: bool = False


def sentence(rule: Rule, known: Catalogue, names: wording.Names, currency: str) -> str:
    """A rule as a sentence; `names` are what values of dimensions are called. The rule is one of `rules.check`."""
    measure = known.measures[rule.measure]
    subject = wording.measure(known, rule.measure)
    if rule.by:
        subject = _("{measure} by {dimension}").format(
            measure=subject, dimension=wording.dimension(known, rule.by).lower()
        )
    if rule.filters:
        kept = "; ".join(wording.kept(known, one, names) for one in rule.filters)
        subject = _("{measure} ({filters})").format(measure=subject, filters=kept)
    if rule.window > 1:
        subject = _("{measure} in {count} days").format(measure=subject, count=rule.window)
    values = {"value": written(rule, rule.threshold, measure, currency)}
    if rule.upper is not None:
        values["upper"] = written(rule, rule.upper, measure, currency)
    parts = [_(CONDITIONS[rule.against, rule.kind]).format(**values)]
    if rule.days > 1:
        parts.append(_("for {count} days in a row").format(count=rule.days))
    if rule.volume:
        least = (
            ngettext(
                "where there usually is at least {count} line",
                "where there usually are at least {count} lines",
                rule.volume,
            )
            if rules.counted(measure)
            else ngettext("where there is at least {count} line", "where there are at least {count} lines", rule.volume)
        )
        parts.append(least.format(count=_exact(rule.volume, locales.number)))
    if rule.hours != (0, HOURS):
        hours = _("told between {start}:00 and {end}:00 ({zone})")
        parts.append(hours.format(start=rule.hours[0], end=rule.hours[1], zone=rule.zone))
    quiet = ngettext("then quiet for {count} day", "then quiet for {count} days", rule.cooldown)
    parts.append(quiet.format(count=rule.cooldown) if rule.cooldown else _("then never quiet"))
    return _("{subject}: {conditions}").format(subject=subject, conditions=", ".join(parts))


def written(rule: Rule, value: float, measure: Measure, currency: str) -> str:
    """A threshold with all its digits: a sentence does not round what it promises."""
    if rule.against in ("weekday", "year") or (rule.against == "number" and measure.unit == "share"):
        return _exact(value, locales.percent, 100)
    if rule.against == "number" and measure.unit == "money":
        return _exact(value, lambda amount, digits: locales.money(amount, currency, digits))
    return _exact(value, locales.number)


def _exact(value: float, write: Callable[[float, int], str], unit: int = 1) -> str:
    digits = next((some for some in range(6) if round(value * unit, some) == round(value * unit, 9)), 6)
    return write(value, digits)


_COUNT = rf"(?P<count>\d+(?:\.\d+)?|{'|'.join(NUMBERS)})"
_DAYS = r"(?:days?|jours?)"
_MORE = r"(?:(?:by |of |de )?(?:more than|over|plus de|au moins|at least) |by |of |de )?"
_SHARE = rf"{_MORE}(?P<value>\d+(?:\.\d+)?) ?(?:%|percent|per cent|pour ?cent)"
_OVER = r"(?:over|above|higher than|more than|au dessus (?:des?|du)|plus haut que|plus que)"
_UNDER = (
    r"(?:under|below|lower than|less than|sous|en dessous (?:des?|du)|au dessous (?:des?|du)|plus bas que|moins que)"
)
_AWAY = r"(?:away from|off|d ecart avec|ecart avec|different from)"
_AGAINST = r"(?:against|versus|vs|compared (?:to|with)|par rapport (?:a|au|aux)|contre|on|from|than)"
_FELL = (
    r"(?:falls?|drops?|fell|declines?|decreases?|is down|are down|down|"
    r"baissent|baisse|chutent|chute|reculent|recule|diminuent|diminue)"
)
_ROSE = (
    r"(?:rises?|grows?|jumps?|increases?|is up|are up|up|"
    r"augmentent|augmente|montent|monte|hausse|progressent|progresse)"
)
_A_FALL = r"(?:an? |une? )?(?:fall|drop|decline|decrease|baisse|chute|recul|diminution)"
_A_RISE = r"(?:an? |une? )?(?:rise|growth|jump|increase|hausse|augmentation)"
_OF = r"(?:in|of|for|du|des|de la|de)(?: the)? (?P<subject>.+?)"  # what fell, where it is said after by how much
_MOVED = r"(?:changes?|moves?|differs?|varient|varie|changent)"
_WEEKDAY = r"(?:the |le |la |au |du )?(?:same week ?days?|same day of the week|memes? jours? de (?:la )?semaine)"
_YEAR = (
    r"(?:the |les |aux |des )?(?:same days? (?:of )?last year|last year|"
    r"memes jours (?:de )?(?:annee derniere|an dernier)|annee derniere|an dernier)"
)
_BAND = (
    r"(?:(?P<value>\d+(?:\.\d+)?) (?:times|fois) )?"
    r"(?:(?:the )?forecast band|(?:the )?band of (?:the )?forecast|(?:la )?bande de (?:la )?prevision)"
)
_CHANCE = (
    r"(?:,? ?(?:such as chance brings once in|once in|que le hasard amene une fois tous les|"
    rf"une fois (?:en|tous les)) (?P<value>\d+(?:\.\d+)?) {_DAYS})?"
)
_UNIT = r"(?: ?(?:%|percent|pour ?cent)| ?euros?| ?eur| ?gbp| ?usd)?"
_NUMBER = rf"(?:euro )?(?P<value>-?\d+(?:\.\d+)?){_UNIT}"
_UPPER = rf"(?:euro )?(?P<upper>-?\d+(?:\.\d+)?){_UNIT}"


def _conditions() -> list[tuple[re.Pattern[str], Against, Kind]]:
    """Patterns of a plain text, those that say more before those that say less."""
    made: list[tuple[str, Against, Kind]] = []
    for then, against in ((_WEEKDAY, "weekday"), (_YEAR, "year")):
        for direction, moved, kind in ((_OVER, _ROSE, "over"), (_UNDER, _FELL, "under"), (_AWAY, _MOVED, "changed")):
            made.append((rf"{_SHARE} {direction} {then}", against, kind))  # type: ignore[arg-type]
            made.append((rf"{moved} {_SHARE} {_AGAINST} {then}", against, kind))  # type: ignore[arg-type]
        for move, than, kind in ((_A_FALL, "inferieure?s?", "under"), (_A_RISE, "superieure?s?", "over")):
            made.insert(0, (rf"{move} {_SHARE} {_OF} {_AGAINST} {then}", against, kind))  # type: ignore[arg-type]
            made.append((rf"{than} {_SHARE} (?:a |aux? )?{then}", against, kind))  # type: ignore[arg-type]
    made += [
        (rf"{_OVER} {_BAND}", "band", "over"),
        (rf"{_UNDER} {_BAND}", "band", "under"),
        (rf"(?:outside|outside of|hors de|en dehors de) {_BAND}", "band", "outside"),
        (r"(?:an? )?unusual (?:rise or fall|fall or rise)" + _CHANCE, "usual", "outside"),
        (
            r"(?:une )?(?:hausse ou (?:une )?baisse|baisse ou (?:une )?hausse) inhabituelles?" + _CHANCE,
            "usual",
            "outside",
        ),
        (
            r"(?:an? )?(?:unusual (?:rise|jump)|unusually high|(?:over|above) (?:what is )?usual)" + _CHANCE,
            "usual",
            "over",
        ),
        (r"(?:une )?(?:hausse inhabituelle|anormalement (?:haute?s?|elevee?s?))" + _CHANCE, "usual", "over"),
        (
            r"(?:an? )?(?:unusual (?:fall|drop)|unusually low|(?:under|below) (?:what is )?usual)" + _CHANCE,
            "usual",
            "under",
        ),
        (r"(?:une )?(?:baisse inhabituelle|anormalement (?:bas|basses?|faibles?))" + _CHANCE, "usual", "under"),
        (r"(?:unusual|not as usual|inhabituelle?s?|inhabituels?)" + _CHANCE, "usual", "outside"),
        (rf"(?:outside|outside of|hors de) {_NUMBER} (?:to|and|a|et) {_UPPER}", "number", "outside"),
        (rf"(?:{_OVER}|>|exceeds?|depassent|depasse|plus de|superieure?s? a) {_NUMBER}", "number", "over"),
        (rf"(?:{_UNDER}|<|moins de|inferieure?s? a) {_NUMBER}", "number", "under"),
    ]
    return [(re.compile(rf"(?<!\w){pattern}(?!\w)"), against, kind) for pattern, against, kind in made]


_CONDITIONS = _conditions()
_IS = re.compile(r"\b(?:is|are|was|gets?|goes|est|sont|passe|passent)\s*$")
_LEAD = re.compile(
    r"^\s*(?:please )?(?:(?:tell|alert|warn|notify)(?: me| us)?|alerte[rz]?|previens|prevenez|avertis|avertissez|dis)?"
    r"(?: ?(?:moi|nous))?\s*(?:when(?:ever)?|if|as soon as|quand|lorsque|si|des que|des)?\s+"
)
_CLAUSES: dict[str, re.Pattern[str]] = {
    name: re.compile(rf"(?<!\w){pattern}(?!\w)")
    for name, pattern in {
        "days": rf"(?:for |during |pendant |on )?{_COUNT} {_DAYS} (?:in a row|running|de suite|consecutifs?|affilee)",
        "cooldown": rf"(?:(?:then |and )?(?:be )?quiet for|(?:puis )?silence pendant) {_COUNT} {_DAYS}",
        "volume": r"(?:where |with |la ou |ou |avec )(?:there )?(?:usually )?(?:is |are |il y a )?"
        rf"(?:usually |habituellement |habitude )?(?:at least |au moins ){_COUNT} (?:lines?|lignes?)",
        "window": rf"(?:in|within|over|sur|en) {_COUNT} {_DAYS}",
    }.items()
}
_NEVER_QUIET = re.compile(r"then never quiet|puis jamais de silence")
_HOURS = re.compile(
    r"(?:told |dit |annonce )?(?:between|entre) (?P<start>\d{1,2}) ?(?::00|h)? (?:and|et) (?P<end>\d{1,2}) ?(?::00|h)?"
    r"(?: \((?P<zone>[\w/+-]+)\))?(?!\w)"
)
_WITHIN = re.compile(r"\(([^)]*)\)")
_ZONE = re.compile(r"\(([A-Za-z]+(?:/[A-Za-z_+-]+\d*)*)\)\s*(?:,|$)")


def read(text: str, known: Catalogue, lexicon: Lexicon) -> Heard:
    """The rule in a sentence. What it does not say is as in `Rule`."""
    if len(text) > MAX_CHARACTERS:
        return Heard()
    plain = _spelled(text)
    zone = _ZONE.search(text)
    said: dict[str, Any] = {}
    if found := _HOURS.search(plain):
        said |= {
            "hours": (int(found["start"]), int(found["end"])),
            "zone": zone[1] if zone and found["zone"] else "UTC",
        }
        plain = _without(plain, found)
    if found := _NEVER_QUIET.search(plain):
        said["cooldown"] = 0
        plain = _without(plain, found)
    condition = None
    for name, pattern in _CLAUSES.items():
        if name == "window":  # "in 7 days", once "once in 40 days" is read
            plain, condition = _condition(plain)
        if found := pattern.search(plain):
            count = float(NUMBERS.get(found["count"], found["count"]))
            said[name] = count if name == "volume" else int(count)
            plain = _without(plain, found)
    if condition is None:
        return Heard()
    against, kind, values = condition
    plain = _LEAD.sub("", " " + plain.replace(":", " ").replace(";", " and "))
    within = _WITHIN.search(plain)
    asked, heard = _asked(_without(plain, within) if within else plain, known, lexicon)
    if asked is None:
        return heard
    filters = asked.filters
    if within:  # "by store (without London)": in one breath, it would be a store and no split
        kept, heard = _asked(f"{known.measures[PLAINEST].words[0]} {within[1]}", known, lexicon)
        if kept is None:
            return heard
        filters += kept.filters
    rule = Rule(asked.measures[0], "".join(asked.by), filters, kind, against, DEFAULT[against], **said)
    return Heard(_numbered(rule, known.measures[rule.measure], values))


def _spelled(text: str) -> str:
    """A sentence in one spelling: plain, numbers as Python writes them, no hyphens within words, one kind of minus."""
    plain = spelling.numbers(spelling.plain(text.replace("−", "-")))
    plain = re.sub(r"(?<=[a-z])-(?=[a-z])", " ", plain)
    return re.sub(r"-\s*euro\s*(?=\d)", "euro -", " ".join(plain.split()))


def _asked(subject: str, known: Catalogue, lexicon: Lexicon) -> tuple[Query | None, Heard]:
    """What is watched, in the words of Ask; None with what was not understood. A measure may be called what `sentence`
    calls it, in any language: for those of a column of the data Ask has no such words."""
    called: dict[str, str] = {}
    for language in locales.LANGUAGES:
        with locales.using(language):
            called |= {_spelled(wording.measure(known, name)): name for name in known.measures}
    name = max((name for name in called if f"{subject} ".startswith(f"{name} ")), key=len, default="")
    measure = called.get(name)
    own = measure is not None and bool(known.measures[measure].own)
    if measure is not None:
        subject = known.measures[PLAINEST if own else measure].words[0] + subject[len(name) :]
    understood = understand(subject, known, lexicon)
    unknown = tuple(one.word for one in understood.unknown)
    plainly = [one for one in understood.readings if _plain(one) and known.measures[one.measures[0]].table == "sales"]
    if unknown or understood.lacking or understood.intent or len(plainly) != 1:
        return None, Heard(unknown=unknown, several=len(plainly) > 1)
    return replace(plainly[0], measures=(measure,)) if measure and own else plainly[0], Heard()


def _condition(plain: str) -> tuple[str, tuple[Against, Kind, dict[str, str | None]] | None]:
    """The text without what it says of the measure, and that."""
    for pattern, against, kind in _CONDITIONS:
        if found := pattern.search(plain):
            before = _IS.sub("", plain[: found.start()].rstrip())
            values = found.groupdict()
            return f"{before} {values.pop('subject', '') or ''} {plain[found.end() :]}", (against, kind, values)
    return plain, None


def _without(plain: str, found: re.Match[str]) -> str:
    return f"{plain[: found.start()].rstrip(' ,')} {plain[found.end() :].lstrip(' ,')}".strip()


def _plain(asked: Query) -> bool:
    """Whether a query says what is watched, and nothing else."""
    bare = replace(asked, by=asked.by[:1], filters=(), measures=asked.measures[:1])
    return bare == Query(bare.measures, by=bare.by) and len(asked.by) < 2 and len(asked.measures) == 1


def _numbered(rule: Rule, measure: Measure, values: dict[str, str | None]) -> Rule:
    """The rule with the numbers of its condition."""
    threshold, upper = values.get("value"), values.get("upper")
    if threshold is None:
        return rule
    share = rule.against in ("weekday", "year") or (rule.against == "number" and measure.unit == "share")
    unit = 100 if share else 1
    return replace(
        rule,
        threshold=round(float(threshold) / unit, 9),
        upper=None if upper is None else round(float(upper) / unit, 9),
    )
