"""Tables with a column a day, week, month or item, as planning sheets are, turned into long ones: a row each."""

import re
from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from connectors import dates, names, numbers, outlines, statuses, totals, vocabulary
from data import meaning, schemas
from data.dataset import Finding, Reading
from locales import N_

WIDE, TURNED, AS_IT_STANDS = "wide", "a row each", "as they stand"  # key of the reading; its choices
MIN_COLUMNS = 3  # columns that are periods, or items
ROWS = 10_000_000  # of the long table
COLUMNS = 500  # with times and measures in their names
SUMMED = 100  # columns of which one may be the sum of the others
VALUE = "value"  # the column of a long table that may be units or money
_PREFIX = re.compile(
    r"^(?:x|sales|units?|qty|quantity|ventes|ca|montant|revenue|week of|semaine du)?[ _.:-]*", re.IGNORECASE
)
SUMS = re.compile(
    r"(?:grand|sub|sous|stock)?total(?:e|s|aux)?\w*|ytd|sum|somme|average|avg|mean|moyenne|min|max|cumul\w*|"
    r"(?:ins)?gesamt\w*|summe|suma|somma|totaal"
)
M5 = ["id", "item_id", "dept_id", "cat_id", "store_id", "state_id"]  # the M5 competition: its day d_1
M5_BEGIN = date(2011, 1, 29)


def turned(
    frame: pd.DataFrame, layout: Mapping[str, str], title: str = ""
) -> tuple[pd.DataFrame, list[Finding], list[Reading]]:
    """The long table of a wide one: what its rows are about, `date` (or `product`) and what stood in the cells.

    Of columns that are the days of a month, 1 to 31, the `title` above the table says which month it is. Any other
    table comes back as it is. What is not filled is no row. Sums beside the periods are left out.
    """
    if parts := _months(frame):
        kind, chosen = (
            N_("{count} columns are the months of “{year}”: a row is made of each."),
            layout.get(WIDE, TURNED),
        )
        said = {"count": str(len(parts[1])), "year": parts[0]}
        reading = Reading(WIDE, kind, chosen, (TURNED, AS_IT_STANDS), said)
        return frame if chosen == AS_IT_STANDS else _by_month(frame, *parts), [], [reading]
    findings: list[Finding] = []
    frame = outlines.columns(frame, findings)
    periods, known = _m5(frame), "units_sold"
    if periods is None:
        periods, known = _days(frame, title) or _periods(frame), ""
    if periods is None and (several := _measures(frame)):
        return _parted(frame, several, layout)
    if periods is None and (slots := _slots(frame)):
        return _by_slot(frame, slots, layout)
    items = [] if periods is not None else _items(frame)
    if periods is None and not items:
        return frame, findings, []
    across = list(periods) if periods is not None else items
    chosen = layout.get(WIDE, TURNED)
    kind = N_("{count} columns are times, from “{start}” to “{end}”: a row is made of each cell.")
    if items:
        kind = N_("{count} columns seem to be items, from “{start}” to “{end}”: a row is made of each cell.")
    said = {"count": str(len(across)), "start": str(across[0]), "end": str(across[-1])}
    reading = Reading(WIDE, kind, chosen, (TURNED, AS_IT_STANDS), said, bool(items) and WIDE not in layout)
    if chosen == AS_IT_STANDS or len(frame) * len(across) > ROWS:
        return frame, findings, [Reading(WIDE, kind, AS_IT_STANDS, (TURNED, AS_IT_STANDS), said)]
    rest = [name for name in frame if name not in across]
    sums = adding_up(frame, [*across, *rest])
    if sums:
        message = N_("{rows} columns that add up others are left out.")
        findings.append(Finding(message, len(sums), examples=tuple(sums[:3])))
    ids = [name for name in rest if name not in sums]
    labels = [periods[name].isoformat() for name in across] if periods is not None else across
    long = frame[ids].loc[frame.index.repeat(len(across))].reset_index(drop=True)
    taken = "date" if periods is not None else "product"
    long[taken] = pd.Series(np.tile(np.array(labels, object), len(frame)), dtype="str")
    cells = pd.Series(frame[across].to_numpy(dtype=object).ravel(), dtype="str")
    long[known or (VALUE if VALUE not in long else f"{VALUE} (2)")] = cells
    there = cells.notna() & ~cells.str.strip().eq("").fillna(True)
    return long[there.to_numpy(bool)].reset_index(drop=True), findings, [reading]


def whole_month(texts: list[str]) -> bool:
    """Whether texts are the days of a month: 1, 2, 3 and so on up to 28 at least."""
    return 28 <= len(texts) <= 31 and [text.strip() for text in texts] == [str(day + 1) for day in range(len(texts))]


