"""A file as a table beside the sales (see `data.beside`): its columns guessed, its cells converted and checked."""

import re
from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from connectors import across, calendars, cells, dates, files, guessing, known, moves, names, numbers, vocabulary
from connectors.across import UNITS
from connectors.cells import File
from connectors.files import InvalidFile, Raw
from data import meaning, schemas
from data.beside import COUNT, LONG_AGO, MOVES, PRICES
from data.dataset import Finding, Reading
from locales import N_

# What the columns of such files are called beside their own names, squeezed (see `names.plain`).
WORDS = {
    "product": "plu "
    "internalreference defaultcode sku codigo codice variantsku itemno itemnumber partnumber partno mpn ref "
    "referencia riferimento referenz",
    "name": "suppliername storename shopname nomfournisseur nommagasin nom libelle title description "
    "vendorname filiale enseigne lieferantenname tienda negozio nombre nome raisonsociale company companyname firma",
    "lead_time_mean": "leadtime leadtimedays leadtimeindays averageleadtime meanleadtime deliverytime deliverydays "
    "leaddays delai delaimoyen delailivraison delaidelivraison delaijours delaienjours "
    "avgleadtime leadtimeavg leadtimemean leadtimeaverage avgdeliverytime tempsdelivraison "
    "leadtimeweeks leadtimeinweeks leadtimeworkingdays lieferzeit lieferzeittage lieferzeitintagen lieferzeitwochen "
    "wiederbeschaffungszeit wiederbeschaffungszeittage plazoentrega plazodeentrega tempodiconsegna levertijd "
    "delaisemaines delaiensemaines",
    "lead_time_std": "leadtimestd leadtimesd leadtimespread stdleadtime leadtimestandarddeviation "
    "stddev stdev standarddeviation ecarttype "
    "ecarttypedelai variabilite",
    "minimum_order": "minorder minimumorder moq minqty minimumquantity minimumorderquantity quantiteminimale "
    "quantiteminimum minimumcommande "
    "minorderqty minimumorderqty mindestbestellmenge mindestmenge cantidadminima pedidominimo",
    "minimum_value": "minvalue minimumordervalue minordervalue minimumamount franco francodeport montantminimum "
    "minimumdecommandemoney minimumcommandemoney minimumordermoney minordermoney minimummoney mindestbestellwert",
    "order_cost": "costoforder costperorder orderingcost coutcommande fraisdecommande coutdecommande",
    "barcode": "ean ean13 ean8 eancode gtin gtin13 upc upca codebarre codebarres codeean gencod gencode strichcode",
    "pack_size": "pack packqty packquantity casesize casepack unitsperpack unitspercase colisage conditionnement "
    "taillelot pcb caseqty casequantity innerqty packof unitesparcolis "
    "vpe verpackungseinheit moltiplo unidadesporcaja",
    "list_price": "price listprice rrp retailprice sellingprice prix prixcatalogue prixpublic prixvente unitprice "
    "precio preco prezzo preis cena pris prijs pv pvht pvttc ppttc prixpublicttc prixpublicht "
    "prixdevente prixdeventeht prixdeventettc prixventeht prixventettc retailprice precioventa preciodeventa "
    "regularprice variantprice vkpreis verkaufspreis uvp pvp salesprice",
    "country": "pays countryname pais land paese",
    "opened": "openingdate openedon opendate dateouverture ouverture "
    "datedouverture eroffnung eroffnungsdatum eroffnet fechaapertura fechadeapertura dataapertura",
    "valid_from": "from since date startdate validsince apartirde depuis datedebut valabledu "
    "effectivedate effectivefrom validfromdate pricedate datedeffet dateeffet datevalidite gultigab gultigvon "
    "validezdesde fechainicio fechadeinicio datainizio datainicio ingangsdatum",
    "unit_cost": "cost price purchaseprice prix prixachat cout coutunitaire prixunitaire "
    "eknetto "
    "costperitem costpriceperunit ekpreis einkaufspreis ek preciodecoste preciocoste preciocompra prezzoacquisto "
    "prixachatht prixdachatht prixdachat unitcostprice tradeprice wholesaleprice netprice nettopreis prixnet "
    "prixnetht tarif tarifht tarifachat preisnetto "
    "buyprice buyingprice costprice preciodecompra preciodeadquisicion prezzodiacquisto precodecompra inkoopprijs "
    "cenazakupu",
    "from_quantity": "minqty minquantity quantity quantite apartirdequantite quantitemin palier "
    "breakqty breakquantity pricebreak qtybreak minorderqty abmenge staffelmenge apartirdeqte apartirde "
    "desdecantidad fromqty",
    "date": "day jour tag datum fecha data dia giorno dag "
    "snapshotdate asof asofdate stockdate datestock time datetime timestamp "
    "countdate postingdate dateinventaire inventurdatum stichtag buchungsdatum movementdate transactiondate",
    "move": "type movement movementtype movetype mouvement typemouvement "
    "entrytype transactiontype bewegungsart buchungsart sens action activity reason motif",
    "quantity": "qty units quantite qte menge change delta cantidad quantita quantitychange qtychange",
    "on_hand": "onhandquantity quantityonhand stockreel stocktheorique stockphysique stockreal "
    "balance stockafter stockapres solde countedqty countedquantity counted stockdisponibile",
    "ordered": "ordereddate orderdate orderedon datecommande commandele",
    "open": "isopen ouvert estouvert closed isclosed ferme estferme fermeture closure "
    "magasinferme magasinouvert geschlossen geoffnet",
    "holiday": "bankholiday publicholiday ferie jourferie nomjourferie nomduferie feiertag festivo feriado holidayname",
    "event": "label libelle note evenement manifestation nom name description bezeichnung designation titre title "
    "descripcion descrizione commentaire comment veranstaltung "
    "evenement campaign campagne kampagne campana promotionname actionname",
    "promotion": "promo discount remise reduction rabais",
}
NAMED = {"product", "article", "item", "produit", "artikel", "produkt", "producto", "prodotto", "produto"}  # or coded
CLOSED = {
    "closed",
    "isclosed",
    "ferme",
    "estferme",
    "fermeture",
    "closure",
    "magasinferme",
    "geschlossen",
}  # yes means not open
FILLED = {  # needed by the schema, derived where a file does not say
    "products": ("description", "category"), "stores": ("name",), "suppliers": ("name", "lead_time_std"),
    "supplier_prices": ("supplier", "valid_from"), "calendar": ("open",), "stock_moves": ("on_hand", "quantity"),
}  # fmt: skip
UNIQUE = {"products": ["product"], "stores": ["store"], "suppliers": ["supplier"]}
SPREAD = 4 / 14  # of a lead time whose spread is not known: that of the page Sales: stock
_DAY = re.compile(
    r"(?:\b(?:au|le|du|as of|at|on|per|vom|zum|am|al|a|em|op)\s+)?(\d{1,4}[-/. ]\d{1,2}[-/. ]\d{2,4})\s*$", re.I
)
_SPAN = (
    r"^\s*(\d+(?:[.,]\d+)?)(?:\s*(?:-|–|to|à|bis)\s*(\d+(?:[.,]\d+)?))?\s*"
    rf"(?:working |business )?((?:{'|'.join(UNITS)})\w*\.?)?\s*$"
)
AGAIN = N_("comes again in another row")
ANOTHER = N_("another row has another price for the same: the day or the quantity that it holds from is missing")


