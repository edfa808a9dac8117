"""The newest upcoming rows of the model that answers: taken over whole and verified, or not at all."""

import asyncio
import logging
import time
from dataclasses import dataclass, field
from functools import partial

from artifacts.errors import Missing, Refusal, Unavailable
from artifacts.upcoming import newest_upcoming
from serving.deadlines import Aside
from serving.live import TRY_AGAIN_SECONDS, Live
from serving.lookup import Held, hold

# They may be many, and come from an object store.
READ_SECONDS = 120.0
LOG = logging.getLogger("shipshape")


@dataclass
class Fresh:
    """`held` can be looked up; `missing` says that nothing was published, `trouble` why what was is not used."""

    root: str
    live: Live
    held: Held | None = None
    missing: Refusal | None = None
    trouble: str | None = None
    _failed: str | None = None
    _failed_at: float = 0.0
    _reading: Aside = field(default_factory=lambda: Aside("The place of the upcoming rows", READ_SECONDS, at_once=2))

    def now(self) -> Held:
        """What can be looked up; raises `Missing` (`upcoming.none`) or `Unavailable` (`upcoming.unusable`)."""
        if self.held is not None:
            return self.held
        if self.trouble is None and self.missing is not None:
            raise self.missing
        raise Unavailable(
            "upcoming.unusable",
            "The upcoming rows that were published cannot be used.",
            next_step="/v1/models/MODEL says why. Restore their folder, or delete it and publish them again.",
        )

    async def run(self, poll_seconds: float) -> None:
        """Look every `poll_seconds`, for ever."""
        while True:
            await asyncio.sleep(poll_seconds)
            await self.look()

    async def look(self) -> None:
        """Take over the newest rows if they are others; on any doubt those before stay, and `trouble` says why."""
        try:
            await self._take_newest()
        except Missing as missing:
            self.missing, self.trouble = missing, self._gone()
        except Refusal as refusal:
            self._say(f"{refusal.code}: {refusal.message}")
        except Exception as error:
            LOG.exception("the upcoming rows could not be read")
            self._say(f"upcoming.unusable: {type(error).__name__}")

    async def _take_newest(self) -> None:
        name = self.live.current.contract.name
        version = await self._reading.run(partial(newest_upcoming, self.root, name))
        held, newest = self.held, f"{name}/{version}"
        if held is not None and held.upcoming.id == newest:
            self.trouble = None
            return
        if newest == self._failed and time.monotonic() < self._failed_at + TRY_AGAIN_SECONDS:
            return
        try:
            self.held = await self._reading.run(partial(hold, self.root, name, version))
        except Exception:
            self._failed, self._failed_at = newest, time.monotonic()
            raise
        self.trouble = self.missing = None
        LOG.info("upcoming rows %s can be looked up, %s of them", newest, self.held.upcoming.rows)

    def _gone(self) -> str | None:
        if self.held is None:
            return None
        return f"upcoming.none: {self.held.upcoming.id} is gone from where it was published"

    def _say(self, trouble: str) -> None:
        if trouble != self.trouble:
            LOG.warning("the upcoming rows before stay: %s", trouble)
        self.trouble = trouble
