"""How long records are kept. Pure."""

from datetime import date, timedelta

YEARS = 7  # whole calendar years after the account was closed (R33; IACET's seven years)
GRANT_YEARS = 3  # after the final report of a grant that paid for a training (2 CFR 200.334)
REPORT_WITHIN = timedelta(days=120)  # after a grant's last day its final report is due (200.344)


def kept_until(closed_on: date, grant_ends_on: date | None) -> date:
    """The last day on which the name and completions of a closed account are kept.

    Args:
        grant_ends_on: last day of the latest grant that paid for one of the trainings.
    """
    last = date(closed_on.year + YEARS, 12, 31)
    if grant_ends_on is None:
        return last
    reported = grant_ends_on + REPORT_WITHIN
    day = 28 if (reported.month, reported.day) == (2, 29) else reported.day
    return max(last, reported.replace(year=reported.year + GRANT_YEARS, day=day))
