"""What `make up` starts beside the prediction service: commands, and the variables that say where each one is."""

import os

from artifacts.places import Places
from ops import up_serving

# Without the log servers, which listen on every address: here the API reads the logs from the disk.
AIRFLOW_PARTS = {
    "scheduler": ["airflow", "scheduler", "--skip-serve-logs"],
    "dag-processor": ["airflow", "dag-processor"],
    "triggerer": ["airflow", "triggerer", "--skip-serve-logs"],
}
PARTS = {"metadatabase", "scheduler", "dag_processor", "triggerer"}


def api_at(url: str) -> dict[str, str]:
    """The variables that put Airflow's API at `url`, for itself and for the tasks that report to it."""
    return {
        "AIRFLOW__API__PORT": url.rpartition(":")[2],
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
    }


def pages_at(places: Places, mlflow: str, serving: str) -> dict[str, str]:
    """The variables that tell the on-call pages of the services beside Airflow; what is set already wins."""
    wanted = {"ON_CALL_MLFLOW_URL": mlflow, "ON_CALL_SERVING_URL": serving}
    wanted |= {"ON_CALL_SERVING_KEY_FILE": up_serving.key_file(places)}
    return {name: os.environ.get(name, value) for name, value in wanted.items()}


def mlflow_command(places: Places, port: int) -> list[str]:
    """The MLflow server: one worker, loopback, its own host names only.

    MLFLOW_BACKEND_STORE_URI names its database: the URL can hold a password, and everybody can read a command line.
    """
    hosts = f"127.0.0.1:{port},localhost:{port}"
    store = ["--default-artifact-root", places.mlflow_artifacts]
    bind = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--allowed-hosts", hosts]
    return ["mlflow", "server", *store, *bind]