def _days(frame: pd.DataFrame, title: str) -> dict[str, date] | None:
    """The columns that are the days of the one month that a title names; those it does not have must be empty."""
    named = [name for name in frame if re.fullmatch(r"\d{1,2}", str(name).strip())]
    if not whole_month(named):
        return None
    words = dates.letters(pd.Series([title], dtype="str").str.casefold()).iloc[0]
    said = re.findall(rf"\b{dates.NAME} (\d{{4}})\b", words) or [
        (int(one), year) for one, year in re.findall(r"(?<![/.\d])(\d\d?)[/.-](\d{4})\b", words)
    ]
    found = {(int(year), dates.MONTHS.get(month, month)) for month, year in said}
    if len(found) != 1:
        return None
    first = pd.Timestamp(*found.pop(), 1)
    there = {name: (first + pd.Timedelta(days=int(name) - 1)).date() for name in named[: first.days_in_month]}
    beyond = frame[named[first.days_in_month :]].notna().any(axis=None)
    return there if not beyond and all(_numeric(frame[name]) or frame[name].isna().all() for name in there) else None


def _months(frame: pd.DataFrame) -> tuple[str, dict[str, str]] | None:
    """The column of years and the twelve columns of their months (as numbers), where a table is one of years by
    months."""
    words = dates.letters(pd.Series([str(name) for name in frame], dtype="str").str.casefold()).str.removesuffix(".")
    named = {name: f"{dates.MONTHS[word]:02d}" for name, word in zip(frame, words, strict=True) if word in dates.MONTHS}
    if not len(named) == len(set(named.values())) == 12:
        return None
    years = [
        name for name in frame if name not in named and frame[name].str.strip().str.fullmatch(r"(?:19|20)\d\d").all()
    ]
    return (years[0], named) if len(years) == 1 and all(_numeric(frame[name]) for name in named) else None


def _by_month(frame: pd.DataFrame, year: str, named: Mapping[str, str]) -> pd.DataFrame:
    """A row for each row and month that is filled, without the sums beside them."""
    sums = adding_up(frame, [name for name in frame if name != year])
    ids = [name for name in frame if name not in (year, *named, *sums)]
    months = [
        frame[ids].assign(date=frame[year].str.strip() + f"-{month}", **{VALUE: frame[source]})
        for source, month in named.items()
    ]
    long = pd.concat(months).sort_index(kind="stable")
    return long[long[VALUE].notna()].reset_index(drop=True)


def _measures(frame: pd.DataFrame) -> dict[str, tuple[date, str]]:
    """The columns that have a time and a measure in their names ("Jan 2024 Units", "Revenue 2024-01"), each of some
    measures at the same times; else {}."""
    several = [name for name in frame if re.search(r"\d", str(name)) and re.search(r"\w[ _]+\w", str(name))]
    named = [name for name in several if _numeric(frame[name])][:COLUMNS]
    cut: dict[tuple[str, str, str], None] = {}  # in order
    for name in named:
        words = str(name).replace("_", " ").split()
        for count in range(1, len(words)):
            for parts in ((words[:count], words[count:]), (words[-count:], words[:-count])):
                time, rest = map(" ".join, parts)
                if re.search(r"\d", time) and not re.search(r"\d", rest):
                    cut[name, time, rest] = None
        digits = [bool(re.search(r"\d", word)) for word in words]
        if digits[0] and digits[-1] and not all(digits):  # Q1_sales_2024
            time, rest = (" ".join(word for word, one in zip(words, digits, strict=True) if one == wanted)
                          for wanted in (True, False))  # fmt: skip
            cut[name, time, rest] = None
    read = dates.read(pd.Series([time for _name, time, _rest in cut], dtype="str"), numbers=True).values
    found = {name: (day.date(), rest) for (name, _time, rest), day in zip(cut, read, strict=True) if not pd.isna(day)}
    times: dict[str, list[date]] = {}
    for day, rest in found.values():
        times.setdefault(rest, []).append(day)
    first, *others = times.values() if times else [[]]
    inside = len(times) == 1 and len(first) >= MIN_COLUMNS and all(re.match(r"\D?\d.*\d$", str(one)) for one in named)
    alike = (others or inside) and all(sorted(set(one)) == sorted(first) and len(one) == len(first) for one in others)
    return found if alike and len(set(first)) == len(first) > 1 and len(found) == len(named) else {}


