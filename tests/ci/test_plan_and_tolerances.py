"""A plan or a tolerance that says nothing sensible is refused, with the key named."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from artifacts.errors import BadInput
from ci.plan import PLAN, read_plan
from ci.tolerances import TOLERANCES, Metric, read_tolerances
from tests.ci.small_runs import GONE, changed

SMOKE = yaml.safe_load(PLAN.read_text())
ALLOWED = yaml.safe_load(TOLERANCES.read_text())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "given.yaml"


def test_the_plan_lands_months_before_each_set_is_built() -> None:
    plan = read_plan()
    assert [stage.as_of for stage in plan.stages] == [datetime(2013, 10, 1), datetime(2013, 11, 1)]
    assert plan.stages[0].list_of_months[-1] == "2013-09"
    assert plan.stages[1].list_of_months == ["2013-10"]


def test_the_tolerances_say_where_they_come_from_and_cover_what_judges() -> None:
    tolerances = read_tolerances()
    assert tolerances.origin
    assert {"log_loss", "roc_auc", "calibration_error"} <= tolerances.metrics.keys()
    assert all(rule.better_by_at_most > rule.worse_by_at_most for rule in tolerances.metrics.values())


@pytest.mark.parametrize(
    ("place", "value", "named"),
    [
        (("speed",), 3, "speed"),
        (("stages", 0, "until"), "2013-10-01", "until"),
        (("name",), GONE, "name"),
        (("stages",), GONE, "stages"),
        (("stages",), [], "stages"),
        (("stages",), 3, "int"),
        (("stages", 0, "as_of"), "October", "as_of"),
        (("stages", 0, "as_of"), "2013-10-01T00:00:00+02:00", "as_of"),
        (("stages", 0, "months"), ["2013-01"], "months"),
        (("overrides",), "seed=1", "overrides"),
        (("cutter",), "os.system", "cutter"),
        (("cutter",), "ci.cut_x; import os", "cutter"),
        (("config",), 3, "config"),
    ],
)
def test_a_plan_with_a_wrong_key_is_refused_by_its_name(path: Path, place: Any, value: Any, named: str) -> None:
    path.write_text(yaml.safe_dump(changed(*place, to=value, run=SMOKE)))
    with pytest.raises(BadInput, match=f"(?s)given.yaml is no plan of a smoke run.*{named}") as refused:
        read_plan(path)
    assert (refused.value.code, refused.value.exit_code) == ("smoke.plan_invalid", 2)


@pytest.mark.parametrize(
    ("place", "value", "named"),
    [
        (("speed",), 3, "speed"),
        (("metrics", "roc_auc", "margin"), 0.1, "margin"),
        (("origin",), GONE, "origin"),
        (("metrics",), {}, "metrics"),
        (("metrics",), GONE, "metrics"),
        (("metrics", "roc_auc", "worse_by_at_most"), GONE, "roc_auc.worse_by_at_most"),
        (("metrics", "roc_auc", "worse_by_at_most"), -0.1, "roc_auc.worse_by_at_most"),
        (("metrics", "roc_auc", "worse_by_at_most"), 0, "roc_auc.worse_by_at_most"),
        (("metrics", "roc_auc", "worse_by_at_most"), float("nan"), "roc_auc.worse_by_at_most"),
        (("metrics", "roc_auc", "better_by_at_most"), float("inf"), "roc_auc.better_by_at_most"),
        (("metrics", "roc_auc", "better"), "up", "roc_auc.better"),
        (("slices", "columns"), [], "slices.columns"),
        (("slices", "metric"), "logloss", "slices"),
        (("slices", "worse_by_at_most"), -1, "slices.worse_by_at_most"),
        (("slices", "min_rows"), 1, "slices.min_rows"),
        (("features", "moved_by_at_most"), float("inf"), "features.moved_by_at_most"),
        (("features", "null_share_by_at_most"), -0.1, "features.null_share_by_at_most"),
        (("min_holdout_rows",), 0, "min_holdout_rows"),
        (("min_holdout_rows",), "many", "min_holdout_rows"),
        (("rows_lost_share",), -0.01, "rows_lost_share"),
        (("label_rate_by_at_most",), float("nan"), "label_rate_by_at_most"),
    ],
)
def test_a_tolerance_that_lets_all_pass_is_refused_by_its_name(path: Path, place: Any, value: Any, named: str) -> None:
    path.write_text(yaml.safe_dump(changed(*place, to=value, run=ALLOWED)))
    with pytest.raises(BadInput, match=f"(?s)given.yaml holds no tolerances.*{named}") as refused:
        read_tolerances(path)
    assert (refused.value.code, refused.value.exit_code) == ("tolerances.invalid", 2)


@pytest.mark.parametrize("text", [None, "", "[]", "a: [", "text"])
@pytest.mark.parametrize("read", [read_plan, read_tolerances])
def test_a_file_that_is_missing_or_no_mapping_is_refused(path: Path, read: Any, text: str | None) -> None:
    if text is not None:
        path.write_text(text)
    with pytest.raises(BadInput, match=r"given\.yaml"):
        read(path)


def test_a_metric_is_worse_in_its_own_direction() -> None:
    lower = Metric(better="lower", worse_by_at_most=0.1, better_by_at_most=0.2)
    higher = Metric(better="higher", worse_by_at_most=0.1, better_by_at_most=0.2)
    assert lower.worse_by(0.4, 0.5) == higher.worse_by(0.5, 0.4) == pytest.approx(0.1)
    assert lower.worse_by(0.5, 0.4) == higher.worse_by(0.4, 0.5) == pytest.approx(-0.1)
