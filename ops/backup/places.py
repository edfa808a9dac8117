"""What of a home is backed up, and where it lies: places of artefacts, databases, and the home's other files."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from artifacts.errors import BadInput
from artifacts.places import Places, is_url
from ops.airflow_home import airflow_environment

# In the order of copying. Compaction writes a part, then removes its segments: the other way round rows would be lost.
COPIED = ("predictions", "prediction_parts", "raw", "training_sets", "upcoming", "findings", "mlflow_artifacts")
# Of the home's other files, those that nobody removes while it runs: without one of them a backup is not made.
NEVER_GO = frozenset({"serving_api_key", "airflow/airflow.cfg", "airflow/simple_auth_manager_passwords.json.generated"})
# What `make replay` writes when the home's alerts have come past its year: a database too, and copied as one.
REPLAY_ALERTS = "replay/alerts.db"
# What is made again: the warehouse from raw rows, the Data Docs of an attempt and the rest by running.
_MADE_AGAIN = (
    "warehouse",
    "validation",
    "logs",
    "bench",
    "ci",
    "airflow/logs",
    "services.json",
    "serving_api_key_given",
)
_BESIDE_A_DATABASE = ("", "-wal", "-shm", "-journal", ".lock")


@dataclass(frozen=True)
class Sources:
    """Places by name, databases by name in the order of dumping, and the home with what it leaves out."""

    places: Mapping[str, str]
    databases: Mapping[str, URL]
    home: Path
    left_out: tuple[Path, ...]


def sources(places: Places) -> Sources:
    """What a backup of these places consists of.

    Databases that refer come before those that they refer to, and all before the artefacts, which are never changed: so
    whatever is referred to is in the backup too. Raises `BadInput` (`backup.no_database`).
    """
    given = {"alerts": places.alerts, "ledger": places.ledger, "mlflow": places.mlflow}
    given["airflow"] = airflow_environment(places)["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
    given["replay"] = f"sqlite:///{places.home / REPLAY_ALERTS}"
    databases = {name: _database(name, url) for name, url in given.items()}
    copied = {name: str(getattr(places, name)) for name in COPIED}
    own = [Path(place) for place in copied.values() if not is_url(place)]
    files = [Path(str(url.database)) for url in databases.values() if is_sqlite(url)]
    beside = [path.with_name(path.name + more) for path in files for more in _BESIDE_A_DATABASE]
    again = [places.home / name for name in _MADE_AGAIN]
    return Sources(copied, databases, places.home, (*own, *beside, *again, places.warehouse))


def is_sqlite(url: URL) -> bool:
    """Whether a database is a file."""
    return url.get_backend_name() == "sqlite"


def shown(url: URL) -> str:
    """A database's URL without its password."""
    return url.render_as_string(hide_password=True)


def _database(name: str, text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError:
        url = None
    if url is None or url.get_backend_name() not in {"sqlite", "postgresql"} or not url.database:
        got = "a server" if text.startswith("http") else "no database that can be dumped"
        setting = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN" if name == "airflow" else f"PIPELINE_{name.upper()}"
        raise BadInput(
            "backup.no_database",
            f"The setting of {name} names {got}; the URL of its SQLite or Postgres database is wanted.",
            next_step=f"Set {setting}.",
        )
    return url
