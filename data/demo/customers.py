"""Simulated telco customers, with the columns, the levels and the joint behaviour of the public Telco churn file."""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from data.demo import parameters as p
from data.schemas import CONTRACTS, YES_NO

_LETTERS = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", dtype="u1")
_IDENTIFIERS = 10**4 * 26**5  # as many as "1234-ABCDE" can name
_STRIDE = 48_271_000_033  # shares no factor with it, so that consecutive multiples never meet


def generate(n: int = 7000, seed: int = 0) -> pd.DataFrame:
    """`n` customers as `data.schemas.Customers` has them; the same arguments give the same frame.

    Each column is drawn given those before it (contract, tenure, services, payment), the bill follows the price
    list, and a logistic model of all of them decides who leaves: about 26.5 % do, 43 / 11 / 3 % by contract. The
    model cannot be beaten: a perfect one would reach an area under the ROC curve near 0.85. Customers of tenure 0
    have no bill yet: their `total_charges` is missing. Every number is in `data.demo.parameters`.
    """
    rng = np.random.default_rng(seed)
    contract = _contract(n, rng)
    drawn = _profile(contract, _tenure(contract, rng), rng)
    churned = _leaves(drawn, p.CHURN, rng)
    tenure, monthly = drawn["tenure"], _monthly(drawn, rng)
    wander = rng.normal(0, p.TOTAL_NOISE, n) * np.sqrt(np.maximum(tenure - 1, 0))  # the first bill is today's
    total = np.where(tenure > 0, np.round(monthly * np.maximum(tenure + wander, 1), 2), np.nan)
    identifiers = _identifiers(n, rng)
    return _frame(identifiers, churned, drawn | {"gender": rng.integers(0, 2, n)}, monthly, total)


def history(
    end: date, months: int = p.HISTORY_MONTHS, customers: int = p.HISTORY_CUSTOMERS, seed: int = 0
) -> pd.DataFrame:
    """The customers at `months` month-ends, as `data.schemas.CustomerHistory` has them: `customers` rows a month-end.

    The last month-end is the latest one whose following month is over on the day `end`. Customers go on from month to
    month until they leave; then somebody like them joins, so that only a change changes the mix. They leave as in
    `generate`, more rarely by `MONTHLY`, until the change that `parameters.CHURN_DRIFT` describes.
    """
    rng, drift = np.random.default_rng([seed, 1]), p.CHURN_DRIFT
    days = pd.date_range(end=pd.Timestamp(end) - pd.offsets.MonthEnd(2), periods=months, freq="ME").as_unit("us")
    names = _identifiers(customers * (months + p.SETTLING_MONTHS), rng)
    usual = _more(p.CHURN, p.MONTHLY)
    later = _more(usual, {"base": drift.base, "log_tenure": drift.log_tenure, "rival": drift.rival})
    contract = _contract(customers, rng)
    now = _joined(_profile(contract, _tenure(contract, rng), rng), rng)
    serial, batches = np.arange(customers), []
    for month in range(-p.SETTLING_MONTHS, months):
        changed = month >= months - drift.months
        gone = _leaves(now, later if changed else usual, rng)
        bill = np.round(now["bill"] * (1 + drift.price_rise * changed), 2)
        total = np.where(now["tenure"] > 0, np.round(now["paid"] + bill, 2), np.nan)
        if month >= 0:
            batch = _frame(names.iloc[serial].reset_index(drop=True), gone, now, bill, total)
            batch.insert(0, "day", days[month])
            batches.append(batch)
        now |= _aged(now["tenure"] + 1) | {"paid": np.nan_to_num(total)}
        like = {name: values[gone] for name, values in now.items()} | _aged(np.zeros(int(gone.sum()), int))
        fresh = _joined(like, rng)
        if changed:
            lured = rng.random(len(like["contract"])) < drift.newcomers
            other = _joined(_profile(0 * like["contract"], like["tenure"], rng, lured), rng)
            fresh = {name: np.where(lured, other[name], values) for name, values in fresh.items()}
        for name, values in fresh.items():
            now[name] = _put(now[name], gone, values)
        serial = _put(serial, gone, serial.max() + 1 + np.arange(int(gone.sum())))
    return pd.concat(batches, ignore_index=True)


def _more(coefficients: Mapping[str, float], added: Mapping[str, float]) -> dict[str, float]:
    return {**coefficients, **{name: coefficients.get(name, 0.0) + value for name, value in added.items()}}


def _put(values: np.ndarray, where: np.ndarray, new: np.ndarray) -> np.ndarray:
    """A copy of `values` with `new` in the places `where`."""
    copy = values.copy()
    copy[where] = new
    return copy


def _aged(tenure: np.ndarray) -> dict[str, np.ndarray]:
    return {"tenure": tenure, "log_tenure": np.log1p(tenure), "years": tenure / 12}


