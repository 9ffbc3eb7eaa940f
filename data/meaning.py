"""What words of outsiders mean: yes and no, who left, columns written after somebody left, which country.

Guesses from names and values, to be shown and changed; nothing here knows a file or a model.
"""

import re
import unicodedata
from collections.abc import Hashable, Iterable
from functools import cache
from itertools import islice
from numbers import Number

import babel
import numpy as np
import pandas as pd

YES = {"yes", "y", "oui", "o", "true", "vrai", "1", "1.0", "t", "left", "churned", "exited", "ja", "j", "sí", "si",
       "sì", "sim", "s", "wahr", "verdadero", "verdadeiro", "vero", "waar",
       "tak", "ano", "igen", "kyllä", "evet", "はい", "是", "예", "да",
       "نعم", "כן", "ναι", "так", "हाँ", "ใช่", "có", "ya"}  # fmt: skip
NO = {"no", "n", "non", "false", "faux", "0", "0.0", "f", "stayed", "retained", "nein", "nee", "não", "nao", "falsch",
      "falso", "onwaar", "nie", "ne", "nem", "nei", "nej", "ei", "hayır", "いいえ", "否", "아니오", "нет",
      "لا", "לא", "όχι", "ні",
      "नहीं", "ไม่", "không", "tidak"}  # fmt: skip
