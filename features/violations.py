"""Tells what a check found: observed against wanted, and up to five keys of rows that break it."""

from collections.abc import Mapping
from typing import Any

from artifacts.binning import quoted
from artifacts.layout import Layout
from features.checks import BETWEEN, Check
from features.expectations import SHOWN, Result


def sentence(told: Mapping[str, Any]) -> str:
    """A check that did not hold, in one sentence."""
    keys = f", e.g. {', '.join(told['keys'])}" if told["keys"] else ""
    return f"{told['expectation']} on {told['column'] or 'the set'}: {told['observed']}, wanted {told['bound']}{keys}"


def finding_of(result: Result, connection: Any, layout: Layout) -> dict[str, Any]:
    """What was found of a check; `connection` has the view `rows`, from which ranges and keys come."""
    check = result.check
    return {
        "expectation": check.expectation,
        "column": check.column,
        "passed": result.passed,
        "observed": None if result.passed else _observed(result, connection),
        "bound": check.bound,
        "unexpected": result.unexpected,
        "seen": result.seen,
        "raised": result.raised,
        "keys": [] if result.passed or result.raised else _keys(check, connection, layout),
    }


def _observed(result: Result, connection: Any) -> str:
    """What was found, in words: the range of a column with bounds, else as the result says."""
    check = result.check
    if check.expectation != BETWEEN or not is_of_rows(check) or result.raised or not result.seen:
        return result.observed
    name = quoted(check.column)
    low, high = connection.execute(f"select min({name})::double, max({name})::double from rows").fetchone()  # noqa: S608
    share = f"{result.unexpected} of {result.seen} rows ({result.unexpected / result.seen:.2%})"
    return f"{low:.10g} to {high:.10g}, {share} beyond"


def is_of_rows(check: Check) -> bool:
    """Whether a check holds or not for each row by itself."""
    return check.broken is not None and not check.broken.startswith("select")


def _keys(check: Check, connection: Any, contract: Layout) -> list[str]:
    """Up to five keys of rows that break the check, the earliest first."""
    if check.broken is None:
        return []
    entity = ", ".join(quoted(name) for name in contract.entity)
    order = f"{quoted(contract.observed_at)}, {entity}"
    query = check.broken
    if is_of_rows(check):
        query = f"select {entity} from rows where {check.broken} order by {order}"  # noqa: S608
    return ["/".join(map(str, row)) for row in connection.execute(f"{query} limit {SHOWN}").fetchall()]
