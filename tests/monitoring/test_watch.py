"""What the DAG does for a champion, without Airflow: two windows, their findings, alerts, and what drift starts."""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from artifacts import alerts, ledger
from artifacts.errors import BadInput, CannotJudge, Damaged, GateClosed, Missing
from artifacts.finding import Finding, Reason
from artifacts.findings import publish_findings, read_findings
from artifacts.prediction_log import compact
from monitoring.alert_settings import AlertSettings
from monitoring.asked import why_red, why_unknown
from monitoring.conclude import conclude_checks
from monitoring.left_out import left_out_by_alerts
from monitoring.lines import write_lines
from monitoring.settings import read_monitoring_settings
from monitoring.update import update_alerts
from monitoring.watch import check_version, choose_checks, due_for_retraining
from monitoring.window import parse_window
from tests.monitoring.found import BLIND, FINE, MOVED, NO_ROWS, chosen_of, found, of
from tests.monitoring.world import WEEK, World

BEFORE = "2013-02-13..2013-03-20"
LABELLED = "2013-02-13..2013-02-20"


@pytest.fixture
def serving(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The world as the settings of the environment name it, with version 1 as its champion."""
    for name, place in world.places.model_dump().items():
        monkeypatch.setenv(f"PIPELINE_{name.upper()}", str(place))
    for name, value in {"REPLICATES": 300, "SERVED_DAYS": 14, "MIN_SLICE_ROWS": 100}.items():
        monkeypatch.setenv(f"MONITORING_{name}", str(value))
    ledger.promote(
        world.places.ledger, model=world.run.model, version=1, run_id=world.run.run_id, expected=None,
        decided_at=datetime(2013, 3, 1), decided_by="test", reason="the first",
    )  # fmt: skip
    return world


def open_alerts(world: World) -> set[tuple[str, str]]:
    found = alerts.history(world.places.alerts, world.run.model)
    return {(one.kind, one.finding.reason.code) for one in found if one.is_open}


def moved(row: dict[str, object]) -> dict[str, object]:
    return {**row, "delay_mean": 60.0}


def test_each_model_with_a_champion_is_checked_today_and_once_its_labels_are_due(serving: World) -> None:
    model = serving.run.model
    serving.log(serving.answers(LABELLED))
    assert choose_checks(date(2013, 3, 27)) == [
        {"model": model, "window": WEEK, "labelled": False, "version": 1},
        {"model": model, "window": LABELLED, "labelled": True, "version": 1},
    ]


def test_labels_that_came_early_are_looked_at_when_their_days_are_named(serving: World) -> None:
    serving.log(serving.answers("2013-03-06..2013-03-13"))
    [_, early] = choose_checks(date(2013, 3, 27), labels=date(2013, 3, 13))
    assert (early["window"], early["labelled"]) == ("2013-03-06..2013-03-13", True)


def test_labels_are_due_of_the_versions_that_answered_whoever_is_champion_since(serving: World) -> None:
    serving.log([replace(one, version=2) for one in serving.answers("2013-02-10..2013-02-18")])
    serving.log([replace(one, version=3) for one in serving.answers("2013-02-18..2013-02-25")])
    days = [date(2013, 3, 25), date(2013, 3, 27), date(2013, 4, 1)]
    assert [[one["version"] for one in choose_checks(day) if one["labelled"]] for day in days] == [[2], [2], [3]]


@pytest.mark.parametrize("there", ["segments", "parts", "alerts"])
def test_a_lost_ledger_is_a_refusal_not_a_quiet_day(
    serving: World, monkeypatch: pytest.MonkeyPatch, there: str
) -> None:
    if there == "alerts":
        check_version(serving.run.model, WEEK, False, 1)
    else:
        serving.log(serving.answers(WEEK))
    if there == "parts":
        compact(serving.places.predictions, serving.places.prediction_parts)
    monkeypatch.setenv("PIPELINE_LEDGER", f"sqlite:///{serving.places.home / 'elsewhere.db'}")
    with pytest.raises(Missing, match=r"No model has a champion in .*elsewhere.db, and yet") as refused:
        choose_checks(date(2013, 3, 27))
    assert refused.value.code == "monitoring.no_champion"


@pytest.mark.parametrize("only_one", [False, True])
def test_a_ledger_that_mlflow_says_was_lost_is_told_as_everywhere_and_where_it_lost_one_model_of_two(
    serving: World, aliased: World, monkeypatch: pytest.MonkeyPatch, only_one: bool
) -> None:
    monkeypatch.setenv("PIPELINE_MLFLOW", aliased.places.mlflow)
    elsewhere = f"sqlite:///{serving.places.home / 'elsewhere.db'}"
    monkeypatch.setenv("PIPELINE_LEDGER", elsewhere)
    if only_one:
        ledger.promote(
            elsewhere, model="other", version=1, run_id=serving.run.run_id, expected=None,
            decided_at=datetime(2013, 3, 1), decided_by="test", reason="the first",
        )  # fmt: skip
    with pytest.raises(Damaged, match="alias champion points at version 1") as refused:
        choose_checks(date(2013, 3, 27))
    assert refused.value.code == "judge.ledger_lost"


def test_before_the_first_promotion_and_the_first_answer_there_is_nothing_to_check(
    serving: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIPELINE_LEDGER", f"sqlite:///{serving.places.home / 'elsewhere.db'}")
    assert choose_checks(date(2013, 3, 27)) == []


def test_no_label_is_due_of_a_model_that_is_asked_only_since(serving: World) -> None:
    serving.log(serving.answers(WEEK))
    assert [one["labelled"] for one in choose_checks(date(2013, 3, 27))] == [False]


def test_a_window_in_which_nobody_was_answered_has_labels_that_are_unknown(serving: World) -> None:
    serving.log(serving.answers("2013-02-01..2013-02-10"))
    [_, due] = choose_checks(date(2013, 3, 27))
    with pytest.raises(CannotJudge):
        conclude_checks([check_version(**due)], [due])  # type: ignore[arg-type]
    assert open_alerts(serving) == {("UNKNOWN", "predictions.none")}


def test_labels_of_a_damaged_log_are_unknown(serving: World) -> None:
    serving.log(serving.answers(LABELLED))
    serving.log(serving.answers(LABELLED))
    compact(serving.places.predictions, serving.places.prediction_parts)
    [file] = Path(serving.places.prediction_parts).rglob("*.parquet")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    assert [one["version"] for one in choose_checks(date(2013, 3, 27))] == [1, 1]


def test_a_quiet_week_opens_nothing_starts_nothing_and_is_judged_compacted_or_not(serving: World) -> None:
    serving.log(serving.answers("2013-02-13..2013-03-27"))
    checked = [check_version(**one) for one in choose_checks(date(2013, 3, 27))]  # type: ignore[arg-type]
    compact(serving.places.predictions, serving.places.prediction_parts)
    assert [check_version(**one) for one in choose_checks(date(2013, 3, 27))] == checked  # type: ignore[arg-type]
    assert [read_findings(serving.places.findings, one).truth is None for one in checked] == [True, False]
    assert (open_alerts(serving), due_for_retraining(checked, "run 1")) == (set(), [])
    assert conclude_checks(checked, chosen_of(serving.places, checked)) == checked


def test_drift_opens_alerts_starts_one_retraining_and_is_no_failure(serving: World) -> None:
    serving.log(serving.answers(BEFORE))
    serving.log(serving.answers(WEEK, moved))
    checked = [check_version(serving.run.model, WEEK, False, 1)]
    assert open_alerts(serving) >= {("DRIFT", "drift.psi"), ("DRIFT", "drift.wasserstein")}
    assert {kind for kind, _ in open_alerts(serving)} == {"DRIFT"}
    page = serving.places.home / "reports" / checked[0] / "index.html"
    assert "DRIFT: delay_mean" in page.read_text()
    assert due_for_retraining(checked, "run 1") == checked
    assert due_for_retraining(checked, "run 2") == []
    assert conclude_checks(checked, chosen_of(serving.places, checked)) == checked


def test_the_days_of_an_incident_are_left_out_of_the_next_weeks_served_baseline(serving: World) -> None:
    serving.log(serving.answers("2013-03-01..2013-03-13"))
    serving.log(serving.answers("2013-03-13..2013-03-20", moved))
    serving.log(serving.answers(WEEK))
    first = check_version(serving.run.model, "2013-03-13..2013-03-20", False, 1)
    assert conclude_checks([first], chosen_of(serving.places, [first])) == [first]
    second = read_findings(serving.places.findings, check_version(serving.run.model, WEEK, False, 1))
    served = {one.feature: one.baseline_rows for one in second.findings if one.baseline == "served"}
    assert served["delay_mean"] == len(serving.answers("2013-03-01..2013-03-13"))
    assert served["hour"] == len(serving.answers("2013-03-06..2013-03-20"))
    without = "delay_mean without 2013-03-13 to 2013-03-19, days of an open or past incident"
    assert write_lines(second)[-1] == f"the trailing window: {without}"
    page = serving.places.home / "reports" / second.id / "index.html"
    assert f"<dt>Trailing window</dt><dd>{without}</dd>" in page.read_text()
    ended = [one for one in alerts.history(serving.places.alerts, serving.run.model) if "delay_mean" in one.key]
    assert {one.closed for one in ended} == {datetime(2013, 3, 27)}


@pytest.mark.parametrize("left", ["nothing", "an empty file"])
def test_alerts_that_were_lost_are_not_read_as_no_incident_and_no_claim(serving: World, left: str) -> None:
    serving.log(serving.answers("2013-03-13..2013-03-27", moved))
    first = check_version(serving.run.model, "2013-03-13..2013-03-20", False, 1)
    assert due_for_retraining([first], "run 1") == [first]
    database = Path(serving.places.alerts.removeprefix("sqlite:///"))
    database.unlink()
    if left == "an empty file":
        database.touch()
    with pytest.raises(Missing, match=f"update --findings {first}") as refused:
        due_for_retraining([first], "run 2")
    assert refused.value.code == "alerts.lost"
    # Once that was taken in nobody would tell of the lost ones any more.
    with pytest.raises(Missing, match=f"update --findings {first}") as refused:
        check_version(serving.run.model, WEEK, False, 1)
    assert refused.value.code == "alerts.lost"
    update_alerts(serving.places, AlertSettings(), first)
    assert check_version(serving.run.model, WEEK, False, 1) != first


def test_no_day_of_before_the_alerts_begin_is_in_a_trailing_window(serving: World) -> None:
    serving.log(serving.answers("2013-03-01..2013-03-13"))
    serving.log(serving.answers("2013-03-13..2013-03-20", moved))
    serving.log(serving.answers(WEEK))
    model, places = serving.run.model, serving.places
    check_version(model, "2013-03-13..2013-03-20", False, 1)
    last = check_version(model, WEEK, False, 1)
    Path(places.alerts.removeprefix("sqlite:///")).unlink()
    update_alerts(places, AlertSettings(), last)
    serving.log(serving.answers("2013-03-27..2013-04-05"))
    checked = read_findings(places.findings, check_version(model, "2013-03-29..2013-04-05", False, 1))
    assert "DRIFT" not in {one.state for one in checked.findings if one.baseline == "served"}
    assert {one.baseline_rows for one in checked.findings if one.baseline == "served"} == {
        len(serving.answers("2013-03-20..2013-03-29"))
    }
    assert checked.left_out["*untold"][-1] == date(2013, 3, 19)
    assert "days of before the alerts begin, whose incidents are not known" in write_lines(checked)[-1]
    serving.log(serving.answers("2013-04-05..2013-04-12"))
    later = read_findings(places.findings, check_version(model, "2013-04-05..2013-04-12", False, 1))
    assert later.left_out == {}
    window = parse_window("2013-03-24..2013-03-29")
    left_out = left_out_by_alerts(places, model, 1, window, read_monitoring_settings())
    early = serving.check("2013-03-24..2013-03-29", left_out=left_out)
    [why] = [one for one in early.findings if one.rule == "baseline"]
    assert (why.reason.code, why.required) == ("baseline.too_young", False)
    assert "on 4 days since 2013-03-20, when the alerts begin, of 14" in why.reason.text


def test_a_service_that_nobody_asks_is_an_alert_and_a_failure_that_names_the_command(serving: World) -> None:
    checked = [check_version(**one) for one in choose_checks(date(2013, 3, 27))]  # type: ignore[arg-type]
    assert open_alerts(serving) == {("UNKNOWN", "predictions.none")}
    with pytest.raises(CannotJudge, match="python -m monitoring alerts --model") as refused:
        conclude_checks(checked, chosen_of(serving.places, checked))
    assert refused.value.code == "monitoring.cannot_judge"
    assert refused.value.message.count(f"{serving.run.model}/2013") == 1
    assert "predictions.none: No prediction of version 1 of toy about 2013-03-20" in refused.value.message


def test_why_a_window_could_not_be_judged_is_told_with_each_reason_once() -> None:
    few = replace(NO_ROWS, rule="baseline", reason=Reason("baseline.missing", "Version 3 has no baseline."))
    assert why_unknown(found(2, BLIND, of(BLIND, "carrier"), few)) == (
        "baseline.missing: Version 3 has no baseline. "
        "values.none: distance has no value in the window. And 1 more of values.none."
    )
    assert (why_unknown(found(2, BLIND, MOVED)), why_unknown(found(2, FINE))) == (None, None)


def test_which_window_could_not_be_judged_is_told_and_what_the_others_said() -> None:
    blind, moved = found(21, NO_ROWS, days=7), found(14, MOVED, days=7)
    assert why_red([moved, blind]) == (
        f"What was asked of version 3 in the window 2013-12-15 to 2013-12-21 ({blind.id}) could not be judged: "
        "predictions.none: No prediction was logged. "
        "Beside it: What was asked of version 3 in the window 2013-12-08 to 2013-12-14: DRIFT."
    )
    labels = replace(found(7, replace(NO_ROWS, rule="labels", baseline="truth"), days=7), truth="late_arrival/x")
    assert why_red([labels]).startswith("What labels show of version 3 in the window 2013-12-01 to 2013-12-07 (")


def test_what_keeps_two_windows_from_being_judged_is_told_once() -> None:
    gone = replace(NO_ROWS, rule="log", reason=Reason("log.part_gone", "A part is gone."))
    days, late = found(21, gone, days=7), replace(found(7, gone, days=7), truth="late_arrival/x")
    assert why_red([days, late]) == (
        f"What was asked of version 3 in the window 2013-12-15 to 2013-12-21 ({days.id}) and what labels show of "
        f"version 3 in the window 2013-12-01 to 2013-12-07 ({late.id}) could not be judged: "
        "log.part_gone: A part is gone."
    )


@pytest.mark.parametrize(
    ("day", "labels"), [(date(2103, 12, 8), None), (date(2013, 3, 27), date(2013, 3, 28))], ids=["day", "labels"]
)
def test_a_day_that_has_not_come_is_refused_before_anything_is_checked(
    serving: World, day: date, labels: date | None
) -> None:
    with pytest.raises(BadInput, match=r"2103-12-08|2013-03-28") as refused:
        choose_checks(day, labels)
    assert refused.value.code == "monitoring.day_ahead"


def test_findings_of_a_window_that_is_not_over_change_no_alert(serving: World) -> None:
    ahead = replace(found(1, MOVED), start=datetime(2103, 12, 1), end=datetime(2103, 12, 8))
    publish_findings(serving.places.findings, ahead)
    with pytest.raises(BadInput, match="2103-12-08") as refused:
        update_alerts(serving.places, AlertSettings(), ahead.id)
    assert refused.value.code == "monitoring.day_ahead"
    assert alerts.models(serving.places.alerts) == ()


def test_drift_of_a_window_that_alerts_have_passed_by_is_red_unless_it_was_told_in_its_time(serving: World) -> None:
    def taken(day: int, *findings: Finding, truth: str | None = None) -> str:
        made = found(day, *findings, truth=truth)
        publish_findings(serving.places.findings, made)
        update_alerts(serving.places, AlertSettings(), made.id)
        return made.id

    told = taken(2, MOVED)
    assert [taken(day, FINE) for day in (4, 20)]
    late = taken(10, of(MOVED, "carrier"))
    assert conclude_checks([told], chosen_of(serving.places, [told])) == [told]
    with pytest.raises(
        GateClosed, match=r"DRIFT, and nobody was told of 1: carrier, psi against training\. .*PIPELINE_ALERTS"
    ) as refused:
        conclude_checks([told, late], chosen_of(serving.places, [told, late]))
    assert refused.value.code == "monitoring.drift_untold"
    assert "2013-12-20 was taken already" in refused.value.message


def test_drift_that_labels_show_after_newer_labels_came_early_is_red(serving: World) -> None:
    worse = replace(MOVED, rule="log_loss", feature=None, baseline="holdout")
    made = [found(day, one, truth="toy/2014-01-01.3f9a5b1c2d3e") for day, one in ((30, FINE), (10, worse))]
    for one in made:
        publish_findings(serving.places.findings, one)
        update_alerts(serving.places, AlertSettings(), one.id)
    with pytest.raises(GateClosed, match="1: log loss against its holdout"):
        conclude_checks([made[1].id], chosen_of(serving.places, [made[1].id]))


def test_a_check_that_was_chosen_and_left_nothing_is_no_quiet_end(serving: World) -> None:
    serving.log(serving.answers("2013-02-13..2013-03-27"))
    chosen = choose_checks(date(2013, 3, 27))
    checked = [check_version(**one) for one in chosen]  # type: ignore[arg-type]
    assert [one["labelled"] for one in chosen] == [False, True]
    for lacks, kept in ((0, [checked[1]]), (1, [checked[0]])):
        with pytest.raises(Missing, match=r"Clear these in Airflow, with what is downstream") as refused:
            conclude_checks(kept, chosen)
        assert refused.value.code == "run.nothing_handed"
        assert (
            f"Of 2 checks 1 handed nothing on: check [{lacks}], of {'the labels of ' * lacks}toy version 1 over "
            f"{chosen[lacks]['window']}. " in str(refused.value)
        )
    with pytest.raises(Missing, match=r"Of 2 checks 2 handed nothing on: check \[0\], .*; check \[1\], "):
        conclude_checks([], chosen)
    # The same window, with labels and without, is two checks.
    both = [chosen[1], {**chosen[1], "labelled": False}]
    with pytest.raises(Missing, match=r"Of 2 checks 1 handed nothing on: check \[1\], of toy version 1 over"):
        conclude_checks(checked[1:], both)
    with pytest.raises(Missing, match=r"Of 2 checks 1 handed nothing on: check \[0\], of toy version 1 over"):
        conclude_checks(checked[1:], both[::-1])
    with pytest.raises(
        Missing, match=r"2 handed nothing on: check \[0\], of the labels of toy .*; check \[1\], of toy"
    ):
        conclude_checks([], both)


def test_two_windows_of_which_nobody_was_told_are_both_named(serving: World) -> None:
    worse = replace(MOVED, rule="log_loss", feature=None, baseline="holdout")
    made = [
        found(day, one, truth=truth)
        for truth, what in ((None, MOVED), ("toy/2014-01-01.3f9a5b1c2d3e", worse))
        for day, one in ((30, FINE), (10, what))
    ]
    for one in made:
        publish_findings(serving.places.findings, one)
        update_alerts(serving.places, AlertSettings(), one.id)
    late = [made[1].id, made[3].id]
    with pytest.raises(GateClosed) as refused:
        conclude_checks(late, chosen_of(serving.places, late))
    assert [f"{one} says DRIFT, and nobody was told of 1" in refused.value.message for one in late] == [True, True]
    assert refused.value.next_step.endswith(f"likewise of the others: python -m monitoring report --findings {late[0]}")


def test_of_much_of_which_nobody_was_told_five_are_named_and_the_others_counted(serving: World) -> None:
    many = found(10, *(of(MOVED, name) for name in "abcdefg"))
    for one in (found(30, FINE), many):
        publish_findings(serving.places.findings, one)
        update_alerts(serving.places, AlertSettings(), one.id)
    with pytest.raises(GateClosed, match=r"nobody was told of 7: .*; e, psi against training; and 2 more\. "):
        conclude_checks([many.id], chosen_of(serving.places, [many.id]))