FILLED, BLANK = "*filled*", "*blank*"  # of an outcome that is the day somebody left: the values that it may mean
FEW_OUTCOMES = 6  # different values of a column that says who left
SPELLINGS = 20  # ways in which those may be spelt
_ROW = re.compile(r"#\d+")
_PLAIN_NUMBER = re.compile(r"[+-]?(0|[1-9]\d*)(\.\d+)?")  # 01000 is a code, not a number
# Words that begin so, in the languages that `_NAMED_IN` names. What an outcome says of a customer:
_GONE = (
    r"churn|attrit|left$|leav|exit|cancel|terminat|quit|lost$|gone$|clos(ed|ure)|inactiv|lapsed|resili|parti|perdu|"
    r"surrender|ferme|cloture|desabonn|desinscri|radie|unsubscri|decede|annul|former|ancien$|ex$|discontinu|dropout|expired?$|de[sz]?a[ck]tiv|"
    r"ended$|anulad|iptal|pasif|encerrad|chius[oa]$|rozwiazan|zamkniet|wypowiedzian|"
    r"moved$|vacat|evict|ausgezogen|demenag|"
    r"gekundigt|stornier|beendet|inaktiv|ehemalig|abgewander|abgemeld|ausgetret|verloren|"
    r"baja$|abandon|perdid|disdett|cessat|disattiv|inattiv|abbandon|"
    r"opgezegd|beeindigd|inactief|vertrokken|gestopt|uitgeschreven|inativ|desativ|desligad|evadid"
)
_HERE = (
    r"stay|exist|live$|activ|actif|retain|current|present|remain|loyal|kept|keep|open|subscrib|abonn|fidel|reste|conserve|"
    r"paying|vigor$|ouvert|inscri|continu|enrol|graduate|renew|renouvel|force$|verlanger|rinnovat|renovad|"
    r"aktiv|bestand|gebliebe|laufend|ungekundigt|vigente|permanec|attiv|rimast|fedel|"
    r"aktif|aktywn|actief|lopend|gebleven|ingeschreven|ativ|mantid|ficou"
)
_NOT_YET = (
    r"join|new|nouve|neu$|neukund|nuev|nuov|nieuw|nov[oa]$|pending|unknown|inconnu|attente|trial|essai|na$|null$|"
    r"none$|missing"
)
# What is agreed to end and has not: whether they are there or not depends on the day.
_GOING = re.compile(
    r"\b(?:non|not) renewing\b|\bpending (?:cancel|terminat|churn|clos)|\bcancell?ing\b|"
    r"\bcancell?ation (?:scheduled|pending|requested)\b|\b(?:in|under|serving) notice\b|"
    r"\b(?:to be|will|scheduled to) (?:cancel|terminat|churn|clos)"
)
_NOT = r"(not?|pas|non|never|jamais|un|nicht|kein|niet|geen|nao|nunca|mai)$"
# What a column's name says. `_OUTCOME` alone is enough, `_LEAVING` only with a word of `_ABOUT` or with nothing else.
_OUTCOME = (
    r"churn\w*|attrit\w*|(?:cod|code|ind|flag|top|dt|date|mt)?resil\w*|desabonne\w*|gekundigt|kundigung|abgewandert|"
    r"baja|abandono\w*|cancelad[oa]|abgang|austritt|storn\w*|opgezegd|opzegging|disdett[aoie]|abbandon\w*|"
    r"encerrou|encerrad[oa]|encerramento|iptal|cancelamento|cancelacion|evasao|evadid[oa]|rezygnacj[ai]|ayril(?:di|an|ma)|lemond\w*|odes(?:el|la)|"
    r"(?:op|opp|upp)(?:sag[dt]|sigelse|sagning)\w*"
)
_LEAVING = r"left|lapsed?|leav(?:e|es|ing|er|ers)|exit(?:s|ed|ing)?|cancel(?:l?ed|l?ing|lations?|ations?)?|"
_LEAVING += r"termd|terminat(?:ed|ions?)|depart(?:ed|ures?|s)?|sorties?|clotures?|closures?|closed|quit|lost|"
_LEAVING += r"partie?s?|quittee?s?|perdue?s?|desinscrite?s?|radie?e?s?|radiations?|"
_LEAVING += r"ausgetreten|ausgeschieden|abgegangen|abgemeldet|verloren"
_ABOUT = (
    r"dates?|dt|day|days|jours?|time|reasons?|causes?|motifs?|raisons?|why|pourquoi|comments?|feedback|survey|enquete|"
)
_ABOUT += r"status|statut|flag|at|on|le|indicator|indicateur"
# TermReason, CLOSE_DT: a term and a close alone are something else.
_SHORT = re.compile(r"\b(term|close)(?= (?:reason|date|dt|cause|day)s?\b)")
# Whoever is away for a while comes back.
_AWAY = re.compile(r"\b(?:on|maternity|paternity|parental|medical|sick|unpaid) leave\b|\bleave of absence\b")
# The time over which it was seen, in whatever a column is about: "left this term", "lapsed in the last 12 months".
_OVER = re.compile(
    r"\b(?:(?:in|within|during|over|pendant) )?(?:(?:the|les?|la) )?(?:(?:this|last|past|previous|next|ce|cette) "
    r"(?:\d+ )?(?:terms?|seasons?|semesters?|quarters?|years?|months?|weeks?|days?|trimestre|saison|mois|annee)|"
    r"\d+ (?:days?|d|weeks?|w|months?|m|mois|years?|y|derniers mois|jours)\b)|"
    r"\b(?:(?:le|la|l) )?(?:trimestre|saison|mois|annee|semaine) (?:derniere?|passee?|precedente?)\b|"
    r"\b(?:(?:im|in|in den|in der|wahrend der) )?(?:letzte[nrsm]?|vergangene[nrsm]?|diese[nrsm]?) (?:\d+ )?"
    r"(?:monate?n?|jahre?[ns]?|wochen?|tagen?|quartale?n?|saison)\b"
)
_FILLING = r"is|has|was|est|customer|client|members?|membre|adherent|kunde|mitglied|account|club|company|us|nous|of|"
_FILLING += r"for|the|de|du|des|la|a|ya|y|n|value|id"
_LEFT_ON = re.compile(
    r"(?:kundigungs?|austritts?|abgangs?|storno|vertragsende)(?:datum)?|(?:fecha|data)(?:de|da|di|del)?"
    r"(?:baja|cancelacion|cancelamento|saida|salida|disdetta|uscita|recesso)|(?:opzeg|uitschrijf)datum|"
    r"(?:lost|ended|deactivated|unsubscribed|deleted)(?:at|on|date)|(?:end|date)of(?:membership|subscription)|"
    r"(?:membership|subscription)end(?:date)?|moved?out(?:date)?|unsub(?:scribed?)?time|einddatum|"
    r"datefin(?:abonnement|adhesion|contrat)?"
)
_ZONE = re.compile(r" (?:utc|gmt)$")
_AGAIN = (
    r"(?:is|has|was|a)?current(?:ly)?(?:an?)?(?:customer|client|member|subscriber|policyholder)|clientactuel|"
    r"(?:is|has|was|a)?(?:re(?:newed|enrolled|enrolment|subscribed|joined|inscrits?|inscriptions?|abonnes?|conduits?)|"
    r"still\w*|toujours\w*|renouvelee?s?|verlangert|wiederangemeldet|renovado|rinnovato)"
)
_SOMEBODY = (
    r"client[ei]?|customer|account|subscriber|member|user|compte|kunde|klant|socio|utente|abbonato|contratto|assinante|"
)
_SOMEBODY += r"usuario|abonado|klient|musteri|uye|abone|adherent|mitglied"
_ACTIVE = re.compile(
    rf"(?:is|currently|{_SOMEBODY})*(?:in)?(?:active?|actif|aktiv|activ[oa]|attiv[oa]|actief|aktywn[ya]|aktif(?:mi)?)(?:flag|yn|{_SOMEBODY})*|"
    r"(?:in)?ativo"
)
_MONTH = re.compile(r"\b(?:month|mois|monat|mes|mese|maand)\b")  # of leaving, as a number
_ENDS = re.compile(
    r"(?:valid|contract|membership)?(?:end|to|until|thru)(?:date|day)?|date(?:end|to|fin)|datefin|(?:gueltig|gultig)bis"
)
_DAY = re.compile(
    r"\d{1,4}([-/. ])\d{1,2}\1\d{2,4}\b.*|\d{1,2}[-/. ]*[^\W\d]{3,}\.?[-/. ]*\d{2,4}\b.*|"
    r"[^\W\d]{3,9}\.? \d{1,2},? \d{4}.*|"
    r"(?:19|20)\d{6}|[^\W\d]{3,9}\.?[-/ ]\d{4}|\d{4}[-/]\d{1,2}|\d{1,2}[-/]\d{4}"
)
# How programs write a day that has not come.
_NEVER = r"(?:.*\D)?(?:1900|1899|0001|1753)(?:\D.*)?|1970-01-01.*|01/01/1970.*|"
_NEVER += r"0(?:\.0)?|"
_NEVER += r"9999.*|.*9999|0000.*|.*0000|(?:.*\D)?(?:20[5-9]\d|2[1-9]\d\d)(?:\D.*)?|\\N|(?i:null|none|nan|nat|n/?a|-)"
_JOINED = re.compile(f"(?:{_OUTCOME}|{_LEAVING}|{_ABOUT}|{_FILLING})+")
_CUT = re.compile(f"{_LEAVING}|{_ABOUT}|{_OUTCOME}|{_FILLING}")


