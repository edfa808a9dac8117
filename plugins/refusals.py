"""How a refusal reaches Airflow: a red task that says what to do, tried again only where a retry can help."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from airflow.sdk.exceptions import AirflowFailException

from artifacts.cli import say
from artifacts.errors import Refusal, Unavailable
from plugins.parameters import refuse_nothing_handed, refuse_unknown_parameters
from plugins.redaction import redact_error
from plugins.run_story.leaving import leaving_evidence

# What tasks refused in this process, for a caller that runs whole DAGs in it.
REFUSED: list[Refusal] = []

P = ParamSpec("P")
R = TypeVar("R")


def fails_once(body: Callable[P, R]) -> Callable[P, R]:
    """Keep how a task body ended, and make every refusal final, except `Unavailable`, which Airflow may retry.

    Of a DAG run that has parameters which its DAG does not know, the first task refuses before its body runs; so does
    a task to which the one before it handed nothing on.
    """

    @wraps(body)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        with final_refusals(), leaving_evidence() as left:
            refuse_unknown_parameters()
            refuse_nothing_handed(body, args, kwargs)
            returned = left.returned = body(*args, **kwargs)
            return returned

    return call


@contextmanager
def final_refusals() -> Iterator[None]:
    """Say a refusal inside the block in its own words, and make it a failure that Airflow does not retry."""
    try:
        yield
    except Refusal as refusal:
        REFUSED.append(refusal)
        clean = redact_error(refusal)
        said = f"{refusal.code}: {clean or refusal}"
        say(said)
        if not isinstance(refusal, Unavailable):
            raise AirflowFailException(said) from (refusal if clean is None else None)
        if clean is not None:
            raise clean from None
        raise
