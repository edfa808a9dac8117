"""What several parts of a page ask for is asked for once, also where it does not answer."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from artifacts import ledger
from artifacts.errors import Refusal, Unavailable
from artifacts.places import read_places
from plugins.on_call.home import Home
from plugins.on_call.read_once import ReadOnce
from plugins.on_call.settings import OnCallSettings


def test_of_many_that_ask_at_once_one_reads():
    asked, page = [], ReadOnce()
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda _: page.once("what", lambda: asked.append(1) or len(asked)), range(64)))
    assert (told, asked) == ([1] * 64, [1])


def test_who_does_not_answer_is_asked_once_and_each_is_told_why():
    asked, page = [], ReadOnce()

    def read():
        asked.append(1)
        raise Unavailable("ledger.unavailable", "It is locked.", next_step="Wait.")

    for _ in range(3):
        with pytest.raises(Refusal, match="It is locked"):
            page.once("what", read)
    assert asked == [1]


def test_the_next_page_is_told_of_a_promotion_and_of_a_ledger_that_is_gone(tmp_path):
    places = read_places({"PIPELINE_HOME": str(tmp_path), "PIPELINE_LEDGER": f"sqlite:///{tmp_path}/ledger.db"})

    def promote(version, expected):
        now = datetime.now(UTC).replace(tzinfo=None)
        given = {"model": "toy", "run_id": "a", "decided_at": now, "decided_by": "me", "reason": "It is better."}
        ledger.promote(places.ledger, version=version, expected=expected, **given)

    def page():
        return Home(places, OnCallSettings())

    promote(1, None)
    before = page()
    assert before.champion("toy").version == 1
    promote(2, 1)
    assert (before.champion("toy").version, page().champion("toy").version) == (1, 2)
    (tmp_path / "ledger.db").unlink()
    assert page().champion("toy") is None
