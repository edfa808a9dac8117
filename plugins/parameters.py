"""What a task was given, before its body runs: parameters that its DAG has, and what the tasks before it hand on.

Airflow takes any other key of a DAG run's `conf` without a word, and hands on None for a task that was set to success
by hand.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from artifacts.errors import BadInput, Missing


def refuse_unknown_parameters() -> None:
    """In a DAG run's first task, raise `BadInput` (`run.parameter_unknown`) for a key that its DAG does not have.

    A misspelt one would leave the default in force. What goes on when a first task failed, as telling alerts does, goes
    on here too; outside a task of Airflow there is nothing to ask.
    """
    from airflow.sdk import get_current_context

    try:
        context = get_current_context()
    except RuntimeError:
        return
    if context["task"].upstream_task_ids:
        return
    dag_id, known = context["dag"].dag_id, sorted(context["dag"].params)
    unknown = sorted(set(context["dag_run"].conf or {}) - set(known))
    if unknown:
        raise BadInput(
            "run.parameter_unknown",
            f"{dag_id} has no parameter {', '.join(unknown)}; it has {', '.join(known) or 'none'}.",
            next_step=f"Trigger {dag_id} again, with those that it has.",
        )


def refuse_nothing_handed(body: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Raise `Missing` (`run.nothing_handed`) when a value that the body cannot do without is None.

    Those with a default are filled in by Airflow, or may be left out; those whose name begins with `_` are not read.
    """
    from airflow.sdk import get_current_context

    given = inspect.signature(body).bind(*args, **kwargs)
    lacks = [
        one for one, value in given.arguments.items() if value is None and _is_needed(given.signature.parameters[one])
    ]
    if not lacks:
        return
    try:
        context = get_current_context()
    except RuntimeError:
        return
    ti = context["ti"]
    place = "" if ti.map_index is None or ti.map_index < 0 else f" [{ti.map_index}]"
    before = " or ".join(f"{one}{place}" for one in sorted(context["task"].upstream_task_ids))
    raise Missing(
        "run.nothing_handed",
        f"{ti.task_id}{place} was handed nothing as {', '.join(lacks)} by {before}: as when a task is set to success "
        "by hand, which does none of its work.",
        next_step=f"Clear {before} in Airflow: it does its work, and what comes after it runs again.",
    )


def _is_needed(parameter: inspect.Parameter) -> bool:
    return not parameter.name.startswith("_") and parameter.default is inspect.Parameter.empty
