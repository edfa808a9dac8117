"""A week that is spoilt is UNKNOWN with its reason, or told by the right number; never OK for want of data.

A whole week has 665 rows about 665 entities, some hundred a day, and is OK on every rule.
"""

import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from artifacts.binning import Bins
from artifacts.findings import SCORE, State
from artifacts.grouping import grouping
from artifacts.prediction_log import Prediction, compact
from monitoring.drift import find_drift
from tests.monitoring.study import FINE, count, describe
from tests.monitoring.world import WEEK, World, codes, of

Records = list[Prediction]
ROWS = 665


@dataclass(frozen=True)
class Said:
    """What is said of a week: its state, its rows, why some of it is unknown, what drifted, and single numbers."""

    state: State
    rows: int
    unknown: set[str] = field(default_factory=set)
    drifted: Mapping[str, set[str]] = field(default_factory=dict)
    values: Mapping[tuple[str, str], float] = field(default_factory=dict)


def with_features(records: Iterable[Prediction], **features: Any) -> Records:
    return [replace(one, features={**one.features, **features}) for one in records]


def whole(world: World, records: Records) -> None:
    world.log(records)


def empty(world: World, records: Records) -> None:
    pass


def one_row(world: World, records: Records) -> None:
    world.log(records[:1])


def fewer_than_are_judged(world: World, records: Records) -> None:
    world.log(records[::8])


def two_features_all_null(world: World, records: Records) -> None:
    world.log(with_features(records, place=None, delay_mean=None))


def nothing_but_nulls(world: World, records: Records) -> None:
    nulls = dict.fromkeys(records[0].features)
    world.log([replace(one, score=float("nan")) for one in with_features(records, **nulls)])


def one_score_that_is_none(world: World, records: Records) -> None:
    world.log([replace(records[0], score=float("nan")), *records[1:]])


def one_score_beyond_one(world: World, records: Records) -> None:
    world.log([replace(records[0], score=1.5), *records[1:]])


def one_nan(world: World, records: Records) -> None:
    world.log([*with_features(records[:1], noise=float("nan")), *records[1:]])


def one_infinity(world: World, records: Records) -> None:
    world.log([*with_features(records[:1], noise=float("inf")), *records[1:]])


def a_constant_feature(world: World, records: Records) -> None:
    world.log(with_features(records, noise=0.5))


def a_new_category(world: World, records: Records) -> None:
    world.log([*with_features(records[:133], place="a new quay"), *records[133:]])


def a_quarter_by_another_version(world: World, records: Records) -> None:
    world.log([replace(one, version=2) if at % 4 == 0 else one for at, one in enumerate(records)])


def nearly_all_by_another_version(world: World, records: Records) -> None:
    world.log([one if at % 8 == 0 else replace(one, version=2) for at, one in enumerate(records)])


def one_row_by_another_file_of_this_version(world: World, records: Records) -> None:
    world.log([replace(records[0], model_sha256="0" * 64), *records[1:]])


def one_id_twice(world: World, records: Records) -> None:
    world.log(records)
    world.log(records[:1])


def one_id_in_two_parts(world: World, records: Records) -> None:
    for some in (records, records[:1]):
        world.log(some)
        compact(world.places.predictions, world.places.prediction_parts)


def a_day_of_which_the_part_is_gone(world: World, records: Records) -> None:
    world.log(records)
    compact(world.places.predictions, world.places.prediction_parts)
    shutil.rmtree(min(Path(world.places.prediction_parts).rglob("manifest.json")).parent)


def of_which_the_folder_of_the_log_is_gone(world: World, records: Records) -> None:
    world.log(records)
    compact(world.places.predictions, world.places.prediction_parts)
    shutil.rmtree(world.places.predictions)


def a_day_without_rows(world: World, records: Records) -> None:
    def day(one: Prediction) -> date:
        return one.entity["observed_at"].date()  # type: ignore[index, union-attr]

    world.log([one for one in records if day(one) != date(2013, 3, 23)])


def three_days_of_which_nearly_nothing_came(world: World, records: Records) -> None:
    quiet = {date(2013, 3, day) for day in (23, 24, 25)}
    by_day: dict[date, Records] = {}
    for one in records:
        by_day.setdefault(one.entity["observed_at"].date(), []).append(one)  # type: ignore[index, union-attr]
    world.log([one for day, some in by_day.items() for one in (some[:1] if day in quiet else some)])


