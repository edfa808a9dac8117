"""Each comparison closes the gate by itself, and noise does not."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artifacts.errors import CannotJudge
from ci.compare import compare
from ci.finding import exit_code
from tests.ci.small_runs import GONE, NOVEMBER, OCTOBER, REFUSED, RUN, TOLERANCES, changed

LOG_LOSS = ("stages", 1, "metrics", "candidate", "log_loss")
NOT_NUMBERS = [None, float("nan"), float("inf"), float("-inf"), True, "0.4"]
DELAYS_SQL = ("inputs", "sql", "dbt_project/models/features/delays.sql")
CONFIG = ("inputs", "config", "training/configs/v1.yaml")
EXPLAINED_BY = [
    DELAYS_SQL,
    ("inputs", "yaml", "dbt_project/models/features/_features.yml"),
    ("inputs", "source", "ingestion/land.py"),
    ("inputs", "config", "training/configs/v1.yaml"),
]
NOT_EXPLAINED_BY = [("inputs", "code", "training"), ("inputs", "tools", "duckdb")]


def codes(smoke: dict[str, Any], known: dict[str, Any] = RUN) -> list[str]:
    return [found.code for found in compare(smoke, known, TOLERANCES)]


def text(smoke: dict[str, Any], known: dict[str, Any] = RUN) -> str:
    (found,) = compare(smoke, known, TOLERANCES)
    return found.text


def other_set(run: dict[str, Any] = RUN) -> dict[str, Any]:
    return changed("stages", 1, "training_set", to="late_arrival/2013-11-01.cccccccccccc", run=run)


def test_equal_runs_pass() -> None:
    assert codes(RUN) == []
    assert exit_code([]) == 0


def test_what_differs_between_any_two_smoke_runs_is_no_finding() -> None:
    assert codes({**RUN, "seconds": 99.9, "code": {"commit": "d" * 40, "dirty": True}}) == []


def test_a_metric_that_is_worse_beyond_its_tolerance_is_refused_with_both_numbers() -> None:
    (found,) = compare(changed(*LOG_LOSS, 0, to=0.41), RUN, TOLERANCES)
    assert (found.code, found.exit_code) == ("compare.regressed", 3)
    assert found.text.startswith("log_loss of the candidate as of 2013-11-01: 0.4000 before, 0.4100 now, worse by 0.01")


def test_every_stage_and_every_metric_counts() -> None:
    assert codes(changed("stages", 0, "metrics", "candidate", "roc_auc", 0, to=0.70)) == ["compare.regressed"]


def test_a_metric_that_is_worse_within_its_tolerance_passes() -> None:
    assert codes(changed(*LOG_LOSS, 0, to=0.4059)) == []


def test_a_metric_that_is_better_passes_but_not_when_it_is_too_good() -> None:
    assert codes(changed(*LOG_LOSS, 0, to=0.375)) == []
    assert codes(changed(*LOG_LOSS, 0, to=0.36)) == ["compare.too_good"]
    (found,) = compare(changed(*LOG_LOSS, 0, to=0.36), RUN, TOLERANCES)
    assert "Look for a leak" in found.next_step


@given(was=st.floats(0.1, 0.9), times=st.floats(1.01, 50.0), name=st.sampled_from(["log_loss", "roc_auc"]))
def test_any_metric_beyond_its_tolerance_in_its_own_direction_is_refused(was: float, times: float, name: str) -> None:
    worse = times * TOLERANCES.metrics[name].worse_by_at_most * (1 if name == "log_loss" else -1)
    place = ("stages", 0, "metrics", "candidate", name, 0)
    assert codes(changed(*place, to=was + worse), changed(*place, to=was)) == ["compare.regressed"]
    better = times * TOLERANCES.metrics[name].better_by_at_most * (-1 if name == "log_loss" else 1)
    assert codes(changed(*place, to=was + better), changed(*place, to=was)) == ["compare.too_good"]


@given(was=st.floats(0.1, 0.9), share=st.floats(-0.99, 0.99), name=st.sampled_from(["log_loss", "roc_auc"]))
def test_any_metric_that_moves_less_than_its_tolerance_passes(was: float, share: float, name: str) -> None:
    place = ("stages", 0, "metrics", "candidate", name, 0)
    now = was + share * TOLERANCES.metrics[name].worse_by_at_most
    assert codes(changed(*place, to=now), changed(*place, to=was)) == []


@pytest.mark.parametrize("value", NOT_NUMBERS)
def test_a_metric_that_is_no_number_never_passes_on_either_side(value: Any) -> None:
    odd = changed(*LOG_LOSS, 0, to=value)
    assert codes(odd) == codes(RUN, odd) == codes(odd, odd) == ["compare.metric_missing"]
    assert text(odd) == (f"log_loss of the candidate as of 2013-11-01 is {value} in the smoke run; a number is wanted.")
    assert f"is {value} in the known-good run" in text(RUN, odd)


@pytest.mark.parametrize("odd", [changed(*LOG_LOSS, to=GONE), changed(*LOG_LOSS, to=[]), changed(*LOG_LOSS, to=None)])
def test_a_metric_that_was_not_measured_never_passes_on_either_side(odd: dict[str, Any]) -> None:
    assert codes(odd) == codes(RUN, odd) == codes(odd, odd) == ["compare.metric_missing"]


def test_metrics_that_are_all_gone_are_missing_one_by_one() -> None:
    assert codes(changed("stages", 0, "metrics", "candidate", to={})) == ["compare.metric_missing"] * 2


def test_a_slice_that_is_worse_beyond_its_tolerance_is_refused_by_name() -> None:
    found = text(changed("stages", 0, "slices", "origin", "EWR", "log_loss", to=0.44))
    assert found.startswith("log_loss where origin is EWR, as of 2013-10-01: 0.4100 before, 0.4400 now")
    assert codes(changed("stages", 0, "slices", "origin", "JFK", "log_loss", to=0.42)) == ["compare.slice_regressed"]


def test_a_slice_that_is_worse_within_its_tolerance_passes() -> None:
    assert codes(changed("stages", 0, "slices", "origin", "EWR", "log_loss", to=0.429)) == []


def test_a_slice_with_too_few_rows_says_nothing() -> None:
    assert codes(changed("stages", 0, "slices", "origin", "LGA", "log_loss", to=0.9)) == []
    assert codes(changed("stages", 0, "slices", "origin", "LGA", to=GONE)) == []


@pytest.mark.parametrize(
    "odd",
    [
        changed("stages", 0, "slices", "origin", "EWR", to=GONE),
        changed("stages", 0, "slices", "origin", "EWR", to={"rows": 600}),
        *(changed("stages", 0, "slices", "origin", "EWR", "log_loss", to=value) for value in NOT_NUMBERS),
    ],
)
def test_a_slice_that_is_not_measured_any_more_is_refused(odd: dict[str, Any]) -> None:
    assert codes(odd) == ["compare.slice_missing"]
    assert text(odd).startswith("log_loss where origin is EWR, as of 2013-10-01 is ")


def test_a_smoke_run_without_slices_misses_each_that_was_known() -> None:
    assert codes(changed("stages", 0, "slices", to={})) == ["compare.slice_missing"] * 2


def test_a_slice_that_was_never_a_number_is_missing_too() -> None:
    assert codes(RUN, changed("stages", 0, "slices", "origin", "EWR", "log_loss", to=None)) == ["compare.slice_missing"]


def test_a_holdout_with_too_few_rows_is_refused_also_when_it_always_was_so_small() -> None:
    few = changed("stages", 1, "holdout", "rows", to=899)
    assert codes(few, few) == ["compare.too_few_rows"]
    assert text(few, few) == "The holdout as of 2013-11-01 has 899 rows; at least 900 are wanted."


@pytest.mark.parametrize(("rows", "code"), [(2969, "compare.rows_lost"), (3031, "compare.rows_gained")])
def test_a_training_set_with_fewer_or_more_rows_is_refused(rows: int, code: str) -> None:
    found = text(changed("stages", 0, "rows", to=rows))
    assert codes(changed("stages", 0, "rows", to=rows)) == [code]
    assert f"The training set as of 2013-10-01 {code[13:]} rows: 3000 before, {rows} now." == found


@pytest.mark.parametrize(("rows", "code"), [(989, "compare.rows_lost"), (1011, "compare.rows_gained")])
def test_a_holdout_with_fewer_or_more_rows_is_refused_though_sql_changed(rows: int, code: str) -> None:
    smoke = changed("stages", 0, "holdout", "rows", to=rows, run=other_set(changed(*DELAYS_SQL, to="d2")))
    smoke["stages"][0]["training_set"] = "late_arrival/2013-10-01.cccccccccccc"
    assert codes(smoke) == [code]


def test_a_few_rows_more_or_less_pass() -> None:
    assert codes(changed("stages", 0, "rows", to=2971)) == codes(changed("stages", 0, "rows", to=3029)) == []


@pytest.mark.parametrize(("rate", "found"), [(0.239, 1), (0.261, 1), (0.241, 0), (0.259, 0)])
def test_a_label_rate_that_moved_either_way_is_refused(rate: float, found: int) -> None:
    assert codes(changed("stages", 0, "label_rate", to=rate)) == ["compare.label_moved"] * found


def test_a_label_rate_that_is_no_number_never_passes_on_either_side() -> None:
    odd = changed("stages", 0, "label_rate", to=float("nan"))
    assert codes(odd) == codes(RUN, odd) == codes(odd, odd) == ["compare.label_moved"]


@pytest.mark.parametrize(
    ("place", "found"),
    [
        (("rows",), ["compare.rows_lost"]),
        (("holdout", "rows"), ["compare.too_few_rows", "compare.rows_lost", "compare.holdout_moved"]),
        (("months", "2013-08", 0), ["compare.rows_of_month"]),
        (("slices", "origin", "EWR", "rows"), ["compare.slice_missing"]),
    ],
)
def test_a_count_of_rows_that_is_no_number_never_passes(place: tuple[str | int, ...], found: list[str]) -> None:
    assert codes(changed("stages", 0, *place, to=float("nan"))) == found


@pytest.mark.parametrize("place", [("rows",), ("holdout", "rows"), ("months", "2013-08", 0)])
def test_a_count_of_rows_that_was_no_number_is_no_measure_of_one(place: tuple[str | int, ...]) -> None:
    odd = changed("stages", 0, *place, to=float("nan"))
    assert codes(RUN, odd) != [] != codes(odd, odd)


@pytest.mark.parametrize("place", [None, *NOT_EXPLAINED_BY])
def test_another_set_is_refused_when_nothing_changed_that_may_explain_it(place: tuple[str, ...] | None) -> None:
    smoke = other_set(changed(*place, to="other") if place else RUN)
    assert codes(smoke) == ["compare.set_changed"]
    assert text(smoke).endswith(f"no SQL, source or config is other: {place[1] if place else 'nothing'} changed.")


@pytest.mark.parametrize("place", EXPLAINED_BY)
def test_another_set_passes_when_sql_source_or_config_changed(place: tuple[str, ...]) -> None:
    assert codes(other_set(changed(*place, to="other"))) == []


def test_a_file_that_came_or_went_explains_another_set() -> None:
    assert codes(other_set(changed(*DELAYS_SQL, to=GONE))) == []
    assert codes(other_set(changed("inputs", "sql", "dbt_project/models/features/new.sql", to="n1"))) == []


@pytest.mark.parametrize(
    "place", [("holdout", "start"), ("holdout", "positives"), ("metrics", "naive", "log_loss"), ("metrics", "naive")]
)
def test_other_holdout_rows_or_measuring_for_the_same_set_are_refused(place: tuple[str, ...]) -> None:
    smoke = changed("stages", 1, *place, to="another")
    assert codes(smoke) == ["compare.holdout_moved"]
    assert codes(changed("inputs", "code", "training", to="t2", run=smoke)) == ["compare.holdout_moved"]
    assert codes(changed("inputs", "config", "training/configs/v1.yaml", to="c2", run=smoke)) == []


def test_other_bytes_of_a_model_are_refused_on_the_same_machine() -> None:
    smoke = changed("stages", 1, "model_sha256", to="e" * 64)
    assert codes(smoke) == ["compare.model_changed"]
    assert codes(changed("inputs", "code", "training", to="t2", run=smoke)) == ["compare.model_changed"]


def test_other_bytes_of_a_model_pass_on_another_machine_or_with_other_tools_or_config() -> None:
    smoke = changed("stages", 1, "model_sha256", to="e" * 64)
    assert codes(changed("machine", to="Intel Xeon, Linux glibc-2.36", run=smoke)) == []
    assert codes(changed("inputs", "tools", "duckdb", to="2.0.1", run=smoke)) == []
    assert codes(changed("inputs", "config", "training/configs/v1.yaml", to="c2", run=smoke)) == []


@pytest.mark.parametrize(("key", "value"), [("outcome", "promote"), ("reasons", ["surely_better"])])
def test_another_verdict_on_the_same_set_is_refused(key: str, value: Any) -> None:
    smoke = changed("stages", 1, key, to=value)
    assert codes(smoke) == codes(changed("machine", to="another", run=smoke)) == ["compare.verdict_changed"]
    assert text(smoke).startswith("The verdict as of 2013-11-01 was keep (not_surely_better) and is ")
    assert codes(changed(*DELAYS_SQL, to="d2", run=smoke)) == ["compare.verdict_changed"]
    assert codes(changed(*CONFIG, to="c2", run=smoke)) == []


def test_a_feature_that_is_gone_is_refused_by_name_though_sql_changed() -> None:
    smoke = changed(*DELAYS_SQL, to="d2", run=changed("features", "is_holiday", to=GONE))
    assert codes(smoke) == ["compare.feature_gone"]
    assert text(smoke) == "Feature is_holiday is gone."


def test_a_new_feature_is_no_finding() -> None:
    assert codes(changed("features", "is_night", to={"null_share": 0.0, "true": 0.2})) == []


@pytest.mark.parametrize(("minutes", "found"), [(1.4, 0), (1.6, 1), (-1.6, 1)])
def test_a_feature_whose_numbers_moved_is_refused(minutes: float, found: int) -> None:
    quantiles = [one + minutes for one in RUN["features"]["delay_mean_3h"]["quantiles"]]
    smoke = changed("features", "delay_mean_3h", "quantiles", to=quantiles)
    assert codes(changed(*DELAYS_SQL, to="d2", run=smoke)) == ["compare.feature_moved"] * found


@pytest.mark.parametrize(
    "smoke",
    [
        changed("features", "is_holiday", "true", to=0.36),
        changed("features", "origin", "shares", to={"EWR": 0.3, "JFK": 0.6, "LGA": 0.1}),
        changed("features", "is_holiday", to={"null_share": 0.0, "shares": {"yes": 0.1, "no": 0.9}}),
    ],
)
def test_a_feature_whose_shares_or_kind_moved_is_refused(smoke: dict[str, Any]) -> None:
    assert codes(smoke) == ["compare.feature_moved"]


@pytest.mark.parametrize(
    ("name", "summary"),
    [
        ("is_holiday", {"null_share": 0.0, "true": 0.0}),
        ("is_holiday", {"null_share": 0.0, "true": 1.0}),
        ("origin", {"null_share": 0.0, "shares": {"EWR": 1.0}}),
        ("delay_mean_3h", {"null_share": 0.1, "mean": 0.0, "sd": 0.0, "quantiles": [0.0] * 21}),
    ],
)
def test_a_feature_that_became_constant_is_refused(name: str, summary: dict[str, Any]) -> None:
    assert "compare.feature_constant" in codes(changed("features", name, to=summary))


def test_a_feature_that_always_was_constant_is_no_finding() -> None:
    constant = changed("features", "is_holiday", "true", to=0.0)
    assert codes(constant, constant) == []


@pytest.mark.parametrize(("share", "found"), [(0.04, 1), (0.06, 0), (0.14, 0), (0.16, 1)])
def test_a_feature_with_other_nulls_is_refused_either_way(share: float, found: int) -> None:
    assert codes(changed("features", "delay_mean_3h", "null_share", to=share)) == ["compare.nulls_moved"] * found


def test_a_feature_that_is_all_null_now_is_refused_three_times() -> None:
    wanted = ["compare.feature_moved", "compare.feature_constant", "compare.nulls_moved"]
    assert codes(changed("features", "delay_mean_3h", to={"null_share": 1.0})) == wanted


@pytest.mark.parametrize("stages", [[OCTOBER], [NOVEMBER, OCTOBER], [OCTOBER, NOVEMBER, NOVEMBER], []])
def test_runs_with_other_stages_cannot_be_compared(stages: list[dict[str, Any]]) -> None:
    with pytest.raises(CannotJudge, match="known-good run 2013-10-01, 2013-11-01") as refusal:
        compare({**RUN, "stages": stages}, RUN, TOLERANCES)
    assert (refusal.value.code, refusal.value.exit_code) == ("compare.other_plan", 4)


@pytest.mark.parametrize("code", [2, 3, 4])
def test_a_smoke_run_that_stopped_is_refused_with_its_own_code_and_exit_code(code: int) -> None:
    found = compare(changed("refused", "exit_code", to=code, run=REFUSED), RUN, TOLERANCES)
    assert [(one.code, one.next_step) for one in found] == [("features.contract_broken", "Look at loads.sql.")]
    assert found[0].text == "The smoke run stopped: Column load has 3 values above 100."
    assert exit_code(found) == code


def test_every_finding_says_what_to_do_and_refuses() -> None:
    smoke = other_set(changed(*LOG_LOSS, 0, to=0.5, run=changed("features", "is_holiday", to=GONE)))
    found = compare(smoke, RUN, TOLERANCES)
    assert [one.code for one in found] == ["compare.regressed", "compare.set_changed", "compare.feature_gone"]
    assert all(one.next_step and one.exit_code == 3 for one in found)
    assert exit_code(found) == 3


def test_a_column_whose_slices_were_never_measured_is_refused() -> None:
    rule = TOLERANCES.slices.model_copy(update={"columns": ("orign",)})
    found = compare(RUN, RUN, TOLERANCES.model_copy(update={"slices": rule}))
    assert {one.code for one in found} == {"compare.slice_missing"}


def test_a_month_that_lost_rows_is_refused_though_the_whole_hardly_did() -> None:
    smoke = changed("stages", 0, "months", "2013-08", to=[1480, 400])
    assert codes(smoke) == ["compare.rows_of_month"]
    assert "2013-08 (1500 before, 1480 now)" in text(smoke)


def test_a_slice_that_lost_most_of_its_rows_is_refused() -> None:
    smoke = changed("stages", 0, "slices", "origin", "EWR", "rows", to=299)
    assert codes(smoke) == ["compare.slice_missing"]


def test_a_metric_that_no_tolerance_guards_is_refused() -> None:
    metrics = {name: rule for name, rule in TOLERANCES.metrics.items() if name != "roc_auc"}
    found = compare(RUN, RUN, TOLERANCES.model_copy(update={"metrics": metrics}))
    assert {one.code for one in found} == {"compare.metric_unguarded"}


def test_a_new_feature_without_a_value_is_refused() -> None:
    assert codes(changed("features", "is_night", to={"null_share": 1.0})) == ["compare.feature_constant"]


@pytest.mark.parametrize("place", [("is_holiday", "true"), ("delay_mean_3h", "null_share")])
def test_a_feature_that_is_not_a_number_is_refused(place: tuple[str, ...]) -> None:
    assert codes(changed("features", *place, to=float("nan")))[:1] in (
        ["compare.feature_moved"],
        ["compare.nulls_moved"],
    )


@pytest.mark.parametrize("part", ["stages", "features"])
def test_a_known_good_run_with_nothing_in_it_compares_nothing(part: str) -> None:
    empty = changed(part, to=type(RUN[part])())
    with pytest.raises(CannotJudge, match="no stage or no feature"):
        compare(empty, empty, TOLERANCES)


def test_a_description_that_changed_excuses_no_other_model_of_the_same_set() -> None:
    smoke = changed("inputs", "yaml", "dbt_project/models/features/_features.yml", to="y2")
    smoke["stages"][1]["model_sha256"] = "f" * 64
    assert codes(smoke) == ["compare.model_changed"]
