"""What stands before every route: the API key, the short way, and the count of what was answered."""

import hmac
import time

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from artifacts.errors import Refusal
from serving.answer import refusal_answer
from serving.arrival import Arrival, arrive
from serving.lane import Lane, Named
from serving.metrics import Metrics
from serving.refused import RequestRefused

OPEN = frozenset({"/health/live", "/health/ready", "/ping"})


class Front:
    """Refuses a caller without the key, lets plain requests take the short way, times and counts every answer."""

    def __init__(self, app: ASGIApp, *, key: bytes | None, metrics: Metrics, timeout_seconds: float) -> None:
        self._app, self._key, self._metrics, self._timeout_seconds = app, key, metrics, timeout_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500
        lane: Lane = scope["app"].state.lane
        named = lane.named(scope)

        async def counting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            if not self._may(scope):
                await self._refuse(scope, receive, counting)
                return
            arrival = arrive(scope, self._timeout_seconds)
            left = await self._shortly(lane, named, arrival, scope, receive, counting) if named else receive
            if left is not None:
                await self._app(scope, left, counting)
        finally:
            route = named.route if named else getattr(scope.get("route"), "path", "other")
            self._metrics.count("requests", route, str(status))
            self._metrics.observe(route, time.perf_counter() - began)

    async def _shortly(  # noqa: PLR0917  what a request is made of
        self, lane: Lane, named: Named, arrival: Arrival, scope: Scope, receive: Receive, send: Send
    ) -> Receive | None:
        try:
            return await lane.answer(named, arrival, receive, send)
        except Refusal as refusal:
            self._metrics.count("rejections", refusal.code)
            await refusal_answer(refusal)(scope, receive, send)
            return None

    def _may(self, scope: Scope) -> bool:
        if self._key is None or scope["path"] in OPEN:
            return True
        scheme, _, given = Headers(scope=scope).get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), self._key)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._metrics.count("rejections", "request.api_key")
        refusal = RequestRefused(
            "request.api_key",
            "The API key is missing or wrong.",
            status=401,
            next_step="Send the header Authorization: Bearer KEY.",
        )
        await refusal_answer(refusal)(scope, receive, send)
