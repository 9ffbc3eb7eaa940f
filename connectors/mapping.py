"""From the columns of a file to the columns of a table: guess, convert, check, and say of every cell what is wrong."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import islice

import pandas as pd
import pandera.errors

from connectors import files, retail, telco
from connectors.files import InvalidFile, Raw
from data import meaning, quality, schemas
from data.dataset import Dataset, Finding, Origin
from data.meaning import NO, YES
from locales import N_

# Derived where a file does not have them.
DERIVED = {"line_id", "source", "line_type", "currency", "customer_id"}
SYNONYMS = {
    "customer_id": "customer client customerid clientid custid idclient numeroclient subscriber account accountid id",
    "churned": "churn churned left exited attrition attrited resilie resiliation parti depart cancelled target",
    "tenure": "tenuremonths months monthsonbook monthssubscribed anciennete mois moisanciennete anciennetemois",
    "monthly_charges": "monthlycharges monthlycharge monthlyfee mrr mensualite facturemensuelle cotisationmensuelle "
    "abonnement",
    "total_charges": "totalcharges totalcharge totalspend totalfacture",
    "contract": "contracttype typecontrat contrat",
    "payment_method": "paymentmethod payment modepaiement moyenpaiement paiement",
    "internet_service": "internetservice internet",
    "gender": "sex sexe genre",
    "senior_citizen": "seniorcitizen senior",
    "invoice": "invoiceno invoicenumber order orderid orderno facture numerofacture commande numerocommande",
    "timestamp": "date datetime invoicedate orderdate day datefacture datecommande datevente jour horodatage time",
    "customer": "customerid client clientid idclient",
    "product": "stockcode sku item itemid productid produit codeproduit article reference ean",
    "description": "productname itemname designation libelle name nom",
    "category": "categorie famille rayon department",
    "store": "shop shopid storeid magasin boutique country pays",
    "supplier": "fournisseur vendor",
    "quantity": "qty units quantite nombre itemcntday volume sold",
    "unit_price": "price unitprice prix prixunitaire itemprice amount montant",
    "unit_cost": "cost cout coutunitaire purchaseprice prixachat",
    "promotion": "discount remise promo rabais",
    "currency": "devise monnaie",
    "on_hand": "stock instock onstock quantityonhand available quantity qty enstock stockdisponible quantite",
    "on_order": "ordered underway incoming quantityonorder encommande commande attendu",
}
ID_WORDS = {"id", "ids", "no", "num", "number", "numero", "nr", "ref", "reference", "key", "code"}
TRIED, DATES = 500, 20  # columns whose cells are looked at to guess what they are; of those, as dates
DATED = re.compile(r"[+-]?\d{4}|\d\d?([/.-])\d\d?\1\d{4}")  # how each date that `_dates` knows begins
UNREAD = 0.5  # share of a column's cells that are not what its name says, from which it is something else;
STRANGE = 0.05  # of cells that are none of the few words it can have
_YES_NO = {"True": "Yes", "False": "No"}
PASSES = 5  # reports of refused rows after which a file is refused whole
ISO, DAY_FIRST, MONTH_FIRST = "ISO", "day first", "month first"


def needed(table: str) -> list[str]:
    """The columns a file must have for `table`."""
    return [column for column in schemas.required(table) if column not in DERIVED]


def guess(frame: pd.DataFrame, table: str) -> dict[str, str]:
    """Which column of the file is likely which column of the table (canonical -> source), none used twice.

    By name first, in English and French; then, for what a table cannot do without, by what the columns hold.
    """
    found, head = _by_name(frame, list(schemas.columns(table))), frame.head(1_000)
    kinds, words = _kinds(table), _words(table)
    for canonical in set(found) - set(schemas.required(table)):
        text = head[found[canonical]].str.strip().replace("", pd.NA)
        values, unread, _reason = _convert(text, kinds[canonical], "", [])
        if canonical in words:
            unread = ~_worded(values, words[canonical]).isin(words[canonical]) & text.notna()
        if unread.sum() > (STRANGE if canonical in words else UNREAD) * text.notna().sum():
            del found[canonical]  # a column of the same name that means something else
    named = found.pop("churned", None) if table == "customers" else None
    columns = {name: head[name] for name in islice((name for name in frame if name not in found.values()), TRIED)}
    if table == "customers":
        _take(found, "churned", _outcomes(frame, columns, named))
        likely = (name for name, text in columns.items() if _named_id(name) or _coded(text))
        _take(found, "customer_id", (name for name in likely if frame[name].notna().all() and frame[name].is_unique))
    if table == "sales":
        likely = (name for name, text in columns.items() if text.notna().all() and DATED.match(text.iloc[0].strip()))
        _take(found, "timestamp", (name for name in islice(likely, DATES) if _dates(columns[name])[0].notna().all()))
    return found


def _named_id(source: str) -> bool:
    return bool(ID_WORDS & set(meaning.plain(source).split()))


def _coded(text: pd.Series) -> bool:
    """Whether cells are letters with digits, or long whole numbers of one length: a measure is neither, even where no
    two are the same."""
    mixed = text.str.contains(r"\d", na=False) & text.str.contains(r"[^\W\d]", na=False)
    long = text.str.fullmatch(r"\d{5,}", na=False).all() and text.str.len().nunique() == 1
    return bool(mixed.all() or long)


def _outcomes(frame: pd.DataFrame, columns: Mapping[str, pd.Series], named: str | None) -> list[str]:
    """The columns that may say who left, the likeliest first: by name and values, values alone, yes and no.

    `columns` are the first cells of those that are looked at.
    """
    ranked: list[tuple[int, str]] = []
    for name, text in columns.items():
        if text.nunique() > meaning.FEW_OUTCOMES or (told := meaning.outcomes(frame[name], name)) is None:
            continue
        one_value = len(set(told.values()) - {None}) == 1
        spoken = any(meaning.truth(value) is None for value in told)
        rank = 0 if meaning.about_leaving(name) or name == named else 1 if spoken else 2
        if not one_value or rank == 0:
            ranked.append((rank + 3 * one_value, name))
    return [name for _rank, name in sorted(ranked, key=lambda pair: pair[0])]


def _by_name(frame: pd.DataFrame, columns: Iterable[str]) -> dict[str, str]:
    plain: dict[str, list[str]] = {}
    for source in frame.columns:
        plain.setdefault(_plain(source), []).append(source)
    found: dict[str, str] = {}
    for canonical in columns:
        _take(found, canonical, plain.get(_plain(canonical), []))
    for canonical in columns:
        for synonym in SYNONYMS.get(canonical, "").split():
            _take(found, canonical, plain.get(synonym, []))
    return found


def _take(found: dict[str, str], canonical: str, sources: Iterable[str]) -> None:
    """Let `canonical` be the first of `sources` that is free, unless it is found already: then none is looked at."""
    if canonical not in found:
        free = next((source for source in sources if source not in found.values()), None)
        if free is not None:
            found[canonical] = free


def apply(
    raw: Raw,
    table: str,
    mapping: dict[str, str],
    now: datetime,
    name: str,
    currency: str = "EUR",
    outcome: dict[str, bool | None] | None = None,
) -> Dataset:
    """The table made of the file's columns by `mapping` (canonical -> source).

    Numbers may have decimal commas, thousands separators and currency signs; dates are read as ISO, else day first or
    month first, as all of them allow; yes/no in English and French. `outcome` says what the values of the column that
    says who left mean (by default as `meaning.outcomes` guesses); an empty cell there is an outcome not known. Raises
    `InvalidFile` with a report of the cells that cannot be used. Unmapped columns are kept for customers and left out
    for sales.
    """
    lacking = [column for column in needed(table) if column not in mapping]
    if lacking:
        raise InvalidFile(N_("Choose a column for {columns}."), columns=", ".join(lacking))
    text = raw.frame.apply(lambda column: column.str.strip().replace("", pd.NA))
    kinds, words = _kinds(table), _words(table)
    findings, converted, wrong, reasons = list(raw.findings), {}, {}, {}
    for canonical, source in mapping.items():
        if canonical == "churned":
            outcome = outcome or meaning.outcomes(text[source], source)
            converted[canonical] = _left(text[source], outcome, source, findings)
            continue
        values, bad, reason = _convert(text[source], kinds[canonical], source, findings)
        values = _worded(values, words[canonical]) if canonical in words else values
        if canonical in schemas.required(table):
            bad = bad | values.isna()
            if text[source].isna().any():
                reason = N_("missing, or not a value that this column can have")
        converted[canonical] = values
        if bad.any():
            wrong[source], reasons[source] = bad, reason
    files.refuse(text, wrong, reasons)
    frame = pd.DataFrame(converted, index=text.index)
    if table == "customers":
        if "customer_id" in mapping:
            source, doubled = mapping["customer_id"], frame["customer_id"].duplicated(keep=False)
            files.refuse(text, {source: doubled}, {source: N_("this customer comes twice")})
        else:
            frame.insert(0, "customer_id", meaning.row_ids(frame.index))
            message = N_("The file has no ids: its rows are numbered instead (#2 is its row 2), {rows} customers.")
            findings.append(Finding(message, len(frame), severity="warning"))
        if frame["churned"].nunique() < 2:
            findings.append(
                Finding(
                    N_("All {rows} customers have the same outcome: there is nothing to compare."),
                    len(frame),
                    severity="warning",
                )
            )
        rest = text.drop(columns=list(mapping.values()))
        others = _others(rest, set(schemas.columns(table)))
        frame, mapping = frame.join(others), mapping | dict(zip(others.columns, rest.columns, strict=True))
    else:
        frame = _derived(frame, name, currency)
        unused = [column for column in text if column not in mapping.values()]
        if unused:
            findings.append(
                Finding(N_("{rows} columns of the file are not used."), len(unused), examples=tuple(unused[:3]))
            )
    return Dataset(
        table,  # type: ignore[arg-type]
        {table: _checked(table, frame, mapping)},
        Origin("upload", name, None, None, now, raw.sha256, currency, mapping, outcome),
        tuple(findings),
    )


def lenient(raw: Raw, wanted: Mapping[str, bool], origin: Origin | None = None) -> pd.DataFrame:
    """The columns `wanted` of customers (name -> whether it is a number) as far as a file has them, matched by name.

    The id and the outcome come along; columns are called, and outcomes read, as in the file of `origin`, else as
    guessed. What cannot be converted stays as its text, for somebody to list.
    """
    known, outcome = (origin.columns or {}, origin.outcome) if origin else ({}, None)
    called = {_plain(source): source for source in raw.frame}
    found = {canonical: called[_plain(s)] for canonical, s in known.items() if _plain(s) in called}
    found = {canonical: s for canonical, s in found.items() if canonical in ("customer_id", "churned", *wanted)}
    rest = raw.frame.drop(columns=list(found.values()))
    found |= _by_name(rest, [name for name in ("customer_id", "churned", *wanted) if name not in found])
    kinds, words = _kinds("customers"), _words("customers")
    columns: dict[str, pd.Series] = {}
    for canonical, source in found.items():
        text = raw.frame[source].str.strip().replace("", pd.NA)
        if canonical == "churned":
            told = outcome or meaning.outcomes(text, source)
            if told is not None:
                columns[canonical] = meaning.read(text, told)
            continue
        kind = kinds.get(canonical, "float" if wanted.get(canonical) else "str")
        values = _convert(text, kind, source, [])[0] if canonical != "customer_id" else text
        values = _worded(values, words[canonical]) if canonical in words else values
        lost = values.isna() & text.notna()
        columns[canonical] = values.astype(object).where(~lost, text) if lost.any() else values
    return pd.DataFrame(columns, index=raw.frame.index)


def stock_count(raw: Raw) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """What a file says is in stock: product, on_hand and on_order in units (0 where it does not say).

    A product in several rows (shops, shelves) is added up. Raises `InvalidFile` with the cells that are no such units.
    """
    found = _by_name(raw.frame, ["product", "on_hand", "on_order"])
    for column in ("product", "on_hand"):
        if column not in found:
            raise InvalidFile(
                N_("No column of this file is called “{column}”: it needs product and on_hand, and may have on_order."),
                column=column,
            )
    text = raw.frame[list(found.values())].apply(lambda column: column.str.strip().replace("", pd.NA))
    findings: list[Finding] = []
    counts, wrong = {"product": text[found["product"]]}, {found["product"]: text[found["product"]].isna()}
    for column in ("on_hand", "on_order"):
        counts[column] = pd.Series(0.0, text.index)
        if source := found.get(column):
            units = _convert(text[source], "float", source, findings)[0]
            counts[column] = units.fillna(0.0)
            wrong[source] = (units < 0) | (units.isna() & (text[source].notna() | (column == "on_hand")))
    files.refuse(raw.frame, wrong)
    summed = pd.DataFrame(counts).groupby("product", as_index=False, sort=False).sum()
    if again := len(text) - len(summed):
        findings.append(Finding(N_("{rows} rows name a product again: their units are added."), again))
    return summed, tuple(findings)


def recognise(raw: Raw) -> str | None:
    """Whether the columns are exactly those of a known file: "telco", "retail" or None."""
    columns = {retail.SECOND.get(column, column) for column in raw.frame}
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


def _kinds(table: str) -> dict[str, str]:
    return {column: str(kind) for column, kind in schemas.SCHEMAS[table].to_schema().dtypes.items()}


def _words(table: str) -> dict[str, set[str]]:
    """The values that a column of kinds can have, where the schema says so."""
    found = {}
    for name, column in schemas.SCHEMAS[table].to_schema().columns.items():
        for check in column.checks:
            if "allowed_values" in (check.statistics or {}):
                found[name] = set(check.statistics["allowed_values"])
    return found


def _worded(values: pd.Series, words: set[str]) -> pd.Series:
    """Yes and no in anybody's words (1, oui, True) as the schema has them."""
    if not {"Yes", "No"} <= words:
        return values
    said = {value: _YES_NO.get(str(meaning.truth(value)), value) for value in values.dropna().unique()}
    return values.map(lambda value: value if value in words else said[value], na_action="ignore")


