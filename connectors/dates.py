"""Dates as people write them: 03/01/19, 1/5/2024 1:05 PM, 5-janv.-24, 2024Q1, 45292, 2024-01-01 10:00:00 UTC.

A time is what the clock on the wall showed: zones and offsets are dropped. Where days and months could change places,
all of a column is read one way: the one that leaves no impossible day, else the one that makes its steps regular, else
that of the file's other dates. Where nothing tells, the column is `even`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from connectors.numbers import MISSING

ISO, DAY_FIRST, MONTH_FIRST, YEAR_FIRST = "ISO", "day first", "month first", "year first"
ORDERS = {DAY_FIRST: (2, 1, 0), MONTH_FIRST: (2, 0, 1), YEAR_FIRST: (0, 1, 2)}  # where year, month and day stand
SWAPPED, AS_WRITTEN = "days and months were swapped", "as they stand"
MIN_DATES = 3  # dates that can show a step
DENSE = 3.0  # times as far apart: a reading that spreads the same dates so wide is the wrong one
SORTED = 5  # dates whose order says something
MAX_TEXTS = 5_000  # different texts from which days and times of day are read apart
LOOKED_AT = 2_000  # different texts that decide the order
_NAMES = {
    1: "jan|janv|january|janvier|ene|gen|januar|januari|enero|gennaio|janeiro",
    2: "feb|fev|fevr|february|fevrier|februar|februari|febrero|febbraio|fevereiro",
    3: "mar|mars|march|mrz|marz|maerz|maart|mrt|marzo|marco", 4: "apr|avr|april|avril|abr|abril|aprile",
    5: "may|mai|mayo|mei|mag|maggio|maio", 6: "jun|june|juin|juni|junio|giu|giugno|junho",
    7: "jul|july|juil|juillet|juli|julio|lug|luglio|julho", 8: "aug|aou|aout|august|augustus|ago|agosto",
    9: "sep|sept|september|septembre|septiembre|set|settembre|setembro",
    10: "oct|october|octobre|okt|oktober|octubre|ott|ottobre|outubro",
    11: "nov|november|novembre|noviembre|novembro", 12: "dec|december|decembre|dez|dezember|dic|diciembre|"
    "dicembre|dezembro",
}  # fmt: skip
_ELSEWHERE = {  # the same where two of these languages do not mean two months: Babel's Slavic, Nordic, ... names
    1: "ian|ianuarie|januara|led|leden|ledna|oca|ocak|sij|sijecanj|sijecnja|sty|styczen|stycznia|tammi|"
    "tammikuu|tammikuuta|ιαν|ιανουαριοσ|ιανουαριου|січ|січень|січня|янв|январь|января|яну|януари",
    2: "febr|februara|februarie|helmi|helmikuu|helmikuuta|lut|lutego|luty|sub|subat|uno|unor|unora|velj|"
    "veljaca|veljace|φεβ|φεβρουαριοσ|φεβρουαριου|лют|лютии|лютого|фев|февр|февраль|февраля|февруари",
    3: "bre|brezen|brezna|maalis|maaliskuu|maaliskuuta|marc|marca|marcius|marec|maret|mart|martie|marts|"
    "marzec|ozu|ozujak|ozujka|μαρ|μαρτιοσ|μαρτιου|бер|березень|березня|мар|март|марта",
    4: "aprila|aprilie|aprilis|dub|duben|dubna|huhti|huhtikuu|huhtikuuta|kwi|kwiecien|kwietnia|nis|"
    "nisan|tra|travanj|travnja|απρ|απριλιοσ|απριλιου|апр|апрель|апреля|април|квіт|квітень|квітня",
    5: "kve|kveten|kvetna|maj|maja|majus|mayıs|svi|svibanj|svibnja|touko|toukokuu|toukokuuta|μαι|μαιοσ|"
    "μαιου|маи|мая|трав|травень|травня",
    6: "cerven|cervna|cvn|cze|czerwca|czerwiec|haz|haziran|iun|iunie|juna|junius|kesa|kesakuu|kesakuuta|"
    "lipanj|lipnja|ιουν|ιουνιοσ|ιουνιου|июн|июнь|июня|черв|червень|червня|юни",
    7: "cervence|cervenec|cvc|heina|heinakuu|heinakuuta|iul|iulie|jula|julius|lipca|lipiec|srpanj|"
    "srpnja|tem|temmuz|ιουλ|ιουλιοσ|ιουλιου|июл|июль|июля|лип|липень|липня|юли",
    8: "agu|agustos|agustus|augusta|augusti|augusztus|elo|elokuu|elokuuta|kol|kolovoz|kolovoza|sie|"
    "sierpien|sierpnia|srpen|srpna|αυγ|αυγουστοσ|αυγουστου|авг|август|августа|серп|серпень|серпня",
    9: "eyl|eylul|ruj|rujan|rujna|septembra|septembrie|syys|syyskuu|syyskuuta|szept|szeptember|wrz|"
    "wrzesien|wrzesnia|zar|zari|σεπ|σεπτεμβριοσ|σεπτεμβριου|вер|вересень|вересня|сент|сентябрь|"
    "сентября|сеп|септември",
    10: "eki|ekim|loka|lokakuu|lokakuuta|octombrie|oktobra|paz|pazdziernik|pazdziernika|rij|rijen|rijna|"
    "οκτ|οκτωβριοσ|οκτωβριου|жовт|жовтень|жовтня|окт|октомври|октябрь|октября",
    11: "kas|kasım|listopadu|marras|marraskuu|marraskuuta|noiembrie|novembra|stu|studeni|studenoga|νοε|"
    "νοεμβριοσ|νοεμβριου|лист|листопад|листопада|ное|ноември|нояб|ноябрь|ноября",
    12: "ara|aralık|decembra|decembrie|des|desember|gru|grudnia|grudzien|joulu|joulukuu|joulukuuta|pro|"
    "prosinac|prosinca|prosince|prosinec|δεκ|δεκεμβριοσ|δεκεμβριου|груд|грудень|грудня|дек|декабрь|"
    "декабря|декември",
}  # fmt: skip
MONTHS = {name: month for known in (_NAMES, _ELSEWHERE) for month, names in known.items() for name in names.split("|")}
_WEEKDAYS = re.compile(
    r"^(?:mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun)(?:day|nesday|rsday|sday|urday)?[.,]?\s+|"
    r"^(?:lun|mer|jeu|ven|sam|dim)(?:\.|di|credi|dredi|edi|anche)?[.,]?\s+(?=\d)|"
    r"^mar(?:di)?[.,]*\s+(?=\d{1,2}(?:er)?(?:[/.-]\d|\s+[a-z]))"  # a month where no other one follows
)
_CHARACTERS = re.compile(r"(\d{4}) ?[年년] ?(\d{1,2}) ?[月월](?: ?(\d{1,2}) ?[日일])?")
NAME = "(" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")\.?"
_TIME = (
    r"(?:[t ,]+(?:at |a )?(\d{1,2})(?:[:h.](\d{2}))?(?::(\d{2})(?:[.,]\d+)?)?\s*([ap])?\.?m?\.?"
    r"\s*(?:z|utc|gmt|[a-z]{3,4}|(?:utc|gmt)?[+-]\d{2}:?\d{2})?)?"
)
# How dates are written: pattern, and which group is the year, the month, the day; 0 is none, None as the order says.
_FORMS: tuple[tuple[str, tuple[int, int, int] | None], ...] = (
    (rf"(\d{{4}})(?:[-/.] ?| )(\d{{1,2}})(?:[-/.] ?| )(\d{{1,2}})\.?{_TIME}", (1, 2, 3)),
    (rf"(\d{{1,2}})(?: ?[-/.] ?| )(\d{{1,2}})(?: ?[-/.] ?| )(\d{{4}}|\d{{2}}){_TIME}", None),
    (rf"(\d{{1,2}})(?:st|nd|rd|th|er)?[-/. ]*(?:of |de )?{NAME}[-/. ,]*(?:de )?'?(\d{{4}}|\d{{2}}){_TIME}", (3, 2, 1)),
    (rf"{NAME}[-/. ]*(\d{{1,2}})(?:st|nd|rd|th)?[-/. ,]+(\d{{4}}){_TIME}", (3, 1, 2)),
    (rf"{NAME}[-/. ](\d{{1,2}})[-/.](\d{{2}}){_TIME}", (3, 1, 2)),
    (rf"(\d{{4}})[-/. ]*{NAME}[-/. ]*(\d{{1,2}}){_TIME}", (1, 2, 3)),
    (rf"{NAME}[-/. ,']*(\d{{4}}|\d{{2}})", (2, 1, 0)),
    (rf"(\d{{4}})[-/. ]*{NAME}", (1, 2, 0)),
    (r"(\d{4})[-/. m]+(\d{1,2})", (1, 2, 0)),
    (r"(\d{1,2})[-/. ](\d{4})", (2, 1, 0)),
)
_QUARTER = r"(?:(\d{4})[-/. ]*[qt](\d)|[qt](\d)[-/. ]*'?(\d{4}|\d{2}))"
_HALF = r"(?:(\d{4})[-/. ]*[hs]y?([12])|[hs]y?([12])[-/. ]*'?(\d{4}))"
_W = r"(?:w|wk|kw|week|woche|sem(?:aine)?|semana|settimana|tydzien|uke|vecka)"
_WEEK = rf"(?:(\d{{4}})[-/. ]*{_W}[ .]*(\d{{1,2}})|{_W}[ .]*(\d{{1,2}})[-/. ,]+(\d{{4}}))"
_MONTHLY = r"(?:0[1-9]|1[0-2])\.(?:19|20)\d\d"  # 01.2024: a number otherwise
_RANGE = re.compile(r"(.{6,}\d) (?:[-–—]|to|until|au|bis|al?|tot) (.{6,}\d)")
BUDDHIST, SINCE_BUDDHA = (2400, 2700), 543  # years as Thailand counts them
# Years that are not the calendar's (FY24/25, 2024-25): when they begin, which nothing in them says.
BEGINS = {"begins in January": 1, "begins in April": 4, "begins in July": 7, "begins in October": 10}
_FISCAL = (
    r"(?:fy|exercice|ex|saison|season|ay|sy|financial year|fiscal year)?[ .]*'?(?:(\d\d)?(\d\d))[-/–](?:\d\d)?(\d\d)"
)


@dataclass(frozen=True)
class Dates:
    """What a column of text is as times.

    `values` (datetime64[us]) are missing where a cell is none. `order` says how days and months stand, ISO where they
    cannot be mistaken; `others` are orders that read every cell too, to other days; `even` says that nothing told.
    `noted` names another way of writing that was understood: serial numbers, years of two digits, months, ...
    """

    values: pd.Series
    order: str = ISO
    others: tuple[str, ...] = ()
    even: bool = False
    noted: str = ""


def read(
    text: pd.Series,
    chosen: str | None = None,
    file: Callable[[], str | None] = lambda: None,
    usual: str | None = None,
    numbers: bool = False,
    leaning: Callable[[], str] = lambda: DAY_FIRST,
) -> Dates:
    """The times in a column of stripped text. `chosen` is the order that somebody asked for.

    `file()` is the order of the file's other dates, asked for in doubt only; `usual` that of its language, believed
    last, and `leaning()` the one that is taken where nothing tells. With `numbers` also numbers that may be
    dates are read: serial numbers of spreadsheets, seconds since 1970.
    """
    codes, words = _distinct(text)
    spans = words.head(LOOKED_AT).str.extract(_RANGE)
    if len(words) and spans.notna().all(axis=None):  # 01/01/2024 - 07/01/2024
        first, last = (
            read(words.str.extract(_RANGE)[side], chosen, file, usual, numbers, leaning).values for side in (0, 1)
        )
        starts = np.append(first.where(first <= last).to_numpy("datetime64[us]"), np.datetime64("NaT", "us"))
        return Dates(pd.Series(starts[codes], text.index), noted="the first day of each span")
    if len(words) < MAX_TEXTS or _iso(words).notna().all():
        values, order, others, even, noted = _different(words, codes, chosen, file, (usual, leaning), numbers)
        taken = values.to_numpy(dtype="datetime64[us]")
    else:  # days are far fewer than moments
        parted = words.str.partition(" ")
        day_codes, days = _distinct(parted[0])
        clock_codes, clocks = _distinct(parted[2])
        values, order, others, even, noted = _different(days, day_codes[codes], chosen, file, (usual, leaning), numbers)
        shown = _clock((" " + clocks.str.casefold()).str.extract(f"^{_TIME}$")).where(clocks.ne(""), 0.0)
        seconds = pd.to_timedelta(shown, unit="s").to_numpy("timedelta64[us]")
        taken = values.to_numpy("datetime64[us]")[day_codes] + seconds[clock_codes]
    whole = np.append(taken, np.datetime64("NaT", "us"))[codes]
    return Dates(pd.Series(whole, text.index), order, others, even, noted)


def _distinct(text: pd.Series) -> tuple[np.ndarray, pd.Series]:
    """The place of each text among the different ones, -1 of none, and those."""
    codes, different = pd.factorize(text)
    return codes, pd.Series(different, dtype="str")


def dated(text: pd.Series) -> bool:
    """Whether most of some cells look like dates that are no plain numbers."""
    head = text.dropna().str.strip().head(50)
    if head.empty or not head.str.contains(r"\d", regex=True).all() or head.str.fullmatch(r"[+-]?[\d.,]+").all():
        return head.str.fullmatch(rf"\d\d?\.\d\d?\.\d{{2,4}}|(?:19|20)\d{{6}}|{_MONTHLY}").all() if len(head) else False
    usual = None, lambda: DAY_FIRST
    found = _different(head.drop_duplicates(), np.arange(0), None, lambda: None, usual, False)[0]
    return bool(found.notna().mean() > 0.8)


def clock(text: pd.Series) -> pd.Series:
    """Times of day (13:05, 1:05 PM, 13h05) as what has passed since midnight, missing where a cell is none."""
    plain = text.str.casefold().str.replace(r"^1899-12-3[01][ t]|^1900-01-0[01][ t]", "", regex=True)
    plain = plain.str.replace(r"^(\d{1,2}) ?h$", r"\1:00", regex=True)
    timed = plain.where(plain.str.contains(r"^\d{1,2}(?:[:h]\d{2}| ?[ap]\.?m)", regex=True, na=False))
    found = (" " + timed).str.extract(f"^{_TIME}$")
    return pd.to_timedelta(_clock(found).where(found[0].notna()), unit="s")


def sure(text: pd.Series) -> str | None:
    """The order of a column whose cells can be read in one order of days and months only; else None."""
    words = pd.Series(text.dropna().str.strip().unique(), dtype="str").head(LOOKED_AT)
    parts = _parts(words.str.casefold())[1]
    found = {order: _made(parts, order) for order in (DAY_FIRST, MONTH_FIRST)}
    reads = [order for order, values in found.items() if len(values) and values.notna().mean() > 0.99]
    return reads[0] if len(reads) == 1 else None


def _different(
    words: pd.Series,
    codes: np.ndarray,
    chosen: str | None,
    file: Callable[[], str | None],
    usual: tuple[str | None, Callable[[], str]],
    numbers: bool,
) -> tuple[pd.Series, str, tuple[str, ...], bool, str]:
    """Each different text as a time, and how they were read (see `Dates`)."""
    values = pd.Series(pd.NaT, words.index, dtype="datetime64[us]")
    if (whole := _iso(words)).notna().all():
        return whole, ISO, (), False, ""
    plain = words.str.casefold()
    if (began := _fiscal(plain)).any():
        begins = chosen if chosen in BEGINS else next(iter(BEGINS))
        months = (began - 1970) * 12 + BEGINS[begins] - 1
        return months.astype("datetime64[M]").astype("datetime64[us]"), ISO, tuple(BEGINS), chosen != begins, begins
    digits = plain.str.fullmatch(r"\d+(?:\.\d+)?")
    if digits.any() and plain.str.fullmatch(_MONTHLY).all():
        digits = digits & False
    noted = ""
    if digits.any():
        read_numbers, noted = _numbers(plain[digits], numbers)
        values = values.fillna(read_numbers)
    values = values.fillna(whole[~digits])
    left = plain[values.isna() & ~digits & ~plain.isin(MISSING)]
    if left.empty:
        return values, ISO, (), False, noted
    named, parts = _parts(letters(left))
    values = values.fillna(named)
    if parts.empty:
        return values, ISO, (), False, noted
    short = bool(parts["c"].str.len().eq(2).all())
    readings = {order: _made(parts, order) for order in ORDERS if order != YEAR_FIRST or short}
    most = max(int(found.notna().sum()) for found in readings.values())
    able = {order: found for order, found in readings.items() if found.notna().sum() == most}
    first, third = parts["a"].nunique(), parts["c"].nunique()
    if YEAR_FIRST in able and len(able) > 1 and first != third:  # years differ less than days
        able = {order: found for order, found in able.items() if (order == YEAR_FIRST) == (first < third)}
    order, even = next(iter(able)), False
    if chosen in readings:
        order, able = chosen, {chosen: readings[chosen]} | able
    elif len(able) > 1 and not _alike(able):
        order, even = _order(able, parts, codes, words, file, usual)
    others = tuple(one for one, found in able.items() if one != order and not found.equals(readings[order]))
    if short:
        noted = noted or "short years"
    elif parts["c"].str.fullmatch("2[4-6].*").all():
        noted = "Buddhist years"
    iso = values.notna() & ~digits
    if not others and iso.any() and order in (DAY_FIRST, MONTH_FIRST) and _mended(parts, order, values[iso]):
        noted, even = chosen if chosen == AS_WRITTEN else SWAPPED, chosen not in (AS_WRITTEN, SWAPPED)
        if noted == SWAPPED:
            values = values.mask(iso & (values.dt.day <= 12), _swapped(values))
        others = (AS_WRITTEN, SWAPPED)
    return values.fillna(readings[order]), order, others, even, noted


def _fiscal(plain: pd.Series) -> pd.Series:
    """The calendar year in which each year of two calendar years begins, 0 where cells are something else."""
    if plain.empty or not re.search(f"^{_FISCAL}$", plain.iloc[0]):
        return pd.Series(0, plain.index)
    found = plain.str.extract(f"^{_FISCAL}$")
    first, last = (pd.to_numeric(found[place], errors="coerce") for place in (1, 2))
    if not ((first + 1) % 100).eq(last).all() or (plain.nunique() < 2 and (last <= 12).all()):
        return pd.Series(0, plain.index)
    return (100 * pd.to_numeric(found[0]).fillna(20) + first).astype(int)


def letters(plain: pd.Series) -> pd.Series:
    """Without accents and days of the week, in single blanks."""
    plain = plain.str.replace(_CHARACTERS, lambda found: "-".join(one for one in found.groups() if one), regex=True)
    bare = plain.str.normalize("NFKD").str.replace(r"[\u0300-\u036f]", "", regex=True)
    return bare.str.replace(_WEEKDAYS, "", regex=True).str.replace(r"\s+", " ", regex=True).str.strip()


def _iso(plain: pd.Series) -> pd.Series:
    begun = plain.str.match(r"(?:1\d|2[0-3]|9\d)\d\d-\d\d")
    if not begun.any():
        return pd.Series(pd.NaT, plain.index, dtype="datetime64[us]")
    clock = plain.where(begun).str.replace(r"[ ]?(?:[zZ]|[uU][tT][cC]|[gG][mM][tT])$", "", regex=True)
    apart = clock.str.contains(r":\d\d(?:\.\d+)? ?[+-]\d\d:?(?:\d\d)?$", regex=True).fillna(False).astype(bool)
    if apart.any():
        clock = clock.mask(apart, clock[apart].str.replace(r" ?[+-]\d\d:?(?:\d\d)?$", "", regex=True))
    return pd.to_datetime(clock, format="ISO8601", errors="coerce").astype("datetime64[us]")


def _numbers(plain: pd.Series, dates: bool) -> tuple[pd.Series, str]:
    """Numbers as times: 20240131, and if they must be `dates` 202401, 2024, serial numbers, seconds since 1970."""
    found, noted = pd.Series(pd.NaT, plain.index, dtype="datetime64[us]"), ""
    for length, form in ((8, "%Y%m%d"), (14, "%Y%m%d%H%M%S"), (12, "%Y%m%d%H%M")):
        some = plain[plain.str.fullmatch(rf"(?:19|20)\d{{{length - 2}}}")]
        if len(some):
            found = found.fillna(pd.to_datetime(some, format=form, errors="coerce").astype("datetime64[us]"))
    if dates and found.isna().any():
        rest = plain[found.isna()]
        number = pd.to_numeric(rest, errors="coerce")
        for kind, low, high, make in _COUNTED:
            if number.between(low, high).all():
                whole = kind not in ("years", "months") or (number % 1 == 0).all()
                if whole:
                    found, noted = found.fillna(make(number).astype("datetime64[us]")), kind
                break
    return found, noted


def _written(form: str) -> Callable[[pd.Series], pd.Series]:
    return lambda number: pd.to_datetime(number.astype(int).astype(str), format=form, errors="coerce")


def _serial(number: pd.Series) -> pd.Series:
    return pd.Timestamp("1899-12-30") + pd.to_timedelta((number * 86_400).round(), unit="s")


# Numbers that are dates: what they are, from and to where, and how they are read.
_COUNTED: tuple[tuple[str, float, float, Callable[[pd.Series], pd.Series]], ...] = (
    ("years", 1900, 2101, _written("%Y")),
    ("months", 190001, 210013, _written("%Y%m")),
    ("serial numbers", 20_000, 80_000, _serial),
    ("seconds since 1970", 3e8, 4e9, lambda number: pd.to_datetime(number, unit="s", errors="coerce")),
    ("milliseconds since 1970", 3e11, 4e12, lambda number: pd.to_datetime(number, unit="ms", errors="coerce")),
)


def _parts(plain: pd.Series) -> tuple[pd.Series, pd.DataFrame]:
    """Texts as times where they cannot be mistaken; of the others (01/02/2024) the three numbers and the time."""
    values = pd.Series(pd.NaT, plain.index, dtype="datetime64[us]")
    parts = pd.DataFrame(columns=["a", "b", "c", "time"])
    for pattern, places in _FORMS:
        rest = plain[values.isna() & ~plain.index.isin(parts.index)]
        if rest.empty:
            return values, parts
        if not any(map(re.compile(f"^{pattern}$").search, rest.to_list())):  # a hundredth of the time of an extraction
            continue
        found = rest.str.extract(f"^{pattern}$")
        found = found[found[0].notna()]
        if found.empty:
            continue
        groups = len(re.compile(pattern).groupindex) or re.compile(pattern).groups
        time = _clock(found.iloc[:, groups - 4 :]) if pattern.endswith(_TIME) else pd.Series(0.0, found.index)
        if places is None:
            parts = pd.DataFrame({"a": found[0], "b": found[1], "c": found[2], "time": time})
            continue
        year, month, day = (found[place - 1] if place else pd.Series("1", found.index) for place in places)
        values = values.fillna(_moments(year, month, day, time))
    rest = plain[values.isna() & ~plain.index.isin(parts.index)]
    if len(rest):
        half = rest.str.extract(f"^{_HALF}$")
        year, number = half[0].fillna(half[3]), pd.to_numeric(half[1].fillna(half[2]), errors="coerce")
        nothing = pd.Series(0.0, rest.index)
        values = values.fillna(_moments(year, 6 * number - 5, pd.Series(1, rest.index), nothing))
        quarter = rest.str.extract(f"^{_QUARTER}$")
        year, number = quarter[0].fillna(quarter[3]), pd.to_numeric(quarter[1].fillna(quarter[2]), errors="coerce")
        month = (3 * number - 2).where(number.between(1, 4))
        values = values.fillna(_moments(year, month, pd.Series(1, rest.index), nothing))
        week = rest.str.extract(f"^{_WEEK}$")
        year, week = week[0].fillna(week[3]).dropna(), week[1].fillna(week[2])
        if len(year):
            monday = pd.to_datetime(
                year + "-" + week[year.index].str.zfill(2) + "-1", format="%G-%V-%u", errors="coerce"
            )
            values = values.fillna(monday.astype("datetime64[us]"))
    return values, parts


def _clock(found: pd.DataFrame) -> pd.Series:
    """Seconds since midnight, missing where the clock shows no such time; 12 PM is noon."""
    hour, minute, second = (pd.to_numeric(found.iloc[:, place], errors="coerce").fillna(0) for place in range(3))
    half = found.iloc[:, 3]
    midnight = (hour == 24) & (minute == 0) & (second == 0)  # the end of a day, as ISO 8601 once wrote it
    fits = (minute < 60) & (second < 60) & ((hour < 24) | midnight) & (half.isna() | hour.between(1, 12))
    hour = (hour % 12).where(half.notna(), hour) + 12 * half.eq("p")
    return (3_600 * hour + 60 * minute + second).where(fits)


def _moments(year: pd.Series, month: pd.Series, day: pd.Series, time: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(year, errors="coerce")
    numbers = numbers.where(year.astype("str").str.len() > 2, numbers + np.where(numbers < 69, 2000, 1900))
    numbers = numbers.mask(numbers.between(*BUDDHIST), numbers - SINCE_BUDDHA)
    months = pd.to_numeric(month.map(lambda name: MONTHS.get(name, name), na_action="ignore"), errors="coerce")
    made = pd.DataFrame({"year": numbers, "month": months, "day": pd.to_numeric(day, errors="coerce")}).dropna()
    days = pd.to_datetime(made.astype(int), errors="coerce").astype("datetime64[us]").reindex(year.index)
    return (days + pd.to_timedelta(time, unit="s")).astype("datetime64[us]")


def _made(parts: pd.DataFrame, order: str) -> pd.Series:
    year, month, day = (parts[("a", "b", "c")[place]] for place in ORDERS[order])
    if order == YEAR_FIRST:
        year = year.str.zfill(2)
    return _moments(year, month, day, parts["time"])


def _alike(able: dict[str, pd.Series]) -> bool:
    first, *rest = able.values()
    return all(first.equals(other) for other in rest)


def _mended(parts: pd.DataFrame, order: str, iso: pd.Series) -> bool:
    """Whether a spreadsheet seems to have read the dates it could, with days and months swapped, and left the rest:
    none of those left could be read the other way round, and all of those read could."""
    day = pd.to_numeric(parts["a" if order == DAY_FIRST else "b"], errors="coerce")
    return bool((day > 12).all() and (iso.dt.day <= 12).all() and len(parts) >= MIN_DATES and len(iso) >= MIN_DATES)


def _swapped(values: pd.Series) -> pd.Series:
    swapped = pd.DataFrame({"year": values.dt.year, "month": values.dt.day, "day": values.dt.month}).dropna()
    days = pd.to_datetime(swapped.astype(int), errors="coerce").astype("datetime64[us]").reindex(values.index)
    return days + (values - values.dt.normalize())


def _order(
    able: dict[str, pd.Series],
    parts: pd.DataFrame,
    codes: np.ndarray,
    words: pd.Series,
    file: Callable[[], str | None],
    usual: tuple[str | None, Callable[[], str]],
) -> tuple[str, bool]:
    """Which of some orders that read every cell is meant, and whether that is a guess."""
    if DAY_FIRST in able and words[parts.index].str.match(r"\d+\.\d+\.").all():
        return DAY_FIRST, False
    if (elsewhere := file()) in able:
        return str(elsewhere), False
    for judge in (_periods, _risen(codes), _steps, _spread):
        scores = {order: judge(found) for order, found in able.items()}
        best = max(scores.values())
        chosen = [order for order, score in scores.items() if score == best]
        if best > 0 and len(chosen) == 1:
            return chosen[0], False
    sure, leaning = usual
    if sure in able:
        return str(sure), False
    if MONTH_FIRST in able and words[parts.index].str.contains(r"[ap]\.?m\.?$", case=False).any():
        return MONTH_FIRST, True
    return next(order for order in (leaning(), *able) if order in able), True


def _days(found: pd.Series) -> np.ndarray:
    return np.unique(found.dropna().to_numpy("datetime64[D]"))


def _periods(found: pd.Series) -> float:
    """1 where the dates are the first, or the last, days of months or years on end, and no time of a day."""
    if (found.dropna() != found.dropna().dt.normalize()).any():
        return 0
    days = pd.DatetimeIndex(_days(found))
    if len(days) < MIN_DATES or not (days.is_month_start.all() or days.is_month_end.all()):
        return 0
    gaps = np.diff(days.year * 12 + days.month)
    return float(np.median(gaps) in (1, 2, 3, 6, 12) and (gaps == np.median(gaps)).mean() > 0.8)


def _risen(codes: np.ndarray) -> Callable[[pd.Series], float]:
    """1 where the rows stand in the order of their dates, up or down."""

    def judge(found: pd.Series) -> float:
        times = found.reindex(range(int(codes.max()) + 1 if len(codes) else 0)).to_numpy("datetime64[D]")
        rows = times[codes[codes >= 0]] if len(codes) else times
        steps = np.diff(rows[~np.isnat(rows)]).astype(int)
        steps = steps[steps != 0]
        return float(len(steps) >= SORTED - 1 and (np.all(steps > 0) or np.all(steps < 0)))

    return judge


def _steps(found: pd.Series) -> float:
    """1 where the dates are equally far apart, by days or by weeks."""
    gaps = np.diff(_days(found)).astype(int)
    return float(len(gaps) >= MIN_DATES and len(set(gaps)) == 1 and (gaps[0] <= 7 or gaps[0] % 7 == 0))


def _spread(found: pd.Series) -> float:
    """How close together the dates are, in powers of `DENSE`; 0 of few."""
    days = _days(found)
    if len(days) <= MIN_DATES:
        return 0
    span = int((days[-1] - days[0]).astype(int)) + 1
    return 1 + np.floor(np.log(len(days) / span * 1_000) / np.log(DENSE))
