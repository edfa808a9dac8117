"""The benchmarks measure whole processes, keep what they found, and say plainly which aims are missed."""

import json
import os
import subprocess
import sys

import duckdb
import pandas as pd
import pytest

from artifacts.errors import CannotJudge
from artifacts.places import REPOSITORY
from ops.bench import figures, notebook_features, table
from ops.bench.figures import Aim, Figure, Found, Spread
from ops.bench.measure import Measured, alternate, measure, refuse_other_work
from ops.bench.notebook.windows import last_known, trailing


def figure(value, peer=10.0, aim=None, unit="s", name="The build"):
    took, floor = Spread(value, value, value), Spread(peer, peer, peer)
    return Figure(name, unit, took, "the floor", floor, aim, {"loading": 1.5}, {"loading": 0.1}, "dbt loads first")


def found(*some, scale=1):
    machine = {"processor": "a processor", "cores": 2, "memory_gib": 23.5, "system": "Linux", "python": "3.11"}
    load = {"before": [0.5, 0.5, 0.5], "after": [1.0, 1.0, 1.0]}
    return Found("a_dbt_build", scale, 12 * scale, 3, "2026-11-22", machine, load, "abc", False, some)


MEASURE = """
from pathlib import Path
from ops.bench.measure import measure
one = measure(["-c", "x = bytearray(200 * 2**20); print('{\\\"rows\\\": 3}')"], {}, Path("LOG"))
print(one.facts["rows"], 200 < one.peak_mib < 300, 0 < one.cpu_seconds < one.seconds + 1)
"""


def test_a_process_is_measured_with_its_memory_and_its_last_line(tmp_path):
    # In a process of its own, since a child's peak starts at the size of the process that it was forked from.
    code = MEASURE.replace("LOG", str(tmp_path / "log"))
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["3", "True", "True"]


def test_a_process_that_fails_is_no_measurement_and_its_last_words_are_told(tmp_path):
    with pytest.raises(CannotJudge, match="no such month") as refusal:
        measure(["-c", "raise SystemExit('no such month')"], {}, tmp_path / "log")
    assert refusal.value.code == "bench.command_failed"


def test_product_and_floor_take_turns():
    order = []
    runs = {name: lambda name=name: order.append(name) or Measured(1.0, 1.0, 1.0) for name in ("product", "floor")}
    assert {name: len(all_of_it) for name, all_of_it in alternate(2, runs).items()} == {"product": 2, "floor": 2}
    assert order == ["product", "floor", "product", "floor"]


def test_two_that_did_not_do_the_same_are_not_compared():
    same, other = (Measured(1.0, 1.0, 1.0, {"trees": trees}) for trees in (239, 240))
    refuse_other_work("trees", [same, same])
    with pytest.raises(CannotJudge, match="trees is 239 and 240") as refusal:
        refuse_other_work("trees", [same, other])
    assert refusal.value.code == "bench.other_work"


@pytest.mark.parametrize(
    ("value", "aim", "is_met"),
    [
        (14.9, Aim("ratio", 1.5), True),
        (15.1, Aim("ratio", 1.5), False),
        (19.9, Aim("difference", 10), True),
        (20.1, Aim("difference", 10), False),
        (99.0, None, None),
    ],
)
def test_an_aim_is_met_up_to_its_bound(value, aim, is_met):
    assert figure(value, aim=aim).is_met is is_met


def test_what_was_written_is_read_back_with_its_ratio_beside_it(tmp_path):
    result = found(figure(15.0, aim=Aim("ratio", 1.5)))
    path = figures.write(tmp_path, result)
    assert path.name == "a_dbt_build.1x.json"
    assert json.loads(path.read_text())["figures"][0]["ratio"] == 1.5
    assert figures.read(tmp_path) == [result]


def test_the_page_says_in_words_which_aim_is_missed_and_where_the_time_goes():
    text = table.document([found(figure(30.0, aim=Aim("ratio", 1.5)))])
    assert "- The build, 1 year: took 30.0 s where the floor took 10.0, 3.00 times as long; 1.5 times was aimed" in text
    assert "aimed for. dbt loads first." in text
    assert "- The build, 1 year: loading 1.5." in text
    assert "Measured 2026-11-22 on a processor, 2 cores, 23.5 GiB" in text


