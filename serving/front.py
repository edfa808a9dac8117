"""What stands before every route: the API key, and the count of what was answered; and how a body is read."""

import hmac
import time

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.answer import refusal_answer
from serving.metrics import Metrics
from serving.refused import RequestRefused

OPEN = frozenset({"/health/live", "/health/ready", "/ping"})
JSON = "application/json"


class Front:
    """Refuses a caller without the key, and times and counts every answer by route."""

    def __init__(self, app: ASGIApp, *, key: bytes | None, metrics: Metrics) -> None:
        self._app, self._key, self._metrics = app, key, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def counting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            if self._may(scope):
                await self._app(scope, receive, counting)
            else:
                await self._refuse(scope, receive, counting)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            self._metrics.count("requests", route, str(status))
            self._metrics.observe(route, time.perf_counter() - began)

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


async def read_body(request: Request, limit: int) -> bytes:
    """The body of a JSON request, never more than `limit` bytes of it.

    Raises `RequestRefused`: `request.media_type`, `request.encoded` (415), `request.too_large` (413).
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise RequestRefused(
            "request.media_type",
            f"The body is not {JSON}.",
            status=415,
            next_step=f"Send the header Content-Type: {JSON}.",
        )
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        # Unpacked, a small body can be a huge one.
        raise RequestRefused(
            "request.encoded",
            "The body is compressed.",
            status=415,
            next_step="Send it as it is, without the header Content-Encoding.",
        )
    told = request.headers.get("content-length", "0")
    if told.isdigit() and int(told) > limit:
        raise _too_large(limit)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise _too_large(limit)
    return bytes(body)


def _too_large(limit: int) -> RequestRefused:
    return RequestRefused(
        "request.too_large",
        f"The body has more than {limit} bytes.",
        status=413,
        next_step="Send fewer rows a request, or serve with a larger SERVING_MAX_BODY_BYTES.",
    )
