"""Backup and restore of a home on SQLite and local folders: everything back, hash by hash, or nothing written."""

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import datetime
from pathlib import Path

import fsspec
import pytest
import sqlalchemy as sa

from artifacts import cli, ledger
from artifacts.errors import BadInput, Conflict, Damaged, Missing, Refusal, Unavailable
from artifacts.places import REPOSITORY, Places, read_places
from artifacts.publish import read
from artifacts.registry import Registry
from artifacts.registry.migrate import migrate
from artifacts.whole_file import write_whole
from ops.__main__ import build_parser
from ops.backup import databases
from ops.backup.copying import copy_in, copy_out, files
from ops.backup.make import make_backup
from ops.backup.nothing import refuse_nothing
from ops.backup.places import NEVER_GO, sources
from ops.backup.restore import restore
from ops.backup.verify import Verified, verify
from tests.fixtures_postgres import DATABASES, cluster
from tests.fixtures_prediction_log import logged, prediction
from tests.fixtures_registry import registry_in
from tests.fixtures_training_set import make_training_set
from tests.training.toy import toy_config
from training.promote_or_keep import promote_or_keep
from training.train import train


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Places, Path]:
    """A home with two training sets, a champion, a setting and a key, and its backup; nobody changes either."""
    places = read_places({"PIPELINE_HOME": str(tmp_path_factory.mktemp("kept") / "home")})
    registry = registry_in(places.home / "mlflow")
    run = train(registry, make_training_set(places.training_sets), toy_config())
    make_training_set(places.training_sets, seed=8)
    promote_or_keep(registry, places.ledger, places.training_sets, run.run_id, "tester")
    for name, text in (("airflow/airflow.cfg", "[core]\n"), ("serving_api_key", "a key\n"), ("logs/up.log", "said\n")):
        (places.home / name).parent.mkdir(exist_ok=True)
        (places.home / name).write_text(text)
    for name in ("serving_api_key", "mlflow/ledger.db"):
        (places.home / name).chmod(0o600)
    made = make_backup(places, places.home.parent / "backup")
    return places, Path(made.uri)


@pytest.fixture
def emptied(kept: tuple[Places, Path]) -> tuple[Places, Path]:
    """The same places with nothing in them, and the backup; what was there is put back after the test."""
    places, backup = kept
    aside = places.home.with_name("aside")
    places.home.rename(aside)
    yield places, backup
    shutil.rmtree(places.home, ignore_errors=True)
    aside.rename(places.home)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_wiped_and_restored_every_set_and_model_has_its_hash_and_the_ledger_its_lines(emptied):
    places, backup = emptied
    before = places.home.with_name("aside")
    verified = restore(places, backup)
    assert (verified.folders["training_sets"], verified.models) == (2, 1)
    assert ledger.champion(places.ledger, "toy").version == 1
    assert Registry.at(places).versions("toy") == [1]
    old, new = contents(before), contents(places.home)
    assert {name for name in old if not name.endswith((".lock", ".db"))} - new.keys() == {"logs/up.log"}
    assert {name for name in new if old.get(name) != new[name]} <= {"mlflow/mlflow.db", "mlflow/ledger.db"}
    modes = {name: ((before / name).stat().st_mode, (places.home / name).stat().st_mode) for name in new}
    assert {name for name, (then, now) in modes.items() if then != now} <= {"mlflow/mlflow.db.lock"}
    assert modes["serving_api_key"][1] & 0o777 == modes["mlflow/ledger.db"][1] & 0o777 == 0o600


