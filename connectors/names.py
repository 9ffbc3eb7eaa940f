"""Which columns of a file are called like which columns of a table, in English and French."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache

from connectors import vocabulary
from data import meaning, schemas

# Words that come before or behind what is named: ProdottoID, id_loja, KlientNr, Nome do Produto.
IDENTIFIED = {"product", "store", "invoice", "customer", "supplier"}
_ID = r"(?:id|cod(?:igo|ice|e)?|kod|nr|num(?:ero)?|no|nome|nombre)"
FRENCH = {
    "quantite", "qte", "produit", "prix", "magasin", "montant", "facture", "commande", "jour", "mois", "semaine",
    "annee", "fournisseur", "devise", "categorie", "famille", "ventes", "vente", "chiffre", "unitaire", "remise",
    "boutique", "libelle", "heure", "numero", "caisse", "rayon", "pays", "ville", "nom", "ht", "ttc",
}  # fmt: skip
_OTHER = re.compile("[\u0370-\u1dff\u3040-\ud7af]")  # letters from Greek to Hangul
_DRESS = re.compile(r"\b(?:in|en)? ?(?:eur|euros?|usd|gbp|inr|chf|cad|aud|dollars?|pounds?|lakhs?|rs|k)\b")
# With tax or without it, in cents: said of money of every kind.
_TAX = r"(?:vat|(?:sales )?tax(?:es)?|gst|btw|mwst|mehrwertsteuer|ust|iva|moms|mva|kdv)"
_WITH = r"(?:in|ex)[ck]l(?:ud(?:ing|ed)|usi(?:ve|ef|f)|uido|usa|us[ao])?|including|excluding|before|after|"
_WITH += r"ohne|mit|zzgl|sin|con|com|sem"
_TAXED = re.compile(
    rf"\b(?:un|pre)taxed\b|\b(?:{_WITH}) (?:of )?{_TAX}\b|\b{_TAX} (?:in|ex)cl(?:u[a-z]+)?\b|"
    rf"\b{_TAX} (?:dahil|haric)\b|"
    r"(?<=\w )(?:in )?(?:cents?|centimes?|pence|pennies|minor units?)$"
)

# Of this year, beside the same of the last one.
_NOW = re.compile(r"(?<=\w )(?:ty|cy|this year|current year|annee en cours|laufendes jahr|ano actual|anno corrente)$")


@lru_cache(maxsize=4096, typed=True)  # each name is looked at for every column that it may be
def plain(name: str) -> str:
    """A column name without accents, capitals and punctuation; one in other letters than Latin keeps them."""
    if _OTHER.search(str(name)):
        return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", str(name)).casefold())
    letters = meaning.ascii_of(name)
    return re.sub(r"[^a-z0-9]", "", letters.casefold())


@lru_cache(maxsize=4096, typed=True)
def bare(name: str) -> str:
    """The same without the currency and the unit that a name may carry ("Price (EUR)")."""
    if _OTHER.search(str(name)):
        return plain(re.sub(r"[\[(（][^\])）]*[\])）]", "", str(name)) or name)
    words = meaning.plain(re.sub(r"[\[(][^\])]*[\])]", " ", str(name)) or name) or meaning.plain(name)
    words = re.sub(r"^n (?=\w)", "no ", words)  # N° de facture
    words = re.sub(r"^(?:sum of|somme de|summe von|soma de|suma de|somma di) (?=\w)", "", words)  # as pivot tables say
    words = re.sub(r"^(?:(?:order|invoice|sales?) lines|line ?item) (?=\w)", "", words)
    return _DRESS.sub("", _TAXED.sub("", _NOW.sub("", words))).replace(" ", "") or plain(name)


def french(columns: Iterable[str]) -> bool:
    """Whether names are French words."""
    return any(FRENCH & set(meaning.plain(name).split()) for name in columns)


def by_name(columns: Iterable[str], wanted: Iterable[str]) -> dict[str, str]:
    """The columns of a file that are called like some columns of a table (canonical -> source), none used twice."""
    columns = list(columns)
    called: dict[str, list[str]] = {}
    for source in columns:
        called.setdefault(plain(source), []).append(source)
    for source in columns:  # of a record in a record: subscription monthly_price
        if "_" in (last := source.rpartition(" ")[2]):
            called.setdefault(plain(last), []).append(source)
    found: dict[str, str] = {}
    wanted = list(wanted)
    for canonical in wanted:
        take(found, canonical, called.get(plain(canonical), []))
    for canonical in wanted:
        synonyms = vocabulary.SYNONYMS.get(canonical, "").split()
        for synonym in synonyms:
            take(found, canonical, called.get(synonym, []))
        if canonical == "tenure":
            called_so = (
                one for one in columns if vocabulary.BEEN.fullmatch(plain(one)) or bare(one) in (canonical, *synonyms)
            )
            take(found, canonical, called_so)
        if canonical == "churned":
            take(found, canonical, (one for one in columns if vocabulary.LEFT.search(plain(one))))
        if canonical == "monthly_charges":
            take(found, canonical, (source for source in columns if vocabulary.MONTHLY.fullmatch(plain(source))))
        if canonical.endswith("_charges"):
            take(found, canonical, (source for source in columns if bare(source) in synonyms))
        if canonical == "monthly_charges":
            take(found, canonical, (source for source in columns if vocabulary.DUES.fullmatch(bare(source))))
        if not synonyms:
            for tier in likely(columns, canonical):
                take(found, canonical, tier)
    return found


def likely(columns: Iterable[str], canonical: str) -> list[list[str]]:
    """The columns that may be a column of sales by their names, in tiers, the likeliest first."""
    tiers: list[list[str]] = [[] for _tier in range(len(vocabulary.SALES.get(canonical, ())) + 2)]
    for source in dict.fromkeys(columns):
        if (tier := _likeness(bare(source), canonical)) is not None:
            tiers[tier].append(source)
    return tiers


@lru_cache(maxsize=8192, typed=True)  # of a header that is looked for in each row, and of each piece of a file
def _likeness(name: str, canonical: str) -> int | None:
    """The tier of a name that is `bare`; None where it is none."""
    if name == plain(canonical):
        return 0
    further = [_further(canonical)] if canonical in vocabulary.FURTHER else []
    elsewhere = "|".join([vocabulary.ELSEWHERE.get(canonical, "-"), *further])
    if canonical in IDENTIFIED:
        elsewhere = rf"(?:{_ID}(?:d[aeio]s?|del)?)?(?:{elsewhere}){_ID}?"
    patterns = (*vocabulary.SALES.get(canonical, ()), elsewhere)
    return next((tier for tier, one in enumerate(patterns, 1) if re.fullmatch(one, name)), None)


@cache
def _further(canonical: str) -> str:
    """The names of `FURTHER` as `bare` has them, those that are patterns as they are."""
    known = re.split(r"\|(?![^()]*\))", vocabulary.FURTHER[canonical])
    return "|".join(one if re.search(r"[(?]", one) else re.escape(plain(one)) for one in known)


def known(names: list[str]) -> int:
    """How many of some names are those of columns of sales or customers."""
    found = {one for role in vocabulary.SALES for tier in likely(names, role) for one in tier}
    return len(found | set(by_name(names, schemas.columns("customers")).values()))


def take(found: dict[str, str], canonical: str, sources: Iterable[str]) -> None:
    """Let `canonical` be the first of `sources` that is free, unless it is found already: then none is looked at."""
    if canonical not in found:
        free = next((source for source in sources if source not in found.values()), None)
        if free is not None:
            found[canonical] = free


def needed(table: str) -> list[str]:
    """The columns a file must have for `table`; of sales also units or money (see `lacking`)."""
    return [name for name in schemas.required(table) if name not in DERIVED]


# Derived where a file does not have them.
DERIVED = {"line_id", "source", "line_type", "currency", "customer_id", "product", "quantity", "unit_price"}
