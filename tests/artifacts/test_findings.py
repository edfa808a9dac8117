"""Findings are read back as they were written, or not at all, and never say OK for want of data."""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from artifacts import publish
from artifacts.errors import BadInput, CannotJudge, Damaged, Missing
from artifacts.findings import (
    SCORE,
    Distribution,
    Example,
    Finding,
    Findings,
    Reason,
    list_findings,
    publish_findings,
    read_findings,
)

WHY = Reason("within_noise", "Within what resampling the baseline gives.")
NO_ROWS = Reason("predictions.none", "No prediction was logged.")
FINE = Finding("psi", "distance", "OK", WHY, rows=900, baseline_rows=28000, value=0.1 + 0.2, threshold=0.4)
MOVED = replace(FINE, feature=SCORE, state="DRIFT", value=0.5)
BLIND = Finding("predictions", None, "UNKNOWN", NO_ROWS, rows=0)
YOUNG = replace(BLIND, rule="baseline", baseline="served", required=False)


def findings(*found: Finding, **given: Any) -> Findings:
    facts: dict[str, Any] = {
        "model": "late_arrival",
        "version": 3,
        "training_set": "late_arrival/2013-10-01.3f9a5b1c2d3e",
        "start": datetime(2013, 12, 1),
        "end": datetime(2013, 12, 8),
        "rows": 900,
        "created_at": datetime(2026, 1, 1, 12),
    }
    return Findings(findings=found, **(facts | given))


def test_findings_come_back_from_their_folder_to_the_last_digit(tmp_path: Path) -> None:
    bins = Distribution("distance", "training", (0.1, 0.2), None, (1, 2, 3), (4, 5, 6), 7, 8)
    skew = replace(MOVED, rule="skew", examples=(Example("UA/1545", "3", "null"),))
    made = findings(FINE, skew, distributions=(bins,), other_versions={"2": 17})
    assert publish_findings(str(tmp_path), made) == made
    assert read_findings(str(tmp_path), made.id) == made


def test_findings_without_a_promise_have_the_names_of_before_there_was_one_and_a_promise_comes_back(
    tmp_path: Path,
) -> None:
    assert findings(FINE).name == "2013-12-01_2013-12-08.v3.e5b3c353146c"
    kept = findings(replace(FINE, rule="log_loss", baseline="holdout", promise=0.35))
    publish_findings(str(tmp_path), kept)
    assert read_findings(str(tmp_path), kept.id) == kept


def test_what_mends_it_comes_back_and_is_the_end_of_the_reason(tmp_path: Path) -> None:
    reason = Reason.with_step("log.damaged", "Segment a.seg ends.", "Restore it.")
    assert (reason.text, reason.what) == ("Segment a.seg ends. Restore it.", "Segment a.seg ends.")
    assert (NO_ROWS.text, NO_ROWS.what) == ("No prediction was logged.",) * 2
    mended = findings(replace(BLIND, rule="log", reason=reason))
    publish_findings(str(tmp_path), mended)
    assert read_findings(str(tmp_path), mended.id) == mended


@pytest.mark.parametrize(
    ("found", "state"),
    [
        ([FINE], "OK"),
        ([FINE, YOUNG], "OK"),
        ([FINE, BLIND], "UNKNOWN"),
        ([FINE, MOVED], "DRIFT"),
        ([BLIND, MOVED], "DRIFT"),
        ([BLIND], "UNKNOWN"),
        ([YOUNG], "UNKNOWN"),
        ([], "UNKNOWN"),
    ],
)
def test_the_whole_is_ok_only_if_something_was_judged_and_nothing_required_is_unknown(found: Any, state: str) -> None:
    assert findings(*found).state == state


def test_a_finding_is_not_ok_without_a_number() -> None:
    for state in ("OK", "DRIFT"):
        with pytest.raises(ValidationError, match="has a value and a threshold"):
            replace(BLIND, state=state)
    with pytest.raises(ValidationError):
        replace(FINE, value=float("nan"))


def test_a_drift_cannot_be_declared_unimportant() -> None:
    with pytest.raises(ValidationError, match="is required"):
        replace(MOVED, required=False)


def test_a_distribution_has_one_count_more_than_it_has_edges() -> None:
    with pytest.raises(ValidationError, match="go with 3 counts"):
        Distribution("distance", "training", (0.1, 0.2), None, (1, 2), (4, 5, 6), 7, 8)


def test_the_same_findings_have_the_same_id_whenever_they_were_made_and_stand_once(tmp_path: Path) -> None:
    first, later = findings(FINE), findings(FINE, created_at=datetime(2026, 1, 2))
    assert [publish_findings(str(tmp_path), one).id for one in (first, later)] == [first.id] * 2
    assert list_findings(str(tmp_path), "late_arrival") == [first.id]
    assert read_findings(str(tmp_path), later.id).created_at == first.created_at


def made_in(*years: int) -> list[Findings]:
    """The same, then others of the window, then the same again, as often as there are years."""
    turns = [(FINE,), (BLIND,), (FINE,), (FINE,)]
    return [findings(*found, created_at=datetime(year, 1, 1)) for found, year in zip(turns, years, strict=False)]


def newest_of(root: str) -> Findings:
    every = [read_findings(root, one) for one in list_findings(root, "late_arrival")]
    return max(every, key=lambda one: (one.created_at, one.id))