def _convert(text: pd.Series, kind: str, source: str, findings: list[Finding]) -> tuple[pd.Series, pd.Series, str]:
    """The values, which cells could not be read, and why not."""
    if "bool" in kind:
        values = _truth(text)
        return values, values.isna() & text.notna(), N_("neither yes nor no")
    if "float" in kind or "int" in kind:
        values, repaired = _numbers(text)
        if repaired:
            findings.append(
                Finding(
                    N_("Column “{column}”: {rows} numbers were written with commas, blanks or signs."),
                    repaired,
                    {"column": source},
                )
            )
        return values, values.isna() & text.notna(), N_("not a number")
    if "datetime" in kind:
        values, reading = _dates(text)
        if reading != ISO and values.notna().any():
            message = (
                N_("Column “{column}”: dates were read as day first.")
                if reading == DAY_FIRST
                else N_("Column “{column}”: dates were read as month first.")
            )
            findings.append(Finding(message, 0, {"column": source}, severity="warning"))
        # A day of another age makes a calendar of decades, and every page waits for it.
        away = pd.Series(quality.far(pd.DatetimeIndex(values)), text.index)
        reason = N_("years from all other dates: mistyped?") if away.any() else N_("not a date")
        return values, values.isna() & text.notna() | away, reason
    return text, pd.Series(False, text.index), ""