def needed(table: str) -> list[str]:
    """The columns that a file must have for a table."""
    return [name for name in schemas.required(table) if name not in FILLED.get(table, ())]


def columns(table: str) -> dict[str, str]:
    """What a file may say of a table (canonical -> meaning): its columns, and those that they are made of."""
    return schemas.columns(table) | (calendars.COLUMNS if table == "calendar" else {})


def guess(frame: pd.DataFrame, table: str) -> dict[str, str]:
    """Which column of a file is likely which column of a table (canonical -> source), none used twice."""
    wanted, words = columns(table), WORDS | (calendars.NAMED if table == "calendar" else {})
    called: dict[str, str] = {}
    for source in frame:
        money = "money" if re.match(r"min", source, re.I) and re.search(r"[€$£¥]", source) else ""
        called.setdefault(names.plain(source) + money, source)
        called.setdefault(names.plain(_DAY.sub("", source)), source)  # Stock au 31/10/2025
        called.setdefault(names.bare(re.sub(r" (?:19|20)\d\d$", "", source)) + money, source)  # Tarif HT 2025
    found: dict[str, str] = {}
    for canonical in wanted:
        names.take(found, canonical, [called[one] for one in (names.plain(canonical),) if one in called])
    for canonical in wanted:
        usual = f"{words.get(canonical, '')} {vocabulary.SYNONYMS.get(canonical, '')}".split()
        names.take(found, canonical, [called[one] for one in usual if one in called])
    rest = [source for source in frame if source not in found.values()]
    found |= names.by_name(rest, [canonical for canonical in wanted if canonical not in found])
    if table == "products":  # the one code of each row, whatever it codes
        free = (source for source in frame if source not in found.values() and frame[source].notna().all())
        coded = next((source for source in free if frame[source].is_unique
                      and guessing.ID_WORDS & set(meaning.plain(source).split())), None)  # fmt: skip
        if coded and "description" not in found and names.plain(found.get("product", "")) in NAMED:
            found |= {"product": coded, "description": found["product"]}
        names.take(found, "product", [coded] if coded else [])
    return calendars.guess(guessing.stripped(frame.head(files.HEAD)), found) if table == "calendar" else found


