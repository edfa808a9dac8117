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
    suite = gx.ExpectationSuite(name=name, expectations=[expectation(check, at) for at, check in enumerate(checks)])
    asset = context.data_sources.add_pandas(name).add_dataframe_asset(name)
    definition = asset.add_batch_definition_whole_dataframe(name)
    results, rows = [Result(check) for check in checks], 0
    for chunk in chunks:
        batch = definition.get_batch(batch_parameters={"dataframe": chunk})
        answers = {
            said.expectation_config.meta["check"]: said for said in batch.validate(suite, result_format=FORMAT).results
        }
        for at, result in enumerate(results):
            _merge(result, answers.get(at))
        rows += len(chunk)
    if not checks or not rows:
        raise CannotJudge(
            "validation.nothing_to_check",
            f"{name}: {rows} rows were held against {len(checks)} expectations.",
            next_step="Land data known before as_of; nothing never passes.",
        )
    return results


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
        found = told.get("partial_unexpected_list", told.get("observed_value", []))
        result.values = result.values + [value for value in found if value not in result.values]
        if result.check.expectation != ORDERED:
            result.values = result.values[:SHOWN]


def _raised(info: dict[str, Any] | None) -> str | None:
    """The message of what an expectation raised; it comes bare, or under the id of each metric that failed."""
    if not info:
        return None
    for one in [info] if "raised_exception" in info else info.values():
        if one["raised_exception"]:
            return str(one["exception_message"] or "no message")
    return None
