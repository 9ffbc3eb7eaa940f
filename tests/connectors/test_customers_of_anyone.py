"""Customers as other people's files have them: a day for an outcome, a currency in the cells, codes without words."""

from datetime import UTC, datetime

import pandas as pd
import pytest

from connectors import InvalidFile, files, mapping, outcomes, recipes, scales
from data import meaning
from data.dataset import Origin
from models.churn import window

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def read(text: str, outcome=None, currency=None, **choices: str):
    raw = files.read("customers.csv", text.encode(), limit_bytes=1_000_000)
    columns = mapping.guess(raw.frame, "customers")
    return raw, mapping.apply(raw, "customers", columns, NOW, "customers.csv", currency, outcome, choices)


def accounts(header: str, day: str, blank: str = "", charge: str = "12.50", rows: int = 40) -> str:
    """Every fourth account left, on `day` with its own number of the month."""
    lines = [f"A{n:04d};{charge};{day.format(n % 28 + 1) if n % 4 == 0 else blank}" for n in range(rows)]
    return "\n".join([f"Account ID;MRR;{header}", *lines])


@pytest.mark.parametrize(
    ("header", "day", "blank"),
    [
        ("Cancelled at", "2025-09-{:02d}", ""),
        ("Date de résiliation", "{:02d}/09/2025", ""),
        ("Date de résiliation", "{:02d}/09/2025", "31/12/9999"),
        ("Kündigungsdatum", "{:02d}.09.2025", "31/12/9999"),
        ("Churn date", "{:02d} Sep 2025", ""),
        ("Date left", "2025-09-{:02d} 10:00:00", "31/12/9999"),
        ("Fecha de baja", "{:02d}/09/2025", ""),
    ],
)
def test_the_day_somebody_left_is_the_outcome_and_blank_is_still_here(header, day, blank):
    raw, made = read(accounts(header, day, blank))
    assert made.origin.outcome == {meaning.FILLED: True, meaning.BLANK: False}
    assert made.main["churned"].tolist() == [n % 4 == 0 for n in range(40)]
    assert not made.questions
    told = next(one for one in made.readings if one.key == outcomes.BLANK)
    assert (told.chosen, set(told.options)) == ("still here", {"still here", "not known"})
    unknown = read(accounts(header, day, blank), blank="not known")[1].main["churned"]
    assert (unknown.sum(), unknown.isna().sum()) == (10, 30)
    back = read(accounts(header, day, blank), outcome={meaning.FILLED: False, meaning.BLANK: True})[1]
    assert back.main["churned"].sum() == 30
    recipe = recipes.of("customers", made.origin)
    later = files.read("n.csv", accounts(header, day.replace("2025", "2026"), blank).encode(), limit_bytes=10**6)
    assert recipes.changes(recipe, later, "customers") == []  # other days are no new words
    assert recipes.apply(later, "customers", recipe, NOW, "n.csv").main["churned"].sum() == 10
    assert mapping.lenient(raw, {"monthly_charges": True}, NOW, made.origin)["churned"].sum() == 10


def test_few_days_are_no_words_and_a_column_of_yes_and_no_comes_first():
    made = read(accounts("Cancelled at", "2025-09-01", rows=8))[1]
    assert made.main["churned"].sum() == 2
    text = "\n".join(f"{line};{'Churned' if n == 0 else 'No'}" for n, line in enumerate(["id;x;Churn date"]))
    rows = "\n".join(f"A{n};3;{'2025-01-02' if n % 3 == 0 else ''};{'Yes' if n % 2 else 'No'}" for n in range(30))
    assert (
        mapping.guess(files.read("a.csv", f"{text}\n{rows}".encode(), limit_bytes=10**6).frame, "customers")["churned"]
        == "Churned"
    )


def test_days_that_are_not_about_leaving_are_no_outcome():
    raw = files.read("a.csv", accounts("Last login", "2025-09-{:02d}").encode(), limit_bytes=10**6)
    assert "churned" not in mapping.guess(raw.frame, "customers")


def test_codes_under_a_name_that_says_nothing_are_not_guessed():
    text = "id;age;COD3\n" + "\n".join(f"A{n};{20 + n};{1 + (n % 4 == 0)}" for n in range(40))
    raw = files.read("a.csv", text.encode(), limit_bytes=10**6)
    assert meaning.outcomes(raw.frame["COD3"], "COD3") is None
    columns = {**mapping.guess(raw.frame, "customers"), "churned": "COD3"}
    with pytest.raises(InvalidFile, match="which values"):
        mapping.apply(raw, "customers", columns, NOW, "a.csv")
    assert "churned" in mapping.guess(raw.frame.rename(columns={"COD3": "CODRESIL"}), "customers")


