"""Several processes behind one port: uvicorn's, which replaces one that ends, and says nothing of it."""

from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

from artifacts import cli


class Workers(Multiprocess):
    """Replaces a worker that died or hung, and says which one, and how it ended."""

    def keep_subprocess_alive(self) -> None:
        """As uvicorn 0.54's, which kills a worker that hangs and one that is dead alike, and tells them not apart."""
        for at, old in enumerate(self.processes):
            seconds = self.config.timeout_worker_healthcheck
            if self.should_exit.is_set() or old.is_alive(timeout=seconds):
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
            how = f"hung for {seconds} s, and the service itself ended it" if hung else _ended(old)
            cli.say(f"worker {old.pid} {how}; {new.pid} is started in its place")


def _ended(worker: Process) -> str:
    code = worker.exitcode or 0
    return f"ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
