"""Restore a backup into places where nothing is: verified first, artefacts before the databases that name them."""

from collections.abc import Mapping
from pathlib import Path

from sqlalchemy.engine import URL

from artifacts import cli
from artifacts.errors import BadInput, Conflict
from artifacts.places import Places, is_url
from artifacts.publish import Published, read
from ops.backup import databases
from ops.backup.copying import add_files, copy_in, files
from ops.backup.make import KIND
from ops.backup.places import Sources, is_sqlite, shown, sources
from ops.backup.verify import Verified, verify
from ops.stack.prepare import make_buckets

MEND = "Nothing was restored. Take another backup, or copy this one anew from where it was made."
# What refers comes after what it refers to; the ledger, which says what serves, last.
_ORDER = ("airflow", "mlflow", "replay", "alerts", "ledger")


def restore(places: Places, folder: Path) -> Verified:
    """Bring back the backup at `folder` and verify every published folder and every model by its sha256.

    Nothing is written unless the backup is whole, its databases are of the kinds that are set, and every target is
    empty. Raises `Damaged` (`publish.damaged`), `BadInput` (`restore.elsewhere`, `restore.other_database`), `Conflict`
    (`restore.not_empty`), and what databases and stores raise. One that was stopped half-way is begun anew with
    emptied targets.
    """
    folder = folder.absolute()
    cli.say(f"verifying {folder}")
    backup, wanted = read(str(folder), KIND, MEND).verify(), sources(places)
    dumps = _dumps(backup, folder, wanted.databases)
    _refuse_elsewhere(backup.facts["places"], wanted)
    make_buckets(places)
    _refuse_filled(wanted)
    for name, place in wanted.places.items():
        if backup.facts["files"].get(name):
            cli.say(f"copying {name}")
            copy_in(folder / "places" / name, place)
    add_files(folder / "home", wanted.home)
    for name in _ORDER:
        if name in dumps:
            cli.say(f"loading {name}")
            databases.load(wanted.databases[name], dumps[name])
    return verify(places)


def _dumps(backup: Published, folder: Path, wanted: Mapping[str, URL]) -> dict[str, Path]:
    """The dump of each database that was there; each kind of database takes its own kind of dump."""
    found = {name: folder / "databases" / file for name, file in backup.facts["databases"].items() if file}
    for name, dump in found.items():
        if (dump.suffix == ".sqlite") != is_sqlite(wanted[name]):
            raise BadInput(
                "restore.other_database",
                f"{dump.name} cannot be loaded into {shown(wanted[name])}: a backup of SQLite goes into SQLite, one of "
                "Postgres into Postgres.",
                next_step=f"Set {name}'s database to one of the kind that was backed up.",
            )
    return found


def _refuse_elsewhere(then: Mapping[str, str], wanted: Sources) -> None:
    """MLflow's database names its artefacts by their URL, so they go back to where they were; others to the like."""
    now = wanted.places["mlflow_artifacts"]
    if then["mlflow_artifacts"] != now:
        raise BadInput(
            "restore.elsewhere",
            f"MLflow's artefacts were at {then['mlflow_artifacts']}, where its database names them; they would be "
            f"restored to {now}.",
            next_step=f"Run it with PIPELINE_MLFLOW_ARTIFACTS={then['mlflow_artifacts']}.",
        )
    for name, place in wanted.places.items():
        if _is_in_a_store(place) != _is_in_a_store(then[name]):
            raise BadInput(
                "restore.elsewhere",
                f"{name} was at {then[name]}, and would be restored to {place}: an object store and a local folder are "
                "laid out in two ways.",
                next_step=f"Name a place of the kind that it was in: PIPELINE_{name.upper()}.",
            )


def _is_in_a_store(place: str) -> bool:
    return is_url(place) and not place.startswith("file://")


def _refuse_filled(wanted: Sources) -> None:
    filled = [f"{name} at {place}" for name, place in wanted.places.items() if files(place)]
    filled += [f"{name} at {shown(url)}" for name, url in wanted.databases.items() if not databases.is_empty(url)]
    filled += [f"home at {wanted.home}"] if files(str(wanted.home), wanted.left_out) else []
    if filled:
        raise Conflict(
            "restore.not_empty",
            f"A backup is restored where nothing is, and something is in: {'; '.join(filled)}.",
            next_step="Move or delete it (a SQLite database with its -wal, -shm and -journal), or name other places; "
            "nothing was written.",
        )