@pytest.mark.parametrize(
    ("charge", "currency"),
    [("$1.50", "USD"), ("1.50 €", "EUR"), ("£1.50", "GBP"), ("CHF 1.50", "CHF"), ("1.50", "EUR")],
)
def test_the_currency_of_charges_is_that_of_their_signs(charge, currency):
    made = read(accounts("Cancelled at", "2025-09-{:02d}", charge=charge))[1]
    assert made.origin.currency == currency
    assert made.main["monthly_charges"].iloc[0] == pytest.approx(1.5)


def test_the_currency_of_charges_may_stand_in_their_header_and_a_sign_of_several_is_asked():
    text = accounts("Cancelled at", "2025-09-{:02d}")
    assert read(text.replace("MRR", "MRR (USD)"))[1].origin.currency == "USD"
    assert read(text, currency="GBP")[1].origin.currency == "GBP"
    made = read(text.replace("12.50", "¥1200"))[1]
    assert [one.key for one in made.questions] == ["sign"]


@pytest.mark.parametrize(
    "name",
    ["Tarif mensuel (€)", "Monatliche Gebühr", "Monthly fee (USD)", "Mensualité", "Canone mensile", "Maandbedrag"],
)
def test_monthly_charges_by_their_names(name):
    frame = pd.DataFrame({"id": ["a1", "b2", "c3"], name: ["1", "2", "3"]}, dtype="str")
    assert mapping.guess(frame, "customers")["monthly_charges"] == name


def members(header: str, *more: str, rows: int = 60) -> str:
    """Members of 0 to 59 months on 31 December 2025, of whom every fourth one left; `more` are cells of further columns
    under their names ("name=2025-12-{day:02d}")."""
    lines = [";".join(["Member no", header, "Left this term? (Y/N)", *(one.split("=")[0] for one in more)])]
    for n in range(rows):
        day = f"{2025 - n // 12}-{12 - n % 12:02d}-01"
        cells = [one.split("=")[1].format(day=n % 28 + 1) if n % 4 == 0 or "*" not in one else "" for one in more]
        lines.append(";".join([f"M{n:03d}", day, "Y" if n % 4 == 0 else "N", *(cell.strip("*") for cell in cells)]))
    return "\n".join(lines)


@pytest.mark.parametrize("header", ["Customer since", "Date d'adhésion", "Eintrittsdatum", "Sign-up date", "joined_at"])
def test_the_day_a_customer_came_is_their_tenure_on_the_newest_day_of_the_file(header):
    raw, made = read(members(header, "Last visit=2025-12-{day:02d}"))
    assert (made.origin.columns["tenure"], made.origin.columns["churned"]) == (header, "Left this term? (Y/N)")
    assert made.main["churned"].tolist() == [n % 4 == 0 for n in range(60)]
    last = pd.Timestamp("2025-12-28")  # nobody came later than on the first
    days = [(last - pd.Timestamp(f"{2025 - n // 12}-{12 - n % 12:02d}-01")).days for n in range(60)]
    assert made.main["tenure"].tolist() == pytest.approx([day / 30.4375 for day in days])
    assert not made.questions
    again = mapping.lenient(raw, {"tenure": True}, NOW, made.origin)
    assert again["tenure"].astype(float).tolist() == pytest.approx(made.main["tenure"].tolist())


def test_whoever_left_was_a_customer_until_then_and_days_to_come_are_no_day_of_the_file():
    text = members("Customer since", "Date left=*2025-12-{day:02d}*", "Renewal date=2026-02-01", "Born on=1990-01-01")
    tenure = read(text)[1].main["tenure"]
    assert tenure[0] == pytest.approx(0)  # came and left on 1 December
    assert tenure[4] == pytest.approx((pd.Timestamp("2025-12-05") - pd.Timestamp("2025-08-01")).days / 30.4375)
    newest = pd.Timestamp("2025-12-25")  # on which the last one left
    assert tenure[1] == pytest.approx((newest - pd.Timestamp("2025-11-01")).days / 30.4375)


def test_where_no_day_says_when_the_file_was_written_it_is_asked():
    text = members("Customer since", "Born on=1990-01-{day:02d}")
    made = read(text)[1]
    assert [one.key for one in made.questions] == ["until:Customer since"]
    today = read(text, **{"until:Customer since": scales.TODAY})[1]
    assert not today.questions
    assert today.main["tenure"][0] == pytest.approx(
        (pd.Timestamp("2026-03-02") - pd.Timestamp("2025-12-01")).days / 30.4375
    )


@pytest.mark.parametrize("name", ["Months since signup", "Laufzeit (Monate)", "Laufzeit", "months since joining"])
def test_the_tenure_by_more_of_its_names(name):
    frame = pd.DataFrame({"id": [f"a{n}" for n in range(60)], name: [str(n) for n in range(60)]}, dtype="str")
    assert mapping.guess(frame, "customers")["tenure"] == name
    agreed = frame.assign(**{name: ["12", "24"] * 30})
    assert ("tenure" in mapping.guess(agreed, "customers")) == (not name.startswith("Laufzeit"))


