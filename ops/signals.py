"""SIGTERM ends a verb that runs the DAGs in its own process, as an interrupt does, in a task and between two."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from artifacts.errors import Interrupted


@contextmanager
def told_when_ended(verb: str) -> Iterator[None]:
    """Make SIGTERM in the body an interrupt, and of an interrupt `Interrupted` (`run.interrupted`): how to go on.

    The handler that was there comes back afterwards.
    """
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    except KeyboardInterrupt as interrupt:
        raise Interrupted(
            "run.interrupted",
            f"{verb} was ended from outside before it was done; what it had finished is kept.",
            next_step=f"To go on from there: {verb}",
        ) from interrupt
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let an interrupt and SIGTERM end the body, in which Airflow runs tasks in this process; keep their handlers.

    Airflow 3.3.2 sets a handler of SIGTERM before each task, which asks the task to clean up and goes on, and leaves it
    there. A task that an interrupt ended has failed for it, and the next one begins, or its next try is waited for: so
    it is raised again.
    """
    from airflow.listeners import hookimpl
    from airflow.sdk.listener import get_listener_manager

    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    came: list[int] = []

    def note(number: int, _: object) -> None:
        came.append(number)
        raise KeyboardInterrupt

    def listen() -> None:
        for number, handler in kept.items():
            signal.signal(number, note if callable(handler) else handler)

    def again() -> None:
        if came:
            raise KeyboardInterrupt

    class Tasks:
        @hookimpl  # type: ignore[untyped-decorator]
        def on_task_instance_running(self, previous_state: Any, task_instance: Any) -> None:
            listen()
            again()

        # Last, after what others note of a task that failed.
        @hookimpl(trylast=True)  # type: ignore[untyped-decorator]
        def on_task_instance_failed(self, previous_state: Any, task_instance: Any, error: Any) -> None:
            again()

    listeners, listener = get_listener_manager(), Tasks()
    listeners.add_listener(listener)
    listen()
    try:
        yield
    finally:
        listeners.pm.unregister(listener)
        for number, handler in kept.items():
            signal.signal(number, handler)
    again()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
