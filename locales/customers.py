"""Readable names, in the reader's language, of the columns and levels of customers.

Only words of their own table are known. What other tables mean by a word is nothing to them: the `kind` of a stranger's
customers is no kind of day, and a `higher` income is not 5 to 20% higher.
"""

import locales
from locales import N_, _, ngettext

MONEY = ("monthly_charges", "total_charges")
KNOWN = {
    "customer_id": N_("Customer"),
    "churned": N_("Left"),
    "gender": N_("Gender"),
    "senior_citizen": N_("Aged 65 or more"),
    "partner": N_("Partner"),
    "dependents": N_("Dependents"),
    "tenure": N_("Tenure"),
    "phone_service": N_("Phone service"),
    "multiple_lines": N_("Multiple lines"),
    "internet_service": N_("Internet service"),
    "online_security": N_("Online security"),
    "online_backup": N_("Online backup"),
    "device_protection": N_("Device protection"),
    "tech_support": N_("Tech support"),
    "streaming_tv": N_("Streaming TV"),
    "streaming_movies": N_("Streaming movies"),
    "contract": N_("Contract"),
    "paperless_billing": N_("Paperless billing"),
    "payment_method": N_("Payment method"),
    "monthly_charges": N_("Monthly charges"),
    "total_charges": N_("Total charges"),
    "True": N_("Yes"),
    "False": N_("No"),
    "Yes": N_("Yes"),
    "No": N_("No"),
    "?": N_("Not known"),
    "Female": N_("Female"),
    "Male": N_("Male"),
    "No phone service": N_("No phone service"),
    "No internet service": N_("No internet service"),
    "DSL": N_("DSL"),
    "Fiber optic": N_("Fibre optic"),
    "Month-to-month": N_("Month-to-month"),
    "One year": N_("One year"),
    "Two year": N_("Two years"),
    "Electronic check": N_("Electronic check"),
    "Mailed check": N_("Mailed check"),
    "Bank transfer (automatic)": N_("Bank transfer (automatic)"),
    "Credit card (automatic)": N_("Credit card (automatic)"),
}


def label(name: str) -> str:
    """A column or level as a reader calls it; one that is not known with its underscores as spaces."""
    return _(KNOWN[name]) if name in KNOWN else name.replace("_", " ")


def pair(column: str, value: str) -> str:
    """A column with a value that is already written, "Contract: One year"."""
    return _("{column}: {value}").format(column=label(column), value=value)


def written(column: str, value: object, currency: str) -> str:
    """A value of a column as a reader reads it, with its unit; None is not known."""
    if value is None:
        return _("not known")
    if not isinstance(value, float | int) or isinstance(value, bool):
        return label(str(value))
    if column in MONEY:
        return locales.money(value, currency, 0 if abs(value) >= 1000 else 2)
    whole = float(value).is_integer()
    if column == "tenure":
        months = ngettext("{count} month", "{count} months", int(value) if whole else 2)
        return months.format(count=locales.number(value, 0 if whole else 1))
    return locales.number(value, 0 if whole or abs(value) >= 1000 else 2)
