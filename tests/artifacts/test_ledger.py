"""The ledger names one champion at a time, whoever races."""

import os
import sqlite3
import subprocess
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from artifacts import database, ledger
from artifacts.errors import BadInput, Conflict, Damaged, Unavailable

RACER = """
import sys
from datetime import datetime
from artifacts import ledger
from artifacts.errors import Conflict
url, version = sys.argv[1], int(sys.argv[2])
sys.stdin.readline()
for expected in (None, 100):
    try:
        line = ledger.promote(url, model="m", version=100 if expected is None else version, run_id="r",
            expected=expected, decided_at=datetime(2013, 10, 1), decided_by="race", reason="promote")
        print("won", line.seq)
    except Conflict as conflict:
        print("lost", conflict.code)
"""


POSTGRES = os.environ.get("LEDGER_TEST_POSTGRES")


@pytest.fixture(params=["sqlite"] if POSTGRES is None else ["sqlite", POSTGRES])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'mlflow' / 'ledger.db'}"
    with sa.create_engine(request.param).begin() as connection:
        connection.execute(sa.text("drop table if exists promotions, rejections"))
    return str(request.param)


def promote(url: str, version: int, expected: int | None, day: int = 1) -> ledger.Promotion:
    return ledger.promote(
        url,
        model="late",
        version=version,
        run_id=f"run{version}",
        expected=expected,
        decided_at=datetime.fromisoformat(f"2013-10-0{day}T12:00"),
        decided_by="tester",
        reason="better",
    )


def test_before_the_first_promotion_there_is_no_champion_and_reading_leaves_no_file(tmp_path: Path) -> None:
    assert ledger.champion(f"sqlite:///{tmp_path}/ledger.db", "late") is None
    assert list(tmp_path.iterdir()) == []


def test_each_promotion_follows_the_one_before_it(url: str) -> None:
    first, second = promote(url, 1, None), promote(url, 4, 1, day=2)
    assert (first.seq, first.previous_version) == (1, None)
    assert (second.seq, second.previous_version) == (2, 1)
    assert ledger.history(url, "late") == [first, second]
    assert ledger.champion(url, "late") == second
    assert ledger.champion(url, "another") is None


def test_a_promotion_over_another_champion_than_expected_is_a_conflict_and_writes_nothing(url: str) -> None:
    promote(url, 1, None)
    promote(url, 2, 1)
    with pytest.raises(Conflict, match="version 1 as champion, but version 2 is champion by now") as refusal:
        promote(url, 3, 1)
    assert refusal.value.code == "ledger.conflict"
    with pytest.raises(Conflict, match="no champion"):
        promote(url, 3, None)
    assert [line.version for line in ledger.history(url, "late")] == [1, 2]


def test_a_conflict_says_to_judge_the_candidate_again_or_to_look_before_going_back(url: str) -> None:
    promote(url, 2, None)
    about = {"decided_at": datetime(2013, 10, 2), "decided_by": "tester", "reason": "better", "expected": 1}
    steps = {"promote": "python -m training judge --candidate r", "rollback": "python -m training history --model late"}
    for kind, step in steps.items():
        with pytest.raises(Conflict) as refusal:
            ledger.promote(url, model="late", version=1, run_id="r", kind=kind, **about)  # type: ignore[arg-type]
        assert refusal.value.next_step.endswith(f": {step}")


def test_who_was_champion_changes_at_the_moment_of_the_decision(url: str) -> None:
    promote(url, 1, None, day=1)
    promote(url, 2, 1, day=5)
    moments = ["2013-10-01T11:59", "2013-10-05T11:59", "2013-10-05T12:00"]
    lines = [ledger.champion_at(url, "late", datetime.fromisoformat(at)) for at in moments]
    assert [line and line.version for line in lines] == [None, 1, 2]


def test_a_champion_is_champion_in_the_whole_second_of_its_decision(url: str) -> None:
    at = datetime.fromisoformat("2013-10-01T12:00:00.6")
    ledger.promote(
        url, model="late", version=1, run_id="r", expected=None, decided_at=at, decided_by="tester", reason="better"
    )
    assert ledger.champion_at(url, "late", datetime.fromisoformat("2013-10-01T11:59:59")) is None
    assert ledger.champion_at(url, "late", datetime.fromisoformat("2013-10-01T12:00:00")) is not None


def test_a_clock_that_is_behind_does_not_rewrite_who_was_champion(url: str) -> None:
    promote(url, 1, None, day=5)
    assert promote(url, 2, 1, day=3).decided_at == datetime.fromisoformat("2013-10-05T12:00")


@pytest.mark.slow
def test_of_twenty_processes_that_promote_at_once_exactly_one_wins_each_line(url: str) -> None:
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, url, str(version)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for version in range(20)
    ]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    said = Counter(line for racer in racers for line in racer.communicate()[0].splitlines())
    assert said == {"won 1": 1, "won 2": 1, "lost ledger.conflict": 38}
    assert [line.seq for line in ledger.history(url, "m")] == [1, 2]


def test_the_database_itself_refuses_a_second_line_with_the_same_number(url: str) -> None:
    promote(url, 1, None)
    with pytest.raises(sa.exc.IntegrityError), sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        connection.execute(sa.text("insert into promotions select * from promotions"))


def test_a_line_taken_out_of_the_ledger_is_noticed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    promote(url, 1, None)
    promote(url, 2, 1)
    connection = sqlite3.connect(tmp_path / "ledger.db")
    connection.execute("delete from promotions where seq = 1")
    connection.commit()
    connection.close()
    with pytest.raises(Damaged, match="Line 2 of the ledger of late follows version 1"):
        ledger.champion(url, "late")


def test_a_line_whose_time_is_none_is_damaged(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    promote(url, 1, None)
    connection = sqlite3.connect(tmp_path / "ledger.db")
    connection.execute("update promotions set decided_at = 'yesterday'")
    connection.commit()
    connection.close()
    for act in (lambda: ledger.champion(url, "late"), lambda: promote(url, 2, 1)):
        with pytest.raises(Damaged, match="of the ledger of late cannot be read"):
            act()


def test_a_file_that_is_no_database_is_damaged_and_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_text("this was the ledger " * 100)
    with pytest.raises(Damaged, match="not a database"):
        promote(f"sqlite:///{tmp_path}/ledger.db", 1, None)
    assert (tmp_path / "ledger.db").read_text().startswith("this was the ledger")


def test_a_ledger_that_another_holds_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    promote(url, 1, None)
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    holder = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Unavailable, match="database is locked"):
        promote(url, 2, 1)
    holder.close()
    assert promote(url, 2, 1).seq == 2


@pytest.mark.parametrize("url", ["ledger.db", "nosuch://localhost/x", "mysql+nosuch://localhost/x"])
def test_a_url_that_cannot_be_used_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(BadInput, match=r"cannot be used") as refusal:
        ledger.champion(url, "late")
    assert url not in str(refusal.value)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true"])
def test_a_ledger_in_memory_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match="names no file") as refusal:
        promote(url, 1, None)
    assert refusal.value.code == "ledger.url_invalid"
