"""What no clearing of a task changes: what started its DAG run, a verdict, what was decided, what is so already."""

from collections.abc import Sequence

# What a DAG run meets again however often it is cleared, since what started it is at fault or out of date.
ANEW = {
    "approval.nothing_asked",
    "approval.other_verdict",
    "ingestion.no_month",
    "run.parameter_unknown",
    "train.event_incomplete",
    "train.nothing_due",
}


def _not_promotable(dag: str, given: Sequence[str]) -> str:
    was = f"This DAG run was given {given[0]}, and keeps it. " if given else ""
    return (
        f"{was}The verdict stays what it is for the same candidate against the same champion, so neither "
        f"clearing a task nor judging again helps. Let it be, or start another DAG run of {dag} with another candidate."
    )


def _rejected(dag: str, _: Sequence[str]) -> str:
    return (
        "A verdict is decided on once, so clearing a task, or judging again, meets the same no. There is nothing to "
        "run, and what serves is as it was: the next training set brings the next candidate by itself. For one on this "
        f"set, a person trains again with --again, then starts another DAG run of {dag} with what comes out."
    )


def _promoted(dag: str, _: Sequence[str]) -> str:
    return (
        "There is nothing to decide, and clearing a task finds the same. Go back, as it says above, only if that is "
        f"meant; if another candidate was meant, start another DAG run of {dag} with it."
    )


def _was_champion(dag: str, _: Sequence[str]) -> str:
    return (
        "No verdict brings back what was replaced or rolled back from, and clearing a task meets the same. The "
        "champion serves on. Only if going away from it was a mistake, a person goes back to it, as it says above; if "
        f"another candidate was meant, start another DAG run of {dag} with it."
    )


def _is_champion(dag: str, _: Sequence[str]) -> str:
    return (
        "There is nothing to do, and clearing a task finds the same. If another version was meant, start "
        f"another DAG run of {dag} with it."
    )


def _anew(dag: str, _: Sequence[str]) -> str:
    return f"Clearing a task repeats the failure: start another DAG run of {dag}, as it says above."


# By code what is said, of the DAG and of what its DAG run was given.
AS_IT_IS = {
    **dict.fromkeys(ANEW, _anew),
    "ledger.promoted": _promoted,
    "ledger.rejected": _rejected,
    "promote.not_promotable": _not_promotable,
    "promote.promoted_before": _was_champion,
    "promote.rolled_back": _was_champion,
    "rollback.is_champion": _is_champion,
}
