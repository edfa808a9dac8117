"""Faults of a build: each is planted, named by its code, and what its section says to run builds once it is mended."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from artifacts.errors import Refusal
from artifacts.places import REPOSITORY, Places
from artifacts.training_set import publish_training_set
from features.validate import validate
from tests.docs import runbook
from tests.docs.post_home import BUILD, Reader, edit, made_home, reader_in
from tests.features.conftest import post
from tests.fixtures_training_set import make_contract, make_rows
from tests.serving.world import wait_for

pytestmark = pytest.mark.slow

# By code: the file of the project, what stands in it, and what a careless hand puts there.
EDITS = {
    "features.dbt_failed": ("postings.sql", "known_at desc", "unknown_at desc"),
    "features.dbt_test_failed": ("_staging.yml", "[small, large]", "[large]"),
    "features.dbt_test_errored": ("_staging.yml", "name: size", "name: zork"),
    "validation.failed": ("toy.yml", "bounds: [0, 5000]", "bounds: [0, 150]"),
    "training_set.null_key": (
        "toy.sql",
        "    postings.parcel,",
        "    nullif(postings.parcel, '2013-01-05') as parcel,",
    ),
    "training_set.duplicate_key": ("toy.sql", "using (parcel)", "using (parcel)\ncross join range(2)"),
    "training_set.not_finite": ("toy.sql", "postings.weight_g / 1000.0::double", "'nan'::double"),
}


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    return made_home(tmp_path_factory.mktemp("building"))


@pytest.fixture
def reader(places: Places, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Reader:
    """A reader of the shared home, in which nothing is remembered, so that every build runs dbt."""
    shutil.rmtree(places.warehouse / "built", ignore_errors=True)
    return reader_in(places, monkeypatch, capsys)


@pytest.fixture
def built(reader: Reader) -> Reader:
    """The same, after a build."""
    assert reader.runs(BUILD)[0] == 0
    return reader


@contextmanager
def edited(reader: Reader, file: str, old: str, new: str) -> Iterator[None]:
    edit(reader.project, file, old, new)
    try:
        yield
    finally:
        edit(reader.project, file, new, old)


@pytest.mark.parametrize("code", sorted(EDITS.keys() - {"features.dbt_test_failed"}))
def test_a_wrong_edit_is_named_and_once_it_is_mended_the_command_builds(code: str, reader: Reader) -> None:
    with edited(reader, *EDITS[code]):
        reader.refused(code, BUILD)
    assert reader.follows(code) == [0]


def test_a_failed_dbt_test_fails_by_dbt_alone_too_and_passes_once_it_is_mended(built: Reader, tmp_path: Path) -> None:
    make, build = runbook.section("features.dbt_test_failed").commands
    assert make == 'make dbt ARGS="build -s MODEL"'
    # As `make dbt` does, in the project of this home.
    inside = f"import pathlib, ops.dbt; ops.dbt.REPOSITORY = pathlib.Path({str(built.project.parent)!r})"
    # Not beside the project's own files, which the next test edits.
    environ = {**os.environ, "DBT_TARGET_PATH": f"{tmp_path}/target", "DBT_LOG_PATH": str(tmp_path)}
    with edited(built, *EDITS["features.dbt_test_failed"]):
        built.refused("features.dbt_test_failed", BUILD)
        command = [sys.executable, "-c", f"{inside}; ops.dbt.main()", "build", "-s", "postings"]
        done = subprocess.run(command, cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode, "accepted_values_postings_size__large" in done.stdout) == (1, True), done.stderr
    mended = subprocess.run(command, cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False)
    assert mended.returncode == 0, mended.stdout
    assert built.runs(build)[0] == 0


def test_a_moment_before_the_first_row_has_nothing_to_check(reader: Reader) -> None:
    reader.refused("validation.nothing_to_check", BUILD, DAY="2012-01-01")
    assert reader.follows("validation.nothing_to_check") == [0]


def test_an_interrupted_build_goes_on_by_the_same_command(reader: Reader) -> None:
    lasting = "(select max(md5(range::varchar)) from range(3000000))"
    log = reader.places.warehouse / "dbt" / "dbt.log"
    log.unlink(missing_ok=True)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    slow = ("toy.sql", "postings.weight_g,", f"postings.weight_g + length({lasting})::integer as weight_g,")

    def interrupt() -> None:
        wait_for(lambda: log.exists() and "START sql table model main.toy" in log.read_text())
        os.kill(os.getpid(), signal.SIGINT)

    with edited(reader, *slow), ThreadPoolExecutor() as other:
        other.submit(interrupt)
        try:
            reader.refused("features.interrupted", BUILD)
        finally:
            signal.signal(signal.SIGINT, before)
    assert reader.follows("features.interrupted") == [0]


def test_rows_that_land_during_a_build_are_built_from_by_the_next(reader: Reader) -> None:
    log = reader.places.warehouse / "dbt" / "dbt.log"
    log.unlink(missing_ok=True)
    with ThreadPoolExecutor() as other:
        landing = other.submit(lambda: (wait_for(log.exists), post(reader.places.raw, "2013-03")))
        reader.refused("features.inputs_moved", BUILD)
        landing.result()
    assert reader.follows("features.inputs_moved") == [0]


def test_a_warehouse_that_a_shell_has_open_is_built_in_once_it_is_closed(built: Reader) -> None:
    shutil.rmtree(built.places.warehouse / "built")
    opened = f"import duckdb; c = duckdb.connect('{built.places.warehouse}/shipshape.duckdb'); print(1); input()"
    command = [sys.executable, "-u", "-c", opened]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as shell:
        assert shell.stdout and shell.stdout.readline() == b"1\n"
        built.refused("features.warehouse_in_use", BUILD)
        shell.communicate(b"\n")
    assert built.follows("features.warehouse_in_use") == [0]


def of_another_type(folder: Path) -> None:
    contract = make_contract()
    rows = make_rows(contract, rows=200)
    texts = rows.set_column(4, "hour", rows.column("hour").cast("string"))
    pq.write_table(texts, folder / "data.parquet")
    validate(folder / "data.parquet", contract, datetime(2013, 4, 1), None, folder=folder, attempt="try")


def without_a_row(folder: Path) -> None:
    contract = make_contract()
    pq.write_table(make_rows(contract, rows=200).slice(0, 0), folder / "data.parquet")
    publish_training_set(str(folder / "sets"), contract, datetime(2013, 4, 1), folder, {})


@pytest.mark.parametrize(
    ("code", "fault"), [("validation.raised", of_another_type), ("training_set.empty", without_a_row)]
)
def test_what_dbt_and_the_gates_before_keep_away_is_refused_too(
    code: str, fault: Callable[[Path], None], reader: Reader, tmp_path: Path
) -> None:
    with pytest.raises(Refusal) as refusal:
        fault(tmp_path)
    assert refusal.value.code == code
    assert reader.follows(code) == [0]
