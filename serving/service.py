"""One prediction request from its body to its answer: limits, scores, and the log before the answer."""

import asyncio
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from artifacts.errors import Missing, Unavailable
from artifacts.prediction_log.record import Prediction, Via
from artifacts.prediction_log.writer import LogWriter
from serving.answer import invocation_answer, prediction_answer
from serving.fresh import Fresh
from serving.front import read_body
from serving.live import Live
from serving.loaded import LoadedVersion
from serving.metrics import Metrics
from serving.predict import Scored, predict, to_log
from serving.refused import RequestRefused
from serving.request import Asked, read_invocation, read_request
from serving.settings import ServingSettings

# A larger body is read and scored in a thread, so that the others do not wait for it.
INLINE_BYTES = 64 * 1024
LOG = logging.getLogger("shipshape")
Choose = Callable[[], LoadedVersion]


@dataclass(frozen=True)
class Service:
    """What a running worker holds."""

    settings: ServingSettings
    live: Live
    fresh: Fresh
    log: LogWriter
    metrics: Metrics

    @property
    def troubles(self) -> tuple[str, ...]:
        """Why the service is degraded, each as `CODE: sentence`; empty when it is not."""
        return tuple(one for one in (self.live.trouble, self.fresh.trouble, self.metrics.log_trouble) if one)

    def loaded(self, model: str, version: str | None = None) -> LoadedVersion:
        """The version that a path names; without a number the champion.

        Raises `Missing`: `serving.model_not_served`, `serving.version_not_loaded`, `serving.no_champion_here`.
        """
        live = self.live
        if model != live.current.model:
            raise Missing(
                "serving.model_not_served",
                f"This service answers for model {live.current.model} only.",
                next_step="Ask for it, or serve the other: python -m serving run --model NAME",
            )
        if version is None and not live.follows:
            raise Missing(
                "serving.no_champion_here",
                f"This service was started with version {live.current.version}, and does not know the champion.",
                next_step=f"Ask for versions/{live.current.version}/predict, or serve with --champion.",
            )
        if version is None:
            return live.current
        named = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0  # noqa: PLR2004
        if named not in live.loaded:
            there = ", ".join(map(str, sorted(live.loaded)))
            raise Missing(
                "serving.version_not_loaded",
                f"That version of {model} is not loaded here; loaded: {there}.",
                next_step="Ask for one of these, or serve the other: python -m serving run --version N",
            )
        return live.loaded[named]

    async def answer(self, request: Request, choose: Choose, via: Via) -> Response:
        """Answer with the version that `choose` gives once the body is there, logged as durably as the settings say.

        Raises `RequestRefused`, and `Unavailable` (`log.*`) rather than answer what is not in the log.
        """
        choose()
        if self.metrics.in_flight >= self.settings.max_in_flight:
            raise _busy("request.too_many", f"{self.settings.max_in_flight} requests are under way, as many as may be.")
        self.metrics.in_flight += 1
        asked_at, body = datetime.now(UTC).replace(tzinfo=None), None
        try:
            async with asyncio.timeout(self.settings.timeout_seconds):
                body = await read_body(request, self.settings.max_body_bytes)
                # Not before: a slow body must not be answered by a version that was rolled back meanwhile.
                version = choose()
                work = (version, body, via, asked_at)
                inline = len(body) <= INLINE_BYTES
                asked, scored, records = self._score(*work) if inline else await asyncio.to_thread(self._score, *work)
                await self._keep(records)
        except TimeoutError as error:
            raise self._late(read=body is not None) from error
        finally:
            self.metrics.in_flight -= 1
        self.metrics.count("rows", str(version.version), by=len(records))
        for flag in (flag for of_row in scored.flags for flag in of_row):
            self.metrics.count("flags", flag.partition(":")[0])
        if via == "invocations":
            return invocation_answer(version, scored)
        return prediction_answer(version, scored, asked.looked_up)

    def _score(
        self, version: LoadedVersion, body: bytes, via: Via, asked_at: datetime
    ) -> tuple[Asked, Scored, list[Prediction]]:
        limit = self.settings.max_rows
        if via == "invocations":
            asked = read_invocation(version, body, limit)
        else:
            asked = read_request(version, body, limit, self.fresh, self.settings.max_feature_age_seconds)
        request_id = uuid.uuid4().hex
        scored = predict(version, asked.rows, self.settings.policy, request_id, contributions=asked.contributions)
        return asked, scored, to_log(version, asked.rows, scored, asked_at, via)

    async def _keep(self, records: list[Prediction]) -> None:
        self.metrics.log_backlog += len(records)
        try:
            await self.log.append_async(records)
        except Unavailable as refusal:
            if self.metrics.log_trouble is None:
                LOG.warning("nothing is answered: %s", refusal.message)
            self.metrics.log_trouble = f"{refusal.code}: {refusal.message}"
            raise
        else:
            self.metrics.log_trouble = None
        finally:
            self.metrics.log_backlog -= len(records)

    def _late(self, *, read: bool) -> RequestRefused:
        seconds = self.settings.timeout_seconds
        if read:
            return _busy("request.too_slow", f"There was no answer within {seconds:g} s.")
        return RequestRefused(
            "request.body_slow", f"The body did not come within {seconds:g} s.", status=408, next_step="Send it faster."
        )


def _busy(code: str, message: str) -> RequestRefused:
    return RequestRefused(code, message, status=503, next_step="Try again, after the time in the header Retry-After.")
