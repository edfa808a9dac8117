"""Refuses to say that all is well with a home in which nothing is: another one was meant, or its disk is gone."""

from pathlib import Path

from artifacts.errors import Missing
from ops.backup.copying import files
from ops.backup.databases import has_rows
from ops.backup.places import Sources

# The tables that our work alone fills, of databases of which their owner fills others when it makes them.
_OURS = {"mlflow": ("runs", "registered_models"), "airflow": ("dag_run", "connection", "variable")}


def refuse_nothing(wanted: Sources) -> None:
    """Raise `Missing` (`home.empty`) when no place has a file, no database a row of ours, the home no other file."""
    is_filled = (
        any(files(place) for place in wanted.places.values())
        or any(has_rows(url, _OURS.get(name)) for name, url in wanted.databases.items())
        or bool(files(str(wanted.home), wanted.left_out))
    )
    if not is_filled:
        raise nothing_to("back up", wanted.home)


def nothing_to(act: str, home: Path) -> Missing:
    """The refusal for a home in which there is nothing to `act` on."""
    absent = "" if home.is_dir() else ", which is not there"
    return Missing(
        "home.empty",
        f"There is nothing to {act} in the home {home}{absent}; one that make run, the DAGs or a restore has filled is "
        "wanted.",
        next_step="Name the home that is meant with PIPELINE_HOME=FOLDER, or mount its disk, then try again.",
    )
