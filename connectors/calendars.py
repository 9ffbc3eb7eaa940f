"""A calendar whose rows say what kind of day they are about: closed, a holiday, an event, a promotion; in their words.

A day may stand in several rows, and a row may be of several days.
"""

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from data import meaning
from data.dataset import Finding, Reading
from locales import N_

KIND, UNTIL = "kind", "until"
COLUMNS = {
    KIND: N_("What a row says of its day: closed, a bank holiday, an event, a promotion."),
    UNTIL: N_("The last day, where a row is about several."),
}
NAMED = {
    "date": "day jour tag datum fecha data dia giorno dag start startdate from validfrom debut datedebut "
    "datededebut datedudebut "
    "premierjour du von beginn",
    UNTIL: "end enddate to fin datefin datedefin au jusquau dernierjour lastday bis ende enddatum hasta fino",
}
CLOSED, OPEN, HOLIDAY, EVENT, PROMOTION = "closed", "open", "bank holiday", "event", "promotion"
KINDS = (CLOSED, HOLIDAY, EVENT, PROMOTION, OPEN)
# Words, or the beginnings of words that end in an asterisk, without accents.
WORDS = {
    CLOSED: "closed closure* closing shut* ferme fermee fermes fermeture* conge* relache ruhetag* geschlossen "
    "betriebsferien betriebsurlaub betriebsruhe cerrado cerrada cierre chiuso chiusa chiusura fechado fechada "
    "encerrado gesloten "
    "sluiting* inventaire stocktak* off",
    OPEN: "open* ouvert ouverte ouverture* geoffnet offen verkaufsoffen* abierto abierta apertura aperto aperta "
    "aberto "
    "aberta geopend koopzondag",
    HOLIDAY: "holiday* bankholiday* ferie feries feriee jourferie* feiertag* festivo* feriado* feestdag*",
    EVENT: "event* evenement* manifestation* veranstaltung* evento* eventi foire* fete* salon* festival* concert* "
    "match* fair fairs fest markt marche fiera feria evenement* vacances ferien schulferien school* vacaciones "
    "vacanze",
    PROMOTION: "promo* solde* discount* rabatt* aktion* angebot* oferta* offert* sconto* saldi descuento* "
    "desconto* remise* reduction* rebajas sale sales action actions kampagne* campaign* campagne* korting* "
    "aanbieding*",
}  # fmt: skip
_STEMS = {
    kind: re.compile("|".join(word.replace("*", r"\w*") for word in words.split())) for kind, words in WORDS.items()
}
_NOT = {"not", "no", "non", "pas", "nicht", "kein", "sauf", "niet"}
NAMES = re.compile(
    r"(?:type|kind|art|tipo|tipologia|soort|nature|categor(?:y|ie|ia)|kategorie|status|statut|etat|motif|grund|reason)"
    r"(?:of|de|du|des|d)?(?:days?|jours?|tag(?:es)?|events?|evenements?|dia|giorno|dag)?|"
    r"(?:tages?|day|event|jour)(?:type|art|kind)"
)
EVERY = "all of them"  # of the places whose days a calendar has
_PLACE = re.compile(
    r"countr(?:y|ies)(?:code|name|region|regioncode)?|pays|land|pais|paese|zones?|bundesland|kanton|canton"
)
MAX_WORDS = 20  # different words of a column of kinds
MAX_DAYS = 366  # days that one row may be about


def guess(text: pd.DataFrame, found: dict[str, str]) -> dict[str, str]:
    """`found` (canonical -> source) with the column of kinds: called so or full of their words, and not yes and "
    "no."""
    taken = [source for canonical, source in found.items() if canonical != "open"]
    some = [name for name in text if name not in taken and 1 <= text[name].nunique() <= MAX_WORDS]
    said = {name: text[name].dropna().map(lambda cell: bool(read(cell))).mean() for name in some}
    truth = {name for name in some if text[name].dropna().map(meaning.truth).notna().any()}
    named = [name for name in some if NAMES.fullmatch(meaning.plain(name).replace(" ", "")) and name not in truth]
    full = [name for name in sorted(some, key=lambda name: -said[name]) if said[name] > 0.5 and name not in truth]
    kind = next(iter([*(name for name in named if said[name] > 0), *full]), None)
    if kind is None:
        return found
    return {canonical: source for canonical, source in found.items() if source != kind} | {KIND: kind}


def of_one_place(
    text: pd.DataFrame, free: list[str], choices: Mapping[str, str], readings: list[Reading]
) -> pd.DataFrame:
    """The rows of the place that somebody chose, where a calendar has the days of several countries or zones: asked."""
    for source in free:
        places = text[source].value_counts().index
        if len(places) > 1 and _PLACE.fullmatch(meaning.plain(source).replace(" ", "")):
            key = f"place:{source}"
            chosen = choices.get(key, EVERY)
            message = N_("“{column}” says where a day is one: {count} places.")
            said = {"column": source, "count": str(len(places))}
            options = (EVERY, *places)
            readings.append(Reading(key, message, chosen, options, said, key not in choices))
            return text if chosen == EVERY else text[text[source] == chosen]
    return text


