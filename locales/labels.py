"""Readable names, in the reader's language, of the columns and levels that Vigie knows.

Columns of one's own are called as their file writes them, where the function given to `follow` says how. That is text
of somebody else: what Markdown, HTML or a formula could read as a command is replaced by what looks like it.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

import locales
from locales import N_, _, customers, tags

_KNOWN = customers.KNOWN | {
    "lines": N_("Lines"),
    "invoices": N_("Invoices"),
    "customers": N_("Customers"),
    "source": N_("Source"),
    "line_id": N_("Line"),
    "timestamp": N_("Date and time"),
    "product": N_("Product"),
    "line_type": N_("Line type"),
    "quantity": N_("Quantity"),
    "unit_price": N_("Unit price"),
    "amount": N_("Total of the line"),
    "everything": N_("Everything"),
    "currency": N_("Currency"),
    "invoice": N_("Invoice"),
    "customer": N_("Customer"),
    "description": N_("Description"),
    "category": N_("Category"),
    "store": N_("Store"),
    "supplier": N_("Supplier"),
    "unit_cost": N_("Unit cost"),
    "time_of_day": N_("time of day"),
    "promotion": N_("Promotion"),
    "sales": N_("Sales"),
    "churn": N_("Churn"),
    "auc": N_("Ranking (AUC)"),
    "recall": N_("Leavers found by a campaign"),
    "f1": N_("F1 of a campaign"),
    "accuracy": N_("Accuracy of a campaign"),
    "brier": N_("Brier score"),
    "log_loss": N_("Log-loss"),
    "in_the_large": N_("Left against said"),
    "slope": N_("Calibration slope"),
    "bias": N_("Forecast against sold"),
    "wape": N_("Error, share of sales"),
    "mae": N_("Error a day"),
    "mase": N_("Error against naive (MASE)"),
    "coverage-80": N_("Held by the 80% band"),
    "coverage-95": N_("Held by the 95% band"),
    "prediction": N_("What the model predicts"),
    "price_change": N_("Price against the usual one"),
    "visit": N_("Customer's rhythm"),
    "invoice_lines": N_("Lines of an invoice"),
    "invoice_value": N_("Amount of an invoice"),
    "hour": N_("Hour of the day"),
    "much lower": N_("more than 20% lower"),
    "lower": N_("5 to 20% lower"),
    "as usual": N_("as usual (± 5%)"),
    "higher": N_("5 to 20% higher"),
    "much higher": N_("more than 20% higher"),
    "walk-in": N_("without a customer code"),
    "back soon": N_("back within 4 weeks"),
    "first or long ago": N_("first visit, or long ago"),
    "sale": N_("Sale"),
    "return": N_("Return"),
    "products": N_("Products"),
    "stores": N_("Stores"),
    "suppliers": N_("Suppliers"),
    "supplier_prices": N_("Supplier prices"),
    "stock_count": N_("Stock count"),
    "stock_moves": N_("Stock moves"),
    "calendar": N_("Calendar"),
    "name": N_("Name"),
    "opened": N_("Opened"),
    "list_price": N_("List price"),
    "pack_size": N_("Pack size"),
    "lead_time_mean": N_("Lead time (days)"),
    "lead_time_std": N_("Its standard deviation (days)"),
    "minimum_order": N_("Least units of an order"),
    "minimum_value": N_("Least money of an order"),
    "order_cost": N_("Cost of an order"),
    "valid_from": N_("Valid from"),
    "from_quantity": N_("From a quantity of"),
    "move": N_("Kind of move"),
    "on_hand": N_("On hand"),
    "on_order": N_("On order"),
    "ordered": N_("Ordered on"),
    "open": N_("Is open"),
    "holiday": N_("Bank holiday"),
    "event": N_("Event"),
    "kind": N_("Kind"),
    "until": N_("Last day"),
    "country": N_("Country"),
    "date": N_("Day"),
    "code": N_("Code"),
    "continent": N_("Continent"),
    "population": N_("Population"),
    "total_cases": N_("Cases in total"),
    "new_cases": N_("New cases"),
    "total_deaths": N_("Deaths in total"),
    "new_deaths": N_("New deaths"),
    "total_tests": N_("Tests in total"),
    "new_tests_smoothed": N_("Tests a day"),
    "positive_rate": N_("Share of tests that are positive"),
    "total_vaccinations": N_("Vaccine doses in total"),
    "people_vaccinated": N_("People vaccinated"),
    "people_fully_vaccinated": N_("People fully vaccinated"),
    "total_boosters": N_("Boosters in total"),
    "hosp_patients": N_("Patients in hospital"),
    "icu_patients": N_("Patients in intensive care"),
    "weekly_hosp_admissions": N_("Hospital admissions in a week"),
    "excess_mortality": N_("Excess mortality (P-score, %)"),
    "excess_mortality_cumulative_absolute": N_("Excess deaths of all causes, so far"),
    "excess_mortality_cumulative_per_million": N_("Excess deaths so far, per million people"),
    "reproduction_rate": N_("People infected by one case"),
    "stringency_index": N_("Strictness of measures (0 to 100)"),
    "median_age": N_("Median age (years)"),
    "life_expectancy": N_("Life expectancy (years)"),
    "gdp_per_capita": N_("GDP per person (dollars)"),
    "population_density": N_("Inhabitants per km²"),
    "hospital_beds_per_thousand": N_("Hospital beds per 1,000 people"),
    "human_development_index": N_("Human development (0 to 1)"),
    "diabetes_prevalence": N_("Adults with diabetes (%)"),
    "barcode": N_("Barcode"),
    "nutriscore": N_("Nutri-Score"),
    "nova": N_("NOVA group"),
    "green_score": N_("Green-Score"),
    "fat_level": N_("Fat content"),
    "saturated_fat_level": N_("Content of saturates"),
    "sugars_level": N_("Sugar content"),
    "salt_level": N_("Salt content"),
    "diet_vegan": N_("Fit for vegans"),
    "diet_vegetarian": N_("Fit for vegetarians"),
    "palm_oil": N_("Palm oil"),
    "organic_label": N_("Organic label"),
    "food_category": N_("Food category"),
    "energy_kcal_100g": N_("energy (kcal in 100 g or ml)"),
    "fat_100g": N_("fat (g in 100 g or ml)"),
    "saturated_fat_100g": N_("saturates (g in 100 g or ml)"),
    "sugars_100g": N_("sugars (g in 100 g or ml)"),
    "fiber_100g": N_("fibre (g in 100 g or ml)"),
    "proteins_100g": N_("protein (g in 100 g or ml)"),
    "salt_100g": N_("salt (g in 100 g or ml)"),
    "Low in fat": N_("Low in fat"),
    "Medium in fat": N_("Medium in fat"),
    "High in fat": N_("High in fat"),
    "Low in saturates": N_("Low in saturates"),
    "Medium in saturates": N_("Medium in saturates"),
    "High in saturates": N_("High in saturates"),
    "Low in sugars": N_("Low in sugars"),
    "Medium in sugars": N_("Medium in sugars"),
    "High in sugars": N_("High in sugars"),
    "Low in salt": N_("Low in salt"),
    "Medium in salt": N_("Medium in salt"),
    "High in salt": N_("High in salt"),
    "Vegan": N_("Vegan"),
    "Maybe vegan": N_("Maybe vegan"),
    "Not vegan": N_("Not vegan"),
    "Vegetarian": N_("Vegetarian"),
    "Maybe vegetarian": N_("Maybe vegetarian"),
    "Not vegetarian": N_("Not vegetarian"),
    "With palm oil": N_("With palm oil"),
    "Maybe with palm oil": N_("Maybe with palm oil"),
    "Without palm oil": N_("Without palm oil"),
    "Organic": N_("Organic"),
    "Without an organic label": N_("Without an organic label"),
}
CHURN_LEARNERS = {
    "logistic": N_("Logistic regression with splines"),
    "xgboost": N_("Gradient boosting (XGBoost)"),
    "histogram boosting": N_("Histogram boosting"),
    "random forest": N_("Random forest"),
}
# Jobs, of which those that are commands have the command's name in English.
_JOBS = {
    "drift": N_("drift"),
    "score": N_("score"),
    "retrain": N_("retrain"),
    "quality": N_("quality"),
    "refresh": N_("refresh"),
    "fetch": N_("fetch"),
    "rules": N_("rules"),
    "report": N_("report"),
    "drift history": N_("drift history"),
    "forecast": N_("forecast"),
    "slow forecasts": N_("slow forecasts"),
    "retraining policies": N_("retraining policies"),
    "train churn": N_("train churn"),
    "notify": N_("notify"),
    "customers": N_("customers"),
    "food": N_("food"),
    "download": N_("download"),
    "upload": N_("upload"),
    "append": N_("append"),
    "demo": N_("demo"),
    "calls": N_("lists of whom to call"),
    "aggregate": N_("summing up lines"),
    "orders": N_("orders"),
    "stock": N_("stock"),
    "baskets": N_("baskets"),
    "forecast of shops and items": N_("forecast of shops and items"),
    "look through": N_("looking through"),
    "look through new lines": N_("looking through new lines"),
    "read lines": N_("reading lines"),
    "read a file": N_("reading a file"),
}
# Groups of countries, and countries that Our World in Data calls otherwise than Unicode does.
_PLACES = {
    "World": N_("World"),
    "European Union (27)": N_("European Union (27)"),
    "High-income countries": N_("High-income countries"),
    "Upper-middle-income countries": N_("Upper-middle-income countries"),
    "Lower-middle-income countries": N_("Lower-middle-income countries"),
    "Low-income countries": N_("Low-income countries"),
    "Asia excl. China": N_("Asia without China"),
    "World excl. China": N_("World without China"),
    "World excl. China and South Korea": N_("World without China and South Korea"),
    "World excl. China, South Korea, Japan and Singapore": N_("World without China, South Korea, Japan and Singapore"),
    "European Union": N_("European Union"),
    "High income": N_("High-income countries"),
    "Upper middle income": N_("Upper-middle-income countries"),
    "Lower middle income": N_("Lower-middle-income countries"),
    "Low income": N_("Low-income countries"),
    "England": N_("England"),
    "Scotland": N_("Scotland"),
    "Wales": N_("Wales"),
    "Northern Ireland": N_("Northern Ireland"),
    "Northern Cyprus": N_("Northern Cyprus"),
}
_UNICODE = {
    "Bosnia and Herzegovina": "Bosnia & Herzegovina",
    "Cote d'Ivoire": "Côte d’Ivoire",
    "Congo": "Congo - Brazzaville",
    "Democratic Republic of Congo": "Congo - Kinshasa",
    "East Timor": "Timor-Leste",
    "Micronesia (country)": "Micronesia",
    "Hong Kong": "Hong Kong SAR China",
    "Macao": "Macao SAR China",
    "Myanmar": "Myanmar (Burma)",
    "Palestine": "Palestinian Territories",
    "Antigua and Barbuda": "Antigua & Barbuda",
    "Saint Kitts and Nevis": "St. Kitts & Nevis",
    "Saint Lucia": "St. Lucia",
    "Saint Vincent and the Grenadines": "St. Vincent & Grenadines",
    "Sao Tome and Principe": "São Tomé & Príncipe",
    "Trinidad and Tobago": "Trinidad & Tobago",
    "Turkey": "Türkiye",
    "Vatican": "Vatican City",
    "Bonaire Sint Eustatius and Saba": "Caribbean Netherlands",
    "Curacao": "Curaçao",
    "Faeroe Islands": "Faroe Islands",
    "Pitcairn": "Pitcairn Islands",
    "Reunion": "Réunion",
    "Saint Barthelemy": "St. Barthélemy",
    "Saint Helena": "St. Helena",
    "Saint Martin (French part)": "St. Martin",
    "Saint Pierre and Miquelon": "St. Pierre & Miquelon",
    "Sint Maarten (Dutch part)": "Sint Maarten",
    "Turks and Caicos Islands": "Turks & Caicos Islands",
    "United States Virgin Islands": "U.S. Virgin Islands",
    "Wallis and Futuna": "Wallis & Futuna",
}

MAX_WRITTEN = 60  # characters
_LOOKALIKES = str.maketrans({
    "[": "(", "]": ")", "{": "(", "}": ")", "<": "‹", ">": "›", "*": "∗", "`": "'", "~": "∼", "|": "/", "\\": "/",
    "$": "＄", "_": " ", "^": "ˆ", "#": "№", "&": "＆",
})  # fmt: skip
_own: list[Callable[[], Mapping[str, str]]] = [dict]


def follow(source: Callable[[], Mapping[str, str]]) -> None:
    """From now on, ask `source` how files write the columns of one's own (name -> as it is written)."""
    _own[0] = source