def _left(text: pd.Series, outcome: dict[str, bool | None] | None, source: str, findings: list[Finding]) -> pd.Series:
    """Who left, by what the values of the column mean."""
    if outcome is None:
        raise InvalidFile(N_("Say which values of column “{column}” mean that a customer left."), column=source)
    left = meaning.read(text, outcome)
    words = ", ".join(f"“{value}”" for value, gone in outcome.items() if gone)
    if left.isna().all():
        raise InvalidFile(
            N_("Column “{column}” says of no customer whether they left: choose another one."), column=source
        )
    findings.append(
        Finding(
            N_("Column “{column}”: {values} means that a customer left ({rows} customers)."),
            int(left.sum()),
            {"column": source, "values": words},
        )
    )
    if left.isna().any():
        message = N_("{rows} customers have no known outcome: they are scored, but not learned from.")
        findings.append(Finding(message, int(left.isna().sum()), severity="warning"))
    return left


def _truth(text: pd.Series) -> pd.Series:
    folded = text.str.strip().str.casefold()
    return folded.map(dict.fromkeys(YES, True) | dict.fromkeys(NO, False)).astype(object)


def _numbers(text: pd.Series) -> tuple[pd.Series, int]:
    """As floats, and how many needed more than a cast. A comma is decimal unless the column shows otherwise."""
    simple = pd.to_numeric(text, errors="coerce")
    rest = text[simple.isna() & text.notna()].str.replace(r"[\s\u00a0\u202f'’$€£%]|[A-Z]{3}$", "", regex=True)
    if rest.empty:
        return _finite(simple), 0
    both = rest[rest.str.contains(",", regex=False) & rest.str.contains(".", regex=False)]
    dots_part = bool(len(both)) and bool((both.str.rfind(",") > both.str.rfind(".")).all())
    grouped = rest.str.fullmatch(r"[+-]?\d{1,3}(,\d{3})+").all() and (rest.str.count(",") > 1).any()
    if (len(both) and not dots_part) or grouped:
        rest = rest.str.replace(",", "", regex=False)
    else:
        rest = rest.str.replace(".", "", regex=False) if dots_part else rest
        rest = rest.str.replace(",", ".", regex=False)
    repaired = pd.to_numeric(rest, errors="coerce")
    return _finite(simple.fillna(repaired)), int(repaired.notna().sum())


