"""Which models are live is asked of the ledger that is set, and an answer that does not come is none."""

from datetime import datetime
from pathlib import Path

import pytest

from artifacts import ledger
from ci.live import Live, live_models
from ci.reach import _told


def live(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str) -> Live:
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path))
    monkeypatch.setenv("PIPELINE_LEDGER", url)
    return next(one for one in live_models() if one.model == "late_arrival")


def test_the_champion_is_that_of_the_ledger_wherever_it_lies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/elsewhere.db"
    ledger.promote(
        url,
        model="late_arrival",
        version=3,
        run_id="a" * 32,
        expected=None,
        decided_at=datetime(2013, 10, 1),
        decided_by="a test",
        reason="better",
        verdict="verdicts/x/verdict.json",
    )
    assert _told(live(monkeypatch, tmp_path, url)) == "late_arrival (champion: version 3)"


def test_without_a_ledger_nobody_is_champion(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = _told(live(monkeypatch, tmp_path, f"sqlite:///{tmp_path}/none.db"))
    assert told == "late_arrival (no champion here)"


def test_a_ledger_that_cannot_be_read_is_not_one_without_a_champion(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "ledger.db").write_bytes(b"no database, but long enough to look like one" * 100)
    told = _told(live(monkeypatch, tmp_path, f"sqlite:///{tmp_path}/ledger.db"))
    assert told == "late_arrival (champion not known: ledger.damaged)"
