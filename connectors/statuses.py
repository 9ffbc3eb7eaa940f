"""What a line's own words say: that something came back, or that nothing was sold after all.

A type of its own ("Return", "Avoir") makes a line of its own, whose units are taken off; a status ("Cancelled",
"Refunded") undoes the line that it stands in. Which it is changes every total, so that it is asked about.
"""

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise

import numpy as np
import pandas as pd

from connectors import names, numbers
from data import meaning
from data.dataset import Finding, Reading
from locales import N_

OFF, ADDED = "taken off", "added like sales"
KEPT, LEFT_OUT = "kept", "left out"
VERSIONS = "versions"  # key of a reading
# Debit and credit: of what was sold the debit is what came back.
SIDES = (("d", "c"), ("dr", "cr"), ("debit", "credit"), ("débit", "crédit"), ("s", "h"), ("soll", "haben"), ("-", "+"),
         ("dare", "avere"), ("debe", "haber"), ("refund", "charge"), ("out", "in"))  # fmt: skip
SOME = 5  # lines whose words say something
KINDS = 20  # different words of a column that says what a line is
_BACK = re.compile(
    r"returns?|returned|refund(?:s|ed)?|retours?|avoirs?|rembourse(?:e|ment)?s?|credit ?(?:note|memo)|sales return|"
    r"gutschrift|retoure|storno|devolucion(?:es)?|devolucao|chargeback|abono|nota (?:de )?credito|reso|nota di credito|"
    r"creditnota|(?:ruck)?erstattung|rimborso|reembolsos?|aterbetalning|para iadesi|terugbetaling|"
    r"retour(?:zending)?|zwrot|korekta|iade|возврат|返品|返金|退货|退款|반품|مرتجع"
)
_CODED = re.compile("s?crn|cn|cdn|crm|av|gs|rma")  # the same as programs shorten it, of documents
_UNDONE = re.compile(
    r"cancel(?:l?ed|lation)?|annule(?:e|s|es)?|void(?:ed)?|failed|declined|rejected|returned|refunded|rembourse(?:e|s)?|"
    r"retourne(?:e|s)?|storniert|cancelad[oa]|abandoned|unpaid|echoue(?:e|s)?|refusee?s?|annullat[oaie]|geannuleerd|"
    r"anulowan[aeoy]|iptal|отмен[её]н[ао]?|取消(?:済み?)?|已取消|交易取消|交易关闭|已关闭|已退款|退款成功|キャンセル(?:済み?)?|취소(?:됨|완료)?|"
    r"ملغي|ملغى|ملغاة|בוטל"
)
# Money that went from one account to another, in the statement of an account.
_MOVED = re.compile(
    r"pay ?outs?|withdrawals?|transfer(?:s|red)?|abbuchung|auszahlung|uberweisung|virements?|retraits?|versements?|"
    r"transferencia|retirada|saque|bonifico|prelievo|uitbetaling|overboeking|wyplata|przelew|top ?up"
)
# What was billed, and what was paid of it: the same money twice.
_BILLED = re.compile(
    r"invoices?|bills?|(?:sales )?receipts?|factures?|rechnung(?:en)?|facturas?|fattur[ae]|faturas?|factuur|facturen|"
    r"sales?|ventes?|verkauf|ventas?|vendit[ae]|vendas?|"
    r"faktur[ay]?|fatura"
)
_PAYMENT = re.compile(
    r"payments?|paiements?|reglements?|encaissements?|zahlung(?:en|seingang)?|pagos?|pagament[oi]s?|betaling(?:en)?|"
    r"platnosc|wplata|odeme|tahsilat"
)
# What was offered or ordered, and not billed yet; beside what was billed the same once more.
_OFFERED = re.compile(
    r"quot(?:e|ation)s?|estimates?|devis|pro ?forma|drafts?|brouillons?|angebote?|kostenvoranschlag|cotizacion(?:es)?|"
    r"presupuestos?|preventiv[oi]|offert[ae]s?|orcamentos?|(?:sales|purchase|customer) orders?|orders?|"
    r"(?:bons? de )?commandes?|auftrag|auftrage|pedidos?|ordin[ei]|delivery notes?|bons? de livraison|"
    r"lieferscheine?"
)
# What was only tried, by the name of a column of yes and no.
_TEST = re.compile(r"(?:is)?test(?:orders?|mode|transactions?|sales?|payments?)?")
# What lines of money are about that are no goods, and what was won, of what was offered.
_CHARGED = re.compile(
    r"tax(?:es)?|vat|gst|tva|iva|mwst|btw|commissions?|fees?|shipping|postage|frais|gebuhr(?:en)?|provision(?:en)?|"
    r"comision(?:es)?|commissioni|prowizja|versand|livraison|tips?|pourboires?"
)
_WON = re.compile(r"(?:closed )?won|gagnee?s?|gewonnen|ganad[oa]|vint[oa]|ganh[oa]|wygran[ae]")
# What happened, and what was planned: of the same months, one beside the other.
_ACTUAL = re.compile(r"actuals?|act|reel(?:le|s)?|realise(?:e|s)?|ist|effectif|consuntivo|real(?:es|isado)?")
_PLANNED = re.compile(
    r"budget(?:e|ed)?|forecast(?:ed)?|plan(?:ned)?|targets?|prevision(?:nel)?s?|prevu(?:e|s)?|objectifs?|soll|prognose|"
    r"preventivo|presupuesto|orcamento|previsto|projected|projection"
)
_ABOUT = re.compile(r"(?:amount|fee|charge|line|entry|transaction)(?:type|description|kind|category)|typ[eo]?")
_TYPE = re.compile(r"\w*type|\w*kind|nature|\w*art|\w*tipo|typ|\w*event|sens|mouvement|movement")
_STATUS = re.compile(
    r"\w*stat(?:e|us|ut|o)\w*|\w*etat\w*|estado|situacao|durum\w*|\w*статус\w*|\w*状[态態]|ステータス|\w*상태|الحالة|cancel\w*|annule\w*|void\w*|returned|refunded|is\w+"
)
_WHEN = re.compile(r"(?:date)?(?:cancel|annul|void|refund)\w*(?:at|on|date|le)|(?:date)(?:cancel|annul|void|refund)\w*")


