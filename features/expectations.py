"""Run checks as Great Expectations, chunk by chunk, merge what it said into one result a check, and write Data Docs."""

import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from artifacts.errors import CannotJudge
from features.checks import NOT_NULL, ORDERED, Check

# Before the import, which reads it.
os.environ["GX_ANALYTICS_ENABLED"] = "False"

import great_expectations as gx
from great_expectations.core import ExpectationSuiteValidationResult, RunIdentifier
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.data_context.types.resource_identifiers import (
    ExpectationSuiteIdentifier,
    ValidationResultIdentifier,
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
    suite = gx.ExpectationSuite(name=name, expectations=[_expectation(check, at) for at, check in enumerate(checks)])
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


def write_docs(context: Any, name: str, attempt: str, results: Sequence[Result], folder: Path) -> Path:
    """Write the Data Docs of merged `results` into `folder`, under the name `attempt`; returns their index page."""
    site = {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
    }
    context.add_data_docs_site(site_name=name, site_config=site)
    context.suites.add(
        gx.ExpectationSuite(name=name, expectations=[_expectation(r.check, at) for at, r in enumerate(results)])
    )
    whole = ExpectationSuiteValidationResult(
        success=all(result.passed for result in results),
        results=[_merged(result) for result in results if result.said is not None],
        suite_name=name,
        statistics=_statistics(results),
        meta={"great_expectations_version": gx.__version__, "attempt": attempt},
    )
    context.validation_results_store.set(
        ValidationResultIdentifier(
            expectation_suite_identifier=ExpectationSuiteIdentifier(name),
            run_id=RunIdentifier(run_name=attempt, run_time=datetime.now(UTC)),
            batch_identifier="rows",
        ),
        whole,
    )
    context.build_data_docs(site_names=[name])
    # Four megabytes that only decorate the pages.
    shutil.rmtree(folder / "static" / "fonts")
    shutil.rmtree(folder / "static" / "images")
    return folder / "index.html"


def _expectation(check: Check, at: int) -> Any:
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


def _merged(result: Result) -> Any:
    said = result.said
    said.success = result.passed
    if result.raised is None and result.seen:
        there = result.seen - result.missing
        said.result.update(
            element_count=result.seen,
            missing_count=result.missing,
            unexpected_count=result.unexpected,
            unexpected_percent=100 * result.unexpected / max(there, 1),
            unexpected_percent_total=100 * result.unexpected / result.seen,
            unexpected_percent_nonmissing=100 * result.unexpected / max(there, 1),
            missing_percent=100 * result.missing / result.seen,
            partial_unexpected_list=result.values,
        )
    return said


def _statistics(results: Sequence[Result]) -> dict[str, Any]:
    good = sum(result.passed for result in results)
    return {
        "evaluated_expectations": len(results),
        "successful_expectations": good,
        "unsuccessful_expectations": len(results) - good,
        "success_percent": 100 * good / max(len(results), 1),
    }
