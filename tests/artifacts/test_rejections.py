"""A verdict is decided on once: rejected or promoted, whoever was first, in one ledger."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from artifacts import ledger
from artifacts.errors import Conflict, Damaged
from artifacts.rejections import Rejection, refuse_decided, reject, rejection_of, rejections, told

NO = Rejection(
    model="late",
    version=2,
    run_id="run2",
    verdict="verdicts/against_1_ab/verdict.json",
    decided_at=datetime(2013, 10, 2, 12),
    decided_by="Ada",
    reason="too little data",
)


@pytest.fixture
def url(tmp_path: Path) -> str:
    made = f"sqlite:///{tmp_path}/ledger.db"
    promote(made, 1, None, None)
    return made


def promote(
    url: str,
    version: int,
    expected: int | None,
    verdict: str | None,
    *,
    at: datetime = datetime(2013, 10, 1),
    kind: ledger.Kind = "promote",
) -> ledger.Promotion:
    return ledger.promote(
        url, model="late", version=version, run_id=f"run{version}", expected=expected, decided_at=at,
        decided_by="Bob", reason="better", verdict=verdict, kind=kind,
    )  # fmt: skip


def test_a_rejection_says_what_who_and_why_and_changes_no_champion(url: str) -> None:
    reject(url, NO)
    assert rejections(url, "late") == [replace(NO, champion=1)]
    assert rejection_of(url, "late", "run2", NO.verdict) == replace(NO, champion=1)
    assert rejections(url, "another") == []
    assert [line.version for line in ledger.history(url, "late")] == [1]


def test_a_rejection_says_who_was_champion_when_it_was_made_and_not_when_the_verdict_was(url: str) -> None:
    promote(url, 3, 1, None)
    assert reject(url, NO).champion == 3
    assert told(rejections(url, "late")[0]).startswith("Version 2 was rejected and version 3 stayed, ")
    fresh = url.replace("ledger.db", "fresh.db")
    assert told(reject(fresh, NO)).startswith("Version 2 was rejected and there was no champion, ")


def test_a_rejected_verdict_is_not_promoted_and_another_on_the_same_candidate_is(url: str) -> None:
    reject(url, NO)
    with pytest.raises(Conflict, match=r"Version 2 was rejected and version 1 stayed, .*, Ada: too little data") as no:
        promote(url, 2, 1, NO.verdict)
    assert no.value.code == "ledger.rejected"
    assert promote(url, 2, 1, "verdicts/against_1_cd/verdict.json").seq == 2


def test_a_verdict_that_promoted_is_not_rejected_afterwards(url: str) -> None:
    promote(url, 2, 1, NO.verdict)
    for act in (lambda: reject(url, NO), lambda: refuse_decided(url, "run2", NO.verdict)):
        with pytest.raises(Conflict, match="in line 2 of the ledger") as no:
            act()
        assert no.value.code == "ledger.promoted"
    assert rejections(url, "late") == []


@pytest.mark.parametrize(("after", "kind", "how"), [(1, "rollback", "gone back to"), (3, "promote", "promoted")])
def test_a_verdict_that_promoted_what_was_replaced_since_says_so_and_names_no_way_back_from_it(
    url: str, after: int, kind: ledger.Kind, how: str
) -> None:
    promote(url, 2, 1, NO.verdict)
    with pytest.raises(Conflict) as no:
        refuse_decided(url, "run2", NO.verdict)
    assert no.value.next_step == "To go back: python -m training rollback --model late --to N"
    promote(url, after, 2, None, at=datetime(2013, 10, 3), kind=kind)
    with pytest.raises(Conflict, match="Version 2 was champion from 2013-10-01 00:00 UTC to 2013-10-03") as no:
        refuse_decided(url, "run2", NO.verdict)
    assert no.value.message.endswith(f"version {after} is champion since 2013-10-03 00:00 UTC, when it was {how}.")
    assert no.value.next_step.startswith("Only if going away from it was a mistake, go back to it: python -m ")
    assert no.value.next_step.endswith(" --to 2")


def test_the_same_rejection_again_is_the_one_that_is_there_and_another_is_a_conflict(url: str) -> None:
    reject(url, NO)
    assert reject(url, replace(NO, decided_at=datetime(2013, 10, 9))) == replace(NO, champion=1)
    with pytest.raises(Conflict) as no:
        reject(url, replace(NO, decided_by="Eve"))
    assert no.value.code == "ledger.rejected"


def test_a_ledger_from_before_there_were_rejections_has_none(tmp_path: Path, url: str) -> None:
    connection = sqlite3.connect(tmp_path / "ledger.db")
    connection.execute("drop table rejections")
    connection.close()
    assert rejections(url, "late") == []
    refuse_decided(url, "run2", NO.verdict)
    reject(url, NO)
    assert rejections(url, "late") == [replace(NO, champion=1)]


def test_a_ledger_from_before_it_kept_the_models_sha256_is_read_and_written_on(tmp_path: Path, url: str) -> None:
    reject(url, replace(NO, model_sha256="a" * 64))
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as connection:
        for table in ("promotions", "rejections"):
            connection.execute(f"alter table {table} drop column model_sha256")
    assert rejections(url, "late") == [replace(NO, champion=1)]
    assert [line.model_sha256 for line in ledger.history(url, "late")] == [None]
    refuse_decided(url, "run2", "verdicts/another/verdict.json")
    with pytest.raises(Conflict):
        promote(url, 2, 1, NO.verdict)
    second = replace(NO, run_id="run3", version=3, champion=1, model_sha256="b" * 64)
    assert reject(url, second) == rejections(url, "late")[1] == second
    promote(url, 4, 1, None)
    assert [line.version for line in ledger.history(url, "late")] == [1, 4]


def test_a_rejection_whose_time_is_none_is_damaged_and_promotes_nothing(tmp_path: Path, url: str) -> None:
    reject(url, NO)
    connection = sqlite3.connect(tmp_path / "ledger.db")
    connection.execute("update rejections set decided_at = 'yesterday'")
    connection.commit()
    connection.close()
    for act in (lambda: rejections(url, "late"), lambda: promote(url, 2, 1, NO.verdict)):
        with pytest.raises(Damaged, match="A rejection in the ledger cannot be read"):
            act()