SHAPE = {"psi", "jensen_shannon", "wasserstein"}
ALL_NULL = {"hour", "delay_mean", "load", "is_holiday", "noise", "place", SCORE}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (whole, Said("OK", ROWS)),
        (empty, Said("UNKNOWN", 0, {"predictions.none"})),
        (one_row, Said("UNKNOWN", 1, {"predictions.too_few", "predictions.gap"})),
        (fewer_than_are_judged, Said("UNKNOWN", 84, {"predictions.too_few"})),
        (
            two_features_all_null,
            Said(
                "DRIFT", ROWS, {"values.none"}, {"place": {"null_share"}, "delay_mean": {"null_share"}},
                {("place", "null_share"): 1.0, ("delay_mean", "null_share"): 0.9},
            ),
        ),
        (
            nothing_but_nulls,
            Said("DRIFT", ROWS, {"values.none", "score.invalid"}, {name: {"null_share"} for name in ALL_NULL}),
        ),
        (one_score_that_is_none, Said("UNKNOWN", ROWS, {"score.invalid"})),
        (one_score_beyond_one, Said("UNKNOWN", ROWS, {"score.invalid"})),
        (one_nan, Said("OK", ROWS, values={("noise", "null_share"): 1 / ROWS})),
        (
            one_infinity,
            Said(
                "DRIFT", ROWS, drifted={"noise": {"wasserstein"}}, values={("noise", "out_of_range_share"): 1 / ROWS}
            ),
        ),
        (a_constant_feature, Said("DRIFT", ROWS, drifted={"noise": SHAPE})),
        (
            a_new_category,
            Said(
                "DRIFT", ROWS, drifted={"place": {"psi", "jensen_shannon", "unseen_share"}},
                values={("place", "unseen_share"): 0.2},
            ),
        ),
        (a_quarter_by_another_version, Said("OK", 498)),
        (nearly_all_by_another_version, Said("UNKNOWN", 84, {"predictions.too_few"})),
        (one_row_by_another_file_of_this_version, Said("UNKNOWN", ROWS, {"schema.other_model"})),
        (one_id_twice, Said("UNKNOWN", 0, {"log.duplicate_ids"})),
        (one_id_in_two_parts, Said("UNKNOWN", ROWS + 1, {"log.duplicate_ids"})),
        (a_day_of_which_the_part_is_gone, Said("UNKNOWN", 0, {"log.part_gone"})),
        (of_which_the_folder_of_the_log_is_gone, Said("UNKNOWN", 0, {"log.list_gone"})),
        (a_day_without_rows, Said("UNKNOWN", ROWS - 103, {"predictions.gap"})),
        (three_days_of_which_nearly_nothing_came, Said("UNKNOWN", 379, {"predictions.gap"})),
    ],
    ids=lambda one: one.__name__ if callable(one) else "",
)  # fmt: skip
def test_of_a_week_with(world: World, spoil: Callable[[World, Records], None], said: Said) -> None:
    spoil(world, world.answers(WEEK))
    found = world.check()
    drifted: dict[str | None, set[str]] = {}
    for one in found.findings:
        if one.state == "DRIFT":
            drifted.setdefault(one.feature, set()).add(one.rule)
    assert (found.state, found.rows, codes(found), drifted) == (said.state, said.rows, said.unknown, said.drifted)
    for (feature, rule), value in said.values.items():
        assert of(found, rule, feature, baseline="training").value == pytest.approx(value, abs=0.01)


def test_the_rows_of_two_versions_are_told_apart(world: World) -> None:
    a_quarter_by_another_version(world, world.answers(WEEK))
    assert dict(world.check().other_versions) == {"2": 167}


def test_of_a_week_without_a_row_it_is_told_whether_another_version_answered(world: World) -> None:
    records = world.answers(WEEK)
    asked = of(world.check(), "predictions").reason
    assert re.search(r"Look whether version 1 of \w+ is served, whether it is asked, and", asked.next_step or "")
    world.log([replace(one, version=2) for one in records])
    reason = of(world.check(), "predictions").reason
    assert (reason.code, reason.what.partition("; ")[2]) == (
        "predictions.none",
        "others answered: 665 rows by version 2.",
    )
    assert (
        reason.next_step
        == "If version 1 was promoted since, wait for windows of its own; else look which one is served."
    )


