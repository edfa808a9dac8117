"""Of the events that started a DAG run those count that no replay answered."""

from types import SimpleNamespace

from plugins.announced import ANSWERED, announced

LANDED = {"month": "2013-10"}


def events(*extras):
    return {"landed_rows": [SimpleNamespace(extra=extra) for extra in extras]}


def test_what_landed_after_a_replay_is_announced_beside_what_the_replay_answered():
    assert announced(events({**LANDED, ANSWERED: True}, LANDED), "landed_rows") == [LANDED]


def test_an_event_that_says_nothing_is_announced_too():
    assert announced(events(None, {}), "landed_rows") == [None, {}]


def test_a_dag_run_that_a_person_started_was_told_of_nothing():
    assert announced(None, "landed_rows") == []
    assert announced(events(LANDED), "drift") == []