def _finite(values: pd.Series) -> pd.Series:
    return values.astype(float).where(values.abs() < float("inf"))


def _dates(text: pd.Series) -> tuple[pd.Series, str]:
    """As times, and how they were read: the reading that understands the most; day first where both do."""
    clock = text.str.replace(r"(?<=:\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d)$", r"\1", regex=True)  # the wall's, without zone
    best, reading = pd.to_datetime(clock, format="ISO8601", errors="coerce"), ISO
    for order in (DAY_FIRST, MONTH_FIRST):
        if best.notna().sum() == text.notna().sum():
            break
        parts = ("%d", "%m") if order == DAY_FIRST else ("%m", "%d")
        for mark in "/.-":
            for clock in ("", " %H:%M", " %H:%M:%S"):
                pattern = f"{parts[0]}{mark}{parts[1]}{mark}%Y{clock}"
                read = pd.to_datetime(text, format=pattern, errors="coerce")
                if read.notna().sum() > best.notna().sum():
                    best, reading = read, order
    return best.astype("datetime64[us]"), reading


def _derived(frame: pd.DataFrame, name: str, currency: str) -> pd.DataFrame:
    if "line_type" not in frame:
        frame["line_type"] = frame["quantity"].lt(0).map({True: "return", False: "sale"})
    if "currency" not in frame:
        frame["currency"] = currency
    if "line_id" not in frame:
        frame["line_id"] = pd.Series(range(1, len(frame) + 1), frame.index).astype("str")
    frame["source"] = name
    return frame


def _others(rest: pd.DataFrame, taken: set[str]) -> pd.DataFrame:
    """Columns that no one asked for, under safe names of their own; numbers as numbers."""
    kept: dict[str, pd.Series] = {}
    for source in rest:
        name = re.sub(r"\W+", "_", unicodedata.normalize("NFKC", str(source)).casefold()).strip("_") or "column"
        wanted, number = name, 2
        while name in taken or name in kept:
            name, number = f"{wanted}_{number}", number + 1
        numbers, _repaired = _numbers(rest[source])
        whole = numbers.notna().sum() == rest[source].notna().sum() and numbers.notna().any()
        kept[name] = numbers if whole else rest[source]
    return pd.DataFrame(kept, index=rest.index)


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


def _plain(name: str) -> str:
    """A column name without accents, capitals and punctuation."""
    letters = unicodedata.normalize("NFKD", str(name)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", letters.casefold())
