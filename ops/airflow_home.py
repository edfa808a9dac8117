"""Airflow's settings for one home folder, the same for `make run`, `make up` and the tests."""

import gc
import os
import sys
from pathlib import Path

from artifacts.places import REPOSITORY, Places, read_places

ASYNC = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC"


def airflow_environment(places: Places) -> dict[str, str]:
    """The variables that make every `airflow` process use `$PIPELINE_HOME/airflow` and this repository's DAGs.

    A variable that is already set wins, so that a server can bring its own database and executor.
    """
    home = places.home / "airflow"
    wanted = {
        "PIPELINE_HOME": str(places.home),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(REPOSITORY / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__DATABASE__LOAD_DEFAULT_CONNECTIONS": "False",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "OMP_WAIT_POLICY": "passive",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "GX_ANALYTICS_ENABLED": "False",
        "DO_NOT_TRACK": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "False",
    }
    environment = {key: os.environ.get(key, value) for key, value in wanted.items()}
    connection = environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
    if not connection.startswith("sqlite"):
        # Else Airflow takes another driver for its asynchronous half.
        environment[ASYNC] = os.environ.get(ASYNC, connection)
    venv_bin = str(Path(sys.executable).parent)
    environment["PATH"] = os.pathsep.join([venv_bin, os.environ.get("PATH", "")])
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH", "")]))
    return environment


def enter_airflow(places: Places | None = None) -> None:
    """Set Airflow up in this process, before anything imports it, and bring its database up to date."""
    if "airflow" in sys.modules:
        raise RuntimeError("enter_airflow must come before the first import of airflow")
    places = places or read_places()
    os.environ.update(airflow_environment(places))
    (places.home / "airflow").mkdir(parents=True, exist_ok=True)

    from airflow.utils import db

    try:
        db.check_migrations(timeout=1)
    except TimeoutError:
        db.upgradedb()
    # Most of what Airflow and dbt make stays; looking for cycles in it every 700 objects took a tenth of the time.
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
