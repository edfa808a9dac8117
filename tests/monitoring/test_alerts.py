"""An alert is opened, told again, escalated and ended once each, whatever else happens meanwhile."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from artifacts import alerts
from artifacts.alerts import Event
from artifacts.finding import Finding, Reason
from artifacts.findings import Findings
from artifacts.run_evidence import collecting
from monitoring.alert_steps import Patience
from monitoring.alerts import Watches, take
from monitoring.asked import asked
from monitoring.noted import note_findings
from monitoring.window import Window, parse_window
from tests.monitoring.found import BLIND, FINE, MOVED, NO_ROWS, PSI, found, of

LONGEST = timedelta(days=21)
PATIENCE = Patience(timedelta(days=7), timedelta(days=14), timedelta(days=3), LONGEST, timedelta(days=28))
CARRIER = "psi|carrier|training|-"
TRUTH = "late_arrival/2014-01-01.3f9a5b1c2d3e"


class Told:
    """Takes findings one after another; keeps day, step, kind and key of each event."""

    def __init__(self) -> None:
        self.watches: Watches = {}

    def __call__(self, findings: Findings, serving: int | None = 3) -> list[tuple[str, str, str]]:
        self.watches, events = take(self.watches, findings, serving, PATIENCE)
        return [(event.step, event.alert.kind, event.alert.key) for event in events]


@pytest.fixture
def told() -> Told:
    return Told()


OPENED, RESOLVED = ("opened", "DRIFT", PSI), ("resolved", "DRIFT", PSI)


def test_drift_is_told_when_it_begins_and_when_it_ends_and_not_in_between(told: Told) -> None:
    assert told(found(1, FINE)) == []
    assert told(found(2, MOVED)) == [OPENED]
    assert told(found(3, MOVED)) == []
    assert told(found(4, FINE)) == [RESOLVED]
    assert told(found(5, FINE)) == []


def test_findings_are_named_a_few_times_however_many_alerts_they_open(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    named, real = [0], Findings.name

    def counting(self: Findings) -> str:
        named[0] += 1
        return real.fget(self)  # type: ignore[attr-defined, no-any-return]

    monkeypatch.setattr(Findings, "name", property(counting))
    assert len(told(found(1, *(of(MOVED, f"feature_{number}") for number in range(200))))) == 200
    assert named[0] <= 3


def test_what_stays_open_is_told_again_after_a_week_and_escalated_once_after_two(told: Told) -> None:
    steps = {day: [step for step, _, _ in told(found(day, MOVED))] for day in range(1, 31)}
    assert {day: step for day, step in steps.items() if step} == {
        1: ["opened"],
        8: ["reminded"],
        15: ["escalated"],
        22: ["reminded"],
        29: ["reminded"],
    }


def test_a_second_feature_alerts_during_the_first_ones_incident(told: Told) -> None:
    told(found(1, MOVED, of(FINE, "carrier")))
    assert told(found(2, MOVED, of(MOVED, "carrier"))) == [("opened", "DRIFT", CARRIER)]
    assert told(found(3, FINE, of(MOVED, "carrier"))) == [RESOLVED]


def test_the_same_incident_a_week_later_alarms_again_under_another_number(told: Told) -> None:
    ids: list[str] = []
    for day, finding in [(1, MOVED), (2, FINE), (9, MOVED)]:
        watches, events = take(told.watches, found(day, finding), 3, PATIENCE)
        told.watches = watches
        ids += [event.id.removeprefix("late_arrival/v3/DRIFT/") for event in events]
    assert ids == [
        f"{PSI}/1/opened@2013-12-02T00:00:00",
        f"{PSI}/1/resolved@2013-12-03T00:00:00",
        f"{PSI}/2/opened@2013-12-10T00:00:00",
    ]


def test_unknown_is_an_alert_of_its_own_and_does_not_end_a_drift(told: Told) -> None:
    told(found(1, MOVED))
    assert told(found(2, BLIND)) == [("opened", "UNKNOWN", PSI)]
    assert told(found(3, MOVED)) == [("resolved", "UNKNOWN", PSI)]
    assert told(found(4, FINE)) == [RESOLVED]


def test_unknown_that_persists_is_escalated_sooner(told: Told) -> None:
    steps = [told(found(day, BLIND)) for day in range(1, 6)]
    assert [[step for step, _, _ in each] for each in steps] == [["opened"], [], [], ["escalated"], []]


def test_what_was_said_of_the_whole_window_ends_once_its_values_can_be_judged_again(told: Told) -> None:
    key = "predictions|-|-|-"
    assert told(found(1, NO_ROWS)) == [("opened", "UNKNOWN", key)]
    assert told(found(2, BLIND)) == [("opened", "UNKNOWN", PSI)]
    assert told(found(3, MOVED)) == [OPENED, ("resolved", "UNKNOWN", key), ("resolved", "UNKNOWN", PSI)]


def test_a_drift_that_nobody_looked_at_again_stays_open(told: Told) -> None:
    told(found(1, MOVED, of(FINE, "carrier")))
    assert told(found(2, of(FINE, "carrier"))) == []
    assert told(found(3, NO_ROWS)) == [("opened", "UNKNOWN", "predictions|-|-|-")]
    assert told(found(8, of(FINE, "carrier"))) == [
        ("reminded", "DRIFT", PSI),
        ("resolved", "UNKNOWN", "predictions|-|-|-"),
    ]


def test_a_window_without_any_finding_is_an_alert_and_ends_none(told: Told) -> None:
    told(found(1, MOVED))
    assert told(found(2)) == [("opened", "UNKNOWN", "predictions|-|-|-")]
    young = replace(BLIND, required=False)
    assert Told()(found(2, young)) == [("opened", "UNKNOWN", "predictions|-|-|-")]
    assert Told()(found(2, FINE, replace(young, baseline="served"))) == []


def test_findings_that_come_twice_or_late_change_nothing(told: Told) -> None:
    told(found(2, MOVED))
    before = told.watches
    assert told(found(2, MOVED)) == []
    assert told(found(1, FINE)) == []
    assert told(found(2, FINE, days=2)) == []
    assert told.watches == before
    assert told(found(2, FINE)) == [RESOLVED]


def test_the_worst_comes_first(told: Told) -> None:
    told(found(1, MOVED))
    far = replace(of(MOVED, "carrier"), value=0.9)
    little = replace(of(MOVED, "origin"), value=0.11)
    seen = told(found(15, MOVED, little, far, of(BLIND, "dest")))
    assert [(step, kind, key.split("|")[1]) for step, kind, key in seen] == [
        ("escalated", "DRIFT", "distance"),
        ("opened", "DRIFT", "carrier"),
        ("opened", "DRIFT", "origin"),
        ("opened", "UNKNOWN", "dest"),
    ]


SKEWED = Finding(
    "skew", "distance", "DRIFT", Reason("skew.unequal", "810 of 900 rows."), 900, 900, 0.9, 0.0, baseline="truth"
)  # fmt: skip


def test_how_far_is_the_measure_of_the_page_where_no_row_may_differ_and_where_more_is_better(told: Told) -> None:
    auc = Finding(
        "roc_auc", None, "DRIFT", Reason("performance.worse", "Worse."), 900, 0, 0.6, 0.75, baseline="holdout"
    )  # fmt: skip
    worse = replace(performance("DRIFT", "origin=JFK"), value=0.6)
    seen = told(found(1, auc, worse, SKEWED, truth=TRUTH))
    assert [key.split("|")[0] for _, _, key in seen] == ["skew", "log_loss", "roc_auc"]


def test_a_task_notes_the_farthest_first_and_the_window_with_its_time() -> None:
    made = replace(found(1, MOVED, replace(SKEWED, state="DRIFT")), start=datetime(2013, 12, 1, 6, 30))
    with collecting() as notes:
        note_findings(made)
    noted = notes["findings"]
    assert [one["rule"] for one in noted["worst"]] == ["skew", "psi"]
    assert parse_window(noted["window"]) == Window(made.start, made.end)


def test_of_a_check_with_labels_what_they_show_is_noted_first() -> None:
    unknown = replace(performance("DRIFT", None), state="UNKNOWN", value=None, threshold=None)
    with collecting() as notes:
        note_findings(found(1, MOVED, unknown, truth=TRUTH))
    assert [one["rule"] for one in notes["findings"]["worst"]] == ["log_loss", "psi"]


def test_another_versions_alerts_are_retired_by_the_one_that_serves_only(told: Told) -> None:
    told(found(1, MOVED))
    assert told(found(2, FINE, version=4), serving=3) == []
    assert told(found(3, FINE, version=4), serving=4) == [("retired", "DRIFT", PSI)]
    assert told(found(4, FINE, version=4), serving=4) == []


def performance(state: str, week: str | None) -> Finding:
    value = 0.5 if state == "DRIFT" else 0.4
    return Finding(
        "log_loss", None, state, Reason("performance.worse", "Worse."), 900, 0, value, 0.45,  # type: ignore[arg-type]
        baseline="holdout", part=week,
    )  # fmt: skip


def test_what_labels_show_later_of_old_windows_has_an_order_of_its_own(told: Told) -> None:
    told(found(40, MOVED))
    key = "log_loss|-|holdout|-"
    assert told(found(1, FINE, performance("DRIFT", None), truth=TRUTH)) == [("opened", "DRIFT", key)]
    assert told(found(2, FINE, performance("OK", None), truth=TRUTH)) == [("resolved", "DRIFT", key)]
    assert told(found(41, FINE)) == [RESOLVED]


def test_labels_alert_of_a_replaced_version_until_those_of_the_champion_lie_behind_its_window(told: Told) -> None:
    key = "log_loss|-|holdout|-"
    assert told(found(7, performance("DRIFT", None), truth=TRUTH, days=7), serving=4) == [("opened", "DRIFT", key)]
    assert told(found(40, FINE, version=4), serving=4) == []
    assert told(found(9, performance("OK", None), version=4, truth=TRUTH, days=7), serving=4) == []
    assert told(found(14, performance("OK", None), version=4, truth=TRUTH, days=7), serving=4) == [
        ("retired", "DRIFT", key)
    ]


def test_of_a_window_with_labels_nothing_is_unknown_too(told: Told) -> None:
    assert told(found(1, FINE, truth=TRUTH)) == [("opened", "UNKNOWN", "labels|-|truth|-")]
    came = replace(performance("OK", None), rule="labels", baseline="truth")
    assert told(found(2, came, truth=TRUTH)) == [("resolved", "UNKNOWN", "labels|-|truth|-")]


@pytest.mark.parametrize("order", [1, -1])
def test_of_several_weeks_in_one_state_the_alert_has_the_numbers_of_the_worst(order: int) -> None:
    weeks = [performance("DRIFT", "2013-11-24"), replace(performance("DRIFT", "2013-12-01"), value=0.9)]
    [one] = asked(found(1, *weeks[::order], truth=TRUTH))[1].values()
    assert (one.part, one.value) == ("2013-12-01", 0.9)


def test_next_weeks_finding_ends_this_weeks_alert(told: Told) -> None:
    first, second = performance("DRIFT", "2013-12-01"), performance("OK", "2013-12-08")
    key = "log_loss|-|holdout|-"
    assert told(found(7, second, first, truth=TRUTH)) == [("opened", "DRIFT", key)]
    assert told(found(14, second, performance("OK", "2013-12-15"), truth=TRUTH)) == [("resolved", "DRIFT", key)]


def test_a_slice_is_a_key_of_its_own(told: Told) -> None:
    told(found(1, performance("DRIFT", "origin=JFK"), truth=TRUTH))
    assert told(found(2, performance("OK", "origin=LGA"), truth=TRUTH)) == []


def thirty_days(url: str, incident: Mapping[int, Finding], days: int = 1) -> list[Event]:
    events: list[Event] = []
    for day in range(1, 31):
        findings = found(day, incident.get(day, FINE), days=days)
        for _ in range(2):
            events += alerts.change(
                url, findings.model, findings.id, lambda before, one=findings: take(before, one, 3, PATIENCE)
            )
    return events


def days_of(url: str, feature: str = "distance", version: int = 3, end: datetime = datetime(2014, 1, 1)) -> list[int]:
    found = alerts.incident_days(url, "late_arrival", version, datetime(2013, 12, 1), end, longest=LONGEST)
    return sorted(day.day if day.month == 12 else 31 + day.day for day in found.get(feature, ()))


def test_three_bad_days_of_thirty_are_one_open_and_one_resolve_and_leave_the_baseline(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'alerts.db'}"
    events = thirty_days(url, {12: MOVED, 13: BLIND, 14: MOVED})
    drift = [(event.step, event.at.day) for event in events if event.alert.kind == "DRIFT"]
    assert drift == [("opened", 13), ("resolved", 16)]
    assert days_of(url) == [12, 13, 14]
    assert [(one.kind, one.closed) for one in alerts.history(url, "late_arrival")] == [
        ("DRIFT", datetime(2013, 12, 16)),
        ("UNKNOWN", datetime(2013, 12, 15)),
    ]


def test_windows_of_a_week_that_overlap_leave_out_all_their_days_since_a_good_one_may_hold_a_bad_day(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'alerts.db'}"
    bad_while_one_of_three_days_is_in_the_week = dict.fromkeys(range(12, 21), MOVED)
    events = thirty_days(url, bad_while_one_of_three_days_is_in_the_week, days=7)
    assert [event.step for event in events] == ["opened", "reminded", "resolved"]
    assert days_of(url) == list(range(6, 21))


def test_a_drift_that_the_same_window_takes_back_leaves_no_day_out(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'alerts.db'}"
    for one in (MOVED, FINE):
        made = found(5, one)
        alerts.change(url, made.model, made.id, lambda before, made=made: take(before, made, 3, PATIENCE))
    assert days_of(url) == []


def test_the_days_of_an_open_incident_have_no_end_and_those_of_unknown_are_none(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'alerts.db'}"
    thirty_days(url, {28: BLIND, 29: MOVED, 30: BLIND})
    assert days_of(url) == [29, 30, 31]
    assert (days_of(url, version=4), days_of(url, "carrier")) == ([], [])
    assert days_of(url, end=datetime(2014, 1, 6))[-1] == 31 + 5


def test_what_has_lasted_for_three_weeks_is_the_recent_past_also_once_it_has_ended(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'alerts.db'}"
    thirty_days(url, dict.fromkeys(range(5, 29), MOVED))
    by_end = [days_of(url, end=datetime(2013, 12, day)) for day in (26, 27, 31)]
    assert by_end == [list(range(5, 26)), [], []]


def test_a_fault_in_the_midst_of_what_has_lasted_is_an_incident_of_its_own(tmp_path: Path) -> None:
    url, served = f"sqlite:///{tmp_path / 'alerts.db'}", replace(MOVED, baseline="served")
    for day in range(1, 31):
        made = found(day, MOVED, served if 26 <= day <= 28 else replace(served, state="OK"))
        alerts.change(url, made.model, made.id, lambda before, one=made: take(before, one, 3, PATIENCE))
    assert days_of(url) == [26, 27, 28]


def test_an_alert_of_a_metric_leaves_no_features_days_out(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'alerts.db'}"
    made = found(7, performance("DRIFT", None), truth=TRUTH)
    alerts.change(url, made.model, made.id, lambda before: take(before, made, 3, PATIENCE))
    end = datetime(2013, 12, 20)
    assert alerts.incident_days(url, "late_arrival", 3, datetime(2013, 12, 1), end, longest=LONGEST) == {}


@pytest.mark.parametrize(
    ("baseline", "days", "step"),
    [("served", 22, "settled"), ("served", 21, "resolved"), ("training", 22, "resolved")],
)
def test_against_the_trailing_window_what_ends_after_weeks_is_settled(
    told: Told, baseline: str, days: int, step: str
) -> None:
    moved, fine = (replace(one, baseline=baseline) for one in (MOVED, FINE))
    steps = [told(found(day, moved if day <= days else fine)) for day in range(1, days + 2)]
    assert [name for name, _, _ in steps[-1]] == [step]


HARMLESS = replace(BLIND, required=False)
NOISY = replace(HARMLESS, value=1.2, threshold=1.3, reason=Reason("noise.too_large", "By chance beyond 1."))
YOUNG = replace(HARMLESS, rule="baseline", baseline="served", reason=Reason("baseline.too_young", "5 days."))


@pytest.mark.parametrize(
    ("baseline", "code", "settled_on"),
    [("served", "noise.too_large", [29]), ("training", "noise.too_large", []), ("served", "baseline.too_young", [])],
)
def test_a_drift_of_which_no_rule_is_asked_settles_once_the_trailing_window_holds_no_day_of_before(
    told: Told, baseline: str, code: str, settled_on: list[int]
) -> None:
    moved = replace(MOVED, baseline=baseline)
    unasked = replace(NOISY, baseline=baseline, reason=Reason(code, "Not asked."))
    told(found(1, moved))
    steps = {day: told(found(day, unasked, of(FINE, "carrier"))) for day in range(2, 61)}
    ends = {day: [step for step, _, _ in several if step in {"settled", "resolved"}] for day, several in steps.items()}
    assert {day: found for day, found in ends.items() if found} == {day: ["settled"] for day in settled_on}
    [alert] = [one for one in told.watches[3, "log"].alerts if one.kind == "DRIFT"]
    assert (alert.is_open, alert.ended_by) == ((False, unasked) if settled_on else (True, None))


@pytest.mark.parametrize(
    ("baseline", "instead", "ends"),
    [
        ("training", NOISY, True),
        ("served", YOUNG, True),
        ("served", replace(YOUNG, feature=None), True),
        ("served", of(YOUNG, "origin"), False),
        ("training", YOUNG, False),
        ("training", replace(YOUNG, baseline="training", required=True), False),
    ],
)
def test_an_unknown_alert_ends_once_nothing_is_asked_of_it_any_more_saying_why_and_a_drift_does_not(
    baseline: str, instead: Finding, ends: bool
) -> None:
    blind, drifted = (replace(one, baseline=baseline) for one in (BLIND, MOVED))
    for before, ended in ((blind, ends), (drifted, False)):
        watches, _ = take({}, found(1, before, of(FINE, "carrier")), 3, PATIENCE)
        watches, events = take(watches, found(2, instead, of(FINE, "carrier")), 3, PATIENCE)
        told = [(one.step, one.alert.ended_by) for one in events if one.step != "opened"]
        assert told == ([("resolved", instead)] if ended else [])
        assert any(one.is_open for one in watches[3, "log"].alerts if one.key == before.key) is not ended
