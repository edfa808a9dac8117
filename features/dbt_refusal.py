"""What is said when dbt did not build: which model or test stopped it, in dbt's words, and the file to correct."""

import re
from pathlib import Path
from typing import Any

import duckdb

from artifacts.errors import BadInput, CannotJudge, GateClosed, Interrupted, Refusal
from features.dbt_evidence import attached
from features.spilling import DATABASE, no_room

SHOWN = 5
_UNDESCRIBED = "every_feature_is_described"
_UNKNOWN_COLUMN = re.compile(r'Referenced column "(\w+)" not found')


def refuse_unless_built(outcome: Any, results: list[Any], warehouse: Path, project: Path) -> None:
    """Raise, as `run_dbt` says, unless dbt's `outcome` is a success and all its `results` are."""
    if outcome.exception is not None and not isinstance(outcome.exception, Exception):
        # Ctrl-C mostly, which dbt keeps to itself. No `Unavailable`: Airflow would try again by itself.
        raise Interrupted(
            "features.interrupted",
            f"dbt was interrupted ({type(outcome.exception).__name__}), and nothing was published of what it was at.",
            next_step="Give the same command again: it goes on from there.",
        )
    wrong = {status: [r for r in results if str(r.status) == status] for status in ("error", "fail", "runtime error")}
    errored = wrong["error"] + wrong["runtime error"]
    for message in [*(str(result.message) for result in errored), str(outcome.exception or "")]:
        refusal = no_room(warehouse, message)
        if refusal is not None:
            raise refusal
    broken = [result for result in errored if result.node.resource_type != "test"]
    if broken:
        file = broken[0].node.original_file_path
        raise _failed(broken[0].message or "no message", file, _correct(broken[0], project))
    if errored:
        raise CannotJudge(
            "features.dbt_test_errored",
            f"dbt test {errored[0].node.name} could not run: {_flat(errored[0].message)}.",
            next_step=f"Correct {errored[0].node.original_file_path}.",
        )
    if wrong["fail"]:
        told = "; ".join(_told(result, warehouse) for result in wrong["fail"][:SHOWN])
        raise GateClosed(
            "features.dbt_test_failed",
            f"{len(wrong['fail'])} dbt test{'s' * (len(wrong['fail']) > 1)} failed: {told}.",
            next_step=_after_tests(wrong["fail"], project),
        )
    if outcome.exception is not None:
        raise _failed(str(outcome.exception), "dbt_project")
    if not outcome.success:
        raise _failed("dbt reported no success and no reason", "dbt_project")


def _told(result: Any, warehouse: Path) -> str:
    about = attached(result.node) or "the project"
    rows = ", ".join(_found(result, warehouse))
    told = f"{result.node.name} of {about.split('.')[-1]} found {result.failures} ({_flat(result.message)})"
    return f"{told}, e.g. {rows}" if rows else told


def _found(result: Any, warehouse: Path) -> list[str]:
    """A few of the rows that a test found; none when its SQL does not run outside dbt."""
    try:
        with duckdb.connect(str(warehouse / DATABASE), read_only=True) as connection:
            rows = connection.execute(result.node.compiled_code).fetchmany(SHOWN)
    except duckdb.Error:
        return []
    return ["/".join(map(str, row)) for row in rows]


def _failed(message: str, file: str, next_step: str = "Correct that file.") -> Refusal:
    return BadInput("features.dbt_failed", f"dbt stopped at {file}: {_flat(message)}.", next_step=next_step)


def _flat(message: str | None) -> str:
    return " ".join((message or "").split()).rstrip(".")


def _correct(result: Any, project: Path) -> str:
    """What to do about a model that dbt could not build: a training set's SQL selects what its YAML lists."""
    file = Path(result.node.original_file_path)
    unknown = _UNKNOWN_COLUMN.search(result.message or "")
    if file.parent.name != "training_sets" or unknown is None:
        return "Correct that file."
    return (
        f"If {unknown[1]} is a column of {_yaml(project, file)}, correct its name there or add it to a feature's SQL; "
        "else correct that file."
    )


def _after_tests(failed: list[Any], project: Path) -> str:
    files = [
        _yaml(project, Path(result.node.original_file_path))
        for result in failed
        if getattr(getattr(result.node, "test_metadata", None), "name", None) == _UNDESCRIBED
    ]
    steps = [f"Describe it in {file}, or take it out of the feature's SQL." for file in files]
    if len(files) < len(failed):
        steps += ["Correct the SQL or the rows that it came from; the test's SQL is in the warehouse's dbt folder."]
    return " ".join(steps)


def _yaml(project: Path, file: Path) -> str:
    return (Path(project.name) / file).with_suffix(".yml").as_posix()
