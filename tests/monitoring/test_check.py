"""A window is OK, DRIFT or UNKNOWN for the right reason, and never OK for want of data."""

import re
import sys
import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from artifacts import cli
from artifacts.errors import BadInput, Missing
from artifacts.findings import SCORE
from artifacts.prediction_log import Log, Prediction, compact
from artifacts.registry import Registry
from monitoring.answers import open_answers
from monitoring.check import check
from monitoring.described import read_described
from monitoring.left_out import LeftOut
from monitoring.window import parse_days, parse_window
from tests.monitoring.world import SETTINGS, WEEK, World, codes, of

MARCH = "2013-03-01..2013-03-27"


def every(records: list[Prediction], **features: Any) -> list[Prediction]:
    return [replace(one, features={**one.features, **features}) for one in records]


def test_a_week_like_those_before_it_is_ok_on_every_rule_against_both_baselines(world: World) -> None:
    world.log(world.answers(MARCH))
    found = world.check(truth=world.training_set)
    assert (found.state, codes(found), codes(found, "DRIFT")) == ("OK", set(), set())
    assert {one.baseline for one in found.findings} == {"training", "served", "truth", "holdout"}
    assert {one.feature for one in found.findings} >= {*(c.name for c in world.training_set.contract.features), SCORE}
    assert found.rows == of(found, "psi", "hour", baseline="training").rows == sum(b.rows for b in found.calibration)


def test_a_log_says_the_same_compacted_half_compacted_and_not(world: World) -> None:
    first, second = "2013-03-01..2013-03-22", "2013-03-22..2013-03-27"
    world.log(world.answers(first))
    compact(world.places.predictions, world.places.prediction_parts)
    world.log(world.answers(second))
    half = world.check()
    compact(world.places.predictions, world.places.prediction_parts)
    assert (half.rows > 500, half.id) == (True, world.check().id)


def test_a_feature_that_moves_drifts_against_both_baselines_and_no_other_does(world: World) -> None:
    world.log(world.answers("2013-03-01..2013-03-20"))
    world.log(world.answers(WEEK, lambda row: {**row, "delay_mean": row["delay_mean"] and row["delay_mean"] + 30}))
    found = world.check()
    moved = [one for one in found.findings if one.state == "DRIFT"]
    assert (found.state, {one.feature for one in moved}) == ("DRIFT", {"delay_mean"})
    assert {one.baseline for one in moved} == {"training", "served"}


def test_a_share_that_moved_is_told_from_what_to_what(world: World) -> None:
    world.log(world.answers(WEEK, lambda row: {**row, "delay_mean": None}))
    told = of(world.check(), "null_share", "delay_mean", baseline="training").reason.text
    moved, before = map(float, re.findall(r"moved by ([\d.]+), from ([\d.]+) to 1;", told)[0])
    assert 0 < before == pytest.approx(1 - moved, abs=1e-4)


def test_rows_belong_to_the_moment_that_they_are_about_or_else_to_when_they_were_asked(world: World) -> None:
    records = world.answers(WEEK)
    world.log(records[:300])
    world.log([replace(one, entity=None, asked_at=datetime(2013, 3, 21)) for one in records[300:500]])
    world.log([replace(one, entity=None, asked_at=datetime(2013, 3, 27)) for one in records[500:]])
    assert world.check().rows == 500


def again(records: list[Prediction], times: int) -> list[Prediction]:
    return [replace(one, prediction_id=uuid.uuid4().hex) for one in records for _ in range(times)]


def test_four_entities_asked_about_often_are_four_and_too_few_to_judge(world: World) -> None:
    world.log(again(world.answers(WEEK)[:4], 50))
    found = world.check()
    assert (found.rows, found.state) == (200, "UNKNOWN")
    assert "predictions.too_few" in codes(found)
    assert [one for one in found.findings if one.rule == "psi"] == []


def test_repeats_make_no_threshold_narrower(world: World) -> None:
    records = world.answers(WEEK)[::6]
    world.log(records)
    once = of(world.check(), "psi", "noise", baseline="training").threshold
    world.log(again(records, 19))
    found = of(world.check(), "psi", "noise", baseline="training")
    assert (found.threshold, found.rows) == (once, 20 * len(records))


