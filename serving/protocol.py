"""HTTP/1.1 whose request heads have an end: uvicorn's parser keeps a head of any size, and waits for it for ever."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD_BYTES = 64 * 1024
HEAD_SECONDS = 10.0
_TOO_LARGE = "The request's head is too large."


class BoundedHeads(HttpToolsProtocol):
    """uvicorn's protocol; a head that is larger, or later after it or the connection began, is answered with 400.

    A head that ended is counted by its fields; one under way by the pieces that came, but for the one it began in.
    """

    _head_bytes = _field_bytes = 0
    _is_too_large = False
    _in_head = True
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait so long for the head of the first request; between requests uvicorn's own keep-alive time counts."""
        super().connection_made(transport)
        self._late = self.loop.call_later(HEAD_SECONDS, self._refuse, "The request's head did not come in time.")

    def connection_lost(self, exc: Exception | None) -> None:
        """No longer wait for anything."""
        self._forget()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """A head begins."""
        self._in_head, self._head_bytes, self._field_bytes = True, 0, 0
        if self._late is None:
            self._late = self.loop.call_later(HEAD_SECONDS, self._refuse, "The request's head did not come in time.")
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

    def data_received(self, data: bytes) -> None:
        """Parse it; count what came since the head began, but for the piece that it began in."""
        already = self._in_head
        super().data_received(data)
        if already and self._in_head and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES:
                self.send_400_response(_TOO_LARGE)

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