def _joined(drawn: dict[str, np.ndarray], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Customers for `history`, with their bill by the list, what they paid so far, and whether a rival is near."""
    n, bill = len(drawn["base"]), _monthly(drawn, rng)
    others = {"gender": rng.integers(0, 2, n), "rival": rng.random(n) < p.CHURN_DRIFT.rival_share}
    return drawn | others | {"bill": bill, "paid": bill * np.maximum(drawn["tenure"] - 1, 0)}


def _contract(n: int, rng: np.random.Generator) -> np.ndarray:
    return np.searchsorted(np.cumsum(p.CONTRACT_SHARES[:-1]), rng.random(n), side="right")


def _log_odds(drawn: Mapping[str, np.ndarray], coefficients: Mapping[str, float]) -> np.ndarray:
    return sum((weight * drawn[name] for name, weight in coefficients.items()), np.zeros(len(drawn["base"])))


def _yes(log_odds: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rng.random(len(log_odds)) < 1 / (1 + np.exp(-log_odds))


def _leaves(drawn: Mapping[str, np.ndarray], coefficients: Mapping[str, float], rng: np.random.Generator) -> np.ndarray:
    """Who leaves within the month; nobody does before the first bill."""
    return _yes(_log_odds(drawn, coefficients), rng) & (drawn["tenure"] > 0)


def _monthly(drawn: Mapping[str, np.ndarray], rng: np.random.Generator) -> np.ndarray:
    return np.round(_log_odds(drawn, p.PRICE_LIST) + rng.normal(0, p.MONTHLY_NOISE, len(drawn["base"])), 2)


def _profile(
    contract: np.ndarray, tenure: np.ndarray, rng: np.random.Generator, fibre_check: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """What customers of a contract and a tenure have: each feature drawn given those before it.

    Those of `fibre_check` take fibre and pay by electronic check, whatever is drawn.
    """
    n = len(contract)
    forced = np.zeros(n, bool) if fibre_check is None else fibre_check
    drawn: dict[str, np.ndarray] = {"base": np.ones(n), "contract": contract} | _aged(tenure)

    def yes(coefficients: Mapping[str, float]) -> np.ndarray:
        return _yes(_log_odds(drawn, coefficients), rng)

    def choice(alternatives: Mapping[str, Mapping[str, float]]) -> np.ndarray:
        odds = np.exp([np.zeros(n), *(_log_odds(drawn, one) for one in alternatives.values())]).cumsum(axis=0)
        return (rng.random(n) * odds[-1] > odds).sum(axis=0)

    drawn["one_year"], drawn["two_year"] = contract == 1, contract == 2
    internet = np.where(forced, 1, choice(p.INTERNET))
    drawn["internet"] = internet
    drawn["dsl"], drawn["fibre"], drawn["no_internet"] = internet == 0, internet == 1, internet == 2
    drawn["senior"] = yes(p.SENIOR)
    drawn["partner"] = yes(p.PARTNER)
    drawn["dependents"] = yes(p.DEPENDENTS)
    drawn["phone"] = yes(p.PHONE) | (internet != 0)
    drawn["lines"] = yes(p.LINES) & drawn["phone"]
    for name, coefficients in p.ADD_ONS.items():
        drawn[name] = yes(coefficients) & (internet != 2)
    drawn["paperless"] = yes(p.PAPERLESS)
    drawn["payment"] = np.where(forced, 2, choice(p.PAYMENT))
    drawn["electronic_check"], drawn["mailed_check"] = drawn["payment"] == 2, drawn["payment"] == 3
    return drawn


def _frame(
    names: pd.Series, churned: np.ndarray, drawn: Mapping[str, np.ndarray], monthly: np.ndarray, total: np.ndarray
) -> pd.DataFrame:
    """The columns of `data.schemas.Customers`."""
    add_on = [*YES_NO, "No internet service"]
    offline = drawn["internet"] == 2
    return pd.DataFrame(
        {
            "customer_id": names,
            "churned": churned,
            "gender": _text(["Female", "Male"], drawn["gender"]),
            "senior_citizen": drawn["senior"],
            "partner": _text(YES_NO, drawn["partner"]),
            "dependents": _text(YES_NO, drawn["dependents"]),
            "tenure": drawn["tenure"].astype(float),
            "phone_service": _text(YES_NO, drawn["phone"]),
            "multiple_lines": _text([*YES_NO, "No phone service"], np.where(drawn["phone"], drawn["lines"], 2)),
            "internet_service": _text(["DSL", *p.INTERNET], drawn["internet"]),
            **{name: _text(add_on, np.where(offline, 2, drawn[name])) for name in p.ADD_ONS},
            "contract": _text(CONTRACTS, drawn["contract"]),
            "paperless_billing": _text(YES_NO, drawn["paperless"]),
            "payment_method": _text(["Bank transfer (automatic)", *p.PAYMENT], drawn["payment"]),
            "monthly_charges": monthly,
            "total_charges": total,
        }
    )


def _tenure(contract: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Months since joining: a bin given the contract, then any month of the bin alike."""
    upper = np.array(p.TENURE_UP_TO)
    lower = np.r_[-1, upper[:-1]]
    cumulative = np.cumsum(p.TENURE_SHARES, axis=1)
    position = contract + rng.random(len(contract))  # in one row of shares after the other
    edges = (cumulative / cumulative[:, -1:] + np.arange(len(cumulative))[:, None]).ravel()
    chosen = np.searchsorted(edges, position, side="right") % len(upper)
    return rng.integers(lower[chosen] + 1, upper[chosen] + 1)


def _identifiers(n: int, rng: np.random.Generator) -> pd.Series:
    """Distinct codes of four digits and five letters."""
    rest = (rng.integers(_IDENTIFIERS) + np.arange(n) * _STRIDE) % _IDENTIFIERS
    text = np.full((n, 10), ord("-"), dtype="u1")
    for place in range(9, 4, -1):
        rest, letter = np.divmod(rest, 26)
        text[:, place] = _LETTERS[letter]
    for place in range(3, -1, -1):
        rest, digit = np.divmod(rest, 10)
        text[:, place] = digit + ord("0")
    return pd.Series(text.view("S10").ravel().astype("U10")).astype("str")


def _text(levels: list[str], codes: np.ndarray) -> pd.Series:
    return pd.Series(pd.array(levels, dtype="str").take(codes.astype("i8")))
