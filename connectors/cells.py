"""Cells of text as the values of a column, and how each column was read where it could be read otherwise."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial

import pandas as pd

from connectors import dates, names, numbers, yearless
from data import meaning, quality
from data.dataset import Finding, Reading
from data.meaning import NO, YES
from locales import N_

CODES, PLAIN, POINTED = "codes", "as they stand", "made numbers"  # key of a choice, and its options
HINTS = 60  # columns whose cells say how a file writes numbers and dates
MONTH = 12
# Squeezed names of columns that hold the parts of one date.
YEARS = {"year", "yr", "fiscalyear", "annee", "jahr", "jaar", "ano", "anio", "anno", "rok"}
MONTHS = {"month", "monthname", "monthnumber", "monthno", "mon", "mois", "monat", "maand", "mes", "mese", "miesiac"}
PERIODS = {  # of other lengths: the largest of their numbers, their names
    "W": (53, {"week", "weekno", "weeknumber", "weeknum", "weekofyear", "isoweek", "wk", "semaine",
               "kw", "kalenderwoche", "woche", "semana",
               "settimana", "vecka"}),
    "Q": (4, {"quarter", "qtr", "trimestre", "quartal", "kwartaal"}),
}  # fmt: skip
DAYS = {"day", "dayofmonth", "jour", "tag", "dag", "dia", "giorno", "dzien"}
_NUMBER = r"^[A-Za-z]{0,2} ?(\d{1,2})(?:\.0)?$"
CLOCK = re.compile(
    r"time|\w*heure\w*|hour|\w+time|time\w+|uhrzeit|hora|tid|tijd|ora|orario|saat|godzina|klokkeslett", re.IGNORECASE
)


@dataclass(frozen=True)
class File:
    """What a file of stripped text shows of its own habits, asked for by a column in doubt; and somebody's choices.

    `title` stands above the table; a `piece` of a file that is read in pieces does not show how its days go on.
    """

    text: pd.DataFrame
    delimiter: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    title: str = ""
    piece: bool = False
    now: datetime = field(default_factory=partial(datetime.now, UTC))

    def style(self, but: str) -> str | None:
        """How other columns than `but` write decimals."""
        some = [name for name in self._numeric if name != but]
        return numbers.style_of([self.text[name] for name in some])

    def order(self, but: str) -> str | None:
        """How other columns than `but` order days and months."""
        orders = {order for name, order in self._sure.items() if name != but}
        return orders.pop() if len(orders) == 1 else None

    @cached_property
    def usual(self) -> str | None:
        """How dates are always ordered where this file comes from, if its words say so."""
        return dates.DAY_FIRST if names.french(self.text) else None

    @cached_property
    def leaning(self) -> str:
        """How dates are mostly ordered there: month first with dollars and points, else day first."""
        money = {code for name in list(self.text)[:HINTS] for code in numbers.currencies(self.text[name])}
        european = self.delimiter == ";" or self.style("") == numbers.COMMA
        return dates.MONTH_FIRST if money == {"USD"} and not european else dates.DAY_FIRST

    @cached_property
    def _numeric(self) -> list[str]:
        heads = {name: self.text[name].dropna().head(50) for name in list(self.text)[:HINTS]}
        return [
            name for name, head in heads.items() if len(head) and head.str.contains(r"^\W*[\d.,]", regex=True).all()
        ]

    @cached_property
    def _sure(self) -> dict[str, str]:
        found = {}
        for name in list(self.text)[:HINTS]:
            head = self.text[name].dropna().head(dates.LOOKED_AT)
            if len(head) and head.head(20).str.contains(r"\d[/-]\d", regex=True).all() and (order := dates.sure(head)):
                found[name] = order
        return found


def convert(
    file: File, source: str, kind: str, findings: list[Finding], readings: list[Reading]
) -> tuple[pd.Series, pd.Series, str]:
    """The values of a column of a pandas `kind`, which of its cells could not be read, and why not."""
    text = file.text[source]
    if "bool" in kind:
        values = _truth(text)
        return values, values.isna() & text.notna(), N_("neither yes nor no")
    if "float" in kind or "int" in kind:
        return _number(file, source, findings, readings)
    if "datetime" in kind:
        return _date(file, source, findings, readings)
    return codes(text, file.choices.get(f"{CODES}:{source}")), pd.Series(False, text.index), ""


def codes(text: pd.Series, habit: str | None = None) -> pd.Series:
    """Codes as text; 17850.0 is 17850 where all of a column were made so on their way through a program.

    `habit` says whether they were (`PLAIN` or `POINTED`) where the whole column is not here to tell.
    """
    some = text.dropna()
    if habit:
        return text.str.replace(r"^(-?\d+)\.0$", r"\1", regex=True) if habit == POINTED else text
    if len(some) and some.head(50).str.endswith(".0").all() and some.str.fullmatch(r"-?\d+\.0").all():
        return text.str.removesuffix(".0")
    return text


def _truth(text: pd.Series) -> pd.Series:
    return text.str.casefold().map(dict.fromkeys(YES, True) | dict.fromkeys(NO, False)).astype(object)


def _number(
    file: File, source: str, findings: list[Finding], readings: list[Reading]
) -> tuple[pd.Series, pd.Series, str]:
    text, key = file.text[source], f"numbers:{source}"
    chosen = file.choices.get(key)
    found = numbers.read(text, chosen, lambda: file.style(source), file.delimiter == ",")
    if found.written:
        message = N_("Column “{column}”: {rows} numbers were written with commas, blanks or signs.")
        findings.append(Finding(message, found.written, {"column": source}))
    if found.doubtful and found.style:
        said = {"column": source, "example": found.example, "number": _one(text, found)}
        message = N_("“{column}”: “{example}” is {number}.")
        readings.append(Reading(key, message, found.style, numbers.STYLES, said, found.even))
    absent = text.str.casefold().isin(numbers.MISSING)
    if absent.any():
        message = N_("Column “{column}”: {rows} cells say that there is no number, and are empty now.")
        findings.append(Finding(message, int(absent.sum()), {"column": source}))
    return found.values, found.values.isna() & text.notna() & ~absent, N_("not a number")


def _one(text: pd.Series, found: numbers.Numbers) -> str:
    place = text.eq(found.example).to_numpy(bool).argmax()
    return f"{found.values.iloc[place]:.10g}"


def _date(
    file: File, source: str, findings: list[Finding], readings: list[Reading]
) -> tuple[pd.Series, pd.Series, str]:
    text = file.text[source]
    found, shown = moments(file, source)
    values = found.values
    if clock := clock_beside(file.text, source):
        values, shown = values + dates.clock(file.text[clock]).fillna(pd.Timedelta(0)), f"{shown} + {clock}"
        findings.append(Finding(N_("“{column}” is the time of day of “{day}”."), 0, {"column": clock, "day": source}))
    if values.notna().any():
        first, last = values.min().date(), values.max().date()
        said = {"column": shown, "first": str(first), "last": str(last), "noted": found.noted}
        if found.order != dates.ISO:
            message = {
                dates.DAY_FIRST: N_("Column “{column}”: dates were read as day first."),
                dates.MONTH_FIRST: N_("Column “{column}”: dates were read as month first."),
                dates.YEAR_FIRST: N_("Column “{column}”: dates were read as year first."),
            }[found.order]
            findings.append(Finding(message, 0, {"column": shown}, severity="warning"))
        if found.order != dates.ISO or found.noted:
            message = N_("“{column}”: from {first} to {last}.")
            mixed = found.noted in (dates.AS_WRITTEN, dates.SWAPPED, *dates.BEGINS) or found.noted in found.others
            chosen = found.noted if mixed or found.order == dates.ISO else found.order
            options = found.others if mixed else (chosen, *found.others)
            readings.append(Reading(f"dates:{source}", message, chosen, options, said, found.even))
    # A day of another age makes a calendar of decades, and every page waits for it.
    away = pd.Series(quality.far(pd.DatetimeIndex(values)), text.index)
    reason = N_("years from all other dates: mistyped?") if away.any() else N_("not a date")
    return values, values.isna() & text.notna() | away, reason


def moments(file: File, source: str, head: int | None = None, numeric: bool = True) -> tuple[dates.Dates, str]:
    """A column as times, and what to call it: a month without a year gets that of the file's column of years.

    With `head` only the first cells are looked at; numbers are read as dates only where `numeric`.
    """
    text = file.text[source] if head is None else file.text[source].head(head)
    if year := year_beside(file.text, source):
        years = file.text[year].loc[text.index].str.extract(r"(\d{4})")[0]
        if letter := _period(text.dropna(), source):
            return dates.read(years + f"-{letter}" + text.str.extract(_NUMBER)[0]), f"{year} + {source}"
        day = next((name for name in file.text if names.bare(name) in DAYS and name != source), None)
        days = (
            file.text[day].loc[text.index] if day and file.text[day].str.fullmatch(r"\d{1,2}", na=False).all() else "1"
        )
        number = _months(text)
        whole = (
            years
            + "-"
            + number.astype("str").str.zfill(2)
            + "-"
            + pd.Series(days, text.index).astype("str").str.zfill(2)
        )
        return dates.read(whole), " + ".join([year, source, *([str(day)] if isinstance(days, pd.Series) else [])])
    chosen = file.choices.get(f"dates:{source}")
    datev = names.bare(source) == "belegdatum" and any(str(name).startswith(yearless.DATEV) for name in file.text)
    if not file.piece and (short := yearless.days(text, file.usual, datev)) is not None:
        return yearless.read(short, chosen, file.title, file.now), source
    found = dates.read(text, chosen, lambda: file.order(source), file.usual, numeric, lambda: file.leaning)
    if found.order == dates.MONTH_FIRST and not chosen and dates.DAY_FIRST in found.others:
        day, known = found.values.dt.normalize(), found.values.notna()
        timed = clock_beside(file.text, source) or bool((found.values != day)[known].any())
        if timed and bool(found.values.dt.day.eq(1)[known].all()):  # no shop opens on the first of months only
            found = dates.read(text, dates.DAY_FIRST)
    return found, source


def year_beside(text: pd.DataFrame, source: str) -> str | None:
    """The column of years that belongs to a column of months (1 to 12, or their names)."""
    head = text[source].dropna().head(500)
    months = names.bare(source) in MONTHS and _months(head).notna().all()
    if head.empty or not (months or _period(head, source)):
        return None
    for name in text:
        years = text[name].dropna().head(500)
        if names.bare(name) in YEARS and years.str.fullmatch(r"(?:19|20)\d\d(?:\.0)?").all():
            return name
    return None


def _period(text: pd.Series, source: str) -> str:
    """The letter of weeks or quarters that a column numbers within their years (5, W05, Q3); "" where it does not."""
    number = pd.to_numeric(text.str.extract(_NUMBER)[0], errors="coerce")
    some = (letter for letter, (last, called) in PERIODS.items()
            if names.bare(source) in called and number.between(1, last).all())  # fmt: skip
    return next(some, "")


def clock_beside(text: pd.DataFrame, source: str) -> str | None:
    """The column with the time of day of a column of days; of several the one called alike, none where none is."""
    if year_beside(text, source) or text[source].str.contains(r"\d ?:\d\d|\d[tT]\d", na=False).any():
        return None
    days = set(meaning.plain(source).split())
    rivals = {
        name: len(days & set(meaning.plain(name).split()))
        for name in text
        if name != source and CLOCK.fullmatch(names.bare(name)) and _timed(text[name])
    }
    best = [name for name, words in rivals.items() if words == max(rivals.values())]
    return best[0] if len(best) == 1 else None


def _timed(text: pd.Series) -> bool:
    head = text.dropna().head(dates.LOOKED_AT)
    return len(head) > 0 and bool(dates.clock(head).notna().all())


def _months(text: pd.Series) -> pd.Series:
    """The numbers of months, missing where a cell is none."""
    number = pd.to_numeric(text, errors="coerce")
    named = text.map(lambda cell: dates.MONTHS.get(meaning.plain(cell)), na_action="ignore")
    found = number.fillna(pd.to_numeric(named, errors="coerce"))
    return found.where(found.between(1, MONTH) & (found % 1 == 0)).astype("Int64")
