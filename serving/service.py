"""One prediction request from its body to its answer: limits, scores, and the log before the answer."""

import asyncio
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from artifacts.errors import Missing, Unavailable
from artifacts.prediction_log.coding import Batch, encode
from artifacts.prediction_log.record import Via
from artifacts.prediction_log.table import encode_tables
from artifacts.prediction_log.writer import LogWriter
from serving.answer import invocation_answer, json_response, prediction_answer
from serving.arrival import arrival_of
from serving.body import read_body
from serving.cost import INLINE_BYTES, is_cheap
from serving.fresh import Fresh
from serving.live import Live
from serving.loaded import LoadedVersion
from serving.metrics import Metrics
from serving.plain_scores import PlainAsked, plain_answer, score_alone
from serving.predict import predict, to_log
from serving.refused import RequestRefused
from serving.request import read_invocation, read_request
from serving.settings import ServingSettings
from serving.together import Together

Choose = Callable[[], LoadedVersion]


@dataclass(frozen=True)
class Answered:
    """What is logged, the flags to be counted, and the response that is sent once it is logged."""

    batch: Batch
    flags: Sequence[str]
    response: Response


@dataclass(frozen=True)
class Service:
    """What a running worker holds."""

    settings: ServingSettings
    live: Live
    fresh: Fresh
    log: LogWriter
    together: Together
    scoring: Executor
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
        named = number_of(version)
        if named not in live.loaded:
            there = ", ".join(map(str, sorted(live.loaded)))
            raise Missing(
                "serving.version_not_loaded",
                f"That version of {model} is not loaded here; loaded: {there}.",
                next_step=f"Ask for one of these. Of the versions that there are, as GET /v1/models/{model} lists, "
                f"serve another: python -m serving run --model {model} --version N",
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
        arrival, body = arrival_of(request), None
        try:
            async with asyncio.timeout_at(arrival.deadline):
                body = await read_body(request, self.settings.max_body_bytes)
                # Not before: a slow body must not be answered by a version that was rolled back meanwhile.
                version = choose()
                work = (version, body, via, arrival.at)
                if is_cheap(body):
                    answered = self._score(*work)
                else:
                    score = self._score_large if len(body) > INLINE_BYTES else self._score
                    answered = await asyncio.to_thread(score, *work)
                await self._keep(answered.batch)
        except TimeoutError as error:
            raise self.late(read=body is not None) from error
        finally:
            self.metrics.in_flight -= 1
        self.metrics.count("rows", str(version.version), by=answered.batch.count)
        for flag in answered.flags:
            self.metrics.count("flags", flag.partition(":")[0])
        return answered.response

    def _score_large(self, version: LoadedVersion, body: bytes, via: Via, asked_at: datetime) -> Answered:
        """As `_score`; plain rows take the short way, but alone: a turn of the others would wait for them."""
        plain = version.plain.request(body) if via == "http" else version.plain.invocation(body)
        if plain is None or len(plain.rows) > self.settings.max_rows:
            return self._score(version, body, via, asked_at)
        asked = PlainAsked(version, plain, via, asked_at)
        table = score_alone(asked, self.scoring)
        return Answered(encode_tables([table]), (), json_response(plain_answer(asked, table)))

    def _score(self, version: LoadedVersion, body: bytes, via: Via, asked_at: datetime) -> Answered:
        limit = self.settings.max_rows
        if via == "invocations":
            asked = read_invocation(version, body, limit)
        else:
            asked = read_request(version, body, limit, self.fresh, self.settings.max_feature_age_seconds)
        request_id = uuid.uuid4().hex
        scored = predict(version, asked.rows, self.settings.policy, request_id, contributions=asked.contributions)
        batch = encode(to_log(version, asked.rows, scored, asked_at, via))
        flags = [flag for of_row in scored.flags for flag in of_row]
        if via == "invocations":
            return Answered(batch, flags, invocation_answer(version, scored))
        return Answered(batch, flags, prediction_answer(version, scored, asked.looked_up))

    async def _keep(self, batch: Batch) -> None:
        self.metrics.log_backlog += batch.count
        try:
            await self.told(lambda: self.log.submit(batch))
        finally:
            self.metrics.log_backlog -= batch.count

    async def told(self, hand_over: Callable[[], Future[None]]) -> None:
        """Wait for the log, and tell the metrics whether it took what was handed over."""
        try:
            await asyncio.wrap_future(hand_over())
        except Unavailable as refusal:
            self.metrics.log_told(refusal)
            raise
        else:
            self.metrics.log_told(None)

    def late(self, *, read: bool) -> RequestRefused:
        """The refusal of what took too long; `read` when the body had come."""
        seconds = self.settings.timeout_seconds
        if read:
            return RequestRefused(
                "request.too_slow",
                f"There was no answer within {seconds:g} s.",
                status=503,
                next_step="Ask for fewer rows at once, with contributions for a few dozen, or try again, after the "
                "time in the header Retry-After.",
            )
        return RequestRefused(
            "request.body_slow", f"The body did not come within {seconds:g} s.", status=408, next_step="Send it faster."
        )


def number_of(version: str) -> int:
    """The number that a path names; 0, which no version has, for what is not written as versions are."""
    is_number = version.isascii() and version.isdigit() and len(version) < 10 and not version.startswith("0")  # noqa: PLR2004
    return int(version) if is_number else 0


def _busy(code: str, message: str) -> RequestRefused:
    return RequestRefused(code, message, status=503, next_step="Try again, after the time in the header Retry-After.")