def _parted(
    frame: pd.DataFrame, several: Mapping[str, tuple[date, str]], layout: Mapping[str, str]
) -> tuple[pd.DataFrame, list[Finding], list[Reading]]:
    """A row for each row and time, with a column for each measure."""
    days = list(dict.fromkeys(day for day, _rest in several.values()))
    kind = N_("{count} columns are times, from “{start}” to “{end}”: a row is made of each time.")
    said = {"count": str(len(several)), "start": str(days[0]), "end": str(days[-1])}
    chosen = layout.get(WIDE, TURNED) if len(frame) * len(days) <= ROWS else AS_IT_STANDS
    reading = Reading(WIDE, kind, chosen, (TURNED, AS_IT_STANDS), said)
    if chosen == AS_IT_STANDS:
        return frame, [], [reading]
    rest = [name for name in frame if name not in several and not SUMS.match(names.bare(name))]
    parts = []
    for place, day in enumerate(days):
        part = {source: rest for source, (when, rest) in several.items() if when == day}
        wide = frame[[*rest, *part]].rename(columns=part).assign(date=day.isoformat(), place=place)
        parts.append(wide.reset_index(names="row"))
    long = pd.concat(parts).sort_values(["row", "place"]).drop(columns=["row", "place"]).reset_index(drop=True)
    there = long[list(dict.fromkeys(rest for _day, rest in several.values()))].notna().any(axis=1)
    return long[there].astype({"date": "str"}).reset_index(drop=True), [], [reading]


def _slots(frame: pd.DataFrame) -> dict[str, tuple[int, str]]:
    """The columns of numbered lines of an order beside each other ("Item 1", "Qty 1", "Item 2", ...), each with its
    number and its name without it; {} where there are none: two names at least have the same numbers from 1 on, and one
    of them is that of a product (else they are prices from so many units on)."""
    numbered = {name: re.fullmatch(r"(.*?[^\W\d])[ _#.-]*(\d{1,2})", str(name).strip()) for name in frame}
    found = {name: (int(one[2]), one[1]) for name, one in numbered.items() if one}
    places: dict[str, list[int]] = {}
    for number, stem in found.values():
        places.setdefault(stem, []).append(number)
    last = max((number for number, _stem in found.values()), default=0)
    whole = {stem for stem, one in places.items() if sorted(one) == list(range(1, last + 1))}
    if last < 2 or len(whole) < 2 or not names.by_name(whole, ("product",)):
        return {}
    return {name: one for name, one in found.items() if one[1] in whole}


def _by_slot(
    frame: pd.DataFrame, slots: Mapping[str, tuple[int, str]], layout: Mapping[str, str]
) -> tuple[pd.DataFrame, list[Finding], list[Reading]]:
    """A row for each line of an order that is filled."""
    kind = N_("{count} columns are lines beside each other, from “{start}” to “{end}”: a row is made of each line.")
    said = {"count": str(len(slots)), "start": next(iter(slots)), "end": list(slots)[-1]}
    last = max(number for number, _stem in slots.values())
    chosen = layout.get(WIDE, TURNED) if len(frame) * last <= ROWS else AS_IT_STANDS
    reading = Reading(WIDE, kind, chosen, (TURNED, AS_IT_STANDS), said)
    if chosen == AS_IT_STANDS:
        return frame, [], [reading]
    rest = [name for name in frame if name not in slots]
    parts = []
    for place in range(1, last + 1):
        part = {source: stem for source, (number, stem) in slots.items() if number == place}
        parts.append(frame[[*rest, *part]].rename(columns=part))
    long = pd.concat(parts).sort_index(kind="stable")
    filled = long[list(dict.fromkeys(stem for _number, stem in slots.values()))].apply(
        lambda one: one.str.strip().ne("")
    )
    there = (filled & long[filled.columns].notna()).any(axis=1)
    return long[there].reset_index(drop=True), [], [reading]


def header(cells: pd.Series) -> bool:
    """Whether cells are times in an order, as a header over periods is."""
    found = _times([str(cell) for cell in cells.dropna()])
    return found is not None and cells.notna().all()


def _m5(frame: pd.DataFrame) -> dict[str, date] | None:
    """The days of the M5 competition's files, which only number them."""
    days = [name for name in frame if re.fullmatch(r"d_\d+", str(name))]
    if list(frame)[: len(M5)] != M5 or len(days) != frame.shape[1] - len(M5):
        return None
    return {name: (pd.Timestamp(M5_BEGIN) + pd.Timedelta(days=int(name[2:]) - 1)).date() for name in days}


