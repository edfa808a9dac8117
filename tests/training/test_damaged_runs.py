"""What an MLflow run holds is what training logged, or it is called damaged in one line."""

import json
from pathlib import Path

import pytest

from artifacts.errors import Damaged
from artifacts.registry import RunRecord, ToLog
from tests.fixtures_registry import registry_in
from training.fit import load_candidate
from training.naive import load_naive
from training.windows import windows_of

NAMES = ("fit_start", "stop_start", "fit_end", "holdout_start", "holdout_end")
WINDOWS = {f"window.{name}": "2013-10-01 00:00:00" for name in NAMES} | {
    f"window.{name}": "1" for name in ("fit_rows", "stop_rows", "holdout_rows")
}


@pytest.mark.parametrize("edit", [{"window.fit_end": "soon"}, {"window.fit_rows": "many"}, {"window.else": "1"}, None])
def test_windows_that_training_did_not_log_are_damaged(edit: dict[str, str] | None) -> None:
    params = {} if edit is None else {**WINDOWS, **edit}
    with pytest.raises(Damaged) as refusal:
        windows_of(RunRecord("r", "m", 1, "late/1", "s", "FINISHED", params, {}, {}))
    assert refusal.value.code == "windows.damaged"


@pytest.mark.parametrize("held", ["{}", "[]", "", '{"by": ["a"], "overall": null, "groups": []}'])
def test_a_model_or_naive_model_that_is_none_is_damaged(tmp_path: Path, held: str) -> None:
    (tmp_path / "files" / "model").mkdir(parents=True)
    for name in ("model.ubj", "naive.json", "categories.json"):
        (tmp_path / "files" / "model" / name).write_text(held)
    registry = registry_in(tmp_path)
    run = registry.log_run(ToLog("late", "k1", "late/1", tmp_path / "files", {}, {}, {}, {}))
    for load, code in ((load_naive, "naive.damaged"), (load_candidate, "fit.damaged")):
        with pytest.raises(Damaged) as refusal:
            load(registry, run.run_id)
        assert refusal.value.code == code
        assert "\n" not in json.dumps(refusal.value.to_dict())