@lru_cache(maxsize=1024)
def _safe(text: str) -> str:
    plain = re.sub(r":(?=\S)", ": ", text.translate(_LOOKALIKES))
    return " ".join("".join(one if one.isprintable() else " " for one in plain).split()).lstrip("-+=. ")[:MAX_WRITTEN]


def place(name: str) -> str:
    """A country or a group of countries as a reader calls it; `name` is that of Our World in Data."""
    return _(_PLACES[name]) if name in _PLACES else locales.territory(_UNICODE.get(name, name))


def job(name: str) -> str:
    """A job as a reader calls it, with the subject that may follow its name."""
    if name in _JOBS:
        return _(_JOBS[name])
    first, _space, subject = name.partition(" ")
    return f"{_(_JOBS[first])} {label(subject).lower()}" if first in _JOBS else name


def label(name: str) -> str:
    """A column or level as a reader calls it; one that is not known as its file writes it, else with its underscores
    as spaces."""
    if tags.is_tag(name) and (called := tags.name(name)):
        return called
    if name in _KNOWN:
        return _(_KNOWN[name])
    return (_safe(own) if (own := _own[0]().get(name)) else "") or name.replace("_", " ")


def heading(column: str) -> str:
    """A column as it is called at the beginning of a line."""
    name = label(column)
    return name[:1].upper() + name[1:]


def pair(column: str, value: str) -> str:
    """A column with a value that is already written, "Contract: One year"."""
    return _("{column}: {value}").format(column=label(column), value=value)
