"""What is passed to dbt is data: a moment that looks like one, and no statement that reaches a file or a setting."""

import duckdb
import pytest

from dbt_project.connection.locked_connection import Plugin
from tests.dbt_project.rawfiles import Flight, land_flights
from tests.dbt_project.warehouse import Warehouse

GUARD = "{%- if not modules.re.fullmatch("


def message(done) -> str:
    return " ".join([each.message or "" for each in done.result.results] if done.result else [str(done.exception)])


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("landed"))
    land_flights(warehouse.raw, [Flight("2013-01-05 14:00")])
    warehouse.build()
    return warehouse


def test_a_training_set_without_as_of_says_what_to_pass(landed):
    done = landed.dbt("run", "--select", "late_arrival", as_of=None)
    assert not done.success
    assert "Pass --vars '{as_of: 2013-10-01 00:00:00}'" in message(done)


def test_the_documentation_is_written_without_an_as_of(landed):
    done = landed.dbt("docs", "generate", as_of=None)
    assert done.success, message(done)
    described = (landed.home / "target" / "catalog.json").read_text()
    assert all(f"model.shipshape.{name}" in described for name in ("spine", "origin_delays", "label_late_arrival"))
    assert (landed.home / "target" / "index.html").exists()


@pytest.mark.parametrize(
    "as_of", ["soon", "2013-10-01'; select 1; --", "2013-10-01 00:00:00+02:00", "'2013-10-01\n'", "20131001"]
)
def test_an_as_of_that_is_no_utc_moment_is_refused_before_it_gets_into_sql(landed, as_of):
    done = landed.dbt("run", "--select", "late_arrival", as_of=f'"{as_of}"')
    assert not done.success
    assert "as_of is" in message(done)


def test_what_a_build_sets_in_the_environment_wins_over_any_vars(landed, monkeypatch):
    monkeypatch.setenv("SHIPSHAPE_AS_OF", "2013-11-01")
    # dbt cannot tell a var of the command line from one of the project.
    fixed = landed.edited("dbt_project.yml", "\nvars:\n", "\nvars:\n  as_of: 2013-12-01\n")
    for place, given in ((landed, "2013-12-01"), (fixed, None)):
        done = place.dbt("compile", "--select", "late_arrival", as_of=given)
        assert done.success, message(done)
        compiled = done.result.results[0].node.compiled_code
        assert "timestamp '2013-11-01'" in compiled and "timestamp '2013-12-01'" not in compiled


def test_what_the_environment_says_must_be_a_utc_moment_too(landed, monkeypatch):
    monkeypatch.setenv("SHIPSHAPE_AS_OF", "2013-10-01'; select 1; --")
    done = landed.dbt("run", "--select", "late_arrival", as_of=None)
    assert not done.success
    assert "as_of is 2013-10-01'" in message(done) and "Correct or unset SHIPSHAPE_AS_OF" in message(done)


def probed(warehouse: Warehouse, text: str, **options):
    """dbt's result of running one more model, of this text."""
    (warehouse.project / "models" / "probe.sql").write_text(text)
    return warehouse.dbt("run", "--select", "probe", **options)


def test_an_injected_statement_that_gets_past_the_check_can_write_no_file(landed):
    unguarded = landed.edited("macros/time.sql", GUARD, GUARD.replace("not ", "false and "))
    stolen = landed.home / "stolen.csv"
    injected = f"2013-10-01' as moment); copy (select 42) to '{stolen}'; select (1 --"
    done = probed(unguarded, "select {{ as_of() }}", as_of=f'"{injected}"')
    assert "file system operations are disabled" in message(done)
    assert not stolen.exists()


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("select * from read_text('/etc/hostname')", "file system operations are disabled"),
        ("select * from read_text('{raw}/../secret.txt')", "file system operations are disabled"),
        ("set enable_external_access = true", "configuration has been locked"),
        ("attach '{raw}/../other.duckdb'", "file system operations are disabled"),
    ],
)
def test_sql_reaches_only_the_raw_folder_and_no_setting(landed, statement, refusal):
    (landed.home / "secret.txt").write_text("secret")
    copied = landed.edited("dbt_project.yml", "version: 1.0.0", "version: 1.0.0")
    text = statement.format(raw=landed.raw)
    done = probed(copied, f'select 1 as one {{% if execute %}}{{% do run_query("{text}") %}}{{% endif %}}')
    assert refusal in message(done)


def test_queries_spill_to_disk_beyond_a_limit_that_does_not_grow_with_the_history(landed):
    setting = "select cast(current_setting('memory_limit') as varchar) as memory_limit"
    copied = landed.edited("dbt_project.yml", "version: 1.0.0", "version: 1.0.0")
    done = probed(copied, "{{ config(materialized='table') }} " + setting)
    assert done.success, message(done)
    assert copied.query("select memory_limit from probe") == [("2.7 GiB",)]


def plugin(raw, **settings) -> Plugin:
    made = Plugin.__new__(Plugin)
    made.initialize({"raw": str(raw), "memory_limit": "1GB", **settings})
    return made


def test_a_warehouse_that_this_process_still_has_open_is_used_when_it_was_locked_the_same_way(tmp_path):
    with duckdb.connect(tmp_path / "w.duckdb") as first, duckdb.connect(tmp_path / "w.duckdb") as second:
        plugin(tmp_path, duckdb_threads=1).configure_connection(first)
        plugin(tmp_path, duckdb_threads=1).configure_connection(second)
        with pytest.raises(RuntimeError, match="is open in this process with 1 threads .*; 2 threads"):
            plugin(tmp_path, duckdb_threads=2).configure_connection(second)
        with pytest.raises(RuntimeError, match="other.*are wanted. Run dbt in a new process"):
            plugin(tmp_path / "other", duckdb_threads=1).configure_connection(second)