def read(cell: object) -> set[str]:
    """The kinds of day that a cell names; none where it says nothing that is known, or denies it."""
    words = meaning.plain(cell).split()
    joined = "".join(words)
    if _NOT & set(words):
        return set()
    return {
        kind
        for kind, stems in _STEMS.items()
        if stems.fullmatch(joined) or any(stems.fullmatch(word) for word in words)
    }


def kinds(text: pd.Series, choices: Mapping[str, str], readings: list[Reading]) -> pd.DataFrame:
    """Which of `KINDS` each cell of a column names, a column of bool each; of words that are not known it is "
    "asked."""
    meant: dict[str, set[str]] = {}
    for word in text.dropna().unique():
        meant[word] = read(word)
        key = f"kind:{word}"
        if not meant[word] or key in choices:
            chosen = choices.get(key, EVENT)
            count = {"word": str(word), "count": str(int(text.eq(word).sum()))}
            message = N_("“{word}” ({count} rows) says of a day that it is: {chosen}.")
            readings.append(Reading(key, message, chosen, KINDS, count | {"chosen": chosen}, key not in choices))
            meant[word] = {chosen}
    return pd.DataFrame({kind: [kind in meant.get(cell, ()) for cell in text] for kind in KINDS}, text.index)


def told(text: pd.Series, frame: pd.DataFrame, flags: pd.DataFrame, findings: list[Finding]) -> pd.DataFrame:
    """The rows of a calendar with what their kinds (`flags`, see `kinds`) say: open or not, and a name at its "
    "place."""
    frame = frame.copy()
    shut = flags[CLOSED] | (~frame["open"] if "open" in frame else False)
    if "open" not in frame:
        frame["open"] = True
    frame["open"] = frame["open"].astype(bool) & ~shut
    called = next((frame[name] for name in (EVENT, "holiday") if name in frame), pd.Series(pd.NA, frame.index)).fillna(
        text
    )
    named = {
        "holiday": flags[HOLIDAY],
        EVENT: (flags[EVENT] | flags[PROMOTION] | flags[CLOSED] & called.ne(text)) & ~flags[HOLIDAY],
    }
    for column, rows in named.items():
        if rows.any() or column in frame:
            kept = (
                frame[column].mask(flags.any(axis=1)) if column in frame else pd.Series(pd.NA, frame.index, dtype="str")
            )
            frame[column] = kept.mask(rows, called).astype("str")
    reduced = frame["promotion"].notna() if PROMOTION in frame else pd.Series(False, frame.index)
    if unknown := int((flags[PROMOTION] & ~reduced).sum()):
        message = N_("Of {rows} promotions no reduction is known: they are kept as events, by their names.")
        findings.append(Finding(message, unknown, severity="warning"))
    return frame


def shut(frame: pd.DataFrame, findings: list[Finding]) -> pd.DataFrame:
    """The rows of a calendar that says nothing of open days: closed where the name of an event does."""
    if "open" in frame or EVENT not in frame:
        return frame
    closed = frame[EVENT].map(lambda cell: read(cell) == {CLOSED}, na_action="ignore").eq(True)
    if closed.any():
        findings.append(Finding(N_("{rows} days are closed, as their events are called so."), int(closed.sum())))
    return frame.assign(open=~closed)


def long(frame: pd.DataFrame, findings: list[Finding]) -> pd.DataFrame:
    """A row a day, where rows are of several (`until`)."""
    if UNTIL not in frame:
        return frame
    last = frame[UNTIL].fillna(frame["date"])
    count = (last - frame["date"]).dt.days.to_numpy(int) + 1
    found = frame.loc[frame.index.repeat(count)].drop(columns=UNTIL)
    steps = np.concatenate([np.arange(days) for days in count]) if len(count) else count
    found["date"] = found["date"] + pd.to_timedelta(steps, unit="D")
    if more := len(found) - len(frame):
        findings.append(Finding(N_("Rows are about several days: {rows} days are added."), more))
    return found.reset_index(drop=True)


def once(frame: pd.DataFrame, findings: list[Finding]) -> pd.DataFrame:
    """A row a day: closed where any of its rows says so, with all their names, and the largest reduction."""
    if not frame["date"].duplicated().any():
        return frame
    joined: dict[str, object] = {
        "open": "all", "holiday": _names, EVENT: _names, PROMOTION: "max",
    }  # fmt: skip
    found = frame.groupby("date", sort=False).agg({name: how for name, how in joined.items() if name in frame})
    message = N_("{rows} rows name a day again: what they say of it is put together.")
    findings.append(Finding(message, len(frame) - len(found)))
    texts = [name for name in ("holiday", EVENT) if name in found]
    return found.reset_index().astype(dict.fromkeys(texts, "str"))


def _names(cells: pd.Series) -> object:
    some = list(dict.fromkeys(cells.dropna()))
    return " + ".join(some) if some else None
