"""Lines of a file that are no goods, by what they are called: postage, fees, discounts, corrections."""

import re
from collections.abc import Mapping

import pandas as pd

from connectors import lines
from data import meaning
from data.dataset import Reading
from locales import N_

KIND, GOODS = "kind", "goods"  # key of readings; what lines are that are none of these
ALONE = 0.9  # share of lines of one unit, from which a word that may be goods (port) is none
MOSTLY = 0.5  # share of all money, from which what is called delivery is what is sold
NAMED = 3  # names said
# The whole of a product's code or description, without accents.
WORDS = {
    "shipping": re.compile(
        r"(?:[a-z]+ )?(?:postage|shipping|carriage|freight)(?: (?:and |& )?(?:packing|handling|packaging))?"
        r"(?: (?:fees?|costs?|charges?))?|(?:[a-z]+ )?delivery(?: (?:fees?|costs?|charges?))?|p and p|"
        r"(?:[a-z]+ )?frais (?:de )?(?:port|livraison|envoi|expedition)(?: .*)?|(?:[a-z]+ )?livraison(?: .*)?|"
        r"affranchissement|port(?: et emballage)?|versandkosten|gastos de envio|spese di spedizione"
    ),
    "fee": re.compile(
        r"(?:(?:bank|card|credit card|amazon|paypal|stripe|ebay|etsy|shopify|service|transaction|processing|payment|"
        r"platform|marketplace|handling|booking|admin|selling|seller|listing) ?)+(?:fees?|charges?|commissions?)|fees?|"
        r"commissions?(?: .*)?|frais(?: (?:bancaires?|(?:de |d )[a-z]+(?: [a-z]+)?))?|agios|gebuhren?"
    ),
    "discount": re.compile(
        r"(?:[a-z]+ )?(?:discounts?|remises?|rabais|ristournes?|rabatt)"
        r"(?: (?:\d+|fidelite|commerciale|exceptionnelle|applied|given|code|sur .*|on .*))?|"
        r"code promo(?: .*)?|coupon|bon de reduction|reduction|voucher discount|promo code(?: .*)?"
    ),
    "adjustment": re.compile(
        r"manual|(?:[a-z]+ )?adjust(?:ments?)?(?: .*)?|bad debt|write off|rounding|ajustements?(?: .*)?|"
        r"regularisations?(?: .*)?|ecarts? de caisse|arrondis?|erreur de caisse|"
        # What is paid for before it is sold (IFRS 15, B44 to B47).
        r"(?:[a-z]+ )?(?:e )?gift ?(?:cards?|vouchers?|certificates?)(?: .*)?|"
        r"(?:cartes?|cheques?|bons?) cadeaux?(?: .*)?|"
        r"(?:geschenk)?gutscheine?(?: .*)?|(?:tarjetas?|buon[oi]|vales?) regalo(?: .*)?"
    ),
}
EITHER = re.compile(r"port|delivery|livraison|commissions?|fees?|frais|manual|rounding|coupon|reduction")


def told(frame: pd.DataFrame, choices: Mapping[str, str], readings: list[Reading]) -> pd.DataFrame:
    """The lines (quantity, amount, product or description) with the `line_type` that their names say.

    A discount is one that lowers what is paid. What is most of the money is goods, and so is a word that may be some
    unless it comes one at a time; each kind can be chosen otherwise.
    """
    called = [frame[one] for one in ("product", "description") if one in frame]
    if "line_type" in frame or not called or not len(frame):
        return frame
    plain = {name: meaning.plain(name) for names in called for name in names.dropna().unique()}
    quantity, amount = frame["quantity"], frame["amount"].fillna(0.0)
    line_type, taken = lines.by_sign(frame), pd.Series(False, frame.index)
    for kind, words in WORDS.items():
        rows = pd.Series(False, frame.index)
        doubted = {name for name, one in plain.items() if words.fullmatch(one) and EITHER.fullmatch(one)}
        sure = {name for name, one in plain.items() if words.fullmatch(one)} - doubted
        for names in called:
            maybe = names.isin(doubted)
            rows |= names.isin(sure) | (maybe & (quantity[maybe].abs().eq(1).mean() >= ALONE))
        rows &= ~taken
        if kind == "discount":
            rows &= amount.le(0)
        if not rows.any() or rows.all():
            continue
        taken |= rows
        most = amount[rows].abs().sum() > MOSTLY * amount.abs().sum()
        key = f"{KIND}:{kind}"
        chosen = choices.get(key, GOODS if most else kind)
        message = N_("{count} lines are called {names}: {sum} in all.")
        said = ", ".join(f"“{str(name)[:30]}”" for name in called[-1][rows].value_counts().index[:NAMED])
        values = {"count": str(int(rows.sum())), "names": said, "sum": f"{amount[rows].sum():,.10g}"}
        options = (kind, GOODS, *(one for one in WORDS if one != kind))
        readings.append(Reading(key, message, chosen, options, values))
        if chosen != GOODS:
            line_type = line_type.mask(rows, chosen)
    return frame.assign(line_type=line_type)
