"""How the body of a request is read: no more of it than may be, and only as JSON that is not compressed."""

from email.message import Message

from starlette.requests import Request

from serving.refused import RequestRefused

JSON = "application/json"
LONGEST_TYPE = 200


async def read_body(request: Request, limit: int) -> bytes:
    """The body of a JSON request, never more than `limit` bytes of it.

    Raises `RequestRefused`: `request.media_type`, `request.encoded` (415), `request.too_large` (413).
    """
    head, told = Message(), request.headers.get("content-type", "")
    # What reads it takes the square of its length, beside all that others ask.
    head["content-type"] = told if len(told) <= LONGEST_TYPE else ""
    if head.get_content_type() != JSON or str(head.get_param("charset", "utf-8")).lower() not in ("utf-8", "utf8"):
        raise RequestRefused(
            "request.media_type",
            f"The body is not {JSON} in UTF-8.",
            status=415,
            next_step=f"Send it so, with the header Content-Type: {JSON}.",
        )
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        # Unpacked, a small body can be a huge one.
        raise RequestRefused(
            "request.encoded",
            "The body is compressed.",
            status=415,
            next_step="Send it as it is, without the header Content-Encoding.",
        )
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length) > limit:
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
