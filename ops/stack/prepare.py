"""Make databases and bucket ready before anything else looks at them: at the first start, and after an upgrade."""

import json
from collections.abc import Mapping
from pathlib import Path

from artifacts import alerts, ledger, object_store
from artifacts.places import Places, is_url
from artifacts.registry.connect import shown
from artifacts.registry.migrate import migrate
from artifacts.whole_file import FOR_ITS_OWNER, write_whole
from ops.airflow_home import airflow_environment, enter_airflow

STORED = ("raw", "training_sets", "mlflow_artifacts", "prediction_parts", "findings", "upcoming")

SERVICE_KEY = "serving_api_key"


def prepare(places: Places, environ: Mapping[str, str]) -> list[str]:
    """Migrate MLflow's and Airflow's database, see that ours answer, make the buckets; what was done, in lines.

    `AIRFLOW_ADMIN_PASSWORD` and `SERVING_API_KEY` are written where Airflow's login and its on-call pages read them.
    Raises what databases and stores raise.
    """
    lines = [f"bucket {bucket}" for bucket in make_buckets(places)]
    migrate(places.mlflow)
    lines.append(f"MLflow's database {shown(places.mlflow)}")
    ledger.models(places.ledger)
    alerts.models(places.alerts)
    lines += [f"ledger {ledger.shown(places.ledger)}", f"alerts {ledger.shown(places.alerts)}"]
    enter_airflow(places)
    lines.append("Airflow's database")
    folder = Path(airflow_environment(places)["AIRFLOW_HOME"])
    if "SERVING_API_KEY" in environ:
        write_whole(folder / SERVICE_KEY, environ["SERVING_API_KEY"], FOR_ITS_OWNER)
        lines.append("the service's key, for the on-call pages")
    if "AIRFLOW_ADMIN_PASSWORD" in environ:
        write_password(folder / "simple_auth_manager_passwords.json.generated", environ["AIRFLOW_ADMIN_PASSWORD"])
        lines.append("the password of Airflow's user admin")
    return lines


def make_buckets(places: Places) -> list[str]:
    """Make the bucket of every place in an object store that has none; the buckets, made or found."""
    wanted = sorted({_bucket(place) for name in STORED if is_url(place := str(getattr(places, name)))})
    for bucket in wanted:
        object_store.make_bucket(bucket)
    return wanted


def write_password(path: Path, password: str) -> None:
    """Write the file of Airflow's simple login, for its owner alone, so that it is whole or as before."""
    write_whole(path, json.dumps({"admin": password}), FOR_ITS_OWNER)


def _bucket(place: str) -> str:
    scheme, _, rest = place.partition("://")
    return f"{scheme}://{rest.split('/')[0]}"
