"""What a column's numbers count: months or years of tenure, euros or thousands of them; by its name, to be changed.

A year has 12 months and a month 30.4375 days (365.25 / 12).
"""

import re
import unicodedata
from collections.abc import Mapping

import pandas as pd

from data import meaning
from data.dataset import Reading
from locales import N_

MONTHS, YEARS, WEEKS, DAYS = "in months", "in years", "in weeks", "in days"
PLAIN, HUNDREDTHS, THOUSANDS, MILLIONS = "as they stand", "hundredths", "thousands", "millions"
IN_MONTHS = {MONTHS: 1.0, YEARS: 12.0, WEEKS: 7 / 30.4375, DAYS: 1 / 30.4375}
TIMES = {PLAIN: 1.0, HUNDREDTHS: 0.01, THOUSANDS: 1_000.0, MILLIONS: 1_000_000.0}
SHORT, SEVERAL = 12, 30  # the longest tenure that may be years as well as months, of so many customers at least
_SPANS = {
    MONTHS: r"months?|mois|monate?|mes(?:es)?|mos?",
    YEARS: r"years?|yrs?|annees?|ans?|jahren?|anos?|anios?",
    WEEKS: r"weeks?|semaines?|wochen?",
    DAYS: r"days?|jours?|tagen?|dias?",
}
_SIGN = r"(?:eur|euros?|usd|dollars?|gbp|pounds?|chf|inr|rs)"
_OF = rf"(?: (?:of|de|d) ?{_SIGN}| {_SIGN})?"
_SIZES = {
    HUNDREDTHS: r"(?:in |en )?(?:cents?|centimes?|pence|minor units?)",
    THOUSANDS: rf"(?:in |en )?(?:{_SIGN} )?(?:thousands?|milliers?|tausend|000s?|k ?{_SIGN}|{_SIGN} ?k|k){_OF}",
    MILLIONS: rf"(?:in |en )?(?:{_SIGN} )?(?:millions?|mio|mln|m ?{_SIGN}|{_SIGN} ?m|mm){_OF}",
}  # fmt: skip


def tenure(values: pd.Series, source: str, choices: Mapping[str, str], readings: list[Reading]) -> pd.Series:
    """Times as a customer in months, as the name of the column says; short ones of a column that says nothing are asked
    about: no more than `SHORT` of all may be years too."""
    words = meaning.plain(source).split()
    said = next((span for span, known in _SPANS.items() if any(re.fullmatch(known, word) for word in words)), None)
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
    for sign, word in {"€": "eur", "$": "usd", "£": "gbp", "₹": "inr"}.items():
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