def applied(
    text: pd.DataFrame,
    frame: pd.DataFrame,
    free: Iterable[str],
    choices: Mapping[str, str],
    findings: list[Finding],
    readings: list[Reading],
) -> pd.DataFrame:
    """The lines of `frame` (quantity, unit_price, amount) as the `free` columns of their file say what they are."""
    for source in free:
        cells, name = text[source], names.bare(source)
        dated = bool(_WHEN.fullmatch(name))
        if not dated and (cells.isna().all() or cells.head(1_000).nunique() > KINDS):
            continue
        if (planned := _speaking(cells, _PLANNED)).any() and _speaking(cells, _ACTUAL).any():
            frame = _happened(cells, frame, planned, choices, readings)
        elif _TYPE.fullmatch(name) or _sides(cells) or _of_documents(cells):
            rows = _speaking(cells, _MOVED) | _speaking(cells, _UNDONE) & ~_speaking(cells, _BACK)
            offered = _speaking(cells, _OFFERED)
            if (_speaking(cells, _BILLED) & ~offered).any():
                rows |= _speaking(cells, _PAYMENT) | offered
            frame = _undone(cells, frame, source, rows, choices, findings, readings)
            frame = _back(cells, frame, source, choices, readings)
        if _ABOUT.fullmatch(name):
            frame = _charges(cells, frame, source, choices, readings)
        elif dated or _STATUS.fullmatch(name) or _TEST.fullmatch(name):
            rows = _told_undone(cells, frame, name, dated)
            frame = _undone(cells, frame, source, rows, choices, findings, readings)
    return frame


def _of_documents(cells: pd.Series) -> bool:
    """Whether a column says of each line that it was billed, came back or was paid, whatever the column is called."""
    told = [_speaking(cells, words) for words in (_BACK, _BILLED, _PAYMENT)]
    return bool(told[0].any() and told[1].any() and np.logical_or.reduce([*told, cells.isna()]).all())