def read(
    raw: Raw, table: str, mapping: Mapping[str, str], choices: Mapping[str, str] | None = None
) -> tuple[pd.DataFrame, tuple[Finding, ...], tuple[Reading, ...]]:
    """The table that a file holds, checked, with what was noticed and what could have been read otherwise.

    Raises `InvalidFile`, where cells cannot be used with a report of them.
    """
    if missing := [name for name in needed(table) if name not in mapping]:
        raise InvalidFile(N_("Choose a column for {columns}."), columns=", ".join(missing))
    findings, readings = list[Finding](), list(raw.readings)
    whole = guessing.stripped(raw.frame)
    if table == "calendar":
        free = [name for name in whole if name not in mapping.values()]
        whole = calendars.of_one_place(whole, free, choices or {}, readings)
    text = whole[list(dict.fromkeys(mapping.values()))]
    text = text[text.notna().any(axis=1)]
    file = File(text, raw.delimiter, choices or {})
    converted, wrong, reasons = {}, dict[str, pd.Series](), dict[str, str]()
    for canonical, source in sorted(mapping.items(), key=lambda one: one[0] == calendars.UNTIL):
        if canonical == "promotion" and set(numbers.read(text[source]).values.dropna()) == {0, 1}:
            message = N_("“{column}” says when there was a promotion, not how much it took off: it is not used.")
            findings.append(Finding(message, 0, {"column": source}, severity="warning"))
            continue
        values, bad, reason = _column(file, source, canonical, table, findings, readings)
        if canonical in needed(table):
            bad = bad | values.isna()
        if canonical in UNIQUE.get(table, ()):
            again = values.notna() & values.duplicated(keep=False)
            bad, reason = bad | again, AGAIN if again.any() else reason
        converted[canonical] = values
        if canonical == calendars.UNTIL:
            length = (values - converted["date"]).dt.days
            bad = bad | length.lt(0) | length.ge(calendars.MAX_DAYS)
        if bad.any():
            wrong[source], reasons[source] = wrong.get(source, False) | bad, reason
    frame = pd.DataFrame(converted, index=text.index)
    if table == PRICES:
        of = frame[[name for name in ("supplier", "product", "valid_from", "from_quantity") if name in frame]]
        twice = of.duplicated(keep=False) & ~frame.duplicated(keep=False)
        if twice.any():
            wrong[mapping["unit_cost"]] = wrong.get(mapping["unit_cost"], False) | twice
            reasons[mapping["unit_cost"]] = ANOTHER
    files.refuse(text, wrong, reasons)
    if table == COUNT and "date" not in frame and (day := _dated(mapping["on_hand"])) is not None:
        frame["date"] = day
        message = N_("The stock is that of {day}, as “{column}” says.")
        findings.append(Finding(message, 0, {"column": mapping["on_hand"]}, days={"day": day.date()}))
    if calendars.KIND in mapping:
        flags = calendars.kinds(frame.pop(calendars.KIND), choices or {}, readings)
        frame = calendars.told(text[mapping[calendars.KIND]], frame, flags, findings)
    elif table == "calendar":
        frame = calendars.shut(frame, findings)
    frame = _filled(frame, table, findings)
    if table == MOVES:
        frame = moves.complete(frame, choices or {}, readings)
    if table == "calendar":
        frame = calendars.once(calendars.long(frame, findings), findings)
    checked = known.checked(table, frame, text, {name: mapping.get(name, next(iter(text))) for name in frame})
    if table == COUNT:
        checked = _added_up(checked, findings)
    chosen = [replace(one, open=one.open and one.key not in (choices or {})) for one in readings]
    return checked.reset_index(drop=True), tuple(findings), tuple(chosen)