def test_memory_that_grows_more_than_threefold_in_ten_years_is_named():
    one, ten = figure(100.0, unit="MiB", name="Build: memory"), figure(301.0, unit="MiB", name="Build: memory")
    text = table.document([found(one), found(ten, scale=10)])
    assert "| Build | 100 MiB | 301 MiB | 3.01 | 3 | missed |" in text
    assert "- Build: ten years take 3.01 times the memory of one year; 3 was aimed for. dbt loads first." in text


def at(*clocks):
    return pd.to_datetime([f"2013-01-01 {clock}" for clock in clocks])


def test_the_pandas_peer_uses_what_was_known_strictly_before_and_from_the_windows_start_on():
    rows = pd.DataFrame({"flight_id": ["a"], "origin": ["EWR"], "observed_at": at("12:00")})
    facts = pd.DataFrame({"origin": "EWR", "known_at": at("10:59", "11:00", "11:30", "12:00"), "delay": [1.0, 2, 4, 8]})
    counted = trailing(rows, facts, ["origin"], {"n": ("delay", "1h", "count"), "mean": ("delay", "1h", "mean")})
    assert counted.to_dict("records") == [{"flight_id": "a", "n": 2, "mean": 3.0}]


def test_the_pandas_peer_takes_the_last_fact_before_unless_it_is_too_old():
    rows = pd.DataFrame({"flight_id": ["a", "b"], "origin": ["EWR", "JFK"], "observed_at": at("12:00", "12:00")})
    known = at("11:00", "12:00", "08:00")
    facts = pd.DataFrame({"origin": ["EWR", "EWR", "JFK"], "known_at": known, "temp": [1.0, 2.0, 3.0]})
    latest = last_known(rows, facts, by="origin", within="3h").set_index("flight_id")["temp"]
    assert latest["a"] == 1.0
    assert pd.isna(latest["b"])


def test_pandas_and_sql_must_agree_in_every_cell(tmp_path, monkeypatch):
    monkeypatch.setattr(notebook_features, "PORTED", {"aircraft_attributes": "aircraft"})
    pd.DataFrame({"flight_id": ["a", "b"], "seats": [149.0, None]}).to_parquet(
        tmp_path / "pandas_aircraft_attributes.parquet"
    )
    with duckdb.connect(str(tmp_path / "shipshape.duckdb")) as connection:
        connection.execute(
            "create table aircraft_attributes as from (values ('a', 149), ('b', null)) as t(flight_id, seats)"
        )
    assert notebook_features.compare_numbers(str(tmp_path)) == {}
    with duckdb.connect(str(tmp_path / "shipshape.duckdb")) as connection:
        connection.execute("update aircraft_attributes set seats = 150 where flight_id = 'b'")
    with pytest.raises(CannotJudge, match="differ in aircraft_attributes: seats 1") as refusal:
        notebook_features.compare_numbers(str(tmp_path))
    assert refusal.value.code == "bench.numbers_differ"


@pytest.mark.slow
def test_a_quick_look_measures_two_real_months_and_leaves_only_its_figures(tmp_path):
    options = ["a", "d", "f", "--scale", "1", "--months", "2", "--repeat", "1", "--folder", str(tmp_path)]
    environ = {**os.environ, "PIPELINE_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "ops.bench", *options]
    done = subprocess.run(command, cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    results = figures.read(tmp_path / "home" / "bench")
    assert [(one.benchmark, one.months) for one in results] == [
        ("a_dbt_build", 2),
        ("d_validation", 2),
        ("f_notebook_features", 2),
    ]
    assert all(figure.value.median > 0 for one in results for figure in one.figures)
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


@pytest.mark.parametrize("which", ["ops.bench", "ops.bench.serving"])
def test_no_page_is_written_about_nothing(which, tmp_path):
    pages = [REPOSITORY / "docs" / name for name in ("benchmarks.md", "serving-benchmarks.md")]
    before = [page.read_bytes() for page in pages]
    environ = {**os.environ, "PIPELINE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", which, "--write-docs"],
        cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr.partition(":")[0]) == (2, "bench.nothing_measured")
    assert [page.read_bytes() for page in pages] == before
