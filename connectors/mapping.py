"""From the columns of a file to the columns of a table: convert, check, and say of every cell what is wrong."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

import pandas as pd
import pandera.errors

from connectors import (
    blanks,
    cells,
    coded,
    costs,
    currencies,
    dates,
    extras,
    files,
    guessing,
    kinds,
    lines,
    looks,
    minus,
    money,
    names,
    outcomes,
    reductions,
    retail,
    scales,
    shape,
    statuses,
    telco,
    totals,
)  # fmt: skip
from connectors.cells import File
from connectors.files import InvalidFile, Raw
from connectors.guessing import guess
from connectors.names import needed
from data import meaning, schemas
from data.dataset import ASSUMED, Dataset, Finding, Origin, Reading
from locales import N_

__all__ = ["apply", "dataset", "guess", "lacking", "lenient", "needed", "recognise", "usable"]

PASSES = 5  # reports of refused rows after which a file is refused whole
DEFAULT = "EUR"  # the currency of a file that names none and of which nobody says it
UNFIT = 0.3  # share of the cells of a column that can be done without: more that cannot be used, and it is left out
# The columns that can be done without, cell by cell.
OPTIONAL = {
    "sales": {"promotion", "unit_cost", "category", "description", "store", "supplier", "invoice", "customer"},
    "customers": {
        name
        for name, column in schemas.SCHEMAS["customers"].to_schema().columns.items()
        if column.nullable and name != "churned"
    },
}


def lacking(table: str, mapping: Mapping[str, str]) -> list[str]:
    """The columns still to be chosen: those of `needed`; of sales also a total or a quantity, here called "amount"."""
    missing = [column for column in needed(table) if column not in mapping]
    measured = table != "sales" or {money.AMOUNT, money.QUANTITY, money.PRICE} & set(mapping)
    return missing if measured else [*missing, money.AMOUNT]


def apply(
    raw: Raw,
    table: str,
    mapping: dict[str, str],
    now: datetime,
    name: str,
    currency: str | None = None,
    outcome: dict[str, bool | None] | None = None,
    choices: Mapping[str, str] | None = None,
) -> Dataset:
    """The table made of the file's columns by `mapping` (canonical -> source).

    How numbers and dates are written is found in each column (`connectors.numbers`, `connectors.dates`); yes/no in
    English and French. `outcome` says what the values of the column that says who left mean (by default as
    `meaning.outcomes` guesses); an empty cell there is an outcome not known. `currency` is that of a file that has no
    column of currencies; by default the one its numbers carry. What could have been read otherwise is in `readings`;
    `choices` (`Reading.key` -> chosen) decides it, and those that are `open` must be decided before anything is kept.
    Raises `InvalidFile` with a report of the cells that cannot be used. Unmapped columns are kept, of
    sales those that say something (see `connectors.extras`).
    """
    choices = choices or {}
    text = guessing.stripped(raw.frame)
    findings = list(raw.findings)
    readings = [replace(one, open=one.open and one.key not in choices) for one in raw.readings]
    if table == "sales":
        text = lines.once(blanks.filled(text, mapping, choices, readings), mapping, choices, readings)
        mapping = coded.chosen(text, mapping, choices, readings)
        lacks = not {money.AMOUNT, money.PRICE, money.QUANTITY} <= set(mapping)
        some = guessing.free(text.head(files.HEAD), mapping)[: guessing.RIVALS] if lacks else []
        mapping = totals.summed(text, mapping, some, choices, readings)
        if money.QUANTITY not in mapping:
            mapping = lines.counted(text, mapping, some, choices, readings)
        mapping = lines.judged(text, mapping, choices, readings)
    if table == "customers" and "churned" in mapping:
        mapping = outcomes.one(text, mapping, choices, readings)
    if table == "sales" and lines.tracked(text, mapping):
        message = N_(
            "These are logins, visits or clicks, not sales: bring in what was sold, a row a line with its day and its "
            "money or units; to see who leaves, a row a customer with how often they came and who left."
        )
        raise InvalidFile(message)
    if missing := lacking(table, mapping):
        raise InvalidFile(N_("Choose a column for {columns}."), columns=", ".join(missing))
    if table == "sales":
        text = lines.measured(lines.dated(text, mapping, findings), mapping, findings)
        text = lines.parted(text, mapping, choices, readings)
    title = next((one.values.get("title", "") for one in raw.readings if one.key == shape.HEADER), "")
    file = File(text, raw.delimiter, choices, title, choices.get(lines.DOUBLES) == lines.COUNTED, now)
    converted, wrong, reasons, dropped = {}, dict[str, pd.Series](), dict[str, str](), list[str]()
    for canonical, source in mapping.items():
        if canonical == "churned":
            outcome = outcome or meaning.outcomes(text[source], source)
            converted[canonical] = outcomes.left(text[source], outcome, source, choices, findings, readings)
            continue
        values, bad, reason = _column(file, source, canonical, table, findings, readings, title, now)
        if canonical in schemas.required(table) and canonical != "currency":
            if canonical == "product":
                values = lines.unnamed(values, findings)
            if values.isna().any():
                follows = lines.follows(text, mapping, canonical, findings) if table == "sales" else False
                bad = bad | values.isna() & ~(lines.absent(text[source]) & follows)
            if text[source].isna().any():
                reason = N_("missing, or not a value that this column can have")
        elif (
            table == "customers"
            and canonical not in OPTIONAL[table]
            and canonical != "customer_id"
            and values.isna().any()
        ):
            dropped.append(canonical)  # a yes or no of some customers only: kept as a column of the file's own
            continue
        if bad.any() and canonical in OPTIONAL[table]:
            unfit = bad.sum() > UNFIT * text[source].notna().sum()
            findings.append(_emptied(text[source], bad, unfit))
            if unfit:
                dropped.append(canonical)
                continue
            values = values.mask(bad)
        elif bad.any():
            wrong[source], reasons[source] = bad, reason
        converted[canonical] = values
    files.refuse(text, wrong, reasons)
    given = mapping
    mapping = {canonical: source for canonical, source in mapping.items() if canonical not in dropped}
    lines.summed_up(readings, converted, mapping)
    frame, assumed = pd.DataFrame(converted, index=text.index), False
    if table == "customers":
        paid = charged(mapping, text)
        currency = currency or lines.signed(text, paid, choices, readings) or currencies.of(text, paid)
        frame, mapping = _customers(text, frame, mapping, findings)
    elif table == "sales":
        paid = [mapping[role] for role in (money.AMOUNT, money.PRICE) if role in mapping]
        frame = reductions.paid(text, frame, given, choices, readings)
        frame = lines.priced(lines.discounted(frame, mapping, choices, readings), choices, findings, readings)
        clock = cells.clock_beside(text, mapping["timestamp"])
        free = [one for one in text if one not in (*mapping.values(), clock, *reductions.used(readings))]
        frame = costs.told(text, minus.signs(text, frame, free, choices, readings), free, choices, readings)
        frame = statuses.applied(text, frame, free, choices, findings, readings)
        frame = minus.received(text, frame, choices, readings)
        frame = reductions.returned(text, frame, free, choices, readings)
        frame = reductions.refunded(text, frame, free, choices, readings)
        frame = lines.of_orders(frame, mapping, choices, readings)
        codes = currencies.marked(text, paid) if "currency" not in frame else None
        if codes is not None and (codes.nunique() > 1 or lines.CURRENCY in choices):
            frame = frame.join(codes.rename("currency"))
        assumed = "currency" not in frame and not currencies.either(text, paid) and not currencies.of(text, paid, title)
        own = currency or lines.signed(text, paid, choices, readings) or currencies.of(text, paid, title) or DEFAULT
        frame = lines.in_one_currency(frame, own, choices, findings, readings, now)
        frame = lines.derived(kinds.told(frame, choices, readings), name)
        currency = frame["currency"].iloc[0] if len(frame) else own  # of a piece all may be left out
        frame = frame.join(extras.dimensions(text.loc[frame.index, free], schemas.columns("sales"), findings, choices))
        frame = reductions.apart(frame)
    used = {*reductions.used(readings), *costs.used(readings)}
    for source in [one for one in guessing.unfit(text, table, mapping) if one not in used]:
        message = N_("“{column}” is not used for what its name says: it holds something else.")
        findings.append(Finding(message, 0, {"column": source}))
    for one in readings:
        if one.open:
            message = N_("A question is open: {matter}. Nothing is kept before somebody answers it.")
            findings.append(Finding(message, 0, {"matter": str(Question(one))}, severity="error"))
    told = {one.key: one.chosen for one in readings}
    if assumed and (currency or DEFAULT) == DEFAULT and frame["amount"].notna().any():  # another one was chosen
        told[ASSUMED] = DEFAULT
    return Dataset(
        table,  # type: ignore[arg-type]
        {table: _checked(table, frame, mapping)},
        Origin(
            "upload", name, None, None, now, raw.sha256, currency or DEFAULT, mapping, outcome, told, list(raw.frame)
        ),
        tuple(findings),
        readings=tuple(readings),
    )


class Question:
    """An open reading in English, for logs and lists."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading

    def __str__(self) -> str:
        said = self.reading.message.format(**self.reading.values)
        return f"{said} ({' / '.join(self.reading.options)})"


