"""One DAG run in this process, through Airflow itself, with what its tasks returned."""

import contextlib
import os
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from artifacts.errors import BadInput, Refusal
from ops.signals import interruptible


def load_dags(folder: Path) -> dict[str, Any]:
    """Every DAG of `folder` by id. A file that does not import is an error here, not a missing DAG."""
    from airflow.dag_processing.dagbag import BundleDagBag

    bag = BundleDagBag(dag_folder=str(folder), bundle_path=folder, bundle_name="dags-folder")
    if bag.import_errors:
        name, error = next(iter(bag.import_errors.items()))
        raise BadInput("run.dag_broken", f"DAG file {name} does not import: {error}", next_step="Mend the file.")
    for dag in bag.dags.values():
        # Airflow 3.3.2's `dag.test` takes a deadline for the id of one, and fails; whoever waits here sees it anyway.
        dag.deadline = None
    return dict(bag.dags)


@dataclass(frozen=True)
class Ended:
    """How a DAG run ended: `undone` has the states of each task that did not succeed, `returned` what each returned.

    A mapped task has as many states as its parts ended in, and is undone when one of them did not succeed. `refused` is
    what tasks refused, in order; values of mapped tasks are in their order.
    """

    name: str
    state: str
    undone: Mapping[str, frozenset[str]]
    refused: Sequence[Refusal]
    returned: Mapping[str, list[Any]]

    def refuse_unless(self, log: Path, allowed: Collection[tuple[str, str]] = (), again: str = "make run") -> None:
        """Raise when any task ended otherwise than in success, or as `allowed`: pairs of task and state.

        What a task refused is raised with its exit code, else `Refusal` (`run.dag_failed`, exit 1).
        """
        found = {(name, state) for name, states in self.undone.items() for state in states}
        undone = sorted({name for name, _ in found.difference(allowed)})
        # What was skipped makes no DAG run fail: one that failed, failed by what is allowed, or is not as it should be.
        if not undone and (self.state == "success" or "failed" in {state for _, state in found}):
            return
        said = f"DAG run {self.name} ended {self.state} without {', '.join(undone) or 'a task'}."
        if self.refused:
            first = self.refused[0]
            raise type(first)(first.code, f"{said} {first.message}", next_step=first.next_step)
        raise Refusal("run.dag_failed", said, next_step=f"Read {log} from its end upwards, then: {again}")


def run_dag(dag: Any, conf: dict[str, Any], log: Path, logical_date: datetime | None = None) -> Mapping[str, list[Any]]:
    """Run `dag` once with `conf`; return for each task the values it returned, mapped ones in order.

    Raises as `Ended.refuse_unless` does when a task did not succeed.
    """
    ended = end_dag(dag, conf, logical_date)
    ended.refuse_unless(log)
    return ended.returned


def end_dag(dag: Any, conf: dict[str, Any], logical_date: datetime | None = None) -> Ended:
    """Run `dag` once with `conf`, and say how it ended, red or green.

    Airflow replaces an earlier DAG run of the same `logical_date`, under the same id; without one, the DAG run is of
    this moment.
    """
    from plugins.refusals import REFUSED

    REFUSED.clear()
    with interruptible(), _defaults_kept(dag):
        dag_run = dag.test(run_after=logical_date, logical_date=logical_date or datetime.now(UTC), run_conf=conf)
    _tell_when_it_ran(dag_run)
    # A DAG run with no task in it, as for a date after the DAG's last, is a success to Airflow, and none to us.
    states = [(ti.task_id, str(ti.state)) for ti in dag_run.get_task_instances()]
    name = f"{dag.dag_id} {dag_run.run_id}"
    return Ended(name, str(dag_run.state), undone_of(dag.task_ids, states), tuple(REFUSED), returned_by(dag_run))


@contextlib.contextmanager
def _defaults_kept(dag: Any) -> Iterator[None]:
    """Airflow 3.3.2 takes what a DAG run in this process was given for the defaults of those after it.

    Its `process_params` (airflow/sdk/definitions/param.py) changes the DAG's own Params. To go once it copies them.
    """
    held = [(one.params, {name: one.params.get_param(name).value for name in one.params}) for one in (dag, *dag.tasks)]
    try:
        yield
    finally:
        for params, values in held:
            for name, value in values.items():
                params.get_param(name).value = value


def undone_of(task_ids: Collection[str], states: Sequence[tuple[str, str]]) -> dict[str, frozenset[str]]:
    """The states other than success of each task; `states` has a pair for each part of a mapped one."""
    undone = {name: {state for task, state in states if task == name and state != "success"} for name in task_ids}
    undone |= {name: {"missing"} for name in set(task_ids) - {task for task, _ in states}}
    return {name: frozenset(found) for name, found in undone.items() if found}


def _tell_when_it_ran(dag_run: Any) -> None:
    """Airflow has a tested DAG run begin at its logical date, years before it ended."""
    from airflow.models import DagRun
    from airflow.utils.session import create_session

    begun = [instance.start_date for instance in dag_run.get_task_instances() if instance.start_date]
    if begun:
        with create_session() as session:
            session.get_one(DagRun, dag_run.id).start_date = min(begun)


def returned_by(dag_run: Any) -> dict[str, list[Any]]:
    """What each task returned, mapped ones in order."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    with create_session() as session:
        rows = (
            session.query(XComModel)
            .filter(XComModel.dag_id == dag_run.dag_id, XComModel.run_id == dag_run.run_id)
            .filter(XComModel.key == "return_value")
            .order_by(XComModel.task_id, XComModel.map_index)
        )
        values: dict[str, list[Any]] = {}
        for row in rows:
            values.setdefault(row.task_id, []).append(XComModel.deserialize_value(row))
    return values


@contextlib.contextmanager
def quiet(log: Path) -> Iterator[TextIO]:
    """Send what Airflow prints in this process to `log`; yield a stream that still reaches the person."""
    log.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    kept = {fd: os.dup(fd) for fd in (1, 2)}
    with log.open("ab") as out, os.fdopen(os.dup(2), "w", buffering=1) as person:
        for fd in kept:
            os.dup2(out.fileno(), fd)
        try:
            yield person
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for fd, copy in kept.items():
                os.dup2(copy, fd)
                os.close(copy)
