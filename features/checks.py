"""What a training set is held against, derived from its contract: each check as an expectation and as plain SQL."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from artifacts.binning import quoted
from artifacts.column import Column
from artifacts.contract import Contract
from artifacts.layout import Layout

NOT_NULL, BETWEEN, IN_SET = (
    "ExpectColumnValuesToNotBeNull",
    "ExpectColumnValuesToBeBetween",
    "ExpectColumnValuesToBeInSet",
)
ORDERED = "ExpectTableColumnsToMatchOrderedList"
# A share, since a correction may come months after what it corrects.
LABELS_WITHIN_GAP = 0.99


@dataclass(frozen=True)
class Check:
    """One expectation by its Great Expectations class and arguments.

    `column` is a column of the rows or, for a check of the whole set, of `aggregates_sql`. `bound` is what is wanted,
    in words. `broken` is SQL that is true for an offending row, or for a whole-set check a query of offending keys.
    `allowed` is the share of rows that may be broken.
    """

    expectation: str
    column: str
    arguments: Mapping[str, Any]
    bound: str
    broken: str | None = None
    allowed: float = 0.0


def row_checks(contract: Layout) -> list[Check]:
    """Checks that a row answers alone, so that rows can come in chunks: columns, nulls, bounds, categories."""
    names = [column.name for column in contract.columns]
    checks = [Check(ORDERED, "", {"column_list": names}, f"the {len(names)} columns of the contract, in its order")]
    for column in contract.columns:
        checks += _column_checks(column)
    return checks


def set_checks(contract: Contract, grows: bool) -> list[Check]:
    """Checks of the set as a whole, over `aggregates_sql`; `grows` when there is a previous version to compare with."""
    entity = ", ".join(quoted(name) for name in contract.entity)
    key = f"{quoted(contract.observed_at)}, {entity}"
    late = f"select {key} from rows where not {_within_gap(contract)}"  # noqa: S608
    return [
        _between("rows", contract.min_rows, None),
        *([_between("row_growth", *contract.row_growth)] if grows else []),
        _between("label_rate", *contract.label_rate),
        _between("rows_of_rarer_class", 1, None),
        _between("repeated_keys", 0, 0, f"select {key} from rows group by all having count(*) > 1"),  # noqa: S608
        _between("repeated_entities", 0, 0, f"select {entity} from rows group by all having count(*) > 1"),  # noqa: S608
        _between("newest_row_days_before_as_of", 0, contract.newest_within_days, strict=True),
        _between("newest_label_days_before_as_of", 0, None, strict=True),
        _between("labels_known_within_gap_days", LABELS_WITHIN_GAP, None, late),
        *(_type_check(column) for column in contract.columns),
    ]


def aggregates_sql(contract: Contract, as_of: datetime, previous: Mapping[str, Any] | None) -> str:
    """One row with the columns that `set_checks` name, over a relation `rows`.

    `row_growth` is rows per day of the window against the `previous` version's facts, so that a version of nine months
    can follow one of two.
    """
    label, moment, known = (quoted(name) for name in (contract.label, contract.observed_at, contract.label_known_at))
    entity = ", ".join(quoted(name) for name in contract.entity)
    before = "null"
    if previous is not None:
        first, last = (f"timestamp '{previous['window'][edge]}'" for edge in ("first", "last"))
        before = f"{previous['rows']} / greatest({_days(last, first)}, 1)"
    return f"""
        with aggregates as (
            select
                count(*) as rows,
                count(*) / greatest({_days(f"max({moment})", f"min({moment})")}, 1) as rows_a_day,
                avg(cast({label} as integer)) as label_rate,
                least(count(*) filter ({label}), count(*) filter (not {label})) as rows_of_rarer_class,
                count(*) - count(distinct row({moment}, {entity})) as repeated_keys,
                count(*) - count(distinct row({entity})) as repeated_entities,
                {_days(f"timestamp '{as_of}'", f"max({moment})")} as newest_row_days_before_as_of,
                {_days(f"timestamp '{as_of}'", f"max({known})")} as newest_label_days_before_as_of,
                avg(cast({_within_gap(contract)} as integer)) as labels_known_within_gap_days
            from rows
        )

        select * exclude (rows_a_day), rows_a_day / ({before}) as row_growth from aggregates
    """  # noqa: S608


def _within_gap(contract: Contract) -> str:
    """Else rows whose label was not known when the holdout began are fitted on."""
    return f"{_days(quoted(contract.label_known_at), quoted(contract.observed_at))} <= {contract.gap_days}"


def _column_checks(column: Column) -> list[Check]:
    name, sql = column.name, quoted(column.name)
    checks: list[Check] = []
    if column.null_share < 1:
        share = {"mostly": 1 - column.null_share} if column.null_share else {}
        wanted = f"null in at most {column.null_share:.2%} of the rows"
        checks.append(Check(NOT_NULL, name, {"column": name, **share}, wanted, f"{sql} is null", column.null_share))
    low, high = column.bounds or (None, None)
    if low is not None or high is not None:
        ends = [f"{sql} < {low}"] * (low is not None) + [f"{sql} > {high}"] * (high is not None)
        arguments = {"column": name, "min_value": low, "max_value": high}
        checks.append(Check(BETWEEN, name, arguments, _band(low, high), " or ".join(ends)))
    if isinstance(column.categories, tuple):
        values = ", ".join("'" + value.replace("'", "''") + "'" for value in column.categories)
        known = {"column": name, "value_set": list(column.categories)}
        checks.append(Check(IN_SET, name, known, f"one of {values}", f"{sql} not in ({values})"))
    return checks


def _type_check(column: Column) -> Check:
    name = f"type of {column.name}"
    return Check(IN_SET, name, {"column": name, "value_set": [str(column.arrow)]}, str(column.arrow))


def _between(
    name: str, low: float | None, high: float | None, broken: str | None = None, *, strict: bool = False
) -> Check:
    arguments = {"column": name, "min_value": low, "max_value": high} | ({"strict_min": True} if strict else {})
    return Check(BETWEEN, name, arguments, ("above " if strict else "") + _band(low, high), broken)


def _band(low: float | None, high: float | None) -> str:
    if high is None:
        return f"{low:g} or more"
    return f"{high:g} or less" if low is None else f"{low:g} to {high:g}"


def _days(later: str, earlier: str) -> str:
    return f"((epoch_us({later}) - epoch_us({earlier})) / 86400000000)"
