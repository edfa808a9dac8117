"""How a refusal reaches Airflow: a red task that says what to do, tried again only where a retry can help."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from airflow.sdk.exceptions import AirflowFailException

from artifacts.cli import say
from artifacts.errors import Refusal, Unavailable

# What tasks refused in this process, for a caller that runs whole DAGs in it.
REFUSED: list[Refusal] = []

P = ParamSpec("P")
R = TypeVar("R")


def fails_once(body: Callable[P, R]) -> Callable[P, R]:
    """Make every refusal of a task body final, except `Unavailable`, which Airflow may retry."""

    @wraps(body)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        with final_refusals():
            return body(*args, **kwargs)

    return call


@contextmanager
def final_refusals() -> Iterator[None]:
    """Say a refusal inside the block in its own words, and make it a failure that Airflow does not retry."""
    try:
        yield
    except Refusal as refusal:
        say(f"{refusal.code}: {refusal}")
        REFUSED.append(refusal)
        if isinstance(refusal, Unavailable):
            raise
        raise AirflowFailException(f"{refusal.code}: {refusal}") from refusal