def test_numbers_beyond_the_contracts_bounds_are_counted(world: World) -> None:
    records = world.answers(WEEK)
    world.log([*every(records[:100], hour=-1), *records[100:]])
    found = of(world.check(), "out_of_range_share", "hour", baseline="training")
    assert (found.state, found.value) == ("DRIFT", 100 / len(records))


def test_rows_of_another_model_file_are_told_with_both_sums_and_what_to_do(world: World) -> None:
    records = world.answers(WEEK)
    world.log([replace(records[0], model_sha256="0" * 64), *records[1:]])
    own = records[1].model_sha256[:12]
    [found] = [one for one in world.check().findings if one.reason.code == "schema.other_model"]
    assert found.reason.text == (
        f"Rows of version 1 of toy were answered by model files with sha256 000000000000 and {own}; {own} is "
        "registered. Ask each instance which one it serves (GET /v1/models/toy), and end the one that serves another; "
        "do not trust what it answered."
    )
    assert found.reason.what.endswith(f"{own} is registered.")


def test_a_damaged_part_cannot_be_judged(world: World) -> None:
    world.log(world.answers(WEEK))
    compact(world.places.predictions, world.places.prediction_parts)
    [file] = Path(world.places.prediction_parts).rglob("*.parquet")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    found = world.check()
    assert (found.state, codes(found)) == ("UNKNOWN", {"publish.damaged"})
    assert [bool(one.reason.next_step) for one in found.findings] == [True]


@pytest.mark.parametrize("change", [{"hour": "seven"}, "gone"])
def test_a_feature_of_another_type_or_missing_cannot_be_judged_and_the_others_are(world: World, change: Any) -> None:
    records = world.answers(WEEK)
    if change == "gone":
        records = [replace(one, features={n: v for n, v in one.features.items() if n != "hour"}) for one in records]
    else:
        records = every(records, **change)
    world.log(records)
    found = world.check()
    assert (found.state, codes(found)) == ("UNKNOWN", {"schema.mixed"})
    assert of(found, "schema", "hour").reason.next_step == (
        "Mend what its caller sends; the next window without such a row is judged."
    )
    assert of(found, "psi", "noise", baseline="training").state == "OK"


def test_a_week_after_one_in_which_a_feature_had_another_type_is_judged_against_the_training_baseline(
    world: World,
) -> None:
    world.log(world.answers("2013-03-01..2013-03-19"))
    day_before = every(world.answers("2013-03-19..2013-03-20"), hour="seven")
    world.log([replace(one, asked_at=datetime(2025, 12, 31)) for one in day_before])
    world.log(world.answers(WEEK))
    found = world.check()
    why = of(found, "baseline", "hour", baseline="served")
    assert (found.state, why.reason.code, why.required) == ("OK", "schema.mixed", False)
    assert of(found, "psi", "hour", baseline="training").state == "OK"
    judged = {one.feature for one in found.findings if one.rule == "psi" and one.baseline == "served"}
    assert ("hour" in judged, "noise" in judged) == (False, True)


@pytest.mark.parametrize("compacted", [True, False])
def test_a_feature_that_the_version_before_did_not_know_is_judged_from_the_first_week_on(
    world: World, compacted: bool
) -> None:
    def without(row: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in row.items() if name != "hour"}

    world.log([replace(one, version=2) for one in world.answers("2013-03-06..2013-03-20", without)])
    world.log(world.answers(WEEK))
    if compacted:
        compact(world.places.predictions, world.places.prediction_parts)
    found = world.check()
    assert (found.state, codes(found)) == ("OK", set())


def test_what_does_not_fit_into_memory_spills_beside_no_code(world: World) -> None:
    log = Log(world.places.predictions, world.places.prediction_parts, world.run.model)
    described = read_described(Registry.at(world.places), world.run.model, 1)
    with open_answers(log, described, parse_window(WEEK)) as answers:
        [spill] = answers.connection.execute("select current_setting('temp_directory')").fetchone() or ("",)
        assert (Path(spill).is_dir(), Path.cwd() in Path(spill).parents) == (True, False)
    assert not Path(spill).exists()


