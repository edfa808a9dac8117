"""HTTP/1.1 whose request heads have an end: uvicorn's parser keeps a head of any size, and waits for it for ever."""

import asyncio

from uvicorn._types import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

MOST_HEAD_BYTES = 64 * 1024
HEAD_SECONDS = 10.0
# For so long what still comes of a body that nobody reads is thrown away, so that its sender sees the answer.
UNREAD_SECONDS = 2.0
_TOO_LARGE = "The request's head, or what stands around its body in chunks, is too large."
_LATE = "The request's head did not come in time."


class BoundedHeads(HttpToolsProtocol):
    """uvicorn's protocol; a head that is larger, or later after it or the connection began, is answered with 400.

    A head that ended is counted by its fields; one under way by the pieces that came, but for the one it began in. What
    stands around a body in chunks (their extensions, the trailers) may be as large as a head. An answer that is sent
    before the whole body has come is the connection's last.
    """

    _head_bytes = _field_bytes = _around_bytes = 0
    _is_too_large = False
    _in_head = True
    # Whether a body had not come when its answer began, and whether that answer has been sent.
    _is_unread = _is_over = False
    # Whether a piece of data began a head or had some of a body.
    _moved = False
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait so long for the head of the first request; between requests uvicorn's own keep-alive time counts."""
        super().connection_made(transport)
        self._late = self.loop.call_later(HEAD_SECONDS, self._refuse, _LATE)

    def connection_lost(self, exc: Exception | None) -> None:
        """No longer wait for anything."""
        self._forget()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """A head begins."""
        self._in_head, self._head_bytes, self._field_bytes, self._moved = True, 0, 0, True
        if self._late is None:
            self._late = self.loop.call_later(HEAD_SECONDS, self._refuse, _LATE)
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A piece of the path, which counts as the fields do."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field, with its colon, blank and line end."""
        self._count(len(name) + len(value) + 4)
        super().on_header(name, value)

    def send_400_response(self, msg: str) -> None:
        """Say what is wrong, when it is the size of the head."""
        super().send_400_response(_TOO_LARGE if self._is_too_large else msg)

    def on_headers_complete(self) -> None:
        """It has ended."""
        self._in_head = False
        self._forget()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of a body."""
        self._moved = True
        super().on_body(body)

    def on_response_complete(self) -> None:
        """The answer has been sent; after one to a body that had not come, nothing is read any more."""
        if self._is_unread:
            self.pipeline.clear()
        super().on_response_complete()
        if self._is_unread and not self.transport.is_closing():
            self._is_over = True
            self._unset_keepalive_if_required()
            self._forget()
            self.transport.write_eof()
            self._late = self.loop.call_later(UNREAD_SECONDS, self.transport.close)

    def data_received(self, data: bytes) -> None:
        """Parse it; count what came since the head began, but for the piece that it began in."""
        if self._is_over:
            return
        already, self._moved = self._in_head, False
        super().data_received(data)
        if self._moved:
            self._around_bytes = 0
        elif already and self._in_head:
            self._head_bytes += len(data)
        elif not already:
            self._around_bytes += len(data)
        if max(self._head_bytes, self._around_bytes) > MOST_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response(_TOO_LARGE)
        if self.cycle is not None and self.cycle.response_complete and self._late is None:
            # Blank lines begin no head, and have ended the keep-alive time.
            self._late = self.loop.call_later(HEAD_SECONDS, self._refuse, _LATE)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        super()._start_asgi_task(cycle, self._closing(cycle, app))

    def _closing(self, cycle: RequestResponseCycle, app: ASGI3Application) -> ASGI3Application:
        """`app`, whose answer says that it closes the connection when the body of its request has not come."""

        async def answering(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
            async def sending(message: ASGISendEvent) -> None:
                if message["type"] != "http.response.start" or not cycle.more_body:
                    await send(message)
                    return
                self._is_unread, cycle.keep_alive = True, False
                await send(message)
                # uvicorn would close at once, and the system, as more comes, throw away an answer not yet read.
                cycle.keep_alive = True

            await app(scope, receive, sending)

        return answering

    def _count(self, more: int) -> None:
        self._field_bytes += more
        if self._field_bytes > MOST_HEAD_BYTES:
            self._is_too_large = True
            # The parser ends with it, and so does the connection.
            raise ValueError(_TOO_LARGE)

    def _refuse(self, why: str) -> None:
        self._late = None
        if self.transport.is_closing():
            return
        if self.cycle is not None and not self.cycle.response_complete:
            # The answer to the request before it comes first.
            self._late = self.loop.call_later(HEAD_SECONDS, self._refuse, why)
            return
        self.send_400_response(why)

    def _forget(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
