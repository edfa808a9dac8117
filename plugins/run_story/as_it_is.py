"""What no clearing of a task changes: what started its DAG run, a verdict, what was decided, what is so already."""

from collections.abc import Sequence

_WAS_CHAMPION = (
    "No verdict brings back what was replaced or rolled back from, and clearing a task meets the same. The champion "
    "serves on. Only if going away from it was a mistake, a person goes back to it, as it says above; if another "
    "candidate was meant, start another DAG run of {dag} with it."
)
_ANEW = "Clearing a task repeats the failure: start another DAG run of {dag}, as it says above."
# By code what is said; `was` is what the DAG run was given, if anything.
_SAID = {
    # What a DAG run meets again however often it is cleared, since what started it is at fault or out of date.
    "approval.nothing_asked": _ANEW,
    "approval.other_verdict": _ANEW,
    "ingestion.no_month": _ANEW,
    "run.parameter_unknown": _ANEW,
    "train.event_incomplete": _ANEW,
    "train.nothing_due": _ANEW,
    "ledger.promoted": (
        "There is nothing to decide, and clearing a task finds the same. Do what it says above only if that is "
        "meant; if another candidate was meant, start another DAG run of {dag} with it."
    ),
    "ledger.rejected": (
        "A verdict is decided on once, so clearing a task, or judging again, meets the same no. There is nothing to "
        "run, and what serves is as it was: the next training set brings the next candidate by itself. For one on "
        "this set, a person trains again with --again, then starts another DAG run of {dag} with what comes out."
    ),
    "promote.not_promotable": (
        "{was}The verdict stays what it is for the same candidate against the same champion, so neither clearing a "
        "task nor judging again helps. Let it be, or start another DAG run of {dag} with another candidate."
    ),
    "promote.promoted_before": _WAS_CHAMPION,
    "promote.rolled_back": _WAS_CHAMPION,
    "rollback.is_champion": (
        "There is nothing to do, and clearing a task finds the same. If another version was meant, start another DAG "
        "run of {dag} with it."
    ),
}


def as_it_is(code: str, dag: str, given: Sequence[str]) -> str | None:
    """What is said of a code that no clearing mends, in a DAG run of `dag` that was `given` this; None of any other."""
    was = f"This DAG run was given {given[0]}, and keeps it. " if given else ""
    return _SAID[code].format(dag=dag, was=was) if code in _SAID else None
