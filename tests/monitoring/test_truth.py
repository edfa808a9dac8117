"""Skew and performance are judged against a training set, once it has the same entities and their labels."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from artifacts.contract import Contract
from artifacts.errors import BadInput, Damaged, Missing
from artifacts.metric_names import of_slice
from artifacts.prediction_log import Prediction
from artifacts.training_set import TrainingSet
from monitoring.estimates import METRICS, estimate, student
from monitoring.labelled import Labelled
from monitoring.performance import find_performance, weeks_of
from monitoring.skew import find_skew
from monitoring.window import Window, parse_window
from tests.fixtures_training_set import publish_table
from tests.monitoring.world import SETTINGS, WEEK, World, codes, of
from training import metrics

HELD = "2013-03-01..2013-03-29"


def changed(world: World, root: Path, **columns: pa.Array) -> TrainingSet:
    """The training set with other columns, as a version of its own."""
    found = world.training_set
    table = pa.Table.from_batches(list(found.batches([column.name for column in found.contract.columns])))
    for name, values in columns.items():
        place = table.schema.get_field_index(name)
        table = table.set_column(place, table.schema.field(place), values)
    return publish_table(root, found.contract, found.as_of, table)


def spoilt(records: list[Prediction], count: int) -> list[Prediction]:
    return [replace(one, features={**one.features, "hour": 30}) for one in records[:count]] + records[count:]


def test_rows_that_were_answered_as_the_training_set_has_them_have_no_skew(world: World) -> None:
    world.log(world.answers(WEEK))
    found = [one for one in world.check(truth=world.training_set).findings if one.rule == "skew"]
    names = [column.name for column in world.training_set.contract.features]
    assert [(one.feature, one.state, one.value) for one in found] == [(name, "OK", 0.0) for name in names]


def test_rows_that_are_not_equal_are_counted_and_five_of_them_shown_with_both_values(world: World) -> None:
    world.log(spoilt(world.answers(WEEK), 7))
    found = world.check(truth=world.training_set)
    skew = of(found, "skew", "hour")
    assert (found.state, skew.state, skew.value) == ("DRIFT", "DRIFT", 7 / found.rows)
    assert (len(skew.examples), skew.examples[0].logged) == (5, "30.0")
    assert "7 of" in skew.reason.text


def test_values_that_differ_since_other_sql_made_the_training_set_say_whose(world: World) -> None:
    world.log(spoilt(world.answers(WEEK), 7))
    assert "SQL" not in of(world.check(truth=world.training_set), "skew", "hour").reason.text
    found = world.training_set
    table = pa.Table.from_batches(list(found.batches([column.name for column in found.contract.columns])))
    trial = publish_table(world.places.home / "trial", found.contract, found.as_of, table, {"hour_of_day": "select 1"})
    told = of(world.check(truth=trial), "skew", "hour").reason.text
    assert f"{trial.id} was made by other SQL than {found.id}, on which the version was trained: hour_of_day." in told


def test_of_two_answers_about_one_entity_both_are_compared_and_the_last_ones_score_is_measured(world: World) -> None:
    records = world.answers(WEEK)
    world.log([replace(one, score=float("nan")) for one in spoilt(records, 7)])
    world.log([replace(one, prediction_id=f"{n:032x}", asked_at=datetime(2026, 1, 2)) for n, one in enumerate(records)])
    found = world.check(truth=world.training_set)
    skew = of(found, "skew", "hour")
    assert (skew.state, skew.value, skew.rows) == ("DRIFT", 7 / (2 * len(records)), 2 * len(records))
    assert (of(found, "labels").rows, of(found, "brier", part=None).state) == (len(records), "OK")


@pytest.mark.parametrize("unnamed", [True, False])
def test_a_few_rows_that_can_be_compared_say_nothing_of_the_others(world: World, unnamed: bool) -> None:
    def elsewhere(number: int, one: Prediction) -> Prediction:
        if unnamed:
            return replace(one, entity=None, asked_at=datetime(2013, 3, 21))
        return replace(one, entity={**(one.entity or {}), "entity_id": f"x{number}"})

    records = spoilt(world.answers(WEEK), 1)
    world.log([*records[:9], *(elsewhere(number, one) for number, one in enumerate(records[9:]))])
    found = world.check(truth=world.training_set)
    assert codes(found) >= {"skew.too_few", "labels.too_few"}
    assert {(one.feature, one.state) for one in found.findings if one.rule == "skew"} == {
        (None, "UNKNOWN"),
        ("hour", "DRIFT"),
    }


def test_rows_that_do_not_say_what_they_are_about_have_no_label(world: World) -> None:
    records = world.answers(WEEK)
    unnamed = [replace(one, entity=None, asked_at=datetime(2013, 3, 21)) for one in records[:300]]
    world.log([*unnamed, *records[300:]])
    found = world.check(truth=world.training_set)
    assert (of(found, "labels").reason.code, of(found, "labels").rows) == ("labels.too_few", len(records))


def test_null_equals_null_and_differs_from_any_number(world: World) -> None:
    world.log(world.answers(WEEK, lambda row: {**row, "delay_mean": row["delay_mean"] or 0.0}))
    nulls = [one for one in world.answers(WEEK) if one.features["delay_mean"] is None]
    skew = of(world.check(truth=world.training_set), "skew", "delay_mean")
    assert (skew.state, skew.examples[0].truth, round((skew.value or 0) * skew.rows)) == ("DRIFT", "null", len(nulls))


def test_answers_about_entities_that_the_set_has_not_cannot_be_compared_and_have_no_labels(world: World) -> None:
    records = world.answers(WEEK)
    world.log([replace(one, entity={**(one.entity or {}), "entity_id": f"x{n}"}) for n, one in enumerate(records)])
    found = world.check(truth=world.training_set)
    assert (found.state, codes(found)) == ("UNKNOWN", {"skew.no_truth", "labels.none"})


def test_answers_that_do_not_say_what_they_are_about_are_refused(world: World) -> None:
    world.log([replace(one, entity=None, asked_at=datetime(2013, 3, 21)) for one in world.answers(WEEK)])
    with pytest.raises(BadInput, match="entity_id"):
        world.check(truth=world.training_set)


def without(world: World, root: Path, gone: str, **other: pa.Array) -> TrainingSet:
    """The training set without a column, or with another of its name: as a later version of it may be."""
    found = world.training_set
    told = found.contract.to_dict()
    columns = [one for one in told["columns"] if one["name"] != gone]
    if other:
        columns.append({"name": gone, "type": "varchar", "role": "feature", "description": gone, "categories": "any"})
    contract = Contract.from_dict({**told, "columns": columns})
    table = pa.Table.from_batches(list(found.batches([one.name for one in found.contract.columns]))).drop([gone])
    for name, values in other.items():
        table = table.append_column(name, values)
    return publish_table(root, contract, found.as_of, table.select(contract.arrow_schema().names))


def test_a_set_without_the_column_of_a_slice_leaves_its_promise_unjudged_and_judges_the_rest(
    world: World, tmp_path: Path
) -> None:
    world.log(world.answers(WEEK))
    found = world.check(truth=without(world, tmp_path / "sets", "place"))
    slices = {
        (one.state, one.reason.code, one.required) for one in found.findings if (one.part or "").startswith("place=")
    }
    assert slices == {("UNKNOWN", "labels.too_few", False)}
    assert (of(found, "log_loss", part=None).state, of(found, "skew", "place").state) == ("OK", "DRIFT")


def test_a_feature_that_is_a_text_in_the_newest_set_cannot_be_compared_and_the_others_can(
    world: World, tmp_path: Path
) -> None:
    world.log(world.answers(WEEK))
    other = without(world, tmp_path / "sets", "hour", hour=pa.array(["noon"] * world.training_set.rows))
    found = world.check(truth=other)
    skew = of(found, "skew", "hour")
    assert (skew.state, skew.reason.code, skew.required) == ("UNKNOWN", "schema.mixed", True)
    assert f"hour is varchar in {other.id}, wanted a number" in skew.reason.text
    assert (of(found, "skew", "noise").state, of(found, "log_loss", part=None).state) == ("OK", "OK")


def test_a_model_that_keeps_its_promise_is_ok_by_week_and_slice_and_its_calibration_is_shown(world: World) -> None:
    world.log(world.answers(HELD))
    found = world.check(HELD, truth=world.training_set)
    parts = {one.part for one in found.findings if one.rule == "log_loss"}
    promises = {one.promise for one in found.findings if one.rule == "log_loss" and one.part == "2013-03-08"}
    assert of(found, "log_loss", part="2013-03-08").reason.text.startswith("log_loss of the week from 2013-03-08 is ")
    assert promises == {world.run.metrics["holdout_log_loss"]}
    assert {"2013-03-01", "2013-03-08", "2013-03-15", "2013-03-22", "place=harbour"} <= parts
    assert codes(found, "DRIFT") == set()
    assert sum(one.rows for one in found.calibration) == found.rows


def test_a_model_whose_labels_turn_round_is_worse_than_it_promised(world: World, tmp_path: Path) -> None:
    [label] = pa.Table.from_batches(list(world.training_set.batches(["is_late"]))).columns
    other = changed(world, tmp_path / "sets", is_late=pa.array(~label.to_numpy()))
    world.log(world.answers(WEEK))
    found = world.check(truth=other)
    assert {of(found, rule, part=None).state for rule in ("log_loss", "roc_auc", "calibration_error")} == {"DRIFT"}


def test_a_few_early_labels_are_no_sample_of_all(world: World) -> None:
    records = world.answers(WEEK)
    gone = [replace(one, entity={**(one.entity or {}), "entity_id": f"x{n}"}) for n, one in enumerate(records[:300])]
    world.log([*gone, *records[300:]])
    assert "labels.too_few" in codes(world.check(truth=world.training_set))


def test_labels_of_four_days_give_no_interval(world: World) -> None:
    world.log(world.answers("2013-03-20..2013-03-24"))
    assert "labels.too_few_days" in codes(world.check("2013-03-20..2013-03-24", truth=world.training_set))


def test_labels_of_one_day_are_told_of_in_the_singular(world: World) -> None:
    world.log(world.answers("2013-03-20..2013-03-21"))
    settings = SETTINGS.model_copy(update={"min_rows": 50})
    found = world.check("2013-03-20..2013-03-21", truth=world.training_set, settings=settings)
    [labels] = [one for one in found.findings if one.reason.code == "labels.too_few_days"]
    assert ", on 1 day; at least" in labels.reason.text


def test_a_few_rows_with_labels_are_too_few_to_measure_and_no_metric_of_them_is_ok(world: World) -> None:
    world.log(world.answers(WEEK)[::60])
    found = world.check(truth=world.training_set)
    assert "labels.too_few" in codes(found)
    assert [one for one in found.findings if one.baseline == "holdout"] == []


@pytest.mark.parametrize(("promised", "state"), [(0.25, "DRIFT"), (0.35, "UNKNOWN"), (0.42, "OK")])
def test_a_metric_that_may_be_worse_than_allowed_or_not_is_neither_drift_nor_ok(promised: float, state: str) -> None:
    day = np.repeat(np.arange("2013-03-20", "2013-03-27", dtype="datetime64[D]"), 100)
    wrong = np.repeat([0.3, 0.5, 0.35, 0.45, 0.4, 0.38, 0.42], 100) * 100 > np.tile(np.arange(100), 7)
    rows = Labelled(day, np.zeros(700), np.where(wrong, 1.0, 0.0), {})
    found = list(find_performance(rows, 700, parse_window(WEEK), {"holdout_brier": promised}, SETTINGS))
    [brier] = [one for one in found if one.rule == "brier"]
    assert (brier.value, brier.state) == (pytest.approx(0.4), state)


@pytest.mark.parametrize(
    ("days", "least", "weeks"),
    [
        (3, 5, [3]), (7, 5, [7]), (8, 5, [8]), (11, 5, [11]), (12, 5, [7, 5]), (14, 5, [7, 7]), (18, 5, [7, 11]),
        (19, 5, [7, 7, 5]), (9, 3, [9]), (10, 3, [7, 3]), (14, 10, [14]), (20, 10, [10, 10]),
    ],
)  # fmt: skip
def test_days_too_few_to_be_judged_are_no_week_of_their_own(days: int, least: int, weeks: list[int]) -> None:
    window = Window(datetime(2013, 3, 1), datetime(2013, 3, 1) + timedelta(days=days))
    found = weeks_of(window, least)
    assert [(last - first).days for first, last in found] == weeks
    assert (found[0][0], found[-1][1]) == (window.days[0], window.days[-1] + timedelta(days=1))


def test_a_promise_is_told_with_the_rows_that_it_was_made_on(world: World) -> None:
    world.log(world.answers(WEEK))
    rows = of(world.check(truth=world.training_set), "log_loss", part=None).baseline_rows
    assert str(rows) == world.run.params["window.holdout_rows"] != "0"


def test_eight_days_are_judged_as_one_week(world: World) -> None:
    world.log(world.answers("2013-03-20..2013-03-28"))
    found = world.check("2013-03-20..2013-03-28", truth=world.training_set)
    assert of(found, "log_loss", part=None).state == "OK"
    assert "labels.too_few_days" not in codes(found)


@pytest.mark.parametrize(
    ("metric", "rows", "rule", "code"),
    [("brier", 99, "brier", "labels.too_few"), ("average_precision", 700, "average_precision", "promise.missing")],
)
def test_a_promise_of_a_slice_that_cannot_be_judged_is_said_and_does_not_count(
    metric: str, rows: int, rule: str, code: str
) -> None:
    day = np.tile(np.arange("2013-03-20", "2013-03-27", dtype="datetime64[D]"), 100)
    place = np.array(["harbour"] * rows + ["hill"] * (700 - rows))
    labelled = Labelled(day, np.full(700, 0.4), np.tile([0.0, 1.0], 350), {"place": place})
    promised = {f"slice/place/harbour/{metric}": 0.3}
    found = list(find_performance(labelled, 700, parse_window(WEEK), promised, SETTINGS))
    [slice_] = [one for one in found if one.part == "place=harbour"]
    assert (slice_.rule, slice_.state, slice_.reason.code, slice_.required) == (rule, "UNKNOWN", code, False)


def test_the_promise_of_a_slice_is_held_against_the_rows_of_its_own_category() -> None:
    day = np.tile(np.arange("2013-03-20", "2013-03-27", dtype="datetime64[D]"), 400)
    place = np.array(["A/B"] * 1200 + ["A_B"] * 1300 + [""] * 300)
    labelled = Labelled(day, np.full(2800, 0.4), np.tile([0.0, 1.0], 1400), {"place": place})
    promised = {of_slice("place", category, "brier"): 0.3 for category in ("A/B", "A_B", "")}
    found = list(find_performance(labelled, 2800, parse_window(WEEK), promised, SETTINGS))
    assert [one.rows for one in found if one.part] == [1200, 1300, 300]


def test_a_score_that_is_nan_has_no_metrics(world: World) -> None:
    records = world.answers(WEEK)
    world.log([replace(records[0], score=float("nan")), *records[1:]])
    assert "score.invalid" in codes(world.check(truth=world.training_set))


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_is_the_one_that_training_promised_by(name: str) -> None:
    random = np.random.default_rng(3)
    score = np.round(random.beta(2, 5, 2000), 2)
    label = (random.random(2000) < score).astype(np.float64)
    weight = random.integers(0, 3, 2000).astype(np.float64)
    assert METRICS[name](label, score, weight) == pytest.approx(metrics.METRICS[name].measure(label, score, weight))


@pytest.mark.parametrize(
    ("level", "degrees", "known"),
    [(0.99, 1, 63.657), (0.99, 2, 9.925), (0.99, 4, 4.604), (0.99, 6, 3.707), (0.99, 30, 2.750), (0.998, 2, 22.327)],
)
def test_students_quantile_is_that_of_the_tables(level: float, degrees: int, known: float) -> None:
    assert round(student(level, degrees), 3) == known


@pytest.mark.parametrize("name", METRICS)
def test_an_interval_ends_where_the_metric_does(name: str) -> None:
    random, day = np.random.default_rng(5), np.repeat(np.arange(3), 4)
    label = np.tile([0.0, 1.0, 1.0, 0.0], 3)
    found = estimate(name, label, np.clip(label * 0.8 + random.normal(0, 0.3, 12), 0.01, 0.99), day, 0.99)
    assert 0 <= found.low <= found.value <= found.high
    assert name == "log_loss" or found.high <= 1


@pytest.mark.slow
def test_an_interval_of_seven_days_holds_the_truth_as_often_as_it_says() -> None:
    random, held, days = np.random.default_rng(5), 0, np.repeat(np.arange(7), 60)
    for _ in range(300):
        chance = np.clip(0.3 + np.repeat(random.normal(0, 0.05, 7), 60), 0.01, 0.99)
        label = (random.random(420) < chance).astype(np.float64)
        found = estimate("brier", label, np.full(420, 0.3), days, 0.95)
        held += found.low <= 0.21 + 0.05**2 <= found.high
    assert held >= 0.92 * 300


@pytest.mark.parametrize("happens", ["goes", "changes"])
@pytest.mark.parametrize("log", ["whole", "damaged"])
def test_what_becomes_of_a_training_set_while_it_is_read_is_not_told_of_the_log(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, happens: str, log: str
) -> None:
    world.log(world.answers(WEEK))
    truth = changed(world, tmp_path)
    folder = Path(truth.published.uri)

    def moved(*given: Any) -> Any:
        if happens == "goes":
            folder.rename(tmp_path / "elsewhere")
        else:
            (folder / "data.parquet").write_bytes(b"PAR1")
        if log == "damaged":
            raise Damaged("log.damaged", "A segment is damaged.", next_step="Restore it.")
        return find_skew(*given)

    monkeypatch.setattr("monitoring.check.find_skew", moved)
    with pytest.raises((Missing, Damaged), match=f"{truth.version} ") as refused:
        world.check(truth=truth)
    assert refused.value.code == ("publish.missing" if happens == "goes" else "publish.damaged")