def happened(columns: Iterable[str]) -> str | None:
    """The column of what happened beside one of what was planned, by their names: "Actual" beside "Budget"."""
    said = {name: _parts(meaning.plain(name)) for name in columns}
    real, planned = (
        [name for name, words in said.items() if any(one.fullmatch(word) for word in words)]
        for one in (_ACTUAL, _PLANNED)
    )
    real = [name for name in real if name not in planned and meaning.plain(name) != "real"]
    return real[0] if len(real) == 1 and planned else None


def spends(text: pd.DataFrame, out: pd.Series) -> bool:
    """Whether a column of few words has words of its own for the lines `out`, none of which says that goods came
    back."""
    few = (text[one] for one in text if text[one].head(1_000).nunique() <= KINDS and text[one].notna().all())
    apart = [one for one in few if not set(one[out]) & set(one[~out]) and one.str.fullmatch(r"\D{4,}").all()]
    return bool(out.sum() >= SOME and apart) and not any(_speaking(one[out], _BACK).any() for one in apart)


def came_back(text: pd.DataFrame, free: Iterable[str]) -> pd.Series:
    """The lines of which a type among the `free` columns says that goods came back."""
    typed = [one for one in free if _TYPE.fullmatch(names.bare(one)) and text[one].head(1_000).nunique() <= KINDS]
    return np.logical_or.reduce([_speaking(text[one], _BACK) for one in typed] or [pd.Series(False, text.index)])


def _back(
    cells: pd.Series, frame: pd.DataFrame, source: str, choices: Mapping[str, str], readings: list[Reading]
) -> pd.DataFrame:
    sides = _sides(cells)
    rows = cells.str.casefold().eq(sides[0]) if sides else _speaking(cells, _BACK)
    if sides and rows.mean() > 0.5:  # the accounts of customers: their debit is what was sold
        rows = cells.str.casefold().eq(sides[1])
    if not sides and re.search(r"doc|invoice|trans|trx|facture|beleg|piece|^type$|^typ$", names.bare(source)):
        rows |= _speaking(cells, _CODED)
    rows = rows.loc[frame.index].eq(True)
    sold = frame["quantity"].fillna(frame["amount"])
    if not rows.any() or rows.all() or ((sold < 0) | (frame["amount"] < 0))[rows].mean() > 0.5:  # they have it
        return frame
    if (sold[rows] > 0).all() and (sold[~rows] < 0).mean() > 0.5:  # what came in, in the statement of an account
        return frame
    key = f"returns:{source}"
    chosen = choices.get(key, OFF)
    message = N_("“{column}” says of {count} lines that goods came back ({words}), but their numbers have no minus.")
    said = {"column": source, "count": str(int(rows.sum())), "words": _words(cells.loc[frame.index][rows])}
    readings.append(Reading(key, message, chosen, (OFF, ADDED), said, key not in choices))
    if chosen == OFF:
        back = rows & ~(sold < 0)
        for column in ("quantity", "amount"):
            frame[column] = frame[column].mask(back, -frame[column])
    return frame


def _sides(cells: pd.Series) -> tuple[str, str] | None:
    """The two words with which a column says debit and credit (D/C, S/H, -/+), where it says nothing else."""
    said = set(cells.dropna().head(1_000).str.casefold())
    return next((pair for pair in SIDES if said == set(pair)), None)


def _undone(
    cells: pd.Series,
    frame: pd.DataFrame,
    source: str,
    rows: pd.Series,
    choices: Mapping[str, str],
    findings: list[Finding],
    readings: list[Reading],
) -> pd.DataFrame:
    cells, rows = cells.loc[frame.index], rows.loc[frame.index]
    sold = frame["quantity"].fillna(frame["amount"])
    if rows.any() and (sold[rows] > 0).all() and (sold[~rows] < 0).mean() > 0.5:  # what came in, as in `_back`
        return frame
    worth = frame["quantity"].fillna(0).ne(0) | frame["amount"].fillna(0).ne(0)
    if not (rows & worth).any() or rows.all():
        return frame
    key = f"undone:{source}"
    chosen = choices.get(key, LEFT_OUT)
    message = N_("“{column}” says of {count} lines that nothing was sold after all ({words}).")
    said = {"column": source, "count": str(int(rows.sum())), "words": _words(cells[rows])}
    readings.append(Reading(key, message, chosen, (LEFT_OUT, KEPT), said, key not in choices))
    if chosen == LEFT_OUT:
        findings.append(Finding(N_("{rows} lines of which nothing was sold are left out."), int(rows.sum())))
        return frame[~rows]
    return frame


