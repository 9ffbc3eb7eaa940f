"""What was known of an epidemic on a day: numbers that came out later tell nobody what was coming."""

import pandas as pd

from models.explore.covid import GAP, MEASURES, Counts, formed

# What governments and hospitals reported day by day. Others were estimated looking back (people infected by one case,
# excess deaths), and nobody had them then.
TOLD = ("cases", "deaths", "hospital", "intensive_care", "admissions", "stringency")


def known(counts: Counts, measure: str, country: str) -> pd.Series:
    """What had been reported of a measure of `TOLD` in a country by each day, from its first report on.

    Of counts it is the mean of the last seven days. Until the next report the last one goes on, for `GAP` days; then
    nothing is known. Each number is what the source says today: what it corrected since was not known then.
    """
    if MEASURES[measure].level:
        reported = counts.total[country]
    else:
        # A day without a total has its share of one that came later, or may have.
        reported = formed(counts, "average")[country].where(counts.total[country].notna())
    return reported.loc[reported.first_valid_index() :].ffill(limit=GAP)