def test_a_young_log_has_no_trailing_window_which_is_said_and_does_not_count(world: World) -> None:
    world.log(world.answers(WEEK))
    found = world.check()
    young = of(found, "baseline", None, baseline="served")
    assert (found.state, young.state, young.reason.code, young.required) == (
        "OK",
        "UNKNOWN",
        "baseline.too_young",
        False,
    )


def test_days_of_an_incident_are_cut_out_of_the_trailing_window(world: World) -> None:
    incident = [date(2013, 3, 11) + timedelta(days=n) for n in range(3)]

    def broken(records: list[Prediction]) -> Iterable[Prediction]:
        for one in records:
            there = one.entity and one.entity["observed_at"].date() in incident  # type: ignore[union-attr]
            yield every([one], noise=9.0)[0] if there else one

    world.log(list(broken(world.answers(MARCH))))
    with_them = of(world.check(), "psi", "noise", baseline="served")
    without = of(world.check(left_out=LeftOut(of_all=incident)), "psi", "noise", baseline="served")
    assert (with_them.value or 0) > 2 * (without.value or 1)
    assert (with_them.threshold or 0) > 2 * (without.threshold or 1)
    assert without.state == "OK"


def test_a_feature_leaves_out_the_days_of_its_own_incident_and_reaches_back_by_as_many(
    world: World,
) -> None:
    world.log(world.answers("2013-02-20..2013-03-27"))
    incident = [date(2013, 3, 11) + timedelta(days=n) for n in range(3)]
    found = world.check(left_out=LeftOut(of_features={"noise": incident}))
    rows = {name: of(found, "psi", name, baseline="served").baseline_rows for name in ("noise", "hour")}
    own = [*world.answers("2013-03-03..2013-03-11"), *world.answers("2013-03-14..2013-03-20")]
    assert rows == {"noise": len(own), "hour": len(world.answers("2013-03-06..2013-03-20"))}


def test_a_feature_without_days_that_are_no_incident_has_no_trailing_window_and_the_others_have(world: World) -> None:
    world.log(world.answers(MARCH))
    days = [date(2013, 3, 1) + timedelta(days=n) for n in range(15)]
    found = world.check(left_out=LeftOut(of_features={"noise": days}))
    young = of(found, "baseline", "noise", baseline="served")
    assert (found.state, young.reason.code, young.required) == ("OK", "baseline.too_young", False)
    assert "on 4 days without an incident of it, of 14; 7 days" in young.reason.text
    judged = {one.feature for one in found.findings if one.rule == "psi" and one.baseline == "served"}
    assert ("noise" in judged, "hour" in judged) == (False, True)


def test_an_unknown_version_is_missing(world: World) -> None:
    with pytest.raises(Missing):
        check(world.places, "toy", 9, parse_window(WEEK), SETTINGS, created_at=datetime(2026, 1, 1))


def test_midnight_may_be_written_out() -> None:
    assert parse_window("2013-03-20T0000..2013-03-21") == parse_window("2013-03-20..2013-03-21")
    assert parse_window("2013-03-20..2013-03-21T0000") == parse_window("2013-03-20..2013-03-21")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2013-03-20",
        "T0000..2013-03-20",
        "2013-03-20T0000T0000..2013-03-21",
        "2013-03-27..2013-03-20",
        "2013-03-20..2013-03-20",
        "yesterday..now",
    ],
)
def test_what_is_no_window_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_window(text)


@pytest.mark.parametrize("text", ["2013-03-20..2013-03-20T1200", "2013-03-20T0600..2013-03-27", "2013-03-20"])
def test_parts_of_days_are_no_days(text: str) -> None:
    with pytest.raises(BadInput, match="each a day in UTC"):
        parse_days(text)
    assert parse_days("2013-03-20..2013-03-27T0000") == parse_window(WEEK)


def test_a_log_that_is_not_compacted_yet_is_said_with_the_command_that_compacts(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    records = world.answers(WEEK)
    world.log(records[:2])
    world.log(records[2:])
    cli.show_progress(sys.stderr)
    world.check()
    said = f"reading 2 segments of the log with {len(records)} predictions of all models"
    told = capsys.readouterr().err
    assert said in told and "python -m serving compact" in told
    compact(world.places.predictions, world.places.prediction_parts)
    world.check()
    assert "reading" not in capsys.readouterr().err
