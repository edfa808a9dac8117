"""Who waits for a source that hangs does not take the threads of what answers."""

import socket
import sqlite3
import threading
import time
from contextlib import closing

import pytest

from artifacts.errors import Missing, Unavailable
from artifacts.registry import Registry
from artifacts.registry.client import unanswered
from plugins.on_call import patience
from plugins.on_call.patience import LATE_AT_ONCE, Asked, Patience
from plugins.on_call.section import Part, all_of
from plugins.on_call.settings import OnCallSettings
from tests.plugins.test_became import own_mlflow
from tests.plugins.test_model_page import part


@pytest.fixture
def hung():
    """An event for which a question waits; set at the end."""
    never = threading.Event()
    yield never
    never.set()


def ask(hung, of, what="it", seconds=0.01):
    return Asked.of(what, lambda: hung.wait(30), Patience(seconds, of)).answer()


def refusal_of(hung, of, **more):
    with pytest.raises(Unavailable) as refused:
        ask(hung, of, **more)
    return refused.value


def test_a_page_loaded_again_and_again_while_mlflow_hangs_shows_champion_and_drift_each_time(opened, home, tmp_path):
    places = home[0].model_copy(update=own_mlflow(home[0], tmp_path))
    opened(places, OnCallSettings(patience_seconds=60)).get("/on-call/models/toy")
    client = opened(places, OnCallSettings(patience_seconds=0.5))
    before = threading.active_count()
    with closing(sqlite3.connect(places.mlflow.removeprefix("sqlite:///"), isolation_level=None)) as locking:
        locking.execute("BEGIN EXCLUSIVE")
        pages = [part(client.get("/on-call/models/toy").text, "glance") for _ in range(12)]
        grown = threading.active_count() - before
        locking.execute("ROLLBACK")
    assert [("Champion version 1 since" in one, "in the newest window" in one) for one in pages] == [(True, True)] * 12
    assert "has not answered yet" in pages[-1] and "MLflow at " in pages[-1]
    assert grown < 60


@pytest.mark.parametrize("ask", [lambda one: one.model_version("toy", 1), lambda one: one.run_ids("toy")])
def test_a_postgres_of_mlflow_that_is_silent_is_named_while_it_is_waited_for(ask):
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        uri = f"postgresql://someone:secret@127.0.0.1:{silent.getsockname()[1]}/mlflow"
        asking = threading.Thread(target=lambda: _refused(ask, Registry(uri, "")))
        asking.start()
        until = time.monotonic() + 8
        named = uri.replace("someone:secret@", "")
        while named not in (waited := unanswered(0.2)) and time.monotonic() < until:
            time.sleep(0.02)
        connection, _ = silent.accept()
        connection.close()
    asking.join(30)
    assert named in waited
    assert not any("secret" in one for one in waited)


def _refused(ask, registry):
    with pytest.raises((Missing, Unavailable)):
        ask(registry)


def test_a_question_that_nobody_answered_is_asked_again_after_a_while_that_doubles(hung, monkeypatch):
    of = object()
    for _ in range(LATE_AT_ONCE):
        assert "did not answer within" in refusal_of(hung, of).message
    refusal = refusal_of(hung, of)
    assert (refusal.code, "was asked 3 times" in refusal.message) == ("on_call.slow", True)
    assert "again in 15 s" in refusal.next_step
    now = time.monotonic
    monkeypatch.setattr(patience.time, "monotonic", lambda: now() + 16)
    assert "did not answer within" in refusal_of(hung, of).message
    assert "again in 30 s" in refusal_of(hung, of).next_step


def test_once_those_before_were_answered_it_is_asked_at_once(hung):
    of = object()
    for _ in range(LATE_AT_ONCE):
        refusal_of(hung, of)
    hung.set()
    until = time.monotonic() + 10
    while "asked 3 times" in _said(hung, of) and time.monotonic() < until:
        time.sleep(0.01)
    assert ask(hung, of, seconds=5) is True


def test_what_hangs_is_asked_elsewhere_and_so_is_another_question(hung):
    of = object()
    for _ in range(LATE_AT_ONCE):
        refusal_of(hung, of)
    assert "did not answer within" in refusal_of(hung, object()).message
    assert "did not answer within" in refusal_of(hung, of, what="another").message


def test_a_part_that_is_not_asked_leaves_the_others(hung):
    of, parts = object(), (Part("Slow", "slow", lambda: str(hung.wait(30))), Part("Quick", "quick", lambda: "here"))
    pages = [all_of(*parts, patience=Patience(0.3, of)) for _ in range(LATE_AT_ONCE + 1)]
    assert "was asked 3 times" in part(pages[-1], "slow")
    assert ["here" in part(one, "quick") for one in pages] == [True] * len(pages)


def _said(hung, of):
    try:
        ask(hung, of, seconds=5)
    except Unavailable as refusal:
        return refusal.message
    return ""