def _column(
    file: File,
    source: str,
    canonical: str,
    table: str,
    findings: list[Finding],
    readings: list[Reading],
    title: str,
    now: datetime,
) -> tuple[pd.Series, pd.Series, str]:
    """The values of a column, which of its cells cannot be used, and why not."""
    if canonical == "promotion":
        values = guessing.shares(file.text[source], source)
        if values is not None:
            unread = file.text[source].notna() & ~values.between(0, 1, inclusive="left")
            return values, unread, N_("neither a share nor a percentage")
    if canonical == "currency":
        values = currencies.codes(file.text[source])
        return values, values.isna() & file.text[source].notna(), N_("not a currency")
    if canonical == "tenure" and dates.dated(file.text[source]):
        return scales.since(file, source, now, findings, readings)
    if canonical == "tenure" and (months := scales.spoken(file.text[source])) is not None:
        return months, months.isna() & file.text[source].notna(), N_("no time in years, months, weeks or days")
    allowed = guessing.words(table).get(canonical)
    values, bad, reason = cells.convert(file, source, guessing.kinds(table)[canonical], findings, readings)
    if canonical == "tenure":
        values = scales.tenure(values, source, file.choices, readings)
    elif canonical == "monthly_charges":
        values = scales.dues(values, source, file.choices, readings)
    elif canonical in (money.AMOUNT, money.PRICE, "unit_cost"):
        values = scales.money(values, source, file.choices, readings, title)
    if canonical in OPTIONAL[table] and "float" in guessing.kinds(table)[canonical] and canonical != "unit_cost":
        bad = bad | (values < 0)
    if allowed:
        values = guessing.worded(values, allowed)
        bad = bad | ~values.isin(allowed) & values.notna()
    return values, bad, reason


