"""A light HTTP client that keeps a service busy: one request after another on each connection, and every latency."""

import asyncio
import time
from pathlib import Path
from typing import Any, cast

import uvloop

from artifacts.errors import CannotJudge

LATE_SECONDS = 60
_END = b"\r\n\r\n"


class _Caller(asyncio.Protocol):
    """A connection with one request under way, until the deadline or the last request that may be sent."""

    def __init__(self, load: "_Load") -> None:
        self._load = load
        self._answer = bytearray()
        self._whole = 0
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if not self._whole and (at := self._answer.find(_END)) >= 0:
            self._whole = at + len(_END) + _length(self._answer[:at])
        if self._whole and len(self._answer) >= self._whole:
            self._load.answered(self._answer, time.perf_counter() - self._sent_at)
            self._send()

    def connection_lost(self, _: Exception | None) -> None:
        self._load.left()

    def _send(self) -> None:
        self._answer.clear()
        self._whole = 0
        request = self._load.next_request()
        if request is None:
            self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)


class _Load:
    """What is asked, by how many, and what came back."""

    def __init__(self, requests: list[bytes], clients: int, seconds: float, most: int) -> None:
        self._requests, self._clients, self._most = requests, clients, most
        self._sent = 0
        self._until = time.perf_counter() + seconds
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.latencies: list[float] = []

    async def run(self, host: str, port: int) -> None:
        """Ask on all connections until all have left; raises what the first refused answer was."""
        loop = asyncio.get_running_loop()
        connections: list[asyncio.Transport] = []
        try:
            for _ in range(self._clients):
                connection, _ = await loop.create_connection(lambda: _Caller(self), host, port)
                connections.append(connection)
            await asyncio.wait_for(self._done, self._until - time.perf_counter() + LATE_SECONDS)
        finally:
            for connection in connections:
                connection.close()
            await asyncio.sleep(0)

    def next_request(self) -> bytes | None:
        if self._sent >= self._most or time.perf_counter() >= self._until:
            return None
        self._sent += 1
        return self._requests[self._sent % len(self._requests)]

    def answered(self, answer: bytearray, seconds: float) -> None:
        if not answer.startswith(b"HTTP/1.1 200") and not self._done.done():
            self._done.set_exception(_refused(answer))
        self.latencies.append(seconds)

    def left(self) -> None:
        self._clients -= 1
        if not self._clients and not self._done.done():
            self._done.set_result(None)


def load(
    *, host: str, port: int, path: str, bodies: list[str], clients: int, seconds: float, most: int
) -> dict[str, Any]:
    """Ask for `seconds`, at most `most` times, with the bodies in the files `bodies` in turn: rate and latencies.

    Raises `CannotJudge` (`bench.refused`) at an answer that is not 200.
    """
    requests = [_request(path, Path(body).read_bytes()) for body in bodies]

    async def ask() -> tuple[list[float], float]:
        began = time.perf_counter()
        load = _Load(requests, clients, seconds, most)
        await load.run(host, port)
        return load.latencies, time.perf_counter() - began

    latencies, took = uvloop.run(ask())
    return told(latencies, took)


def told(latencies: list[float], took: float) -> dict[str, Any]:
    """Requests a second, and milliseconds: median and 99th percentile, the least that no more than 1 % exceed."""
    ordered = sorted(latencies)
    if not ordered:
        raise CannotJudge("bench.no_answer", "No request was answered.", next_step="Give it more seconds: --seconds 10")
    return {
        "requests": len(ordered),
        "per_second": len(ordered) / took,
        "p50_ms": ordered[(len(ordered) - 1) // 2] * 1000,
        "p99_ms": ordered[-1 - len(ordered) // 100] * 1000,
    }


def _request(path: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + _END + body


def _length(head: bytearray) -> int:
    for line in bytes(head).lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    raise CannotJudge(
        "bench.no_length",
        "An answer came without Content-Length, and the load client reads no other.",
        next_step="Measure a server that tells the length of its answers.",
    )


def _refused(answer: bytearray) -> CannotJudge:
    return CannotJudge(
        "bench.refused",
        f"An answer was {bytes(answer[:300])!r}; only 200 is measured.",
        next_step="Read the server's log, and correct the request.",
    )