def turned(raw: Raw, table: str, choices: Mapping[str, str] | None = None) -> Raw:
    """A file whose prices, stock or moves stand in several columns, with a row each (see `connectors.across`)."""
    frame, readings = across.turned(raw.frame, table, guess(raw.frame, table), choices or {})
    return replace(raw, frame=frame, readings=(*raw.readings, *readings))


def stock_count(raw: Raw) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """What a file says is in stock: product, on_hand and on_order in units (0 where it does not say).

    A product in several rows (shops, shelves) is added up. Raises `InvalidFile` with the cells that are no such units,
    and where they can be read in two ways.
    """
    found = guess(raw.frame, COUNT)
    for column in needed(COUNT):
        if column not in found:
            raise InvalidFile(
                N_("No column of this file is called “{column}”: it needs product and on_hand, and may have on_order."),
                column=column,
            )
    wanted: dict[str, str] = {name: found[name] for name in ("product", "on_hand", "on_order") if name in found}
    counted, findings, readings = read(raw, COUNT, wanted)
    if asked := [one for one in readings if one.open]:
        message = N_("This file can be read in two ways ({matter}): bring it in on the page Data, and choose there.")
        raise InvalidFile(message, matter=asked[0].message.format(**asked[0].values))
    counted["on_order"] = counted["on_order"].fillna(0.0) if "on_order" in counted else 0.0
    return counted[["product", "on_hand", "on_order"]], findings


def _dated(source: str) -> pd.Timestamp | None:
    """The day that the name of a column ends with, where it can be read in one way."""
    found = _DAY.search(source)
    if found is None:
        return None
    usual = dates.DAY_FIRST if names.french([source]) or re.search(r"\b(?:au|le|du)\b", source) else None
    read = dates.read(pd.Series([found[1]], dtype="str"), usual=usual)
    return None if read.even or read.values.isna().all() else pd.Timestamp(read.values.iloc[0])