# Letters that NFKD does not take apart.
_LETTERS = str.maketrans({
    "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe",
    "Œ": "OE", "’": "'",
})  # fmt: skip


def ascii_of(text: object) -> str:
    """A text in letters without accents; what has none of those is gone."""
    return unicodedata.normalize("NFKD", str(text).translate(_LETTERS)).encode("ascii", "ignore").decode()


def plain(value: object) -> str:
    """A name or value without accents and capitals, its words parted by one blank; ReasonForLeaving has three."""
    letters = ascii_of(value)
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[a-zA-Z])(?=\d)|(?<=\d)(?=[a-zA-Z])", " ", letters)
    return re.sub(r"[^a-z0-9]+", " ", parted.casefold()).strip()


def level(value: object) -> str | None:
    """A value as the name of a kind, the same however it was stored: 1, 1.0, "1" and "1.0" are "1"; None is missing."""
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return None
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    text = str(value).strip()
    if isinstance(value, Number) or _PLAIN_NUMBER.fullmatch(text):
        number = float(text)
        if not np.isfinite(number):
            return None
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    return text or None


def truth(value: object) -> bool | None:
    """Whether a value says yes or no; None where it says neither."""
    word = str(value).strip().casefold()
    return True if word in YES else False if word in NO else None


def levels(values: pd.Series) -> pd.Series:
    """Every value of a column as `level` names it, missing ones as NaN."""
    codes, kinds = pd.factorize(values)
    names = np.array([*(level(kind) for kind in kinds), None], object)
    return pd.Series(names[codes], values.index, dtype="str")