def test_one_nan_is_one_null_more(world: World) -> None:
    one_nan(world, world.answers(WEEK))
    [bins] = [one for one in world.check().distributions if (one.feature, one.baseline) == ("noise", "training")]
    assert (bins.current_nulls, sum(bins.current_counts)) == (1, ROWS - 1)


def test_one_row_is_told_as_one(world: World) -> None:
    one_row(world, world.answers(WEEK))
    [told] = [one.reason for one in world.check().findings if one.reason.code == "predictions.too_few"]
    assert told.what == "Answered by version 1 of toy: 1 row about 1 entity; at least 100 entities are judged."
    assert "is asked as usual; if it is, check a longer window" in (told.next_step or "")


def test_of_a_gap_it_is_told_who_answered_then_as_in_the_week_of_a_promotion(world: World) -> None:
    records = world.answers(WEEK)
    first = [f"2013-03-{day}" for day in (20, 21, 22)]
    then = [one for one in records if str((one.entity or {})["observed_at"])[:10] in first]
    world.log([replace(one, version=2) if one in then else one for one in records])
    reason = of(world.check(), "predictions").reason
    gap, others = reason.what.split(". Others answered then: ")
    assert (reason.code, gap.partition(": ")[2]) == ("predictions.gap", ", ".join(first))
    assert others == f"{len(then)} rows by version 2."
    assert (reason.next_step or "").startswith("If version 1 was promoted since, wait for windows of its own;")


def test_a_gap_names_its_day(world: World) -> None:
    a_day_without_rows(world, world.answers(WEEK))
    assert "2013-03-23" in of(world.check(), "predictions").reason.text


def test_a_gap_names_each_day_of_which_nearly_nothing_came_with_its_rows_and_those_of_the_median_day(
    world: World,
) -> None:
    three_days_of_which_nearly_nothing_came(world, world.answers(WEEK))
    assert of(world.check(), "predictions").reason.what.endswith(
        "median day has: 2013-03-23 (1), 2013-03-24 (1), 2013-03-25 (1)."
    )


def test_of_a_gap_it_is_told_how_many_days_it_has_and_what_to_look_at(world: World) -> None:
    a_day_without_rows(world, world.answers(WEEK))
    reason = of(world.check(), "predictions").reason
    assert reason.what.startswith("1 day without a prediction of version 1 of toy: 2013-03-")
    assert (reason.next_step or "").startswith("Look whether the service stood still then")


def test_a_day_of_which_a_window_holds_an_hour_is_no_gap(world: World) -> None:
    world.log(world.answers("2013-03-20..2013-03-28"))
    found = world.check("2013-03-20T2300..2013-03-27T0100")
    assert [one for one in found.findings if one.rule == "predictions"] == []


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda file: shutil.rmtree(file.parent), "baseline.missing"),
        (lambda file: file.write_text(file.read_text().replace("[0,", "[1,", 1)), "baseline.damaged"),
        (lambda file: file.write_text(""), "baseline.damaged"),
    ],
    ids=["gone", "altered", "empty"],
)
def test_of_a_week_whose_baseline_is(
    world: World, baseline_file: Path, spoil: Callable[[Path], None], code: str
) -> None:
    spoil(baseline_file)
    whole(world, world.answers(WEEK))
    found = world.check()
    assert (found.state, found.rows, codes(found)) == ("UNKNOWN", ROWS, {code})
    assert "before baselines were kept" not in of(found, "baseline").reason.text
    assert [one for one in found.findings if one.state == "OK"] == []


