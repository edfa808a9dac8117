"""The stack without its containers: a private Postgres, moto's S3 server, and the environment that names both."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import fsspec

from artifacts.places import REPOSITORY, Places, read_places
from tests.fixtures_postgres import DATABASES, Cluster, cluster
from tests.ports import free_port

STORED = ("training_sets", "upcoming", "findings", "prediction_parts")


@dataclass(frozen=True)
class Stack:
    """The cluster, and every variable that a process of the stack has."""

    cluster: Cluster
    environ: Mapping[str, str]

    @property
    def places(self) -> Places:
        """The places that the environment names."""
        return read_places({k: v for k, v in self.environ.items() if k.startswith("PIPELINE_")})

    @property
    def secrets(self) -> set[str]:
        """What must stand in no command line, log or answer."""
        return {*self.cluster.passwords.values(), self.environ["AWS_SECRET_ACCESS_KEY"]}

    def run(self, *command: str, check: bool = True, **more: str) -> "subprocess.CompletedProcess[str]":
        """What `python -m …` said."""
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=REPOSITORY,
            env={**self.environ, **more},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0 or not check, done.stderr
        return done

    def wipe(self) -> None:
        """Lose everything but the processes: databases, bucket and home."""
        for name in DATABASES:
            self.cluster.psql("--command", f"drop database {name} with (force)")
            self.cluster.psql("--command", f"create database {name} owner {name}")
        fsspec.filesystem("s3").rm("pipeline", recursive=True)
        self.places.home.rename(self.places.home.with_name("lost"))


@contextmanager
def native_stack(folder: Path) -> Iterator[Stack]:
    """A stack with empty databases and no bucket, until the block ends."""
    port = free_port()
    store = f"http://127.0.0.1:{port}"
    with cluster() as postgres, (folder / "moto.log").open("wb") as log:
        postgres.make_databases()
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], stdout=log, stderr=log
        )
        try:
            _wait(process, f"{store}/moto-api/")
            yield Stack(postgres, _environment(postgres, store, folder / "home"))
        finally:
            process.terminate()
            process.wait(timeout=30)


def _environment(postgres: Cluster, store: str, home: Path) -> dict[str, str]:
    ours = ("AIRFLOW", "PIPELINE_", "AWS_", "OPS_", "SERVING_", "MONITORING_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {
        **kept,
        **{f"PIPELINE_{name.upper()}": f"s3://pipeline/{name}" for name in STORED},
        **{f"PIPELINE_{name.upper()}": postgres.url(name) for name in ("mlflow", "ledger", "alerts")},
        "PIPELINE_HOME": str(home),
        "PIPELINE_MLFLOW_ARTIFACTS": "s3://pipeline/mlflow",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": postgres.url("airflow"),
        "AWS_ENDPOINT_URL": store,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIAOFTHETESTS",
        "AWS_SECRET_ACCESS_KEY": postgres.passwords["ledger"][::-1],
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "XDG_CACHE_HOME": str(home.with_name("cache")),
    }


def _wait(process: "subprocess.Popen[bytes]", url: str) -> None:
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"{url} did not answer")