def _periods(frame: pd.DataFrame) -> dict[str, date] | None:
    """The columns named by times, all of them numbers, of a table about anything but customers' outcomes."""
    named = {name: _PREFIX.sub("", str(name)) for name in frame if re.search(r"\d", str(name))}
    found = _times(list(named.values()))
    if found is None:  # some other names have digits too
        timed = [_timed(one) for one in named.values()]
        read = dates.read(pd.Series(named, dtype="str")[timed], numbers=True).values if any(timed) else pd.Series()
        named = {name: named[name] for name in read.index[read.notna()]}
        found = _times(list(named.values()))
    if found is None or not all(_numeric(frame[name]) for name in named):
        return None
    rest = frame[[name for name in frame if name not in named]]
    attributes = names.by_name(rest, [name for name in schemas.columns("customers") if name != "customer_id"])
    if attributes or any(meaning.about_leaving(name) for name in rest) or any(dates.dated(rest[name]) for name in rest):
        return None
    return dict(zip(named, found, strict=True))


def _timed(text: str) -> bool:
    """Whether a name may be a time, by its digits."""
    return not re.fullmatch(r"\d{1,3}|\d{5}|\d{7,}|\D*", text) and (not _year(text) or 1900 <= int(text) <= 2100)


def _year(text: str) -> bool:
    return bool(re.fullmatch(r"\d{4}", text))


def _times(texts: list[str]) -> list[date] | None:
    """Texts as days, one after the other; None where they are not."""
    years = all(map(_year, texts))
    if len(texts) < MIN_COLUMNS or not all(map(_timed, texts)) or (any(map(_year, texts)) and not years):
        return None
    read = dates.read(pd.Series(texts, dtype="str"), numbers=True).values
    if read.isna().any():
        return None
    steps = read.diff().dropna().dt.days
    if not ((steps > 0).all() or (steps < 0).all()) or (years and not steps.abs().between(365, 366).all()):
        return None
    return list(read.dt.date)


def _items(frame: pd.DataFrame) -> list[str]:
    """The columns beside one of dates, where all are numbers and none is called like anything that is known."""
    first, *others = frame
    if len(others) < MIN_COLUMNS or frame[first].duplicated().any() or any(map(totals.taxes, others)):
        return []
    if not all(_numeric(frame[name]) for name in others) or not dates.dated(frame[first]) or statuses.happened(others):
        return []
    sums = adding_up(frame, others)
    items = [name for name in others if name not in sums]
    roles = [role for role in vocabulary.SALES if role not in ("product", "description")]
    words = [word for name in items for word in meaning.plain(name).split()]
    if any(tier for role in roles for tier in names.likely(items, role)) or any(map(OTHER.fullmatch, words)):
        return []
    unlike = any(re.fullmatch(r"column \d+", name) or meaning.about_leaving(name) for name in items)
    if len(items) < MIN_COLUMNS or unlike:
        return []
    return [] if any(dates.dated(frame[name]) for name in others) else items


# Words in the names of what is measured, not sold: weather, places, prices, shares, people, flags.
OTHER = re.compile(
    r"temp\w*|rain\w*|pluie|weather|meteo|humid\w*|wind|cpi|unemploy\w*|holidays?|ferie|open|promo\w*|rates?|taux|index|"
    r"scores?|lat\w{0,5}itude|lat|lon|lng|age|year|annee|month|mois|day|jour|weeks?|semaine|prices?|prix|costs?|couts?|"
    r"customers?|clients?|visit\w*|traffic|ids?|sales|ventes|revenue|units?|qty|total|amount|count|hour|heure|flag|is|"
    r"ratio|pct|percent|close|high|low|volume"
)


def adding_up(frame: pd.DataFrame, some: list[str]) -> list[str]:
    """The columns of numbers that add up others by their name, or all the other ones by what they hold."""
    columns = [name for name in some if _numeric(frame[name])]
    sums = [name for name in columns if SUMS.fullmatch(names.bare(name))]
    head = pd.DataFrame({name: numbers.read(frame[name].head(200).str.strip()).values for name in columns[-SUMMED:]})
    if not sums and MIN_COLUMNS < len(columns) <= SUMMED:
        whole = head.sum(axis=1)
        sums = [name for name in columns if (2 * head[name] - whole).abs().max() <= 1e-6 * whole.abs().max()]
    return sums


def _numeric(text: pd.Series) -> bool:
    some = text.dropna().head(200).str.strip()
    some = some[~some.str.casefold().isin(numbers.MISSING) & some.ne("")]
    if not some.iloc[:20].str.contains(r"[0-9–—-]", regex=True).any():  # a hundredth of the time of reading
        return False
    return bool(numbers.read(some).values.notna().mean() > 0.95)
