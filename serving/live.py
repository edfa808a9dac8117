"""The version that answers, and the watcher that follows the champion without dropping a request."""

import asyncio
import logging
import time
from dataclasses import dataclass, field

from artifacts.errors import Refusal
from artifacts.ledger import Promotion
from artifacts.registry import Registry
from serving.load import champion_line, load_line
from serving.loaded import LoadedVersion
from serving.metrics import Metrics

# A rollback to a version that answered lately needs neither registry nor disk.
KEPT = 3
# How long a champion that could not be loaded is left alone; a file may be mended meanwhile.
TRY_AGAIN_SECONDS = 10.0
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
    """Polls the ledger and takes over what it names, loaded and tried in a thread; on any doubt the old one stays."""

    def __init__(self, live: Live, registry: Registry, ledger_url: str, metrics: Metrics) -> None:
        self._live, self._registry, self._ledger, self._metrics = live, registry, ledger_url, metrics
        self._failed: Promotion | None = None
        self._failed_at = 0.0

    async def run(self, poll_seconds: float) -> None:
        """Look every `poll_seconds`, for ever."""
        while True:
            await asyncio.sleep(poll_seconds)
            try:
                await self.look()
            except Refusal as refusal:
                self._say(f"{refusal.code}: {refusal.message}")
            except Exception as error:
                LOG.exception("the watcher met what it does not know")
                self._say(f"serving.watcher_failed: {type(error).__name__}")

    async def look(self) -> None:
        """Take over the ledger's champion if it is another; raises as `champion_line` and `load_line` do."""
        live = self._live
        line = await asyncio.to_thread(champion_line, self._ledger, live.current.model)
        if _is(live.current, line):
            live.trouble = None
            return
        kept = live.loaded.get(line.version)
        if kept is None or not _is(kept, line):
            if line == self._failed and time.monotonic() < self._failed_at + TRY_AGAIN_SECONDS:
                return
            try:
                kept = await asyncio.to_thread(load_line, self._registry, line)
            except Exception:
                self._failed, self._failed_at = line, time.monotonic()
                self._metrics.count("takeover_failures")
                raise
        before = live.current.version
        live.take(kept)
        self._metrics.count("takeovers")
        LOG.info("version %s of %s answers, after version %s: %s", kept.version, kept.model, before, line.reason)

    def _say(self, trouble: str) -> None:
        if trouble != self._live.trouble:
            LOG.warning("version %s answers on: %s", self._live.current.version, trouble)
        self._live.trouble = trouble


def _is(version: LoadedVersion, line: Promotion) -> bool:
    return (version.version, version.run_id) == (line.version, line.run_id)
