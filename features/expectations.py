"""Runs checks as Great Expectations, chunk by chunk, and merges what it said into one result a check."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from artifacts.errors import CannotJudge
from features.checks import NOT_NULL, ORDERED, Check
from features.great_expectations_alone import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
    gx,
)

SHOWN = 5
# Counts, without each row's key: looking keys up takes seconds a chunk, and SQL finds five of them at once.
FORMAT = {"result_format": "BASIC", "partial_unexpected_count": SHOWN}
# For every check Great Expectations copies the frame without the nulls of its column: a narrow frame is four times as
# fast as one of seventy columns, and narrower still is no faster, since each suite costs something too.
SUITE_COLUMNS = 8


@dataclass
class Result:
    """What became of one check over all chunks: cells seen, missing and unexpected, some values, and what raised.

    `said` is the first answer of Great Expectations; without one the check did not run.
    """

    check: Check
    seen: int = 0
    missing: int = 0
    unexpected: int = 0
    values: list[Any] = field(default_factory=list)
    raised: str | None = None
    refused: bool = False
    said: Any = None

    @property
    def passed(self) -> bool:
        """Whether it ran and no more was unexpected than is allowed."""
        if self.raised is not None or self.said is None:
            return False
        if self.check.expectation == NOT_NULL:
            return self.unexpected <= self.check.allowed * self.seen
        return not self.refused

    @property
    def observed(self) -> str:
        """What was found, in words."""
        values = ", ".join(f"{v:.6g}" if isinstance(v, float) else str(v) for v in self.values) or "nothing"
        if self.check.expectation == ORDERED or self.seen == 1:
            return values
        share = f"{self.unexpected} of {self.seen} rows ({self.unexpected / max(self.seen, 1):.2%})"
        return f"null in {share}" if self.check.expectation == NOT_NULL else f"{values} in {share}"


def new_context() -> Any:
    """A Great Expectations context that is gone with the process and asks nobody."""
    stores = InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
    bars = ProgressBarsConfig(globally=False)
    config = DataContextConfig(store_backend_defaults=stores, progress_bars=bars, analytics_enabled=False)
    return gx.get_context(mode="ephemeral", project_config=config)


def run_checks(context: Any, name: str, chunks: Iterable[pd.DataFrame], checks: Sequence[Check]) -> list[Result]:
    """Hold each chunk against `checks`; one result a check, merged over all chunks.

    Raises `CannotJudge` (`validation.nothing_to_check`) when there is no check or no row.
    """
    suites = _suites(context, name, checks)
    results, rows = [Result(check) for check in checks], 0
    for chunk in chunks:
        answers = [said for suite in suites for said in suite.hold(chunk)]
        by_check = {said.expectation_config.meta["check"]: said for said in answers}
        for at, result in enumerate(results):
            _merge(result, by_check.get(at))
        rows += len(chunk)
    if not checks or not rows:
        raise CannotJudge(
            "validation.nothing_to_check",
            f"{name}: {rows} rows were held against {len(checks)} expectations.",
            next_step="Land data known before as_of; nothing never passes.",
        )
    return results


@dataclass(frozen=True)
class _Suite:
    """Some checks as a suite, and the columns that they are about; without any, they are about the frame as it is."""

    columns: list[str]
    suite: Any
    batches: Any

    def hold(self, chunk: pd.DataFrame) -> list[Any]:
        # A column that is missing is left to the expectations about it.
        frame = chunk[[name for name in self.columns if name in chunk]] if self.columns else chunk
        batch = self.batches.get_batch(batch_parameters={"dataframe": frame})
        return list(batch.validate(self.suite, result_format=FORMAT).results)


def _suites(context: Any, name: str, checks: Sequence[Check]) -> list[_Suite]:
    columns = sorted({check.column for check in checks if check.column})
    parts = [columns[at : at + SUITE_COLUMNS] for at in range(0, len(columns), SUITE_COLUMNS)]
    suites: list[_Suite] = []
    for part in [*parts, []]:
        of_part = [
            expectation(check, at)
            for at, check in enumerate(checks)
            if check.column in part or not (part or check.column)
        ]
        if of_part:
            title = f"{name} {len(suites) + 1}"
            asset = context.data_sources.add_pandas(title).add_dataframe_asset(title)
            suite = gx.ExpectationSuite(name=title, expectations=of_part)
            suites.append(_Suite(part, suite, asset.add_batch_definition_whole_dataframe(title)))
    return suites


def expectation(check: Check, at: int) -> Any:
    """A check as Great Expectations has it, with its place among the checks."""
    return getattr(gx.expectations, check.expectation)(**check.arguments, meta={"check": at})


def _merge(result: Result, said: Any | None) -> None:
    if said is None:
        result.raised = result.raised or "did not run: Great Expectations gave no result"
        return
    result.said = result.said or said
    raised = _raised(said.exception_info)
    if raised is not None:
        result.raised = result.raised or raised
        return
    result.refused |= not said.success
    told = said.result
    result.seen += told.get("element_count", 0)
    result.missing += told.get("missing_count", 0)
    result.unexpected += told.get("unexpected_count", 0)
    if not said.success:
        if result.check.expectation == ORDERED:
            result.values = result.values or told.get("observed_value", [])
        else:
            # Great Expectations lists the first cells, each of which may hold the same.
            result.values = list(dict.fromkeys([*result.values, *told.get("partial_unexpected_list", [])]))[:SHOWN]


def _raised(info: dict[str, Any] | None) -> str | None:
    """The message of what an expectation raised; it comes bare, or under the id of each metric that failed."""
    if not info:
        return None
    for one in [info] if "raised_exception" in info else info.values():
        if one["raised_exception"]:
            return str(one["exception_message"] or "no message")
    return None