def charged(mapping: Mapping[str, str], text: pd.DataFrame) -> list[str]:
    """The columns whose signs say the currency of customers: their charges; of a file without any, all the others."""
    paid = [mapping[role] for role in ("monthly_charges", "total_charges") if role in mapping]
    return paid or [name for name in text if name not in mapping.values()][: looks.TRIED]


def _emptied(text: pd.Series, bad: pd.Series, unfit: bool) -> Finding:
    """That cells of a column that can be done without cannot be used: those are empty, or the column is left out."""
    message = (
        N_("“{column}” is left out: {rows} of its cells cannot be used.")
        if unfit
        else N_("“{column}”: {rows} cells cannot be used and are empty now.")
    )
    examples = tuple(f"row {row + 2}: {str(cell)[:40]}" for row, cell in text[bad.to_numpy(bool)].iloc[:3].items())
    return Finding(message, int(bad.sum()), {"column": str(text.name)}, examples, severity="warning")


def _customers(
    text: pd.DataFrame, frame: pd.DataFrame, mapping: dict[str, str], findings: list[Finding]
) -> tuple[pd.DataFrame, dict[str, str]]:
    """With an id for each, and the columns that no one asked for."""
    if "customer_id" in mapping:
        source, doubled = mapping["customer_id"], frame["customer_id"].duplicated(keep=False)
        # A few doubled customers are a slip; that most are makes it snapshots, whatever their months are called.
        for day in text.columns.drop(source) if doubled.mean() > 0.5 else ():
            periods = dates.dated(text[day]) or 2 < text[day].nunique() == text[source].value_counts().max()
            if periods and not text[[source, day]].duplicated().any():
                message = N_(
                    "This file has customers several times, once for each “{column}” ({count} of them): bring in the "
                    "rows of one of these, the newest of which it is known who left."
                )
                raise InvalidFile(message, column=day, count=text[day].nunique())
        files.refuse(text, {source: doubled}, {source: N_("this customer comes twice")})
    else:
        frame.insert(0, "customer_id", meaning.row_ids(frame.index))
        message = N_("The file has no ids: its rows are numbered instead (#2 is its row 2), {rows} customers.")
        findings.append(Finding(message, len(frame), severity="warning"))
    if frame["churned"].nunique() < 2:
        message = N_("All {rows} customers have the same outcome: there is nothing to compare.")
        findings.append(Finding(message, len(frame), severity="warning"))
    rest = text.drop(columns=list(mapping.values()))
    others = extras.others(rest, set(schemas.columns("customers")))
    return frame.join(others), mapping | dict(zip(others.columns, rest.columns, strict=True))


