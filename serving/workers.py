"""Several processes behind one port: uvicorn's, which replaces one that ends, and says nothing of it."""

import time
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

from artifacts import cli

# A busy machine takes its time to load Python's libraries; a worker that is ended for it would have to begin anew.
STARTING_SECONDS = 300


class Workers(Multiprocess):
    """Replaces a worker that died or hung, and says which one, and how it ended."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._ready, self._asked_first = WeakSet[Process](), WeakKeyDictionary[Process, float]()

    def keep_subprocess_alive(self) -> None:
        """As uvicorn 0.54's, which kills a worker that hangs and one that is dead alike, and tells them not apart."""
        for at, old in enumerate(self.processes):
            if self.should_exit.is_set() or self._is_well(old):
                continue
            # One that died while it was asked did not hang, though it did not answer either.
            hung = old.process.is_alive()
            old.kill()
            old.join()
            if old.exitcode == STARTUP_FAILURE:
                cli.say(f"worker {old.pid} cannot start, nor could another")
                self.should_exit.set()
            if self.should_exit.is_set():
                return
            new = Process(self.config, self.sockets)
            new.start()
            self.processes[at] = new
            how = f"{self._hung(old)}, and the service itself ended it" if hung else _ended(old)
            cli.say(f"worker {old.pid} {how}; {new.pid} is started in its place")

    def _is_well(self, worker: Process) -> bool:
        """Whether it answers; until it has loaded, whether it may still be at it."""
        asked, patience = self._asked_first.setdefault(worker, time.monotonic()), self.config.timeout_worker_healthcheck
        if worker in self._ready:
            return worker.is_alive(timeout=patience)
        # It answers while it loads too, and not while libraries that it loads keep Python's lock.
        if worker.process.is_alive() and worker.is_ready(timeout=patience):
            self._ready.add(worker)
            # What it was asked while it loaded it answers now: that is no answer to what comes next.
            while worker.parent_conn.poll(0.1):
                worker.parent_conn.recv()
            return True
        return worker.process.is_alive() and time.monotonic() < asked + STARTING_SECONDS

    def _hung(self, worker: Process) -> str:
        if worker in self._ready:
            return f"hung for {self.config.timeout_worker_healthcheck} s"
        return f"did not start within {STARTING_SECONDS} s"


def _ended(worker: Process) -> str:
    code = worker.exitcode or 0
    return f"ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