def outcomes(values: pd.Series, name: str = "") -> dict[str, bool | None] | None:
    """What each value of an outcome column means: True left, False stayed, None not known (yet); None: cannot be told.

    A column `name` that speaks of leaving makes yes and 1 leavers; of staying ("Retained"), the other way round. Of
    1 and 2, and of words that say nothing, the rarer one is taken for those who left, where the name speaks of it. Of
    the days on which customers left (`left_on`), `FILLED` is left and `BLANK` stayed.
    """
    if left_on(values, name):
        return {FILLED: True, BLANK: False}
    counts = levels(values).value_counts()
    if not few(counts.index):
        return None
    kept = (_speaks(plain(name), _HERE) or about_staying(name)) and not _speaks(plain(name), _GONE)
    meaning: dict[str, bool | None] = {}
    unsaid = []
    for value in counts.index:
        answer = truth(value)
        said = _said(value)
        if _GOING.search(plain(value)):
            meaning[value] = None
        elif said is not None or _speaks(plain(value), _NOT_YET):
            meaning[value] = said
        elif answer is not None and len(_kinds(counts.index)) <= 3:  # yes, no, and one more
            meaning[value] = answer != kept
        else:
            unsaid.append(value)
            meaning[value] = None
    if len(unsaid) == len(counts) == 1 and about_leaving(name) and values.isna().any():  # a cross, a tick
        meaning = {unsaid[0]: not kept}
    elif unsaid and len(unsaid) == len(counts) == 2 and about_leaving(name):
        meaning = dict(zip(counts.index, (kept, not kept), strict=True))
    elif unsaid == ["2"] and meaning.get("1") is not None and len(counts) == 2:  # 1 and 2
        if not about_leaving(name) and not kept:
            return None
        meaning = dict(zip(counts.index, (kept, not kept), strict=True))
    elif len(unsaid) == 1 and len(counts) == 2 and True in meaning.values():
        meaning[unsaid[0]] = False
    return meaning if True in meaning.values() or (len(counts) == 1 and False in meaning.values()) else None


def few(values: Iterable[str]) -> bool:
    """Whether different values are as few as those of an outcome, however each is spelt: yes, Y and YES are one."""
    some = list(islice(values, SPELLINGS + 1))
    return len(some) <= SPELLINGS and 1 <= len(_kinds(some)) <= FEW_OUTCOMES


def _kinds(values: Iterable[str]) -> set[object]:
    return {plain(value) if (answer := truth(value)) is None else answer for value in values}


def read(values: pd.Series, meaning: dict[str, bool | None]) -> pd.Series:
    """An outcome column by `meaning`: bool, or "boolean" where some outcomes are not known."""
    if FILLED in meaning:
        left = _filled(values).map({True: meaning[FILLED], False: meaning[BLANK]}).astype("boolean")
        return left if left.isna().any() else left.astype(bool)
    left = levels(values).map(meaning).astype("boolean")
    return left if left.isna().any() else left.astype(bool)


def left_on(values: pd.Series, name: Hashable) -> bool:
    """Whether a column is the day on which customers left: called so, with days, and blank for the others."""
    squeezed = _ZONE.sub("", plain(name)).replace(" ", "")
    coded = bool(_ENDS.fullmatch(squeezed)) and values.astype("str").str.strip().str.fullmatch(_NEVER, na=False).any()
    if not (about_leaving(name) or coded or _LEFT_ON.fullmatch(squeezed)):
        return False
    filled = _filled(values)
    some = values[filled].astype("str").str.strip()
    months = (
        some.nunique() > 2 and bool(_MONTH.search(plain(name))) and some.str.fullmatch(r"[1-9]\d{0,2}(?:\.0)?").all()
    )
    return bool(filled.any() and not filled.all() and (months or some.str.fullmatch(_DAY).mean() > 0.95))


def _filled(values: pd.Series) -> pd.Series:
    text = values.astype("str").str.strip()
    return values.notna() & text.ne("") & ~text.str.fullmatch(_NEVER, na=False)


def about_leaving(name: Hashable) -> bool:
    """Whether a column's name is about who left: an outcome, or something written after somebody left.

    Judged by words: reason_for_leaving, date_left and churn_score are; exit_rate, left_handed and cancelled_orders are
    not.
    """
    timeless = _OVER.sub("", _ZONE.sub("", plain(name)))
    said = _SHORT.sub(lambda word: "terminated" if word[1] == "term" else "closed", timeless)
    words = [part for word in said.split() for part in _parts(word)]
    if any(re.fullmatch(_OUTCOME, word) for word in words):
        return True
    leaving = [word for word in words if re.fullmatch(_LEAVING, word)]
    others = [word for word in words if word not in leaving and not re.fullmatch(_FILLING, word)]
    return bool(leaving) and all(re.fullmatch(_ABOUT, word) for word in others)


def about_staying(name: Hashable) -> bool:
    """Whether a column's name says who is still there."""
    return bool({"retained", "retention", "stayed", "fidele"} & set(plain(name).split())) or bool(
        re.fullmatch(_AGAIN, plain(name).replace(" ", ""))
    )


