"""What a replay goes through, what it refuses, and that it is told from what was done."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from artifacts import alerts
from artifacts.errors import BadInput, CannotJudge, Damaged, Missing, Refusal
from artifacts.places import REPOSITORY, read_places
from monitoring.alert_steps import Patience
from monitoring.alerts import take
from ops.dag_runs import Ended, undone_of
from ops.replay.journal import Done, Training, begin, read_done, write_done
from ops.replay.own_alerts import keep_alerts, with_alerts_of_its_year
from ops.replay.plan import Week, beginning, read_plan
from ops.replay.run import numbered, refuse_future
from ops.replay.week import CANNOT_JUDGE, NOTHING_DUE, RED, Replay, ask_and_watch, champion_of
from tests.monitoring.found import FINE, MOVED, found

PATIENCE = Patience(*5 * (timedelta(days=7),))
EXAMPLE = yaml.safe_load((REPOSITORY / "ops" / "example.yaml").read_text())
WEEK = Week(date(2013, 11, 29), date(2013, 12, 6))
DONE = Done("2013-11-29", "2013-12-06", 1, 6000, ("late_arrival/x",), trainings=(Training("2013-11 landed", {"a": 1}),))
LOG, LAND_MONTH = Path("replay.log"), REPOSITORY / "dags" / "land_month.py"


def test_the_weeks_follow_one_another_from_the_first_day_to_the_years_last():
    weeks = read_plan(EXAMPLE).weeks()
    assert (weeks[0].start, weeks[-1].end, len(weeks)) == (date(2013, 11, 1), date(2014, 1, 1), 9)
    assert [one.end for one in weeks[:-1]] == [one.start for one in weeks[1:]]


def test_a_month_lands_at_the_end_of_the_first_week_that_ends_after_it():
    months = {str(one.end): one.months() for one in read_plan(EXAMPLE).weeks() if one.months()}
    assert months == {"2013-12-06": ["2013-11"], "2014-01-01": ["2013-12"]}


def test_the_last_month_lands_under_a_date_at_which_the_dag_has_tasks():
    [said] = re.findall(r"end_date=pendulum.datetime\((\d+), (\d+), (\d+)\)", LAND_MONTH.read_text())
    last = read_plan(EXAMPLE).months()[-1]
    assert beginning(last).date() <= date(*map(int, said))
    assert str(beginning("2013-12")) == "2013-12-01 00:00:00+00:00"


def test_callers_know_every_month_of_the_rows_and_of_their_features():
    plan = read_plan(EXAMPLE, until=date(2013, 11, 15))
    assert (plan.months()[0], plan.months()[-1], str(plan.as_of)) == ("2013-01", "2013-11", "2013-12-01 00:00:00")


def test_what_was_done_is_read_as_it_was_written_and_a_week_that_is_not_finished_is_none(tmp_path):
    assert read_done(tmp_path, WEEK) is None
    write_done(tmp_path, DONE)
    assert read_done(tmp_path, WEEK) == Done(**{**vars(DONE), "findings": ["late_arrival/x"], "months": []})


def test_a_replay_that_goes_on_numbers_its_weeks_among_all_of_them(tmp_path):
    weeks = read_plan(EXAMPLE).weeks()
    for one in weeks[:-1]:
        write_done(tmp_path, Done(str(one.start), str(one.end), champion=1))
    assert numbered(weeks, tmp_path) == [("[9/9]", weeks[-1])]


def test_a_week_keeps_the_champion_that_it_began_with_whoever_is_promoted_before_it_is_done(tmp_path):
    assert [begin(tmp_path, WEEK, version).champion for version in (1, 2)] == [1, 1]
    assert read_done(tmp_path, WEEK) is None


def test_what_a_week_asked_for_before_anything_landed_is_not_decided_anew_after_a_kill(tmp_path):
    week = Week(date(2013, 12, 13), date(2013, 12, 20))
    asked = Done(str(week.start), str(week.end), 1, 6000, ["late_arrival/x"], "cannot judge", asked_for_training=True)
    write_done(tmp_path, asked, "asked")
    no_dag = Replay(read_places({"PIPELINE_HOME": str(tmp_path)}), read_plan(EXAMPLE), None, {}, LOG, tmp_path)
    again = ask_and_watch(no_dag, week, begin(tmp_path, week, 1))
    assert (again.rows, again.asked_for_training, again.red) == (6000, True, "cannot judge")
    assert list(again.findings) == ["late_arrival/x"]


@pytest.mark.parametrize("until", ["2013-10-01", "2013-11-01", "2013-11-13", "2014-01-02"])
def test_a_day_on_which_no_week_ends_is_refused_with_those_on_which_one_does(until):
    told = f"{until}.*days after the last one of a week are 2013-11-08, 2013-11-15, .*, 2014-01-01"
    with pytest.raises(BadInput, match=told) as refused:
        read_plan(EXAMPLE, date.fromisoformat(until))
    assert refused.value.code == "replay.until"


@pytest.mark.parametrize("until", ["2013-11-08", "2013-12-27", "2014-01-01"])
def test_the_weeks_of_a_part_are_those_of_the_whole_and_end_with_the_day_that_was_named(until):
    part, whole = read_plan(EXAMPLE, date.fromisoformat(until)), read_plan(EXAMPLE)
    assert part.weeks() == whole.weeks()[: len(part.weeks())]
    assert (str(part.weeks()[-1].end), part.last) == (until, whole.last)


@pytest.mark.parametrize("text", ["", "{}", '{"trainings": [{"x": 1}]}', "[]"])
def test_a_journal_that_cannot_be_read_is_refused_and_not_taken_for_a_week_that_is_done(tmp_path, text):
    (tmp_path / "2013-12-06.json").write_text(text)
    last = WEEK.end - timedelta(days=1)
    with pytest.raises(Damaged, match=f"in the week of {WEEK.start} to {last} .*replay again") as refused:
        read_done(tmp_path, WEEK)
    assert refused.value.code == "replay.journal_damaged"


def test_without_a_champion_nobody_can_be_asked(tmp_path):
    with pytest.raises(Missing, match="make run") as refused:
        champion_of(read_places({"PIPELINE_HOME": str(tmp_path)}), "late_arrival")
    assert refused.value.code == "replay.no_champion"


def test_what_landed_before_the_replay_came_to_it_is_refused():
    refuse_future(date(2013, 12, 1), WEEK)
    last = WEEK.end - timedelta(days=1)
    told = rf"ends with 2013-12-31, .* of {WEEK.start} to {last}: .* look ahead"
    with pytest.raises(BadInput, match=told) as refused:
        refuse_future(date(2014, 1, 1), WEEK)
    assert refused.value.code == "replay.looks_ahead"


PLAN = read_plan(EXAMPLE)
OVER = PLAN.last - date(2013, 12, 1)


def take_alerts(places, day, *findings):
    made = found(day, *findings)
    alerts.change(places.alerts, made.model, made.id, lambda before: take(before, made, 3, PATIENCE))


def goes_on(places, left=(WEEK,)):
    return with_alerts_of_its_year(places, PLAN, left, places.home / "replay" / "weeks")


def test_alerts_that_make_up_has_taken_past_the_year_leave_the_replay_alerts_of_its_own(tmp_path):
    places = read_places({"PIPELINE_HOME": str(tmp_path)})
    take_alerts(places, OVER.days, FINE)
    assert goes_on(places) == places
    take_alerts(places, OVER.days + 1, MOVED)
    own = goes_on(places)
    assert own.alerts == f"sqlite:///{tmp_path}/replay/alerts.db"
    assert alerts.newest_window(own.alerts, "late_arrival") is None
    begin(tmp_path / "replay" / "weeks", WEEK, 1)
    assert goes_on(places) == own
    take_alerts(own, 5, MOVED)
    assert [len(alerts.history(goes_on(one).alerts, "late_arrival")) for one in (places, own)] == [1, 1]


def test_what_the_weeks_before_told_is_gone_on_with_when_make_up_came_in_between(tmp_path):
    places = read_places({"PIPELINE_HOME": str(tmp_path)})
    take_alerts(places, 5, MOVED)
    keep_alerts(places)
    write_done(tmp_path / "replay" / "weeks", DONE)
    assert goes_on(places) == places
    take_alerts(places, OVER.days + 1, FINE)
    own = goes_on(places)
    [before], [now] = (alerts.history(one.alerts, "late_arrival") for one in (own, places))
    assert (before.is_open, now.is_open) == (True, False)
    keep_alerts(own)
    assert goes_on(places) == own
    assert goes_on(places, left=()) == own


def test_alerts_past_the_year_of_which_nobody_kept_a_copy_or_that_a_setting_names_are_refused(tmp_path):
    places = read_places({"PIPELINE_HOME": str(tmp_path)})
    take_alerts(places, OVER.days + 1, FINE)
    elsewhere = read_places({"PIPELINE_HOME": str(tmp_path / "other"), "PIPELINE_ALERTS": places.alerts})
    with pytest.raises(
        BadInput, match=r"window to 2014-01-01, .* 2013-12-31: .*: PIPELINE_ALERTS=sqlite:\S+ make replay$"
    ) as refused:
        goes_on(elsewhere)
    assert refused.value.code == "replay.alerts_ahead"
    write_done(tmp_path / "replay" / "weeks", DONE)
    with pytest.raises(BadInput, match="PIPELINE_HOME=elsewhere make run replay"):
        goes_on(places)
    assert goes_on(places, left=()) == places


def ended(undone, *refused, state="failed"):
    return Ended("watch_drift manual", state, {name: frozenset(s.split()) for name, s in undone.items()}, refused, {})


def test_a_week_that_cannot_be_judged_is_red_and_the_replay_goes_on():
    cannot = CannotJudge(CANNOT_JUDGE, "Not known.", next_step="Look.")
    red = ended({"conclude": "failed", "retrain": "skipped"}, cannot)
    red.refuse_unless(LOG, (NOTHING_DUE, RED))
    with pytest.raises(CannotJudge, match="without conclude, retrain"):
        red.refuse_unless(LOG)


def test_a_task_that_broke_in_another_way_stops_it():
    with pytest.raises(Refusal, match="without check") as refused:
        ended({"check": "failed", "conclude": "upstream_failed"}).refuse_unless(LOG, (NOTHING_DUE, RED), "make replay")
    assert refused.value.code == "run.dag_failed"
    assert refused.value.next_step.endswith("then: make replay")


def test_of_a_mapped_task_each_part_counts_whichever_ended_last():
    states = [("check", "failed"), ("check", "success"), ("check", "skipped"), ("tell", "success")]
    assert undone_of(["check", "tell", "conclude"], states) == {
        "check": {"failed", "skipped"},
        "conclude": {"missing"},
    }
    with pytest.raises(Refusal, match="without check"):
        ended({"check": "failed skipped"}).refuse_unless(LOG, [("check", "skipped")])
    ended({"check": "failed skipped"}).refuse_unless(LOG, [("check", "skipped"), ("check", "failed")])


def test_a_dag_run_that_failed_is_not_excused_by_what_was_skipped():
    with pytest.raises(Refusal, match="ended failed"):
        ended({"retrain": "skipped"}).refuse_unless(LOG, (NOTHING_DUE,))
    ended({"retrain": "skipped"}, state="success").refuse_unless(LOG, (NOTHING_DUE,))


def test_a_dag_run_without_a_task_is_no_success():
    with pytest.raises(Refusal, match="without choose"):
        ended({"choose": "missing"}, state="success").refuse_unless(LOG, (NOTHING_DUE,))
