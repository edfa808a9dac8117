"""Faults of a backup: each is planted, named by its code, and gone after what its section says to run."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from artifacts.places import Places
from artifacts.rejections import Rejection, reject
from tests.docs import runbook
from tests.fixtures_postgres import Cluster, cluster
from tests.ops.test_backup import kept

__all__ = ["kept"]

pytestmark = pytest.mark.slow

BACKUP, RESTORE = "make backup TO=FOLDER", "make restore FROM=FOLDER"
WHOLE = "1 model version"


@dataclass(frozen=True)
class Home:
    """A home that is backed up, its backup, and room beside it; settings and repairs of one test."""

    places: Places
    backup: Path
    room: Path
    patch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def set(self, **settings: object) -> Callable[[], object]:
        """Settings as the fault has them; what takes them back."""
        for name, value in settings.items():
            self.patch.setenv(f"PIPELINE_{name}", str(value))
        return lambda: [self.patch.delenv(f"PIPELINE_{name}") for name in settings]

    def go(self) -> None:
        """Move away what is there."""
        self.places.home.rename(self.places.home.with_name("aside"))

    def runs(self, command: str, **values: object) -> tuple[int, str]:
        given = {"URL": self.places.mlflow, **{name: str(value) for name, value in values.items()}}
        return runbook.run(runbook.filled(command, given), self.capsys)

    def follows(self, code: str, **values: object) -> list[tuple[int, str]]:
        """What a section says to run; before `make`, `FOLDER` of a setting is that of the home."""
        settings = {"PIPELINE_HOME": self.places.home, "PIPELINE_MLFLOW_ARTIFACTS": self.places.mlflow_artifacts}
        commands = runbook.section(code).commands
        for name, place in settings.items():
            commands = [one.replace(f"{name}=FOLDER", f"{name}={place}") for one in commands]
        return [self.runs(one, **values) for one in commands]


@pytest.fixture
def home(
    kept: tuple[Places, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Home]:
    monkeypatch.setenv("PIPELINE_HOME", str(kept[0].home))
    yield Home(*kept, tmp_path, monkeypatch, capsys)
    aside = kept[0].home.with_name("aside")
    if aside.exists():
        shutil.rmtree(kept[0].home, ignore_errors=True)
        aside.rename(kept[0].home)


@dataclass(frozen=True)
class Fault:
    """`no` is what is refused, with `given` filled in; after the repair the section's command ends well."""

    no: str
    plant: Callable[[Home], Callable[[], object] | None] = lambda _: None
    given: Mapping[str, Callable[[Home], Path]] = field(default_factory=dict)
    after: Mapping[str, Callable[[Home], Path]] = field(default_factory=dict)
    said: str = "each with its sha256"


def new(home: Home) -> Path:
    return home.room / "monday"


def a_file_instead(home: Home) -> Callable[[], object]:
    place = Path(home.places.raw)
    place.write_text("no folder")
    return place.unlink


def broken(home: Home) -> Callable[[], object]:
    """Alerts that were backed up once, and are broken since; the copy of then is put in their place."""
    path = home.room / "alerts.db"
    with closing(sqlite3.connect(path)) as writer:
        writer.executescript("create table t (x); insert into t values (1);")
    home.set(ALERTS=f"sqlite:///{path}")
    assert home.runs(BACKUP, FOLDER=home.room / "sunday")[0] == 0
    path.write_bytes(b"SQLite format 3\x00" + b"\xff" * 4096)
    return lambda: shutil.copy(home.room / "sunday" / "databases" / "alerts.sqlite", path)


def elsewhere(home: Home) -> None:
    home.go()
    home.set(MLFLOW_ARTIFACTS=home.room / "elsewhere")


def in_postgres(home: Home) -> Callable[[], object]:
    home.go()
    return home.set(LEDGER="postgresql+psycopg://ledger:a-word@127.0.0.1:1/ledger")


def a_newer_ledger(home: Home) -> Callable[[], object]:
    """One that has a version which was trained and rejected after MLflow's backup."""
    copy = home.room / "ledger.db"
    shutil.copy(home.places.ledger.removeprefix("sqlite:///"), copy)
    url, at = f"sqlite:///{copy}", datetime(2026, 1, 1)
    reject(url, Rejection("toy", 9, "9" * 32, "verdicts/a/verdict.json", at, "Ada", "No good."))
    return home.set(LEDGER=url)


OLD: Mapping[str, Callable[[Home], Path]] = {"FOLDER": lambda home: home.backup}
NEW: Mapping[str, Callable[[Home], Path]] = {"FOLDER": new}
FAULTS = {
    "home.empty": Fault(BACKUP, lambda home: home.set(HOME=home.room / "empty"), NEW, NEW),
    "home.champion_lost": Fault(
        "python -m ops verify", lambda home: home.set(MLFLOW=f"sqlite:///{home.room}/mlflow.db"), said=WHOLE
    ),
    "home.versions_lost": Fault("python -m ops verify", a_newer_ledger, said=WHOLE),
    "backup.exists": Fault(BACKUP, given=OLD, after=NEW),
    "backup.inside": Fault(BACKUP, given={"FOLDER": lambda home: home.places.home / "backups" / "monday"}, after=NEW),
    "backup.no_database": Fault(BACKUP, lambda home: home.set(MLFLOW="http://127.0.0.1:5000"), NEW, NEW),
    "backup.file_failed": Fault(BACKUP, a_file_instead, NEW, NEW),
    "backup.database_damaged": Fault(BACKUP, broken, NEW, NEW),
    "restore.not_empty": Fault(RESTORE, lambda home: home.go, OLD, OLD, WHOLE),
    "restore.elsewhere": Fault(RESTORE, elsewhere, OLD, OLD, WHOLE),
    "restore.other_database": Fault(RESTORE, in_postgres, OLD, OLD, WHOLE),
}


@pytest.mark.parametrize("code", FAULTS)
def test_what_the_section_says_to_run_after_the_repair_works(code: str, home: Home) -> None:
    fault = FAULTS[code]
    mend = fault.plant(home)
    ended, said = home.runs(fault.no, **{name: where(home) for name, where in fault.given.items()})
    assert (ended != 0, f"{code}: " in said) == (True, True), said
    if mend is not None:
        mend()
    [(ended, said)] = home.follows(code, **{name: where(home) for name, where in fault.after.items()})
    assert (ended, fault.said in said) == (0, True), said


@pytest.fixture(scope="module")
def postgres() -> Iterator[Cluster]:
    with cluster() as running:
        running.make_databases()
        yield running


@pytest.mark.parametrize(
    ("code", "spoil"),
    [
        ("backup.database_failed", lambda url: url.replace("@", "-not@")),
        ("backup.url_option", lambda url: f"{url}?target_session_attrs=any"),
    ],
)
def test_a_database_of_postgres_that_cannot_be_dumped_is_backed_up_once_its_url_is_right(
    code: str, spoil: Callable[[str], str], home: Home, postgres: Cluster
) -> None:
    home.set(ALERTS=spoil(postgres.url("alerts")))
    ended, said = home.runs(BACKUP, FOLDER=new(home))
    assert (ended != 0, f"{code}: " in said, postgres.passwords["alerts"] in said) == (True, True, False), said
    home.set(ALERTS=postgres.url("alerts"))
    [(ended, said)] = home.follows(code, FOLDER=new(home))
    assert (ended, (new(home) / "databases" / "alerts.dump").is_file()) == (0, True), said