OK_AT_0 = ("OK", 0.0)
UNKNOWN = ("UNKNOWN", None)


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (5.0, 5.0, {"jensen_shannon": OK_AT_0, "wasserstein": OK_AT_0, "null_share": OK_AT_0}),
        (5.0, 6.0, {"jensen_shannon": ("DRIFT", 1.0), "wasserstein": ("DRIFT", 1.0), "null_share": OK_AT_0}),
        (5.0, 4.0, {"jensen_shannon": ("DRIFT", 1.0), "wasserstein": ("DRIFT", 1.0), "null_share": OK_AT_0}),
        (5.0, None, {"psi": UNKNOWN, "jensen_shannon": UNKNOWN, "wasserstein": UNKNOWN, "null_share": ("DRIFT", 1.0)}),
        (None, 5.0, {"psi": UNKNOWN, "jensen_shannon": UNKNOWN, "wasserstein": UNKNOWN, "null_share": ("DRIFT", 1.0)}),
        (None, None, {"null_share": OK_AT_0}),
    ],
)
def test_a_column_of_one_value_or_none_is_told_by_what_became_of_it(
    before: float | None, now: float | None, said: Mapping[str, tuple[str, float | None]]
) -> None:
    described = describe({"one": pa.array([before] * 2800, pa.float64())}, 28)
    week = count({"one": pa.array([now] * 700, pa.float64())}, 7, {"one": described["one"][0]})
    found = {one.rule: (one.state, one.value) for one in find_drift("training", described, week, FINE, 700).findings}
    assert {rule: found.get(rule) for rule in said} == said
    assert (set(found) >= SHAPE) == ((before, now) != (None, None))


@pytest.mark.parametrize("far", [0.0, 2000.0], ids=["highest", "lowest"])
@pytest.mark.parametrize("values", [7, 140], ids=["a bin for each value", "quantiles"])
def test_a_week_without_the_value_that_nearly_all_rows_had_is_drift_however_near_it_moved(
    far: float, values: int
) -> None:
    def rows(days: int, common: float) -> dict[str, pa.Array]:
        return {"capped": pa.array([far + at // 20 % values if at % 20 == 0 else common for at in range(days * 400)])}

    described = describe(rows(28, 1000.0), 28)
    for common, said in ((1000.0, "OK"), (995.0, "DRIFT"), (1005.0, "DRIFT")):
        week = count(rows(7, common), 7, {"capped": described["capped"][0]})
        found = {one.rule: one.state for one in find_drift("training", described, week, FINE, 2800).findings}
        assert (common, found["psi"], found["jensen_shannon"]) == (common, said, said)


def test_the_common_value_is_a_group_alone_in_bins_that_were_kept_before_there_was_an_edge_below_it_too() -> None:
    bins = Bins("days", "number", edges=(-5e-324, *map(float, range(15))))
    groups = grouping(bins, [0, *[5] * 14, 900, 0]).tolist()
    assert groups == [*[0] * 15, 1, 2]


def test_a_week_in_which_a_common_category_became_a_rare_one_is_drift() -> None:
    def rows(days: int, second: str) -> dict[str, pa.Array]:
        kinds = [*["a"] * 60, *[second] * 38, *["c"] * 2]
        return {"place": pa.array([kinds[at * 37 % 100] for at in range(days * 400)])}

    described = describe(rows(28, "b"), 28)
    week = count(rows(7, "c"), 7, {"place": described["place"][0]})
    found = {one.rule: one.state for one in find_drift("training", described, week, FINE, 2800).findings}
    assert (found["psi"], found["jensen_shannon"]) == ("DRIFT", "DRIFT")


def test_rows_that_repeat_an_id_are_told_with_the_segments_that_have_them(world: World) -> None:
    records = world.answers(WEEK)
    for some in (records, records[:1], records[:1], records[1:2], records[-50:-40]):
        world.log(some)
        compact(world.places.predictions, world.places.prediction_parts)
    parts = (path.parent.name for path in Path(world.places.prediction_parts).rglob("manifest.json"))
    first = sorted({name.rsplit(".", 1)[0] for name in parts})
    told = of(world.check(), "log").reason
    assert told.what == f"13 of 678 rows repeat an id, in the segments {', '.join(first[:3])} and 2 more."
    assert (told.next_step or "").endswith("take its line out of published-parts of the log, or it counts as gone.")


def test_a_window_that_is_not_over_and_lacks_predictions_says_so_and_to_check_it_again_then(world: World) -> None:
    [over] = world.check(created_at=datetime(2013, 3, 27)).findings
    assert over.reason.code == "predictions.none" and "not over" not in over.reason.text
    [early] = world.check(created_at=datetime(2013, 3, 26, 23)).findings
    assert (early.state, early.reason.code, early.reason.what) == (
        "UNKNOWN",
        "predictions.none",
        f"{over.reason.what} The window is not over: it goes to 2013-03-26, in UTC.",
    )
    again = "Check it again once it is over. If they are missing then: "
    assert early.reason.next_step == f"{again}{over.reason.next_step}"
