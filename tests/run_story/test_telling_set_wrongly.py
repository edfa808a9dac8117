"""A receiver that is set wrongly keeps no other from hearing of a DAG run that failed or is late, and waits itself."""

import logging

import pytest

from artifacts import alerts
from artifacts.cli import PROGRESS
from artifacts.places import read_places
from monitoring.notify import deliver
from monitoring.settings import read_monitoring_settings
from plugins.run_story.telling import tell_failure
from tests.run_story.test_telling import CONTEXT, LATE, fail, past_its_deadline, posts

__all__ = ["posts"]


@pytest.fixture(autouse=True)
def mistyped(monkeypatch, posts, caplog):
    monkeypatch.setenv("MONITORING_SMTP_TO", "oncall")
    monkeypatch.setattr(PROGRESS, "propagate", True)
    caplog.set_level(logging.INFO, PROGRESS.name)


def test_a_failure_is_posted_once_though_an_address_of_mail_is_mistyped_and_that_is_said(posts, caplog):
    fail()
    for _ in range(2):
        tell_failure(CONTEXT)
    assert [body["subject"] for _, _, body in posts.got] == ["[FAILED] build_training_set: set.bad"]
    for said in ("A receiver is not told of DAG run build_training_set", "A receiver is not told:"):
        assert any(said in line and "MONITORING_SMTP_TO" in line for line in caplog.messages)


def test_a_late_dag_run_is_posted_once_though_an_address_of_mail_is_mistyped(posts):
    for _ in range(2):
        assert past_its_deadline(LATE) == ["running", "success"]
    assert [body["code"] for _, _, body in posts.got] == ["run.late"]


@pytest.mark.parametrize("tell", [lambda: tell_failure(CONTEXT), lambda: past_its_deadline(LATE)])
def test_what_only_one_that_is_set_wrongly_was_to_be_told_waits_until_it_is_set_right(posts, monkeypatch, tell):
    monkeypatch.delenv("MONITORING_WEBHOOK_URL")
    fail()
    tell()
    assert alerts.undelivered(read_places().alerts) == 1
    monkeypatch.delenv("MONITORING_SMTP_TO")
    monkeypatch.setenv("MONITORING_WEBHOOK_URL", posts.url)
    deliver(read_places(), read_monitoring_settings())
    assert len(posts.got) == 1
