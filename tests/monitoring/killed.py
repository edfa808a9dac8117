"""Run as a process: does what a day of `watch_drift` does, in forks that each die at another durable step.

Steps are every fsync, rename, commit and post from the first write on, each before and after. For each there is a home
of its own, in which the day is then done again. A line of JSON says where a day died, or what it came to.
On the command line: the folder of the homes, the model, the window, the first step, and that each so-manieth is taken.
"""

import http.client
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Imported before the first fork, so that no day takes the time for it.
import mlflow.store.tracking.sqlalchemy_store  # noqa: F401
import sqlalchemy as sa

from monitoring import watch


class Steps:
    """Counts durable steps, and dies at the `last` one; at none when it is 0."""

    def __init__(self, last: int) -> None:
        self.last, self.count = last, 0

    def take(self, name: str) -> None:
        # What is read before the first write is of no account.
        if self.count or name == "before fsync":
            self.count += 1
            if self.count == self.last:
                print(json.dumps({"step": self.last, "died": name}), flush=True)
                os.kill(os.getpid(), signal.SIGKILL)

    def around(self, owner: Any, name: str) -> None:
        real: Callable[..., Any] = getattr(owner, name)

        def stepped(*given: Any, **more: Any) -> Any:
            self.take(f"before {name}")
            result = real(*given, **more)
            self.take(f"after {name}")
            return result

        setattr(owner, name, stepped)


def a_day(model: str, window: str, last: int) -> dict[str, Any]:
    """Check, take into the alerts, write the page, deliver, claim a retraining: as the DAG does, in its order."""
    steps = Steps(last)
    for name in ("fsync", "rename", "replace"):
        steps.around(os, name)
    steps.around(http.client.HTTPConnection, "request")
    steps.around(sa.engine.default.DefaultDialect, "do_commit")
    identity = watch.check_version(model, window, False, 1)
    watch.deliver_all(lambda _: {})
    return {"done": identity, "due": watch.due_for_retraining([identity], "the DAG run of the day")}


def in_a_fork(home: Path, model: str, window: str, last: int) -> bool:
    """Whether the day lived."""
    child = os.fork()
    if child == 0:
        os.environ["PIPELINE_HOME"] = str(home)
        os.environ["MONITORING_WEBHOOK_URL"] += f"/{home.name}"
        try:
            print(json.dumps({"step": int(home.name), **a_day(model, window, last)}), flush=True)
            os._exit(0)
        except BaseException as error:
            print(json.dumps({"step": int(home.name), "raised": repr(error)}), flush=True)
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


if __name__ == "__main__":
    homes, toy, week, first, every = sys.argv[1:]
    step = int(first)
    while not in_a_fork(Path(homes) / str(step), toy, week, step):
        in_a_fork(Path(homes) / str(step), toy, week, 0)
        step += int(every)