def _told_undone(cells: pd.Series, frame: pd.DataFrame, name: str, dated: bool) -> pd.Series:
    """The lines of which a column called `name` says that nothing was sold after all."""
    cells = cells.loc[frame.index]
    if "invoice" in frame:  # said on the first line of an order only
        cells = cells.fillna(cells.groupby(frame["invoice"]).transform("first"))
    called, told = name.removeprefix("is"), cells.map(meaning.truth, na_action="ignore")
    units = called.startswith("return") and cells.dropna().isin(["0", "1"]).all()  # 1 of them, it may be
    if dated:
        return cells.notna() & ~cells.str.casefold().isin(numbers.MISSING)
    if (_UNDONE.fullmatch(called) or _TEST.fullmatch(called)) and told[cells.notna()].notna().all() and not units:
        return told.eq(True)  # "Void" and "Cancelled": yes and no
    won = _speaking(cells, _WON)
    return cells.notna() & ~won if won.any() else _speaking(cells, _UNDONE)


def _charges(
    cells: pd.Series, frame: pd.DataFrame, source: str, choices: Mapping[str, str], readings: list[Reading]
) -> pd.DataFrame:
    """The lines of goods, where others are of the taxes and fees of the same orders: asked."""
    rows, key = _speaking(cells, _CHARGED).loc[frame.index], f"charges:{source}"
    if not rows.any() or rows.all() or not frame["amount"][rows].any():
        return frame
    chosen = choices.get(key, LEFT_OUT)
    message = N_("“{column}” says of {count} lines that they are taxes, fees or postage, not goods ({words}).")
    said = {"column": source, "count": str(int(rows.sum())), "words": _words(cells.loc[frame.index][rows])}
    readings.append(Reading(key, message, chosen, (LEFT_OUT, KEPT), said, key not in choices))
    return frame[~rows] if chosen == LEFT_OUT else frame


def _happened(
    cells: pd.Series, frame: pd.DataFrame, planned: pd.Series, choices: Mapping[str, str], readings: list[Reading]
) -> pd.DataFrame:
    key, rows = f"{VERSIONS}:{cells.name}", planned.loc[frame.index]
    chosen = choices.get(key, LEFT_OUT)
    message = N_("“{column}” says of {count} lines that they were planned and did not happen ({words}).")
    said = {"column": str(cells.name), "count": str(int(rows.sum())), "words": _words(cells.loc[frame.index][rows])}
    readings.append(Reading(key, message, chosen, (LEFT_OUT, KEPT), said))
    return frame[~rows] if chosen == LEFT_OUT else frame


def _speaking(cells: pd.Series, words: re.Pattern[str]) -> pd.Series:
    """The cells that speak of something: one of its words in them, and no "not" before it."""
    found = {cell: any(words.fullmatch(one) for one in _parts(_said(cell))) for cell in cells.dropna().unique()}
    return cells.map(found).eq(True)


def _said(cell: str) -> str:
    """The words of a cell without accents; those in other letters than Latin as they stand."""
    return meaning.plain(cell) or cell.strip().casefold()


def _parts(text: str) -> list[str]:
    words = text.split()
    if {"not", "non", "pas", "no", "never", "jamais", "un"} & set(words):
        return []
    return [*words, *(" ".join(pair) for pair in pairwise(words))]


def _words(cells: pd.Series) -> str:
    return ", ".join(f"“{word[:30]}”" for word in cells.value_counts().index[:3])
