"""The version that answers, and the watcher that follows the champion without dropping a request."""

import asyncio
import logging
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from artifacts.champion_alias import lost_ledger
from artifacts.errors import Missing, Refusal, Unavailable
from artifacts.ledger import Promotion
from artifacts.registry import Registry
from serving.deadlines import Aside
from serving.load import champion_line, load_line
from serving.loaded import LoadedVersion
from serving.metrics import Metrics

# A rollback to a version that answered lately needs neither registry nor disk.
KEPT = 3
# How long a champion that could not be loaded is left alone; a file may be mended meanwhile.
TRY_AGAIN_SECONDS = 10.0
# A ledger that does not answer is asked again; a load has a trial in it, which may take a minute.
LEDGER_SECONDS, LOAD_SECONDS = 3.0, 120.0
LOG = logging.getLogger("shipshape")


@dataclass
class Live:
    """`current` answers; `loaded`, by number, holds it and those that answered lately, which answer when named.

    `follows` is False when a version was asked for by its number. `trouble` says why the champion is not followed.
    """

    current: LoadedVersion
    follows: bool
    loaded: dict[int, LoadedVersion] = field(default_factory=dict)
    trouble: str | None = None

    def __post_init__(self) -> None:
        self.take(self.current)

    def take(self, version: LoadedVersion) -> None:
        """Answer with `version` from now on; what is being scored is answered by the version that it began with."""
        self.loaded.pop(version.version, None)
        self.loaded[version.version] = version
        for oldest in list(self.loaded)[:-KEPT]:
            del self.loaded[oldest]
        self.current, self.trouble = version, None


class Watcher:
    """Polls the ledger and takes over what it names, loaded and tried in a thread; on any doubt the old one stays.

    Polling goes on while a version loads, so that a rollback to one that is loaded waits for nothing.
    """

    def __init__(self, live: Live, registry: Registry, ledger_url: str, metrics: Metrics) -> None:
        self._live, self._registry, self._ledger, self._metrics = live, registry, ledger_url, metrics
        # MLflow is asked only where the ledger has no champion: whether there was one.
        self._asking = Aside("The ledger, or MLflow beside it,", LEDGER_SECONDS, at_once=3)
        # One that the ledger names no more may be loading still.
        self._loads = Aside("MLflow, or the model on trial,", LOAD_SECONDS, at_once=2)
        self._loading: tuple[Promotion, asyncio.Task[LoadedVersion]] | None = None
        self._loaded = asyncio.Event()
        self._failed: Promotion | None = None
        self._failed_at, self._failed_by = 0.0, ""

    async def run(self, poll_seconds: float) -> None:
        """Look every `poll_seconds`, and as soon as a version is loaded, for ever."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(poll_seconds):
                    await self._loaded.wait()
            self._loaded.clear()
            try:
                await self.look()
            except Exception as error:
                if not isinstance(error, Refusal):
                    LOG.exception("the watcher met what it does not know")
                self._say(_told(error))

    async def look(self) -> None:
        """Take over the ledger's champion if it is another and loaded, or begin to load it.

        Raises as `champion_line` and `load_line` do, and `Unavailable` (`serving.no_answer`).
        """
        live = self._live
        line = await self._asking.run(self._line)
        if _is(live.current, line):
            live.trouble = self._loading = None
            return
        kept = live.loaded.get(line.version)
        if kept is None or not _is(kept, line):
            kept = self._load(line)
            if kept is None:
                self._say_what_it_waits_for(line)
                return
        before = live.current.version
        live.take(kept)
        self._metrics.count("takeovers")
        LOG.info("version %s of %s answers, after version %s: %s", kept.version, kept.model, before, line.reason)

    def _line(self) -> Promotion:
        """The ledger's newest line; one that names no champion was lost, since it named the version that answers."""
        model = self._live.current.model
        try:
            return champion_line(self._registry, self._ledger, model)
        except Missing as error:
            if error.code != "serving.no_champion":
                raise
            raise lost_ledger(model, f"version {self._live.current.version} answers here as its champion") from error

    def _load(self, line: Promotion) -> LoadedVersion | None:
        """The version of a line, None as long as it is loading, or left alone after it failed."""
        if self._loading is None or self._loading[0] != line:
            if line != self._failed or time.monotonic() >= self._failed_at + TRY_AGAIN_SECONDS:
                task = asyncio.create_task(self._loads.run(partial(load_line, self._registry, line)))
                task.add_done_callback(self._has_ended)
                self._loading = line, task
            return None
        task = self._loading[1]
        if not task.done():
            return None
        self._loading = None
        try:
            return task.result()
        except Exception as error:
            self._failed, self._failed_at, self._failed_by = line, time.monotonic(), _told(error)
            self._metrics.count("takeover_failures")
            raise

    def _has_ended(self, task: "asyncio.Task[LoadedVersion]") -> None:
        if not task.cancelled():
            # Looked at here too: it may be one that nobody wants any more.
            task.exception()
        self._loaded.set()

    def _say_what_it_waits_for(self, line: Promotion) -> None:
        """The ledger has answered, so what was said before is over, and the load is the trouble; alone it is none."""
        if line == self._failed:
            self._say(self._failed_by)
        elif self._live.trouble is not None:
            self._say(_told(_loading(line)))

    def _say(self, trouble: str) -> None:
        if trouble != self._live.trouble:
            LOG.warning("version %s answers on: %s", self._live.current.version, trouble)
        self._live.trouble = trouble


def _told(error: Exception) -> str:
    known = error if isinstance(error, Refusal) else _failed(error)
    return f"{known.code}: {known.message}"


def _failed(error: Exception) -> Refusal:
    return Refusal(
        "serving.watcher_failed",
        f"What follows the champion met what it does not know, {type(error).__name__}; the service's log has it.",
        next_step="The version before answers, and it is tried again; when that goes on, start the service anew.",
    )


def _loading(line: Promotion) -> Unavailable:
    return Unavailable(
        "serving.loading",
        f"Version {line.version} of {line.model}, champion by line {line.seq} of the ledger, is not loaded yet.",
        next_step="Wait for it: the version before answers meanwhile.",
    )


def _is(version: LoadedVersion, line: Promotion) -> bool:
    return (version.version, version.run_id) == (line.version, line.run_id)
