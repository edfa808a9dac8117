"""The short way for plain requests: read, scored and logged together with others, past the framework's routing.

It answers what it can read at a glance. Everything else, whatever may be wrong with it, goes on to the routes of `app`
as if it had come just now; they refuse, and say why.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import Message, Receive, Scope, Send

from artifacts.prediction_log.record import Via
from serving.arrival import Arrival
from serving.cost import INLINE_BYTES
from serving.loaded import LoadedVersion
from serving.plain_scores import PlainAsked, plain_answer
from serving.service import Service, number_of

PREDICT = "/v1/models/{model}/predict"
PREDICT_WITH = "/v1/models/{model}/versions/{version}/predict"
INVOCATIONS = "/invocations"
JSON = (b"content-type", b"application/json")


@dataclass(frozen=True, slots=True)
class Named:
    """What a path asks for: its route, how it is logged, and the version that answers, None when there is none now."""

    route: str
    via: Via
    choose: Callable[[], LoadedVersion | None]


class Lane:
    """The short way into a service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._most = min(INLINE_BYTES, service.settings.max_body_bytes)
        live, base = service.live, f"/v1/models/{service.live.current.model}"
        self._versions = f"{base}/versions/"
        self._fixed = {
            f"{base}/predict": Named(PREDICT, "http", lambda: live.current if live.follows else None),
            INVOCATIONS: Named(INVOCATIONS, "invocations", lambda: live.current),
        }

    def named(self, scope: Scope) -> Named | None:
        """What a request asks for when it may be plain, by its head; None sends it the other way."""
        if scope["method"] != "POST" or not self._may_be_plain(scope):
            return None
        path: str = scope["path"]
        if path in self._fixed:
            return self._fixed[path]
        if not path.startswith(self._versions) or not path.endswith("/predict"):
            return None
        loaded, number = self._service.live.loaded, number_of(path[len(self._versions) : -len("/predict")])
        return Named(PREDICT_WITH, "http", lambda: loaded.get(number))

    def _may_be_plain(self, scope: Scope) -> bool:
        length = kind = None
        for name, value in scope["headers"]:
            if name == b"content-length":
                length = value
            elif name == b"content-type":
                if kind is not None:
                    return False
                kind = value
            elif name in (b"content-encoding", b"transfer-encoding", b"expect"):
                return False
        return kind == JSON[1] and length is not None and length.isdigit() and int(length) <= self._most

    async def answer(self, named: Named, arrival: Arrival, receive: Receive, send: Send) -> Receive | None:
        """Answer, or hand back how the request is received again; raises as `Service.answer` does."""
        service, metrics = self._service, self._service.metrics
        if metrics.in_flight >= service.settings.max_in_flight:
            return receive
        metrics.in_flight += 1
        asked, message = None, None
        try:
            async with asyncio.timeout_at(arrival.deadline):
                message = await receive()
                asked = self._read(named, arrival, message)
                if asked is None:
                    return _again(message, receive)
                table = await service.together.answer(asked)
        except TimeoutError as error:
            raise service.late(read=message is not None) from error
        finally:
            metrics.in_flight -= 1
        metrics.count("rows", str(asked.version.version), by=asked.count)
        body = plain_answer(asked, table)
        await send({"type": "http.response.start", "status": 200, "headers": _head(body)})
        await send({"type": "http.response.body", "body": body})
        return None

    def _read(self, named: Named, arrival: Arrival, message: Message) -> PlainAsked | None:
        if message["type"] != "http.request" or message.get("more_body"):
            return None
        # Not before the body is there: it must not be answered by a version that was rolled back meanwhile.
        version = named.choose()
        if version is None:
            return None
        read = version.plain.request if named.via == "http" else version.plain.invocation
        plain = read(message["body"])
        if plain is None or len(plain.rows) > self._service.settings.max_rows:
            return None
        return PlainAsked(version, plain, named.via, arrival.at)


def _again(first: Message, receive: Receive) -> Receive:
    """As `receive`, which has given its first message already."""
    held = [first]

    async def again() -> Message:
        return held.pop() if held else await receive()

    return again


def _head(body: bytes) -> list[tuple[bytes, bytes]]:
    return [(b"content-length", b"%d" % len(body)), JSON]
