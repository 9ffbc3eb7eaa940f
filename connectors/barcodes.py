"""Barcodes of products: typed, or read from a picture, checked, and written as Open Food Facts writes them."""

import io
import re
from collections.abc import Mapping
from contextlib import suppress

from connectors import ConnectorError, child
from connectors.child import Parsed
from locales import N_

MAX_PIXELS = 40_000_000
MIN_DIGITS = 8  # digits; of shorter numbers one in ten looks like a code with zeros in front


class InvalidBarcode(ConnectorError):
    """What was typed or scanned is no barcode of a product."""


def barcode(text: str) -> str:
    """A barcode as Open Food Facts writes it, of 8, 13 or 14 digits. Raises InvalidBarcode where it is none.

    EAN-8, EAN-13, UPC-A (12 digits), UPC-E (8 digits, expanded unless they are an EAN-8 as well) and GTIN-14, with or
    without leading zeros, spaces and hyphens. The last digit must be the check digit (GS1 General Specifications,
    section 7.9).
    """
    digits = re.sub(r"[\s\-\u2010-\u2015]", "", text)
    if not re.fullmatch(r"[0-9]+", digits):
        raise InvalidBarcode(N_("A barcode has digits only: type the 8 to 14 digits under the bars."))
    if not digits.strip("0"):
        raise InvalidBarcode(N_("A barcode of zeros belongs to no product: check the digits."))
    if len(digits.lstrip("0")) > 14:
        raise InvalidBarcode(
            N_("A barcode has at most 14 digits and this one has {digits}: check the digits."),
            digits=len(digits.lstrip("0")),
        )
    code = padded(digits)
    if _check_digit(code[:-1]) == code[-1]:
        return code
    if len(digits) <= 8 and (expanded := upc_a(code)):
        return expanded
    raise InvalidBarcode(N_("One of the digits is wrong: the last one does not fit the others. Check the digits."))


def of_products(names: Mapping[str, str]) -> dict[str, str]:
    """Those of these texts (by product) that are a barcode of 8 digits or more: product -> barcode, as `barcode`."""
    found = {}
    for product, text in names.items():
        if len(re.sub(r"\D", "", text)) >= MIN_DIGITS:
            with suppress(InvalidBarcode):
                found[product] = barcode(text)
    return found


def barcodes_in(image: bytes) -> list[str]:
    """The products' barcodes in a picture (JPEG, PNG, WebP, ...), as `barcode` writes them. Raises ConnectorError."""
    return list(child.run(_parsed, image).values["codes"])


def _parsed(image: bytes) -> Parsed:
    """The barcodes in a picture, as `codes`."""
    import zxingcpp
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(image)) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise InvalidBarcode(N_("This picture is too large: take one of less than 40 million pixels."))
            picture = opened.convert("L")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InvalidBarcode(N_("This file is not a picture that Vigie can read: take a JPEG or PNG.")) from error
    codes = []
    for found in zxingcpp.read_barcodes(picture):
        with suppress(InvalidBarcode):
            codes.append(barcode(found.text))
    if not codes:
        raise InvalidBarcode(
            N_("No barcode can be read in this picture: take it closer and sharper, or type the digits.")
        )
    return Parsed(values={"codes": list(dict.fromkeys(codes))})


def padded(digits: str) -> str:
    """With the zeros in front that Open Food Facts writes: 8 digits, or 13, or more."""
    short = digits.lstrip("0")
    return short.rjust(8 if len(short) <= 8 else 13, "0")


def _check_digit(digits: str) -> str:
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def upc_a(code: str) -> str | None:
    """What the 8 digits of a UPC-E (system 0 or 1, six, check digit) stand for, padded; None where they are none.

    More than half of all UPC-E are an EAN-8 as well, so that digits typed by hand can mean either product.
    """
    if not re.fullmatch("[01][0-9]{7}", code):
        return None
    system, six, check = code[0], code[1:7], code[7]
    if six[5] in "012":
        body = f"{six[:2]}{six[5]}0000{six[2:5]}"
    elif six[5] == "3":
        body = f"{six[:3]}00000{six[3:5]}"
    elif six[5] == "4":
        body = f"{six[:4]}00000{six[4]}"
    else:
        body = f"{six[:5]}0000{six[5]}"
    return padded(system + body + check) if _check_digit(system + body) == check else None