def test_what_is_found_last_is_the_newest_of_its_window_though_it_was_found_before_what_came_between(
    tmp_path: Path,
) -> None:
    first, between, again, still = [publish_findings(str(tmp_path), one) for one in made_in(2026, 2027, 2028, 2029)]
    assert (first.after, between.after, again.after) == (None, None, between.id)
    assert still == again == newest_of(str(tmp_path))


@pytest.mark.parametrize(
    "years", [(2026, 2026, 2026), (2028, 2027, 2026)], ids=["one second", "a clock that is behind"]
)
def test_what_is_found_last_is_the_newest_whatever_the_clock_says(tmp_path: Path, years: tuple[int, ...]) -> None:
    for one in made_in(*years):
        found = publish_findings(str(tmp_path), one)
        assert found == newest_of(str(tmp_path)) == read_findings(str(tmp_path), found.id)


def test_what_labels_showed_is_no_reason_to_publish_the_rest_again(tmp_path: Path) -> None:
    first = publish_findings(str(tmp_path), findings(FINE))
    labels = findings(FINE, truth="late_arrival/2013-12-20.3f9a5b1c2d3e", created_at=datetime(2030, 1, 1))
    assert publish_findings(str(tmp_path), labels).after is None
    assert publish_findings(str(tmp_path), findings(FINE, created_at=datetime(2031, 1, 1))) == first


@pytest.mark.parametrize("name", ["findings.json", "manifest.json"])
def test_older_findings_that_are_harmed_keep_nobody_from_finding_the_same_again(tmp_path: Path, name: str) -> None:
    older, between, again, _ = made_in(2026, 2027, 2028, 2029)
    for one in (older, between):
        publish_findings(str(tmp_path), one)
    (tmp_path / older.id / name).unlink()
    assert publish_findings(str(tmp_path), again).after == between.id


def test_findings_without_their_manifest_are_damaged_to_all_who_ask_and_say_what_mends_them(tmp_path: Path) -> None:
    made = findings(FINE, truth="late_arrival/2013-12-20.3f9a5b1c2d3e")
    publish_findings(str(tmp_path), made)
    (tmp_path / made.id / "manifest.json").unlink()
    again = "check that window again: python -m monitoring check --model late_arrival --window 2013-12-01..2013-12-08"
    again += r" --version 3 --training-set late_arrival/2013-12-20\.3f9a5b1c2d3e$"
    for ask in (lambda: publish_findings(str(tmp_path), made), lambda: read_findings(str(tmp_path), made.id)):
        with pytest.raises(Damaged, match=rf"its manifest\.json is gone\. Restore .*{again}"):
            ask()


def test_other_findings_have_another_id() -> None:
    assert len({findings(FINE).id, findings(MOVED).id, findings(FINE, rows=901).id, findings(FINE, version=4).id}) == 4


def test_findings_are_listed_by_window_and_version(tmp_path: Path) -> None:
    made = [findings(FINE, version=10), findings(FINE), findings(FINE, start=datetime(2013, 11, 30, 6))]
    for one in made:
        publish_findings(str(tmp_path), one)
    (tmp_path / "late_arrival" / "notes").mkdir()
    assert list_findings(str(tmp_path), "late_arrival") == [made[2].id, made[1].id, made[0].id]
    assert list_findings(str(tmp_path), "cancellation") == []


def test_a_flipped_byte_or_a_missing_file_is_never_read(tmp_path: Path) -> None:
    made = findings(MOVED)
    publish_findings(str(tmp_path), made)
    file = tmp_path / made.id / "findings.json"
    file.write_text(file.read_text().replace('"state": "DRIFT"', '"state": "DRIFTX"'))
    with pytest.raises(CannotJudge, match="damaged"):
        read_findings(str(tmp_path), made.id)
    file.unlink()
    with pytest.raises(CannotJudge, match="is gone"):
        read_findings(str(tmp_path), made.id)


@pytest.mark.parametrize("change", [{"state": "OK"}, {"rows": 3}, {"format": 2}, {"more": 1}])
def test_what_was_published_with_another_content_than_its_name_is_damaged(tmp_path: Path, change: Any) -> None:
    made, other = findings(MOVED), tmp_path / "other"
    publish_findings(str(tmp_path), made)
    told = json.loads((tmp_path / made.id / "findings.json").read_text()) | change

    def write(folder: Path) -> dict[str, Any]:
        (folder / "findings.json").write_text(json.dumps(told))
        return {}

    publish.publish(f"{other}/{made.id}", "findings", write)
    with pytest.raises(CannotJudge) as refusal:
        read_findings(str(other), made.id)
    assert refusal.value.code == "findings.damaged"


def test_findings_that_are_not_there_are_missing(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="no findings of 'late_arrival'; there are of the models: none"):
        read_findings(str(tmp_path), findings(FINE).id)


@pytest.mark.parametrize("asked", ["late_arrival/nope", "late_arrival/2013-12-01_2013-12-08.v3.000000000000"])
def test_findings_that_are_not_there_are_told_with_the_newest_ten_that_are(tmp_path: Path, asked: str) -> None:
    made = [findings(FINE, end=datetime(2013, 12, day)) for day in range(8, 20)]
    for one in made:
        publish_findings(str(tmp_path), one)
    with pytest.raises(BadInput) as refusal:
        read_findings(str(tmp_path), asked)
    newest = ", ".join(one.id for one in reversed(made[2:]))
    assert refusal.value.message.endswith(f" Of late_arrival there are 12, newest first: {newest}, …")
    with pytest.raises(BadInput, match="no findings of 'late'; there are of the models: late_arrival"):
        read_findings(str(tmp_path), asked.replace("late_arrival", "late"))
