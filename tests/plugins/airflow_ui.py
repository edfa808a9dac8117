"""The api-server that `make up` starts, over a home, with the DAGs of a folder known to it."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from artifacts.places import REPOSITORY, Places
from ops.airflow_home import airflow_environment
from ops.services import start, stop_all, wait_until_healthy
from ops.up_commands import api_at
from tests.ports import free_port

# What the DAG processor does beside: the UI shows tabs of a DAG that it knows.
PREPARES = """
import sys
from pathlib import Path
from ops.airflow_home import enter_airflow
enter_airflow()
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db
DagBundlesManager().sync_bundles_to_db()
file = Path(sys.argv[1])
bag = BundleDagBag(dag_folder=str(file), bundle_path=file.parent, bundle_name="dags-folder")
sync_bag_to_db(bag, "dags-folder", None)
"""


@contextmanager
def airflow_ui(places: Places, dags: Path, environ: Mapping[str, str] = os.environ) -> Iterator[tuple[str, str]]:
    """The address of the UI with the DAGs of the file `dags`, and an admin's token."""
    url = f"http://127.0.0.1:{free_port()}"
    theirs = {name: value for name, value in environ.items() if not name.startswith("AIRFLOW")}
    ours = {
        "AIRFLOW_HOME": str(places.home / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags.parent),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{places.home}/airflow/airflow.db",
        "ON_CALL_PATIENCE_SECONDS": "60",
        "PIPELINE_HOME": str(places.home),
        "PYTHONPATH": str(REPOSITORY),
    }
    full = {**theirs, **airflow_environment(places), **api_at(url), **ours}
    subprocess.run(
        [sys.executable, "-c", PREPARES, str(dags)], env=full, cwd=REPOSITORY, check=True, capture_output=True
    )
    try:
        start(places, full, {"api-server": ["airflow", "api-server"]})
        wait_until_healthy(places, "api-server", f"{url}/api/v2/monitor/health", {"metadatabase"})
        passwords = places.home / "airflow" / "simple_auth_manager_passwords.json.generated"
        login = {"username": "admin", "password": json.loads(passwords.read_text())["admin"]}
        asked = urllib.request.Request(
            f"{url}/auth/token", json.dumps(login).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(asked, timeout=60) as answer:
            yield url, json.load(answer)["access_token"]
    finally:
        stop_all(places)