@pytest.mark.parametrize(
    ("name", "months"),
    [
        ("Vertragsjahre", 12),
        ("Mitgliedsmonate", 1),
        ("Membership years", 12),
        ("Account age (days)", 1 / 30.4375),
        ("Jours d’ancienneté", 1 / 30.4375),
        ("Years insured", 12),
        ("Mois d'abonnement", 1),
        ("Ancienneté client", 1),
        ("customer_tenure", 1),
    ],
)
def test_the_tenure_by_who_is_there_and_what_is_counted(name, months):
    rows = "\n".join(f"a{n};{n};{'yes' if n % 3 else 'no'}" for n in range(60))
    made = read(f"id;{name};churned\n{rows}")[1]
    assert made.origin.columns["tenure"] == name
    assert made.main["tenure"].tolist() == pytest.approx([n * months for n in range(60)])


@pytest.mark.parametrize(
    "name", ["Customer age", "Months inactive", "Days since last order", "Client type", "Duration"]
)
def test_other_times_are_no_tenure(name):
    frame = pd.DataFrame({"id": [f"a{n}" for n in range(60)], name: [str(n) for n in range(60)]}, dtype="str")
    assert "tenure" not in mapping.guess(frame, "customers")


@pytest.mark.parametrize(
    ("name", "months"),
    [
        ("Parti le mois dernier", 1),
        ("A quitté le club l’année dernière", 12),
        ("Client perdu", None),
        ("In den letzten 12 Monaten ausgetreten", 12),
        ("Kunde verloren", None),
    ],
)
def test_who_left_by_more_of_its_names_beside_another_yes_and_no(name, months):
    yes, no = ("ja", "nein") if name[0] in "IK" else ("Oui", "Non")
    rows = "\n".join(f"a{n};{yes if n % 2 else no};{yes if n % 4 == 0 else no}" for n in range(40))
    made = read(f"id;Newsletter;{name}\n{rows}")[1]
    assert made.origin.columns["churned"] == name
    assert made.main["churned"].tolist() == [n % 4 == 0 for n in range(40)]
    assert window.said(name) == months
    for other in ("lost_parcels", "partis politiques", "parties jouées", "quittances"):
        assert not meaning.about_leaving(other)


def test_customers_as_they_were_each_month_are_told_what_to_bring_in():
    rows = [f"A{n};2026-{month:02d}-01;{n + month};{int(n == month)}" for month in (1, 2, 3) for n in range(20)]
    with pytest.raises(InvalidFile, match=r"once for each “snapshot_month” \(3 of them\)"):
        read("\n".join(["account_id;snapshot_month;logins;churned_next_month", *rows]))
    last = [row for row in rows if "2026-03" in row]
    assert read("\n".join(["account_id;snapshot_month;logins;churned_next_month", *last]))[1].main["churned"].sum() == 1


def test_how_long_customers_were_there_is_counted_to_the_time_that_is_handed_in():
    raw = files.read("n.csv", b"id;Customer since\nA1;2025-01-01\nA2;2025-06-01\n", limit_bytes=10**6)
    wanted = {"tenure": True}
    today = Origin(
        "upload",
        "n.csv",
        columns={"tenure": "Customer since"},
        readings={"until:Customer since": "the day it is brought in"},
    )
    found = mapping.lenient(raw, wanted, datetime(2025, 7, 1, tzinfo=UTC), today)["tenure"].astype(float)
    assert (found * 30.4375).round(6).tolist() == [181, 30]  # whatever day it is now


SNAPSHOTS = [["2025-01", "2025-02", "2025-03"], ["202501", "202502", "202503"], ["1", "2", "3"], ["M1", "M2", "M3"]]


@pytest.mark.parametrize("months", SNAPSHOTS)
def test_snapshots_are_told_whatever_their_months_are_called(months):
    """Sixty customers of whom the first twenty are not yet there in the first month."""
    lines = [f"A{n},{month},{n + 20},no" for n in range(60) for month in months[n < 20 :]]
    with pytest.raises(InvalidFile, match="once for each “month” \\(3 of them\\)"):
        read("\n".join(["customer_id,month,spend,churned", *lines]))


@pytest.mark.parametrize("column", ["joined", "gender"])
def test_one_customer_who_comes_twice_does_not_make_snapshots(column):
    """The days they joined, or their genders, are no months of a file in which a single customer was entered twice."""
    values = {"joined": [f"2024-{n % 12 + 1:02d}-{n % 28 + 1:02d}" for n in range(60)], "gender": ["F", "M"] * 30}
    lines = [f"A{max(n, 1)},{value},no" for n, value in enumerate(values[column])]
    with pytest.raises(InvalidFile, match="cells cannot be used") as refused:
        read("\n".join([f"customer_id,{column},churned", *lines]))
    assert refused.value.report["reason"].tolist() == ["this customer comes twice"] * 2
