"""Writes Great Expectations' Data Docs of results that were merged over all chunks."""

import re
import shutil
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from features.expectations import Result, expectation
from features.great_expectations_alone import (
    ExpectationSuiteIdentifier,
    ExpectationSuiteValidationResult,
    RunIdentifier,
    ValidationResultIdentifier,
    gx,
)

# The page of a result; Great Expectations fills their index by scripts from elsewhere: ours only leads to this one.
_RESULTS = "docs/validations/"
# What a page has its reader ask another host for as soon as it is opened: scripts, styles, the logo. It reads without.
_ELSEWHERE = re.compile(r"""<(?:script|link|img)\b[^>]*?\s(?:src|href)="https?://[^>]*>(?:\s*</script>)?""")
_STYLED_ELSEWHERE = re.compile(r"""url\((['"]?)https?://[^)]*\)""")
# What stands for the styles and the marks of those: passed, failed, raised.
_STYLE = """<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 16px; }
table { border-collapse: collapse; }
td, th { border: 1px solid #c9ced7; padding: 4px 8px; text-align: left; vertical-align: top; }
.fa-check-circle::before { content: "\\2713"; color: #1e6a45; }
.fa-times::before { content: "\\2717"; color: #b23c00; font-weight: bold; }
.fa-exclamation-triangle::before { content: "!"; color: #b23c00; font-weight: bold; }
button, .btn { display: none; }
</style>
</head>"""
_INDEX = """<!DOCTYPE html>
<meta charset="utf-8">
<title>Data Docs</title>
<meta http-equiv="refresh" content="0; url={page}">
<p><a href="{page}">What the expectations found</a></p>
"""


def page_of(files: Iterable[str]) -> str:
    """The page that tells the result, among the files of a version or of an attempt, relative to its folder."""
    return min((name for name in files if name.startswith(_RESULTS)), default="docs/index.html")


def write_docs(context: Any, name: str, attempt: str, results: Sequence[Result], folder: Path) -> Path:
    """Write the Data Docs of merged `results` into `folder`, `docs`, named `attempt`; returns the result's page."""
    site = {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
    }
    context.add_data_docs_site(site_name=name, site_config=site)
    context.suites.add(
        gx.ExpectationSuite(name=name, expectations=[expectation(r.check, at) for at, r in enumerate(results)])
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
    for page in (*folder.rglob("*.html"), *folder.rglob("*.css")):
        kept = _STYLED_ELSEWHERE.sub("none", _ELSEWHERE.sub("", page.read_text(encoding="utf-8")))
        page.write_text(kept.replace("</head>", _STYLE, 1), encoding="utf-8")
    found = folder.parent / page_of(path.relative_to(folder.parent).as_posix() for path in folder.rglob("*.html"))
    to = quote(found.relative_to(folder).as_posix())
    (folder / "index.html").write_text(_INDEX.format(page=to), encoding="utf-8")
    return found


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
