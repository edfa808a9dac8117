"""Each rule of the judge closes the gate by itself, and names what closed it."""

from dataclasses import replace
from datetime import datetime

import pytest

from artifacts.verdict import Comparison, Contestant, Estimate, Evidence, Holdout
from training.config import Guard, Judge, SliceGuard
from training.rules import decide, held_against, limit

RULES = Judge(
    primary="log_loss",
    margin=0.001,
    guards={"roc_auc": Guard(worse_by_at_most=0.005)},
    slices=SliceGuard(columns=("region",), metric="log_loss", worse_by_at_most=0.02, min_rows=500),
    plausible={"roc_auc": 0.85, "log_loss": 0.25},
    min_rows=1000,
)
OCTOBER = datetime.fromisoformat("2013-10-01")
CANDIDATE = Contestant(2, "run2", "late/2013-11-01.bb", "b" * 64, datetime.fromisoformat("2013-10-01"))
CHAMPION = Contestant(1, "run1", "late/2013-10-01.aa", "a" * 64, datetime.fromisoformat("2013-09-01"))
NAIVE = Comparison("naive", "log_loss", 28000, 0.41, 0.46, Estimate(0.05, 0.04, 0.06))
PRIMARY = Comparison("primary", "log_loss", 28000, 0.410, 0.414, Estimate(0.004, 0.002, 0.006))
GUARD = Comparison("guard", "roc_auc", 28000, 0.71, 0.70, Estimate(0.01, -0.001, 0.02))
SLICE = Comparison("slice", "log_loss", 900, 0.41, 0.41, Estimate(0.0, -0.01, 0.01), column="region", category="north")
METRICS = {"roc_auc": Estimate(0.71, 0.70, 0.72), "log_loss": Estimate(0.41, 0.40, 0.42)}
GOOD = Evidence(
    model="late",
    training_set="late/2013-11-01.bb",
    candidate=CANDIDATE,
    champion=CHAMPION,
    holdout=Holdout(OCTOBER, datetime.fromisoformat("2013-11-01"), 28000, 5000, 31),
    metrics={"candidate": METRICS},
    comparisons=(NAIVE, PRIMARY, GUARD, SLICE),
    thin_slices=(),
    calibration={},
)


def judged(**changed: object) -> tuple[str, list[str]]:
    outcome, reasons = decide(replace(GOOD, **changed), RULES)  # type: ignore[arg-type]
    return outcome, [reason.code for reason in reasons]


def with_comparison(changed: Comparison) -> tuple[str, list[str]]:
    return judged(comparisons=tuple(changed if one.part == changed.part else one for one in GOOD.comparisons))


def gained(comparison: Comparison, value: float | None, low: float | None, high: float | None) -> Comparison:
    return replace(comparison, gain=Estimate(value, low, high))


def test_a_candidate_that_is_surely_better_and_nowhere_worse_is_promoted() -> None:
    outcome, reasons = decide(GOOD, RULES)
    assert outcome == "promote"
    assert reasons[0].text.startswith("Log loss is better than version 1's by 0.00400 [0.00200, 0.00600]")


@pytest.mark.parametrize("comparison", [NAIVE, PRIMARY, GUARD, SLICE], ids=lambda one: one.part)
def test_a_missing_difference_is_held_against_the_candidate_by_each_comparison_alone(comparison: Comparison) -> None:
    assert list(held_against(comparison, RULES)) == []
    assert list(held_against(gained(comparison, None, None, None), RULES)) != []
    assert list(held_against(gained(comparison, comparison.gain.value, None, None), RULES)) != []


def test_without_a_champion_it_is_enough_to_beat_the_naive_model() -> None:
    assert judged(champion=None, comparisons=(NAIVE,)) == ("promote", ["first_champion"])


def test_without_a_champion_a_candidate_that_does_not_surely_beat_the_naive_model_is_not_promoted() -> None:
    doubtful = gained(NAIVE, 0.01, -0.001, 0.02)
    assert judged(champion=None, comparisons=(doubtful,)) == ("keep", ["not_better_than_naive"])


def test_a_candidate_that_beats_the_champion_but_not_the_naive_model_is_kept_out() -> None:
    assert with_comparison(gained(NAIVE, 0.01, 0.0, 0.02)) == ("keep", ["not_better_than_naive"])


def test_better_by_less_than_the_margin_keeps_the_champion() -> None:
    assert with_comparison(gained(PRIMARY, 0.0009, 0.0005, 0.0013)) == ("keep", ["not_better"])


def test_better_by_exactly_the_margin_is_enough() -> None:
    assert with_comparison(gained(PRIMARY, 0.001, 0.0005, 0.0015)) == ("promote", ["better"])


def test_better_by_the_margin_but_perhaps_by_chance_keeps_the_champion() -> None:
    assert with_comparison(gained(PRIMARY, 0.004, 0.0, 0.008)) == ("keep", ["unsure_better"])


def test_a_guard_that_is_worse_beyond_its_tolerance_keeps_the_champion() -> None:
    assert with_comparison(gained(GUARD, -0.006, -0.009, -0.003)) == ("keep", ["worse_guard"])


def test_a_guard_that_is_perhaps_worse_beyond_its_tolerance_keeps_the_champion() -> None:
    assert with_comparison(gained(GUARD, 0.001, -0.0051, 0.007)) == ("keep", ["unsure_guard"])


