"""The segments of customers by how lately and how often they bought, and the same in SQL for conditions and groups."""

from locales import N_

SCORES = 5
SEGMENT = "customer_segment"  # of the customer of a line, as filters and questions call it
# The segment of each score of recency (rows, 1 to 5) and frequency (columns, 1 to 5).
GRID = (
    ("lost", "lost", "at risk", "at risk", "cannot lose"),
    ("hibernating", "hibernating", "at risk", "at risk", "cannot lose"),
    ("about to sleep", "about to sleep", "need attention", "loyal", "loyal"),
    ("promising", "potential loyalists", "potential loyalists", "loyal", "loyal"),
    ("new", "potential loyalists", "potential loyalists", "champions", "champions"),
)
SEGMENTS = (
    *("champions", "loyal", "potential loyalists", "new", "promising", "need attention"),
    *("about to sleep", "at risk", "cannot lose", "hibernating", "lost"),
)
NAMES = {
    "champions": N_("Champions"),
    "loyal": N_("Loyal customers"),
    "potential loyalists": N_("Potential loyalists"),
    "new": N_("New customers"),
    "promising": N_("Promising"),
    "need attention": N_("Need attention"),
    "about to sleep": N_("About to sleep"),
    "at risk": N_("At risk"),
    "cannot lose": N_("Cannot lose them"),
    "hibernating": N_("Hibernating"),
    "lost": N_("Lost"),
}


def segmented() -> str:
    """The query of the `customer` and `segment` of all who bought, as `models.customers.rfm.score` scores them."""
    cells = ", ".join(f"'{segment}'" for row in GRID for segment in row)
    day = "CAST(timestamp AS DATE)"
    return f"""
        SELECT customer, [{cells}][{SCORES} * (r - 1) + f] AS segment FROM (
            SELECT customer, {SCORES} - {SCORES} * (rank() OVER (ORDER BY last DESC) - 1) // count(*) OVER () AS r,
                   1 + {SCORES} * (rank() OVER (ORDER BY days) - 1) // count(*) OVER () AS f
            FROM (
                SELECT customer, max({day}) AS last, count(DISTINCT {day}) AS days FROM main.sales
                WHERE line_type = 'sale' AND customer IS NOT NULL AND amount IS NOT NULL GROUP BY 1
            )
        )
    """  # noqa: S608  # no text from outside


def segment_of_line() -> str:
    """The segment of the customer of a line of `sales` in SQL; NULL where it has none."""
    return f"(SELECT any_value(g.segment) FROM ({segmented()}) AS g WHERE g.customer = sales.customer)"  # noqa: S608
