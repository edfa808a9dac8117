"""Months as text, such as `2013-01`: the periods by which a source lands."""

import re
from datetime import date

from artifacts.errors import BadInput

_PERIOD = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


def check_period(text: str) -> str:
    """`text` again, if it is a month such as `2013-01`; raises `BadInput` (`period.invalid`)."""
    first_day(text)
    return text


def first_day(period: str) -> date:
    """The first day of a month; raises `BadInput` (`period.invalid`)."""
    found = _PERIOD.fullmatch(period)
    if found is None or found[1] == "0000":
        raise BadInput(
            "period.invalid", f"The month is {period!r}; wanted one such as '2013-01'.", next_step="Name a month."
        )
    return date(int(found[1]), int(found[2]), 1)


def following(period: str) -> str:
    """The month after `period`."""
    day = first_day(period)
    return f"{day.year + day.month // 12:04}-{day.month % 12 + 1:02}"


def periods(text: str) -> list[str]:
    """The months of `2013-01..2013-09`, both ends included, or of a single month; raises `BadInput`."""
    first, several, last = text.partition("..")
    last = check_period(last) if several else first
    months = [check_period(first)]
    while months[-1] < last:
        months.append(following(months[-1]))
    if months[-1] != last:
        raise BadInput(
            "period.invalid", f"The months are {text!r}; the first is after the last.", next_step="Swap them."
        )
    return months
