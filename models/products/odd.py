"""Prices, costs and quantities that are unlike the others of the same product, ranked by the money they move."""

from collections.abc import Collection

from locales import N_

KINDS = {"price": N_("price"), "cost": N_("cost"), "quantity": N_("quantity")}
FAR = 3.5  # robust standard deviations (Iglewicz and Hoaglin 1993)
MIN_DEVIATION = 0.02  # robust standard deviation of logarithms below which none is taken: most prices never change
# The same of quantities: counts vary by their square root at least (Poisson), which is more of a logarithm downwards.
COUNTED = "abs(ln(greatest(1 + sign(x - m) / sqrt(exp(m)), 1e-9)))"
MIN_LINES = 8  # lines of a product
# A price or cost is one of several usual ones from this share of a product's lines on, in so many spells with others
# between, over this share of its days at least (a change is of the days after it), and within this factor of the middle
# one: beyond it somebody errs again and again.
MIN_SHARE, MIN_SPELLS, MIN_DAYS, MAX_FACTOR = 0.05, 4, 0.5, 3
MAX_FOUND = 500  # that are answered


def lines(columns: Collection[str], kind: str, costs: bool) -> str:
    """The query of what is odd in one of `KINDS` on the days `$start` to `$end`, against all days of the product.

    |log x - median| over 1.4826 times the median distance from it is beyond `FAR`; prices are those before promotions.
    What a product is sold or bought at again and again, as at a second price for some customers, is not odd.
    One row a product and day, or a change that lasts: the days on end on which the product was sold and all its lines
    were off to the same side. `kind`, `product`, `day` (the first, maybe before `$start`), `until`, `value` (farthest
    from the `usual` one), `lines`, and `money`: the difference from the usual value times units, or the difference in
    units times the price, both from `$start` to `$end`.
    """
    listed = "unit_price / (1 - coalesce(promotion, 0))" if "promotion" in columns else "unit_price"
    value = {"price": listed, "cost": "unit_cost" if costs else "NULL::DOUBLE", "quantity": "quantity"}[kind]
    weight = "unit_price" if kind == "quantity" else "quantity"
    least = COUNTED if kind == "quantity" else str(MIN_DEVIATION)
    inside = "day >= $start AND day <= $end"
    again = "FALSE"
    if kind != "quantity":
        again = f"n >= {MIN_SHARE} * of AND spells >= {MIN_SPELLS} AND abs(x - m) <= ln({MAX_FACTOR})"
        again += f" AND over >= {MIN_DAYS} * all_days"
    return f"""
        WITH sold AS (SELECT product, CAST(timestamp AS DATE) AS day, {value} AS value, {weight} AS weight FROM sales
                      WHERE line_type = 'sale' AND {value} > 0 AND quantity > 0),
             named AS MATERIALIZED (SELECT product, row_number() OVER () AS id FROM sold GROUP BY product),
             x AS MATERIALIZED (SELECT id, day, value, ln(value) AS x, weight,
                                       CAST(round(ln(value) / {MIN_DEVIATION}) AS INT) AS level
                                FROM sold JOIN named USING (product)),
             middle AS (SELECT id, median(x) AS m, count(*) AS of FROM x GROUP BY 1 HAVING count(*) >= {MIN_LINES}),
             seen AS (SELECT id, level, day, avg(x) AS x, count(*) AS n,
                             dense_rank() OVER (PARTITION BY id ORDER BY day) AS nth,
                             count(*) OVER (PARTITION BY id, day) > 1 AS mixed FROM x GROUP BY id, level, day),
             spells AS (SELECT *, max(nth) OVER (PARTITION BY id) AS all_days,
                               mixed OR nth != 1 + lag(nth, 1, 0) OVER (PARTITION BY id, level ORDER BY nth) AS begun
                        FROM seen),
             levels AS (SELECT id, level FROM (
                            SELECT id, level, avg(x) AS x, sum(n) AS n, count(*) FILTER (begun) AS spells,
                                   1 + max(nth) - min(nth) AS over, any_value(all_days) AS all_days
                            FROM spells GROUP BY id, level) JOIN middle USING (id) WHERE {again}),
             spread AS (SELECT id, m, 1.4826 * median(abs(x - m)) AS s FROM x JOIN middle USING (id) GROUP BY id, m),
             days AS (SELECT id, day, exp(any_value(m)) AS usual, min(side) AS lower, max(side) AS upper,
                             count(*) FILTER (side != 0) AS lines, arg_max(value, abs(x - m)) AS value,
                             sum(abs(value - exp(m)) * weight) FILTER (side != 0) AS money
                      FROM (SELECT *, CASE WHEN levels.id IS NULL AND abs(x - m) > {FAR} * greatest(s, {least})
                                           THEN sign(x - m) ELSE 0 END AS side
                            FROM x JOIN spread USING (id) LEFT JOIN levels USING (id, level))
                      GROUP BY id, day),
             numbered AS (SELECT *, row_number() OVER (PARTITION BY id ORDER BY day) AS nth FROM days),
             runs AS (SELECT *, CASE WHEN lower = upper
                                     THEN nth - row_number() OVER (PARTITION BY id, lower, upper ORDER BY day)
                                     ELSE -nth END AS run
                      FROM numbered WHERE lines > 0)
        SELECT '{kind}' AS kind, product, * EXCLUDE (id, product) FROM (
            SELECT id, min(day) AS day, max(day) FILTER ({inside}) AS until,
                   arg_max(value, abs(ln(value / usual))) AS value, any_value(usual) AS usual,
                   CAST(sum(lines) FILTER ({inside}) AS BIGINT) AS lines, sum(money) FILTER ({inside}) AS money
            FROM runs GROUP BY id, lower, upper, run HAVING bool_or({inside})
        ) JOIN named USING (id) ORDER BY money DESC, product, day LIMIT {MAX_FOUND}
    """  # noqa: S608  # no text from outside