def _column(
    file: File, source: str, canonical: str, table: str, findings: list[Finding], readings: list[Reading]
) -> tuple[pd.Series, pd.Series, str]:
    """The values of a column, which of its cells cannot be used, and why not."""
    text = file.text[source]
    if canonical == "promotion":
        values = guessing.shares(text, source)
        values = values.abs() if values is not None else values  # -20 %
        values = pd.Series(float("nan"), text.index) if values is None else values
        return values, text.notna() & ~values.between(0, 1, inclusive="left"), N_("neither a share nor a percentage")
    if canonical == calendars.KIND:
        return text, pd.Series(False, text.index), ""
    if canonical == "move":
        return moves.kinds(text, file.choices, readings)
    if canonical == "lead_time_mean":
        return _days(file, source, findings, readings)
    kind = guessing.kinds(table).get(canonical, "datetime64[us]")
    values, bad, reason = cells.convert(file, source, kind, findings, readings)
    if canonical in ("on_hand", "on_order"):
        bad = bad | values.lt(0)
    elif canonical == "open":
        values = values.map({True: False, False: True}) if names.plain(source) in CLOSED else values
        values = values.where(text.notna(), True)
    elif canonical in ("date", "ordered", "valid_from", "opened", calendars.UNTIL):
        values = values.dt.normalize()
    return values, bad, reason


def _days(
    file: File, source: str, findings: list[Finding], readings: list[Reading]
) -> tuple[pd.Series, pd.Series, str]:
    """Lead times in days, also where cells or their name say weeks or months ("2 weeks"; of "2-4 weeks" the "
    "middle)."""
    found = file.text[source].str.extract(_SPAN, flags=re.IGNORECASE)
    named = next((days for unit, days in UNITS.items() if re.search(rf"\b(?:{unit})", meaning.plain(source))), 1)
    if not (found[2].notna().any() or found[1].notna().any() or named > 1):
        return cells.convert(file, source, "float64", findings, readings)
    first, last = (pd.to_numeric(found[place].str.replace(",", "."), errors="coerce") for place in (0, 1))
    said = found[2].map(lambda unit: next(days for one, days in UNITS.items() if re.match(one, unit, re.IGNORECASE)),
                        na_action="ignore")  # fmt: skip
    values = (first + last.fillna(first)) / 2 * said.astype("float64").fillna(named)
    message = N_("“{column}” is read in days: of weeks 7, of months 30.")
    findings.append(Finding(message, 0, {"column": source}, severity="warning"))
    return values, values.isna() & file.text[source].notna(), N_("not a number of days, weeks or months")


def _filled(frame: pd.DataFrame, table: str, findings: list[Finding]) -> pd.DataFrame:
    """With the columns of the schema that a file may leave out."""
    if table == "products":
        for name in ("description", "category"):
            frame[name] = frame[name] if name in frame else pd.Series(pd.NA, frame.index, dtype="str")
    elif table in ("stores", "suppliers"):
        key = frame["store" if table == "stores" else "supplier"]
        frame["name"] = frame["name"].fillna(key) if "name" in frame else key
    if table == "suppliers":
        usual = (frame["lead_time_mean"] * SPREAD).round(1)
        spread = frame["lead_time_std"] if "lead_time_std" in frame else pd.Series(float("nan"), frame.index)
        if unknown := int(spread.isna().sum()):
            message = N_("The spread of lead times is not known of {rows} suppliers: {share} of the mean is assumed.")
            findings.append(Finding(message, unknown, {"share": f"{SPREAD:.0%}"}, severity="warning"))
        frame["lead_time_std"] = spread.fillna(usual)
    elif table == "supplier_prices":
        frame["supplier"] = frame["supplier"].fillna("?") if "supplier" in frame else "?"
        frame["valid_from"] = frame["valid_from"].fillna(LONG_AGO) if "valid_from" in frame else LONG_AGO
    elif table == "calendar":
        frame["open"] = frame.get("open", True)
    return frame


def _added_up(count: pd.DataFrame, findings: list[Finding]) -> pd.DataFrame:
    """A product in several rows of one place (shelves) is added up."""
    by = [name for name in ("date", "product", "store") if name in count]
    summed = count.groupby(by, as_index=False, sort=False, dropna=False)[
        [name for name in ("on_hand", "on_order") if name in count]
    ].sum()
    if again := len(count) - len(summed):
        findings.append(Finding(N_("{rows} rows name a product again: their units are added."), again))
    return summed
