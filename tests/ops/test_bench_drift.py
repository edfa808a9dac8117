"""The drift benchmark: each side is a process of its own, and a check is told with and without making its baseline."""

import json
from pathlib import Path

import pytest

from ops.bench import drift
from ops.bench.drift_sides import CATEGORIES, NUMBERS, check_window, learn_baseline, make


def test_a_check_of_other_rows_judges_every_column_against_the_baseline_that_was_kept(tmp_path: Path) -> None:
    baseline, current = str(tmp_path / "baseline.parquet"), str(tmp_path / "current.parquet")
    make(baseline, current, 3000)
    learnt = learn_baseline(baseline, str(tmp_path))
    checked = check_window(current, str(tmp_path))
    assert learnt["columns"] == checked["columns"] == NUMBERS + len(CATEGORIES)
    # PSI, Jensen-Shannon and nulls of each, where the numbers lie, and which categories are unseen.
    assert checked["findings"] == 3 * checked["columns"] + NUMBERS + len(CATEGORIES)


@pytest.mark.slow
def test_both_sides_are_measured_and_the_aim_is_that_of_a_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path / "home"))
    drift.bench(drift.build_parser().parse_args(["--rows", "3000", "--repeat", "1"]))
    told = json.loads((tmp_path / "home" / "bench" / "drift.3000.json").read_text())
    found = {one["name"]: one for one in told["figures"]}
    assert [name for name, one in found.items() if one["aim"]] == ["A check, once all is loaded"]
    check, whole = found["A check, whole process"], found["With its baseline, both processes"]
    assert 0 < check["value"]["median"] < whole["value"]["median"]
    assert check["peer"] == whole["peer"]
