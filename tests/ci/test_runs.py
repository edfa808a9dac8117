"""A smoke run is compared while it is that of these files, and its page is kept where it belongs."""

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from artifacts.errors import CannotJudge
from ci.__main__ import _compare
from ci.finding import Finding
from ci.inputs import read_inputs
from ci.plan import read_plan
from ci.report import MARKER
from ci.runs import RUN, folder, keep, publish, read_run
from tests.ci.small_runs import GONE, changed

FOUND = [Finding("compare.regressed", "Worse.", "Mend it."), Finding("x.y", "Stopped.", "Look.", 4)]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    return tmp_path


def refusal() -> tuple[str, int, str]:
    with pytest.raises(CannotJudge) as refused:
        read_run(read_plan())
    assert refused.value.next_step == "Run: make smoke"
    return refused.value.code, refused.value.exit_code, refused.value.message


def test_the_smoke_run_of_these_files_is_read_back(home: Path) -> None:
    told = {"inputs": read_inputs(read_plan()), "stages": [], "seconds": 1.0}
    keep(told, folder() / RUN)
    assert read_run(read_plan()) == told
    assert [file.name for file in (home / "ci").iterdir()] == [RUN]


@pytest.mark.parametrize("text", [None, "", "{", "{}", '{"stages": []}'])
def test_without_a_whole_smoke_run_nothing_is_compared(home: Path, text: str | None) -> None:
    if text is not None:
        (folder() / RUN).write_text(text)
    assert refusal()[:2] == ("compare.no_run", 4)


@pytest.mark.parametrize(
    ("place", "to", "named"),
    [
        (("sql", "dbt_project/models/spine/spine.sql"), "other", "dbt_project/models/spine/spine.sql"),
        (("sql", "dbt_project/models/spine/spine.sql"), GONE, "dbt_project/models/spine/spine.sql"),
        (("config", "training/configs/v1.yaml"), "other", "training/configs/v1.yaml"),
        (("code", "training"), "other", "training"),
        (("tools", "duckdb"), "0.1", "duckdb"),
    ],
)
def test_a_smoke_run_of_other_files_is_stale_and_the_file_is_named(home: Path, place: Any, to: Any, named: str) -> None:
    keep({"inputs": changed(*place, to=to, run=read_inputs(read_plan()))}, folder() / RUN)
    assert refusal() == ("compare.stale", 4, f"Files changed since the last smoke run: {named}.")


def test_a_page_goes_to_the_home_and_behind_what_the_summary_has(home: Path) -> None:
    (home / "summary.md").write_text("# Job\n")
    answer = publish("## ✅ Passes\n", [])
    assert (answer.id, answer.exit_code) == (str(home / "ci" / "report.md"), 0)
    assert (home / "ci" / "report.md").read_text() == "## ✅ Passes\n"
    assert (home / "summary.md").read_text() == "# Job\n## ✅ Passes\n"


def test_a_page_with_findings_refuses_with_the_first_one_s_exit_code(home: Path) -> None:
    answer = publish("## ❌ Refused\n", FOUND)
    assert answer.exit_code == 3
    assert publish("## ❌ Refused\n", FOUND[::-1]).exit_code == 4
    assert json.loads(json.dumps(answer.facts))["findings"][0]["code"] == "compare.regressed"


def test_a_page_that_is_no_gate_s_leaves_the_report_and_refuses_nothing(home: Path) -> None:
    publish("## ❌ Refused\n", FOUND)
    answer = publish("## Model impact\n", FOUND, is_gate=False)
    assert (answer.id, answer.exit_code) == (str(home / "ci" / "impact.md"), 0)
    assert (home / "ci" / "report.md").read_text() == "## ❌ Refused\n"


def test_the_page_of_an_earlier_comparison_is_not_left_when_nothing_can_be_compared(home: Path) -> None:
    (folder() / "report.md").write_text("## ✅ Passes", encoding="utf-8")
    with pytest.raises(CannotJudge):
        _compare(argparse.Namespace())
    page = (home / "ci" / "report.md").read_text(encoding="utf-8")
    assert page.startswith(MARKER) and "Refused: nothing was compared" in page and "compare.no_run" in page
