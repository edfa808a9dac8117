"""The parameters of a DAG run are those that its DAG has; Airflow takes any other key of its `conf` without a word."""

from artifacts.errors import BadInput


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
