"""Prices, costs and quantities that are unlike the others of the same product, ranked by the money they move."""

from collections.abc import Collection

from locales import N_

KINDS = {"price": N_("price"), "cost": N_("cost"), "quantity": N_("quantity")}
FAR = 3.5  # robust standard deviations (Iglewicz and Hoaglin 1993)
MIN_DEVIATION = 0.02  # robust standard deviation of logarithms below which none is taken: most prices never change
MIN_LINES = 8  # lines of a product
MAX_FOUND = 500  # that are answered


def lines(columns: Collection[str], kind: str, costs: bool) -> str:
    """The query of what is odd in one of `KINDS` on the days `$start` to `$end`, against all days of the product.

    |log x - median| over 1.4826 times the median distance from it is beyond `FAR`; prices are those before promotions.
    One row a product and day: `kind`, `product`, `day`, `value` (farthest from the `usual` one), `usual`, `lines`, and
    `money`: the difference from the usual value times units, or the difference in units times the price.
    """
    listed = "unit_price / (1 - coalesce(promotion, 0))" if "promotion" in columns else "unit_price"
    value = {"price": listed, "cost": "unit_cost" if costs else "NULL::DOUBLE", "quantity": "quantity"}[kind]
    weight = "unit_price" if kind == "quantity" else "quantity"
    return f"""
        WITH x AS (SELECT product, timestamp, ln({value}) AS x, {weight} AS weight FROM sales
                   WHERE line_type = 'sale' AND {value} > 0 AND quantity > 0),
             middle AS (SELECT product, median(x) AS m FROM x GROUP BY 1 HAVING count(*) >= {MIN_LINES}),
             spread AS (SELECT product, any_value(m) AS m, greatest(1.4826 * median(abs(x - m)), {MIN_DEVIATION}) AS s
                        FROM x JOIN middle USING (product) GROUP BY 1)
        SELECT '{kind}' AS kind, product, CAST(timestamp AS DATE) AS day, exp(arg_max(x, abs(x - m))) AS value,
               exp(any_value(m)) AS usual, count(*) AS lines, sum(abs(exp(x) - exp(m)) * weight) AS money
        FROM x JOIN spread USING (product)
        WHERE abs(x - m) > {FAR} * s AND timestamp >= $start AND timestamp < $end + INTERVAL 1 DAY
        GROUP BY ALL ORDER BY money DESC, product, day LIMIT {MAX_FOUND}
    """  # noqa: S608  # no text from outside
