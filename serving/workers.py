"""Several processes behind one port: uvicorn's, which replaces one that ends, and says nothing of it."""

from uvicorn.supervisors import Multiprocess

from artifacts import cli


class Workers(Multiprocess):
    """Replaces a worker that died or hung, and says which one, and how it ended."""

    def keep_subprocess_alive(self) -> None:
        """Look after every worker once."""
        before = list(self.processes)
        super().keep_subprocess_alive()
        for old, new in zip(before, self.processes, strict=True):
            if new is not old:
                code = old.exitcode or 0
                how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
                cli.say(f"worker {old.pid} ended {how}; {new.pid} is started in its place")