def test_a_guard_that_is_worse_within_its_tolerance_does_not_stand_in_the_way() -> None:
    assert with_comparison(gained(GUARD, -0.002, -0.005, 0.001)) == ("promote", ["better"])


def test_a_slice_that_is_worse_beyond_its_tolerance_keeps_the_champion_and_is_named() -> None:
    worse = gained(SLICE, -0.03, -0.04, -0.02)
    outcome, reasons = decide(replace(GOOD, comparisons=(NAIVE, PRIMARY, GUARD, worse)), RULES)
    assert (outcome, reasons[0].code) == ("keep", "worse_slice")
    assert (
        "Log loss where region is north is worse than the champion's by 0.03000 [0.02000, 0.04000]" in reasons[0].text
    )


def test_a_slice_that_is_perhaps_worse_beyond_its_tolerance_keeps_the_champion() -> None:
    assert with_comparison(gained(SLICE, 0.0, -0.021, 0.021)) == ("keep", ["unsure_slice"])


def test_the_same_bytes_as_the_champion_are_a_tie_and_keep_it() -> None:
    twin = replace(CANDIDATE, model_sha256=CHAMPION.model_sha256)
    assert judged(candidate=twin) == ("keep", ["tie"])


def test_the_naive_model_has_no_tolerance_even_where_the_primary_metric_is_guarded_too() -> None:
    guarded = RULES.model_copy(update={"guards": {"log_loss": Guard(worse_by_at_most=0.1)}})
    assert limit(NAIVE, guarded) == 0.0


def test_every_reason_is_told_not_only_the_first() -> None:
    comparisons = (NAIVE, gained(PRIMARY, -0.01, -0.02, 0.001), gained(GUARD, -0.01, -0.02, 0.0), SLICE)
    assert judged(comparisons=comparisons) == ("keep", ["not_better", "unsure_better", "worse_guard"])


@pytest.mark.parametrize(("metric", "value"), [("roc_auc", 0.851), ("log_loss", 0.249)])
def test_better_than_is_plausible_is_suspicious_and_not_promoted(metric: str, value: float) -> None:
    metrics = {"candidate": METRICS | {metric: Estimate(value, value, value)}}
    assert judged(metrics=metrics) == ("suspicious", ["too_good"])


def test_an_implausible_first_candidate_is_suspicious_too() -> None:
    metrics = {"candidate": METRICS | {"roc_auc": Estimate(0.99, 0.98, 1.0)}}
    assert judged(champion=None, comparisons=(NAIVE,), metrics=metrics) == ("suspicious", ["too_good"])


def test_too_few_holdout_rows_cannot_be_judged() -> None:
    assert judged(holdout=replace(GOOD.holdout, rows=999, positives=200)) == ("cannot_judge", ["too_few_rows"])


@pytest.mark.parametrize("positives", [0, 28000])
def test_a_holdout_of_one_class_cannot_be_judged(positives: int) -> None:
    assert judged(holdout=replace(GOOD.holdout, positives=positives)) == ("cannot_judge", ["one_class"])


def test_a_holdout_of_a_few_days_cannot_be_judged() -> None:
    assert judged(holdout=replace(GOOD.holdout, blocks=9)) == ("cannot_judge", ["too_few_days"])


def test_a_holdout_that_the_candidate_was_fitted_on_cannot_be_judged() -> None:
    late = replace(CANDIDATE, learned_before=datetime.fromisoformat("2013-10-01T00:00:01"))
    assert judged(candidate=late) == ("cannot_judge", ["holdout_not_newer"])


def test_a_champion_that_has_seen_the_holdout_is_kept() -> None:
    late = replace(CHAMPION, learned_before=datetime.fromisoformat("2013-10-15"))
    assert judged(champion=late) == ("keep", ["champion_saw_holdout"])


@pytest.mark.parametrize("left_out", [NAIVE, PRIMARY, GUARD])
def test_a_comparison_that_was_not_made_cannot_be_judged(left_out: Comparison) -> None:
    made = tuple(one for one in GOOD.comparisons if one is not left_out)
    assert judged(comparisons=made) == ("cannot_judge", ["not_compared"])


def test_slices_that_are_all_too_thin_cannot_be_judged() -> None:
    assert judged(comparisons=(NAIVE, PRIMARY, GUARD)) == ("cannot_judge", ["no_slice"])


@pytest.mark.parametrize("comparison", [NAIVE, PRIMARY, GUARD, SLICE])
@pytest.mark.parametrize("numbers", [(None, 0.1, 0.2), (0.1, None, 0.2), (0.1, 0.1, None)])
def test_an_undefined_difference_cannot_be_judged(comparison: Comparison, numbers: tuple[float | None, ...]) -> None:
    assert with_comparison(gained(comparison, *numbers)) == ("cannot_judge", ["undefined"])


@pytest.mark.parametrize("metrics", [{}, METRICS | {"roc_auc": Estimate(None, None, None)}])
def test_a_metric_that_is_missing_cannot_be_held_against_what_is_plausible(metrics: dict[str, Estimate]) -> None:
    outcome, codes = judged(metrics={"candidate": metrics})
    assert (outcome, set(codes)) == ("cannot_judge", {"undefined"})


def test_what_cannot_be_judged_is_never_called_suspicious_or_promoted() -> None:
    metrics = {"candidate": METRICS | {"roc_auc": Estimate(0.99, 0.98, 1.0)}}
    assert judged(metrics=metrics, holdout=replace(GOOD.holdout, rows=10, positives=3))[0] == "cannot_judge"
