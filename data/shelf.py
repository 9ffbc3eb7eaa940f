"""What lies on the shelf by the moves of stock, once more was sold than they know of: a query."""

from collections.abc import Collection, Mapping

from data.schemas import IS_GOODS

REFERENCE = "reference"  # of moves that Vigie wrote down itself (see `data.order_moves`): the order and its step
SAME = 1e-6  # units within which a move says what the one before it makes of it


def on_hand(columns: Mapping[str, Collection[str]], until: str = "") -> str:
    """The query for what is on hand of each `product` (and `store`, where moves have one) after all moves, or after
    those before the moment `until` (in SQL): as `models.stock.ledger.continued` has it, NULL where nobody knows.

    `columns` are those of the frames. What a store sold is taken off its own stock; where sales know of no store,
    nobody knows what is left in each.
    """
    moved, sold = columns["stock_moves"], columns["sales"]
    places = ["product", *(["store"] if "store" in moved else [])]
    key, same = ", ".join(places), " AND ".join(f"a.{one} IS NOT DISTINCT FROM b.{one}" for one in places)
    customer = "customer" if "customer" in sold else "NULL"
    by = ", ".join(one if one in sold else f"NULL AS {one}" for one in places)
    grouped = "store, " if "store" in places and "store" in sold else ""
    told = "true" if set(places) <= set(sold) else "false"
    ours = f"{REFERENCE} IS NOT NULL" if REFERENCE in moved else "false"
    before, sold_before = (f"{name} < {until}" if until else "true" for name in ("date", "timestamp"))
    turn = f"PARTITION BY {key} ORDER BY date, place"
    return f"""
        WITH all_moves AS (
            SELECT {key}, date, CAST(date AS DATE) AS day, move, on_hand, {ours} AS ours,
                   CASE WHEN move = 'order' THEN 0 ELSE coalesce(quantity, 0) END AS change, place
            FROM (SELECT *, row_number() OVER () AS place FROM stock_moves) WHERE {before}
        ),
        ends AS (SELECT max(day) AS ended FROM all_moves WHERE move = 'sale'),
        moves AS (
            SELECT * FROM all_moves, ends WHERE ended IS NULL OR day > ended
            UNION ALL
            SELECT unnest(arg_max(m, (date, place))), ended FROM all_moves AS m, ends WHERE day <= ended
            GROUP BY {key}, ended
        ),
        steps AS (
            SELECT *, row_number() OVER ({turn}) AS turn, move = 'count' OR coalesce(day <= ended, false) OR NOT (
                ours OR coalesce(abs(on_hand - lag(on_hand) OVER ({turn}) - change) <= {SAME}, false)
            ) AS says FROM moves
        ),
        said AS (SELECT {key}, coalesce(max(turn) FILTER (says), 1) AS turn FROM steps GROUP BY ALL),
        since AS (
            SELECT a.*, greatest(a.day, coalesce(a.ended, a.day)) AS known, b.turn AS base
            FROM steps AS a JOIN said AS b ON {same} AND a.turn >= b.turn
        ),
        first AS (SELECT {key}, day, known, on_hand FROM since WHERE turn = base),
        later AS (
            SELECT {by}, CAST(timestamp AS DATE) AS day, {customer} AS customer,
                   CASE WHEN {customer} IS NULL THEN sum(CASE WHEN line_type = 'sale' THEN quantity END)
                   ELSE greatest(sum(quantity), 0) END AS units
            FROM main.sales
            WHERE {IS_GOODS} AND {sold_before} AND timestamp >= (SELECT min(known) FROM first) + INTERVAL 1 DAY
            GROUP BY product, {grouped}CAST(timestamp AS DATE), {customer}
        ),
        events AS (
            SELECT {key}, day, 0 AS kind, change FROM since WHERE turn > base
            UNION ALL
            SELECT a.{", a.".join(places)}, b.day, 1, -sum(units)
            FROM first AS a JOIN later AS b ON a.product = b.product AND ({same} OR NOT {told}) AND b.day > a.known
            WHERE units > 0 GROUP BY ALL
        ),
        levels AS (
            SELECT a.{", a.".join(places)}, b.kind, a.on_hand + sum(b.change) OVER (
                PARTITION BY {", ".join(f"a.{one}" for one in places)} ORDER BY b.day, b.kind
            ) AS level, row_number() OVER (
                PARTITION BY {", ".join(f"a.{one}" for one in places)} ORDER BY b.day DESC, b.kind DESC
            ) AS back
            FROM first AS a JOIN events AS b ON {same}
        ),
        after AS (
            SELECT {key}, arg_min(level, back) AS level,
                   bool_or(kind = 1 AND (level < -{SAME} OR NOT {told})) AS unknown
            FROM levels GROUP BY ALL
        )
        SELECT a.{", a.".join(places)},
               CASE WHEN unknown THEN NULL ELSE coalesce(level, a.on_hand) END AS on_hand
        FROM first AS a LEFT JOIN after AS b ON {same}
    """  # noqa: S608  # names of ours