def about_being_active(name: Hashable) -> bool:
    """Whether a column's name says whose account is in use: who left, or who came by lately."""
    return bool(_ACTIVE.fullmatch(plain(name).replace(" ", "")))


def _parts(word: str) -> Iterable[str]:
    """The words that a word is made of, where all of it is known words: "dateleft"."""
    return _CUT.findall(word) if _JOINED.fullmatch(word) and not re.fullmatch(_OUTCOME, word) else [word]


def _said(value: str) -> bool | None:
    if _AWAY.search(plain(value)):
        return False
    words = plain(value).split()
    gone, here = _speaks(plain(value), _GONE), _speaks(plain(value), _HERE)
    denied = any(re.fullmatch(_NOT, word) for word in words)
    if gone == here:
        return None
    return gone != denied


def _speaks(text: str, stems: str) -> bool:
    return any(re.match(f"(?:{stems})", word) for word in text.split())


def row_ids(rows: pd.Index) -> pd.Series:
    """Ids for a file that has none: #2, #3, ... are its rows as a spreadsheet counts them, the header being row 1."""
    return pd.Series([f"#{row + 2}" for row in rows], rows, dtype="str")


def are_rows(ids: Iterable[object]) -> bool:
    """Whether ids are the `row_ids` of a file: another file has the same ones, of other customers."""
    found = list(ids)
    return bool(found) and all(_ROW.fullmatch(str(one)) for one in found)


# What files call countries beside their names in the languages of `_NAMED_IN`.
_ALSO = {"uk": "GB", "great britain": "GB", "england": "GB", "angleterre": "GB", "grande bretagne": "GB", "usa": "US",
         "etats unis d amerique": "US", "united states of america": "US", "eire": "IE", "rsa": "ZA", "uae": "AE",
         "holland": "NL", "hollande": "NL", "korea": "KR", "czech republic": "CZ", "republique tcheque": "CZ",
         "channel islands": "JE", "viet nam": "VN", "russian federation": "RU", "turkiye": "TR"}  # fmt: skip
_GROUPS = ("EU", "EZ", "UN", "QO", "XA", "XB", "ZZ")  # and what is no country either
_NAMED_IN = ("en", "fr", "de", "es", "it", "nl", "pt")
_LITTLE_WORDS = {  # of a language with its country among those that pay in euros; English says of none
    "FR": "du des et au aux avec sans pour les sur dans le la en l d",
    "DE": "und fur mit ohne der die das aus zum zur im von",
    "ES": "con para sin y del los las el de la en",
    "IT": "con per senza di della del e il da in al d",
    "NL": "met voor zonder en het van de",
    "PT": "com sem para e do da dos em de",
    "": "and with of the for in to",
}
_FEWEST_TEXTS, _SHARE_OF_TEXTS = 8, 0.05


@cache
def _countries() -> dict[str, str]:
    named = [babel.Locale(language).territories.items() for language in _NAMED_IN]
    return {
        plain(name): code for names in named for code, name in names if code.isalpha() and code not in _GROUPS
    } | _ALSO


def country(name: object) -> str:
    """The ISO 3166 code of a country by its name in a few languages, or by its code; "" for what is none."""
    text = str(name).strip()
    if re.fullmatch("[A-Z]{2}", text) and (text in _countries().values() or text == "UK"):
        return "GB" if text == "UK" else text
    return _countries().get(plain(text), "")


def country_of_currency(currency: str) -> str:
    """The country that an ISO 4217 code begins with; "" for the euro and what else several countries share."""
    code = currency[:2].upper()
    return code if code not in ("EU", "") and code[0] != "X" and currency != "ANG" else ""


def country_of_words(texts: Iterable[object]) -> str:
    """The country of the language that names are in, among those that pay in euros; "" where it does not show."""
    words = [set(plain(str(text).replace("'", " ").replace("’", " ")).split()) for text in texts]
    score = {code: sum(bool(one & set(known.split())) for one in words) for code, known in _LITTLE_WORDS.items()}
    own = {code: set(known.split()) for code, known in _LITTLE_WORDS.items()}
    for code, known in own.items():  # a word that only one language has says more
        only = known - set().union(*(other for name, other in own.items() if name != code))
        score[code] += sum(bool(one & only) for one in words)
    best, second = sorted(score, key=lambda code: score[code], reverse=True)[:2]
    enough = score[best] >= max(_FEWEST_TEXTS, _SHARE_OF_TEXTS * len(words)) and score[best] >= 1.3 * score[second]
    return best if enough else ""