def lenient(raw: Raw, wanted: Mapping[str, bool], now: datetime, origin: Origin | None = None) -> pd.DataFrame:
    """The columns `wanted` of customers (name -> whether it is a number) as far as a file has them, matched by name.

    The id and the outcome come along; columns are called, and outcomes read, as in the file of `origin`, else as
    guessed; how long they have been there is counted to the newest day of the file up to `now`. What cannot be
    converted stays as its text, for somebody to list.
    """
    known, outcome = (origin.columns or {}, origin.outcome) if origin else ({}, None)
    called = {names.plain(source): source for source in raw.frame}
    found = {canonical: called[names.plain(s)] for canonical, s in known.items() if names.plain(s) in called}
    found = {canonical: s for canonical, s in found.items() if canonical in ("customer_id", "churned", *wanted)}
    rest = raw.frame.drop(columns=list(found.values()))
    found |= names.by_name(rest, [name for name in ("customer_id", "churned", *wanted) if name not in found])
    kinds, words = guessing.kinds("customers"), guessing.words("customers")
    file = File(
        guessing.stripped(raw.frame[list(found.values())]), raw.delimiter, origin.readings or {} if origin else {}
    )
    columns: dict[str, pd.Series] = {}
    for canonical, source in found.items():
        text = file.text[source]
        if canonical == "churned":
            told = outcome or meaning.outcomes(text, source)
            if told is not None:
                columns[canonical] = meaning.read(text, told)
            continue
        if canonical == "tenure" and dates.dated(text):
            whole = File(guessing.stripped(raw.frame), raw.delimiter, file.choices)
            values = scales.since(whole, source, now, [], [])[0].astype(object)
            columns[canonical] = values.where(values.notna() | text.isna(), text)
            continue
        kind = kinds.get(canonical, "float" if wanted.get(canonical) else "str")
        values = cells.convert(file, source, kind, [], [])[0]
        if canonical in ("tenure", "monthly_charges"):
            values = (scales.tenure if canonical == "tenure" else scales.dues)(values, source, file.choices, [])
        values = guessing.worded(values, words[canonical]) if canonical in words else values
        lost = values.isna() & text.notna()
        columns[canonical] = values.astype(object).where(~lost, text) if lost.any() else values
    return pd.DataFrame(columns, index=raw.frame.index)


def recognise(raw: Raw) -> str | None:
    """Whether the columns are exactly those of a known file: "telco", "retail" or None."""
    columns = {retail.SECOND.get(column, column) for column in raw.frame}
    if columns == set(telco.COLUMNS) and raw.frame.drop(columns=telco.SOURCES["total_charges"]).isna().any(axis=None):
        return None  # somebody's, with gaps
    return {frozenset(telco.COLUMNS): "telco", frozenset(retail.COLUMNS): "retail"}.get(frozenset(columns))


def dataset(raw: Raw, now: datetime, name: str) -> Dataset:
    """A recognised file, converted by its own connector's rules. Raises `InvalidFile`."""
    if recognise(raw) == "telco":
        frame, findings = telco.convert(raw.frame)
        origin = Origin("upload", name, None, None, now, raw.sha256, "USD")
        return Dataset("customers", {"customers": frame}, origin, (*raw.findings, *findings))
    frame, findings = retail.convert(raw.frame)
    origin = Origin("upload", name, None, None, now, raw.sha256, "GBP")
    return Dataset("sales", {"sales": frame}, origin, (*raw.findings, *findings))


def usable(raw: Raw, make: Callable[[Raw], Dataset]) -> tuple[Dataset, pd.DataFrame]:
    """What `make` makes of the rows that it does not refuse, and a report of the cells for which others were left out.

    Raises `InvalidFile` where still more is refused after `PASSES` reports (of 1,000 rows a column each), or every row:
    then it is not the rows that are wrong.
    """
    reports, rows = [files.report([])], len(raw.frame)
    while True:
        try:
            return make(raw), pd.concat(reports, ignore_index=True)
        except InvalidFile as error:
            if error.report is None or len(reports) > PASSES:
                raise
            reports.append(error.report)
            raw = replace(raw, frame=raw.frame.drop(index=error.report["row"].unique() - 2))
            if raw.frame.empty:
                first = error.report.iloc[0]
                refused = N_(
                    "None of the {rows} rows can be used: in row {row} the column {column} says “{value}”. Check which "
                    "column is which, or bring in another file."
                )
                values = {name: first[name] for name in ("row", "column", "value")}
                raise InvalidFile(refused, pd.concat(reports, ignore_index=True), rows=rows, **values) from error


def _checked(table: str, frame: pd.DataFrame, mapping: dict[str, str]) -> pd.DataFrame:
    try:
        return schemas.check(table, frame)
    except pandera.errors.SchemaErrors as failed:
        cases = failed.failure_cases.dropna(subset=["index"])
        usual = N_("not a value that this column can have")
        problems = [
            (int(row) + 2, mapping.get(column, column), str(value), usual)
            for row, column, value in zip(cases["index"], cases["column"], cases["failure_case"], strict=True)
        ]
        raise InvalidFile(
            N_("{count} cells cannot be used; see the list."), files.report(sorted(problems)), count=len(problems)
        ) from failed
