"""What a column's numbers count: months or years of tenure, euros or thousands of them; by its name, to be changed.

A year has 12 months and a month 30.4375 days (365.25 / 12).
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime

import pandas as pd

from connectors import cells, dates, names, vocabulary
from connectors.cells import File
from data import meaning
from data.dataset import Finding, Reading
from locales import N_

MONTHS, YEARS, WEEKS, DAYS = "in months", "in years", "in weeks", "in days"
NEWEST, TODAY = "the newest day of the file", "the day it is brought in"
PLAIN, HUNDREDTHS, THOUSANDS, MILLIONS = "as they stand", "hundredths", "thousands", "millions"
MONTHLY, QUARTERLY, YEARLY = "each month", "each quarter", "each year"
TO_MONTHS = {MONTHLY: 1.0, QUARTERLY: 3.0, YEARLY: 12.0}
IN_MONTHS = {MONTHS: 1.0, YEARS: 12.0, WEEKS: 7 / 30.4375, DAYS: 1 / 30.4375}
TIMES = {PLAIN: 1.0, HUNDREDTHS: 0.01, THOUSANDS: 1_000.0, MILLIONS: 1_000_000.0}
SPOKEN_CELLS = 0.9  # share of cells that are times in words, where a column holds them
SHORT, SEVERAL = 12, 30  # the longest tenure that may be years as well as months, of so many customers at least
# Days that have not come when a file is written, or that were long before somebody came.
_MONTHLY = re.compile(r"\b(?:month|mensu|mois|monat|mes|mese|maand|p m$)")
_YEARLY = re.compile(r"\b(?:annu|year|an$|ans$|jahr|jahres|anno|anual|jaar|p a$)")
_QUARTERLY = re.compile(r"\b(?:quarter|quartal|kwartaal|trimest)")
_OTHER_DAYS = re.compile(
    r"\b(?:renew|expir|due|next|end|fin|valid|until|echeance|ablauf|birth|born|naiss|geb|nacim|nasc)"
)
_SPANS = {
    MONTHS: r"months?|mths?|mois|\w*monate?n?|mes(?:es|e|i)?|mos?|maand(?:en)?|maanden|miesi(?:ac|ace|ecy)|"
    r"manad(?:er)?|"
    r"maaned(?:er)?|ay|luni|mesicu?|honap|kuukau(?:si|tta)|мес\w*|[ヶケか]?月|[个個]月|개월|شهر|أشهر|شهور|חודשים",
    YEARS: r"years?|yrs?|annees?|ans?|\w*jahr(?:en?)?|jaar|jaren|an[oi]s?|anno|anni|anios?|lat[a]?|rok(?:u|i)?|ar|yil|"
    r"ani|let|ev|vuo(?:si|tta)|年間?|년|лет|год\w*|سنة|سنوات|سنين|שנים",
    WEEKS: r"weeks?|wks?|semaines?|wochen?|semanas?|settiman[ae]|weken|tygodni\w*|veckor|hafta",
    DAYS: r"days?|jours?|tagen?|dias?|giorn[io]|dagen|dni|dagar|gun|дн\w*|يوم|أيام",
}
_SIGNS = {"月": MONTHS, "개월": MONTHS, "年": YEARS, "년": YEARS, "周": WEEKS, "週": WEEKS, "日": DAYS, "天": DAYS}
_SPAN = r"(\d+(?:[.,]\d+)?) ?([^\W\d_]+)\.?"
_SPOKEN = re.compile(rf"{_SPAN}(?:(?: ?[,&+]? ?| (?:and|et|und|y|e|en|i|og|och|ve) ){_SPAN}){{0,3}}")
_SHORTENED = {"y": YEARS, "a": YEARS, "j": YEARS, "m": MONTHS, "w": WEEKS, "d": DAYS}
_SIGN = r"(?:eur|euros?|usd|dollars?|gbp|pounds?|chf|inr|rs)"
_OF = rf"(?: (?:of|de|d) ?{_SIGN}| {_SIGN})?"
_SIZES = {
    HUNDREDTHS: r"(?:in |en )?(?:cents?|centimes?|pence|minor units?)",
    THOUSANDS: rf"(?:in |en )?(?:{_SIGN} ?)?(?:thousands?|milliers?|tausend|tsd|duizend(?:en)?|migliaia|milhares|tys|"
    rf"000s?|[kt] ?{_SIGN}|{_SIGN} ?k|k){_OF}|en miles{_OF}|miles de {_SIGN}",
    MILLIONS: rf"(?:in |en )?(?:{_SIGN} ?)?(?:millions?|mio|mln|m ?{_SIGN}|{_SIGN} ?m|mm){_OF}",
}  # fmt: skip


def tenure(values: pd.Series, source: str, choices: Mapping[str, str], readings: list[Reading]) -> pd.Series:
    """Times as a customer in months, as the name of the column says; short ones of a column that says nothing are asked
    about: no more than `SHORT` of all may be years too."""
    said = next((span for word in _words(source) if (span := _span(word))), None) or next(
        (span for sign, span in _SIGNS.items() if sign in source), None
    )
    known = values.dropna()
    short = said is None and len(known) >= SEVERAL and known.max() <= SHORT and bool((known % 1 == 0).all())
    key = f"span:{source}"
    chosen = choices.get(key, said or MONTHS)
    chosen = chosen if chosen in IN_MONTHS else MONTHS
    if len(known) and not (said == chosen == MONTHS):
        message = N_("“{column}” goes up to {most}: how long customers have been there.")
        values_said = {"column": source, "most": f"{known.max():,.10g}"}
        readings.append(Reading(key, message, chosen, tuple(IN_MONTHS), values_said, short and key not in choices))
    return values * IN_MONTHS[chosen] if chosen != MONTHS else values


def dues(values: pd.Series, source: str, choices: Mapping[str, str], readings: list[Reading]) -> pd.Series:
    """What customers pay a month, of a column whose name says what they pay but not how often: that is asked."""
    if not vocabulary.DUES.fullmatch(names.bare(source)) or _MONTHLY.search(meaning.plain(source)):
        return values
    plain = meaning.plain(source)
    said = QUARTERLY if _QUARTERLY.search(plain) else YEARLY if _YEARLY.search(plain) else None
    key = f"paid:{source}"
    chosen = choices.get(key, said or MONTHLY)
    chosen = chosen if chosen in TO_MONTHS else MONTHLY
    message = N_("“{column}” is what customers pay, up to {most}: how often they pay it.")
    shown = {"column": source, "most": f"{values.max():,.10g}"}
    options = (chosen, *(one for one in TO_MONTHS if one != chosen))
    readings.append(Reading(key, message, chosen, options, shown, not said and key not in choices))
    return values / TO_MONTHS[chosen]


def spoken(text: pd.Series) -> pd.Series | None:
    """Times in words as months ("2 years 3 months", "18 mois", "1y 6m"), missing where a cell is none; None where the
    cells of a column are not such."""
    said = {cell: _months(cell) for cell in text.dropna().unique()}
    values = text.map(said, na_action="ignore").astype(float)
    return values if values.notna().sum() > SPOKEN_CELLS * text.notna().sum() else None


def _months(cell: str) -> float | None:
    if not _SPOKEN.fullmatch(said := " ".join(cell.casefold().split())):
        return None
    parts = [(float(number.replace(",", ".")), _span(word) or _SHORTENED.get(word)) for number, word in
             re.findall(_SPAN, said)]  # fmt: skip
    if any(span is None for _number, span in parts) or len({span for _number, span in parts}) < len(parts):
        return None
    return sum(number * IN_MONTHS[span] for number, span in parts if span)


def _words(source: str) -> list[str]:
    return [word for one in re.findall(r"[^\W_]+", source) for word in (meaning.plain(one) or one).split()]


def _span(word: str) -> str | None:
    """The unit of time that a word names."""
    word = meaning.plain(word) or word
    return next((span for span, known in _SPANS.items() if re.fullmatch(known, word)), None)


def since(
    file: File, source: str, now: datetime, findings: list[Finding], readings: list[Reading]
) -> tuple[pd.Series, pd.Series, str]:
    """Times as a customer in months from the days on which customers came, which of the cells are no such day, and why.

    Counted to the day that somebody left, where the file says it, else to its newest day up to `now`. Where no other
    column has a day as new as the newest of `source`, nobody knows when the file was written: it is asked.
    """
    begun, bad, reason = cells.convert(file, source, "datetime64[us]", findings, readings)
    others = {name: text for name, text in file.text.items() if name != source and dates.dated(text)}
    gone = [name for name, text in others.items() if meaning.left_on(text, name)]
    shown = [name for name in others if name in gone or not _OTHER_DAYS.search(meaning.plain(name))]
    days = {name: cells.moments(file, name)[0].values for name in shown}
    today, key = pd.Timestamp(now).tz_localize(None).normalize(), f"until:{source}"
    came, *seen = (day.where(day <= today).max() for day in (begun, *days.values()))
    chosen = file.choices.get(key, NEWEST)
    end = today if chosen == TODAY else pd.Series([came, *seen]).max()
    until = pd.Series(end, begun.index)
    for name in gone:
        until = days[name].where(days[name] <= end).fillna(until)
    values = (until - begun) / pd.Timedelta(days=30.4375)
    message = (
        N_("“{column}” is the day a customer came: how long they have been there is counted to the day they left, else "
           "to {last}.")
        if gone
        else N_("“{column}” is the day a customer came: how long they have been there is counted to {last}.")
    )  # fmt: skip
    if pd.notna(end):
        said = {"column": source, "last": end.date().isoformat()}
        unsure = not any(day >= came for day in seen) and key not in file.choices
        readings.append(Reading(key, message, chosen, (NEWEST, TODAY), said, unsure))
    if not gone:
        message = N_("When customers left is not in the file: those who did are counted as if they were still there.")
        findings.append(Finding(message, 0, severity="warning"))
    return values.where(values >= 0), bad | (values < 0), reason


def money(
    values: pd.Series, source: str, choices: Mapping[str, str], readings: list[Reading], title: str = ""
) -> pd.Series:
    """Sums of money in whole units of their currency, where the name of the column counts in thousands or cents, or
    what stands above the table does."""
    said = size(source)
    said = size(title) if said == PLAIN else said
    key = f"scale:{source}"
    chosen = choices.get(key, said)
    if said == PLAIN or chosen not in TIMES:
        return values
    message = N_("“{column}”: its numbers are {example}, and so on.")
    first = values.dropna()
    shown = {"column": source, "example": f"{first.iloc[0]:,.10g}" if len(first) else "–"}
    readings.append(Reading(key, message, chosen, (said, PLAIN), shown))
    return values * TIMES[chosen] if chosen != PLAIN else values


def size(source: str) -> str:
    """What the numbers of a column of money count by its name: "CA (k€)", "Revenue in millions", "amount_cents"."""
    signs = str(source)
    for sign, word in {"US$": "usd", "€": "eur", "$": "usd", "£": "gbp", "₹": "inr"}.items():
        signs = signs.replace(sign, word)
    letters = unicodedata.normalize("NFKD", signs).encode("ascii", "ignore").decode().casefold()
    brackets = re.findall(r"[\[(]([^\])]*)[\])]", letters)
    words = re.sub(r"[^a-z0-9]+", " ", re.sub(r"[\[(][^\])]*[\])]", " ", letters)).split()
    ends = [" ".join(words[-count:]) for count in (1, 2, 3, 4) if count < len(words)]
    tried = [re.sub(r"[^a-z0-9]+", " ", one).strip() for one in brackets] + ends
    for name, known in _SIZES.items():
        if any(re.fullmatch(known, one) for one in tried):
            return name
    return PLAIN