def test_a_flipped_byte_anywhere_in_a_backup_is_refused_before_anything_is_written(emptied, tmp_path):
    places, backup = emptied
    for file in ("databases/ledger.sqlite", "manifest.json", "home/serving_api_key", "model.ubj", "data.parquet"):
        copy = tmp_path / file.replace("/", "-").lower()
        shutil.copytree(backup, copy)
        victim = next(path for path in sorted(copy.rglob("*")) if path.as_posix().endswith(f"/{file}"))
        whole = bytearray(victim.read_bytes())
        whole[len(whole) // 2] ^= 1
        victim.write_bytes(whole)
        with pytest.raises(Damaged) as refused:
            restore(places, copy)
        assert (refused.value.code, refused.value.next_step[:21]) == ("publish.damaged", "Nothing was restored.")
        assert not places.home.exists(), file


def test_nothing_is_restored_over_anything_and_all_that_is_there_is_named(kept):
    places, backup = kept
    before = contents(places.home)
    with pytest.raises(Conflict) as refused:
        restore(places, backup)
    assert refused.value.code == "restore.not_empty"
    for name in ("training_sets at", "mlflow_artifacts at", "ledger at", "home at"):
        assert name in str(refused.value)
    assert contents(places.home) == before


def test_a_backup_is_its_owners_alone_and_a_second_of_the_same_name_is_refused(kept):
    places, backup = kept
    assert backup.stat().st_mode & 0o777 == 0o700
    with pytest.raises(Conflict) as refused:
        make_backup(places, backup)
    assert refused.value.code == "backup.exists"


def test_a_backup_inside_of_what_it_copies_is_refused(kept):
    places, _ = kept
    with pytest.raises(Conflict) as refused:
        make_backup(places, places.home / "backups" / "one")
    assert refused.value.code == "backup.inside"


def test_a_folder_in_which_none_can_be_made_is_what_was_named_and_no_setting(kept):
    with pytest.raises(BadInput, match="/proc/backup is no place") as refused:
        make_backup(kept[0], Path("/proc/backup"))
    assert (refused.value.code, refused.value.next_step) == (
        "place.invalid",
        "Name a folder elsewhere: make backup TO=FOLDER",
    )


def test_what_is_passing_is_left_out(tmp_path):
    home = tmp_path / "home"
    for name in (f"runs/.end.json.{'0f' * 16}", f".{'0f' * 16}", "validation/late/attempt/rows.html", "runs/end.json"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text("{}")
    made = make_backup(read_places({"PIPELINE_HOME": str(home)}), tmp_path / "backup")
    assert list(made.files) == ["home/runs/end.json"]


def test_a_file_of_the_home_that_goes_meanwhile_may_and_a_key_may_not(tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "stays").write_text("there")
    listed = ["runs/went.json", "stays"]
    assert copy_out(str(tmp_path / "home"), listed, tmp_path / "out", {*listed} - NEVER_GO) == 1
    assert contents(tmp_path / "out") == {"stays": b"there"}
    for key in sorted(NEVER_GO):
        with pytest.raises(Unavailable, match=f"{key} cannot be copied: No such file") as refused:
            copy_out(str(tmp_path / "home"), [key], tmp_path / "again", {key} - NEVER_GO)
        assert refused.value.code == "backup.file_failed"


def test_what_is_published_may_not_go_while_it_is_copied(tmp_path):
    with pytest.raises(Unavailable, match=r"rows\.parquet cannot be copied"):
        copy_out(str(tmp_path), ["late/1/rows.parquet"], tmp_path / "out")


def test_a_folder_that_cannot_be_listed_is_not_taken_for_an_empty_one(tmp_path):
    (tmp_path / "raw").write_text("a file where the folder was")
    with pytest.raises(Unavailable, match="raw cannot be copied: Not a directory") as refused:
        files(str(tmp_path / "raw"))
    assert refused.value.code == "backup.file_failed"
    assert files(str(tmp_path / "nothing")) == []


def test_a_backup_is_made_whole_while_files_come_and_go(kept, tmp_path):
    places, _ = kept
    drafts, stop = places.home / "runs", threading.Event()

    def churn():
        while not stop.is_set():
            for number in range(50):
                write_whole(drafts / f"{number}.json", "{}")
            for path in drafts.iterdir():
                path.unlink()

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for number in range(3):
            made = make_backup(places, tmp_path / f"backup{number}").verify()
            assert {"home/serving_api_key", "home/airflow/airflow.cfg"} <= made.files.keys()
            assert not [name for name in made.files if "/." in name]
    finally:
        stop.set()
        thread.join()
        shutil.rmtree(drafts)


@pytest.mark.parametrize("spoil", [lambda content: content[:-1] + b"?", lambda _: None], ids=["changed", "lost"])
def test_what_a_store_gives_back_otherwise_than_it_was_written_ends_a_restore(tmp_path, monkeypatch, spoil):
    (tmp_path / "late").mkdir()
    (tmp_path / "late" / "rows.txt").write_text("one\ntwo\n")
    store = type(fsspec.filesystem("memory"))

    def put_file(self, lpath, rpath, **_):
        written = spoil(Path(lpath).read_bytes())
        if written is not None:
            self.pipe_file(rpath, written)

    with monkeypatch.context() as patch, pytest.raises(Damaged, match=r"late/rows\.txt does not read back") as refused:
        patch.setattr(store, "put_file", put_file)
        copy_in(tmp_path, f"memory://{tmp_path.name}")
    assert refused.value.code == "restore.unequal"
    assert copy_in(tmp_path, f"memory://{tmp_path.name}") == 1


def test_what_a_disk_gives_back_otherwise_than_it_was_written_ends_a_restore(tmp_path, monkeypatch):
    (tmp_path / "backup").mkdir()
    (tmp_path / "backup" / "rows.txt").write_text("one\ntwo\n")
    monkeypatch.setattr(shutil, "copy2", lambda _, target: target.write_text("one\ntw"))
    with pytest.raises(Damaged, match=r"raw/rows\.txt does not read back as it was written") as refused:
        copy_in(tmp_path / "backup", str(tmp_path / "raw"))
    assert refused.value.code == "restore.unequal"


@pytest.mark.parametrize("more", ["-wal", "-shm", "-journal"])
def test_what_sqlite_would_read_beside_a_restored_database_counts_as_filled(emptied, more):
    places, backup = emptied
    stale = Path(places.ledger.removeprefix("sqlite:///") + more)
    stale.parent.mkdir(parents=True)
    stale.write_bytes(b"of another ledger")
    with pytest.raises(Conflict, match=r"ledger at .* with its -wal") as refused:
        restore(places, backup)
    assert refused.value.code == "restore.not_empty"
    assert contents(places.home) == {f"mlflow/ledger.db{more}": b"of another ledger"}


def test_a_failure_half_way_leaves_nothing_that_is_taken_for_a_backup(kept, tmp_path):
    places, _ = kept
    broken = places.model_copy(update={"alerts": f"sqlite:///{tmp_path}/alerts.db"})
    (tmp_path / "alerts.db").write_bytes(b"SQLite format 3\x00" + b"\xff" * 4096)
    with pytest.raises(Damaged) as refused:
        make_backup(broken, tmp_path / "backup")
    assert refused.value.code == "backup.database_damaged"
    assert not (tmp_path / "backup").exists()
    assert list((tmp_path / ".tmp").iterdir()) == []


def test_a_database_is_copied_whole_while_somebody_writes(tmp_path):
    with closing(sqlite3.connect(tmp_path / "busy.db")) as writer:
        writer.executescript("pragma journal_mode=wal; create table t (x); insert into t values (1);")
        writer.execute("insert into t values (2)")  # not committed
        name = databases.dump(sa.make_url(f"sqlite:///{tmp_path}/busy.db"), tmp_path, "copy")
    with closing(sqlite3.connect(tmp_path / str(name))) as copy:
        assert copy.execute("select x from t").fetchall() == [(1,)]


def test_the_alerts_of_a_replay_are_copied_as_the_database_that_they_are(emptied, tmp_path):
    places, _ = emptied
    own = places.home / "replay" / "alerts.db"
    own.parent.mkdir(parents=True)
    with closing(sqlite3.connect(own)) as writer:
        writer.executescript("pragma journal_mode=wal; create table t (x); insert into t values (1);")
        made = make_backup(places, tmp_path / "with_a_replay")
        assert not any(name.startswith("home/replay/") for name in made.files)
    shutil.rmtree(places.home)
    restore(places, tmp_path / "with_a_replay")
    with closing(sqlite3.connect(own)) as copy:
        assert copy.execute("select x from t").fetchall() == [(1,)]


def test_artefacts_that_mlflow_would_look_for_elsewhere_are_refused_with_the_setting(emptied, tmp_path):
    places, backup = emptied
    elsewhere = places.model_copy(update={"mlflow_artifacts": str(tmp_path / "elsewhere")})
    with pytest.raises(BadInput, match=f"PIPELINE_MLFLOW_ARTIFACTS={places.mlflow_artifacts}") as refused:
        restore(elsewhere, backup)
    assert refused.value.code == "restore.elsewhere"


def test_what_was_in_a_local_folder_does_not_go_into_an_object_store_where_nobody_would_find_it(emptied):
    places, backup = emptied
    elsewhere = places.model_copy(update={"training_sets": "memory://elsewhere"})
    with pytest.raises(BadInput, match="of the kind that it was in: PIPELINE_TRAINING_SETS") as refused:
        restore(elsewhere, backup)
    assert refused.value.code == "restore.elsewhere"
    assert not places.home.exists()


def test_a_backup_of_sqlite_does_not_go_into_postgres(emptied):
    places, backup = emptied
    other = places.model_copy(update={"ledger": "postgresql+psycopg://u:hidden-word@127.0.0.1:1/ledger"})
    with pytest.raises(BadInput) as refused:
        restore(other, backup)
    assert refused.value.code == "restore.other_database"
    assert "hidden-word" not in str(refused.value)


def test_a_server_in_place_of_mlflows_database_is_refused(kept, tmp_path):
    places, _ = kept
    with pytest.raises(BadInput, match="Set PIPELINE_MLFLOW") as refused:
        make_backup(places.model_copy(update={"mlflow": "http://127.0.0.1:5000"}), tmp_path / "backup")
    assert refused.value.code == "backup.no_database"


def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path):
    url = sa.make_url("postgresql+psycopg://ledger:hidden-word@127.0.0.1:1/ledger")
    for act in (lambda: databases.dump(url, tmp_path, "ledger"), lambda: databases.is_empty(url)):
        with pytest.raises(Unavailable) as refused:
            act()
        assert refused.value.code == "backup.database_failed"
        assert "ledger:***@127.0.0.1" in str(refused.value)
        assert "hidden-word" not in str(refused.value)


def test_an_option_of_the_url_that_the_programs_would_not_see_is_refused(tmp_path):
    with pytest.raises(BadInput) as refused:
        databases.dump(sa.make_url("postgresql+psycopg://u@127.0.0.1/d?target_session_attrs=any"), tmp_path, "d")
    assert refused.value.code == "backup.url_option"


@pytest.mark.parametrize(("file", "code"), [("model.ubj", "registry.damaged"), ("data.parquet", "publish.damaged")])
def test_verify_names_what_is_damaged_where_it_stands(kept, file, code):
    places, _ = kept
    victim = next(places.home.rglob(file))
    whole = victim.read_bytes()
    try:
        victim.write_bytes(whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
        with pytest.raises(Refusal) as refused:
            verify(places)
        assert refused.value.code == code
    finally:
        victim.write_bytes(whole)


def test_a_champion_whose_database_is_lost_or_another_is_no_home_that_is_well(kept, tmp_path):
    places, _ = kept
    assert verify(places.model_copy(update={"mlflow": f"{places.mlflow}?timeout=20"})).models == 1
    lost = places.model_copy(update={"mlflow": f"sqlite:///{tmp_path}/mlflow.db"})
    with pytest.raises(Damaged, match=r"version 1 of toy as champion, and MLflow .* has no version of it") as refused:
        verify(lost)
    assert (refused.value.code, list(tmp_path.iterdir())) == ("home.champion_lost", [])


def test_a_home_whose_mlflow_has_another_model_under_the_champions_number_is_not_well(kept, tmp_path):
    another = registry_in(tmp_path)
    run = train(another, make_training_set(str(tmp_path / "sets")), toy_config("seed=2"))
    with pytest.raises(Damaged, match=rf"Version 1 of toy comes from MLflow run {run.run_id}; the led") as refused:
        verify(kept[0].model_copy(update={"mlflow": another.tracking_uri}))
    assert refused.value.code == "judge.champion_differs"


def test_a_home_that_lost_its_ledger_is_not_well_and_no_backup_is_made_of_it(kept, tmp_path):
    lost = kept[0].model_copy(update={"ledger": f"sqlite:///{tmp_path}/ledger.db"})
    for act in (verify, lambda places: make_backup(places, tmp_path / "backup")):
        with pytest.raises(Damaged, match="alias champion points at version 1") as refused:
            act(lost)
        assert refused.value.code == "judge.ledger_lost"
    assert not (tmp_path / "backup").exists()


def test_a_home_that_lost_ledger_and_mlflow_together_is_not_well_either(kept, tmp_path):
    gone = {name: f"sqlite:///{tmp_path}/{name}.db" for name in ("ledger", "mlflow")}
    lost = kept[0].model_copy(update={**gone, "predictions": tmp_path / "log"})
    logged(lost.predictions, prediction())
    for act in (verify, lambda places: make_backup(places, tmp_path / "backup")):
        with pytest.raises(Damaged, match=r"Neither the ledger .* nor MLflow .* has a model") as refused:
            act(lost)
        assert refused.value.code == "judge.ledger_lost"
    assert list(tmp_path.iterdir()) == [tmp_path / "log"]


@pytest.fixture(params=["absent", "with logs alone"])
def empty(request, tmp_path, monkeypatch):
    """A home in which nothing is that is kept, named by the environment."""
    home = tmp_path / "home"
    if request.param != "absent":
        (home / "logs").mkdir(parents=True)
        (home / "logs" / "up.log").write_text("said")
    monkeypatch.setenv("PIPELINE_HOME", str(home))
    return home


@pytest.mark.parametrize(("verb", "act"), [("verify", "verify"), ("backup", "back up")])
def test_a_home_in_which_nothing_is_is_neither_verified_nor_backed_up(empty, tmp_path, capsys, verb, act):
    is_there = empty.exists()
    before = contents(tmp_path)
    assert cli.run(build_parser(), [verb, *(["--to", str(tmp_path / "backup")] if verb == "backup" else [])]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith(f"home.empty: There is nothing to {act} in the home {empty}")
    assert (", which is not there;" in said, "PIPELINE_HOME=FOLDER" in said) == (not is_there, True)
    assert (contents(tmp_path), empty.exists()) == (before, is_there)


@pytest.mark.parametrize("database", ["alerts", "ledger", "mlflow", "airflow", "replay"])
def test_a_database_of_tables_without_a_row_of_ours_is_nothing_and_one_row_is_something(tmp_path, database):
    tables = {"alerts": "watches", "replay": "watches", "ledger": "rejections", "mlflow": "runs", "airflow": "dag_run"}
    wanted = sources(read_places({"PIPELINE_HOME": str(tmp_path)}))
    file = Path(wanted.databases[database].database)
    file.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(file)) as made:
        made.executescript(f"create table {tables[database]} (x); create table experiments (x);")
        if database in {"mlflow", "airflow"}:
            made.executescript("insert into experiments values (1);")
    with pytest.raises(Missing) as refused:
        refuse_nothing(wanted)
    assert refused.value.code == "home.empty"
    with closing(sqlite3.connect(file)) as made:
        made.executescript(f"insert into {tables[database]} values (1);")
    refuse_nothing(wanted)


def test_an_empty_postgres_is_left_empty_and_its_tables_alone_are_nothing_to_back_up(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path / "home"))
    with cluster() as postgres:
        postgres.make_databases()
        for name in ("mlflow", "ledger", "alerts"):
            monkeypatch.setenv(f"PIPELINE_{name.upper()}", postgres.url(name))
        monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", postgres.url("airflow"))

        def refused(*arguments):
            return cli.run(build_parser(), [*arguments]), capsys.readouterr().err.splitlines()[-1].split(":")[0]

        assert refused("verify") == (2, "home.empty")
        assert all(databases.is_empty(sa.make_url(postgres.url(name))) for name in DATABASES)
        with pytest.raises(Missing, match="has no tables yet"):
            Registry.at(read_places()).run("0" * 32)
        migrate(postgres.url("mlflow"))
        assert not databases.is_empty(sa.make_url(postgres.url("mlflow")))
        assert refused("backup", "--to", str(tmp_path / "backup")) == (2, "home.empty")
        assert not (tmp_path / "backup").exists()
        about = {"run_id": "a" * 32, "decided_at": datetime(2026, 1, 1), "decided_by": "tester", "reason": "a test"}
        ledger.promote(postgres.url("ledger"), model="toy", version=1, expected=None, **about)
        refuse_nothing(sources(read_places()))


@pytest.mark.slow
def test_the_commands_say_what_they_did_and_exit_2_when_something_is_there(kept, tmp_path):
    places, _ = kept
    environ = {**os.environ, "PIPELINE_HOME": str(places.home)}

    def run(*arguments):
        command = [sys.executable, "-m", "ops", *arguments]
        return subprocess.run(command, cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False)

    made = run("backup", "--to", str(tmp_path / "again"))
    assert made.returncode == 0, made.stderr
    assert made.stdout.splitlines()[-1] == str(tmp_path / "again")
    assert read(str(tmp_path / "again"), "backup").verify().facts["files"]["home"] == 2
    again = run("restore", "--from", str(tmp_path / "again"))
    assert (again.returncode, again.stderr.splitlines()[-1].split(":")[0]) == (2, "restore.not_empty")
    held = run("verify")
    assert (held.returncode, held.stdout.splitlines()[0]) == (
        0,
        "verified by sha256: 0 of raw, 2 of training sets, 0 of upcoming, 0 of prediction parts, 0 of findings, "
        "1 model version",
    )


def test_one_model_version_is_told_as_one():
    assert [Verified({}, count).lines()[0].rpartition(", ")[2] for count in (1, 2)] == [
        "1 model version",
        "2 model versions",
    ]
