"""Nobody comes in who is not logged in to Airflow: asked before any route is looked for, so of unknown ones too."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from fastapi import Depends, HTTPException, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Nothing but this app's own files is loaded; no script runs but its own, and only Airflow may frame a page.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'self'"
)
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": POLICY,
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
}
READING = frozenset({"GET", "HEAD"})


class Guard:
    """The outermost layer of the app. Airflow itself checks no plugin's app: this does, by Airflow's own means."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401 or 403 unless Airflow knows the user; 405 to whatever wants to write; else pass on.

        HEAD is asked as GET, of which the server sends the head alone.
        """
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        closed = await _closed(Request(scope))
        await (closed or self.app)({**scope, "method": "GET"}, receive, _with_headers(send))


def reads(*dag_ids: str) -> list[Any]:
    """Dependencies of a route: the user may read each of these DAGs, else 403.

    Without one: DAGs at all, or the one that is `dag_id` in the route's path.
    """
    from airflow.api_fastapi.core_api.security import requires_access_dag

    return [Depends(_known_role(requires_access_dag("GET", param_dag_id=one))) for one in dag_ids or (None,)]


def _known_role(allows: Callable[..., None]) -> Callable[..., None]:
    """The same, where a role that Airflow's auth manager has not may read nothing, and is no fault of the page."""

    @wraps(allows)
    def asked(request: Request, user: Any) -> None:
        try:
            allows(request, user)
        except KeyError as error:
            # The simple auth manager looks the role up in its own list, whatever its users were given.
            if error.args != (str(getattr(user, "role", None)).upper(),):
                raise
            raise HTTPException(403, "Airflow does not know this role.") from error

    return asked


async def _closed(request: Request) -> Response | None:
    """The refusal, or None for a user of Airflow who reads."""
    from airflow.api_fastapi.core_api.security import bearer_scheme, get_user

    try:
        await get_user(request, None, await bearer_scheme(request))
    except HTTPException as error:
        told = "This page wants Airflow's login. Log in to Airflow, then load it again.\n"
        return PlainTextResponse(told, error.status_code, {"www-authenticate": "Bearer"})
    if request.method not in READING:
        return PlainTextResponse("These pages are only read.\n", 405, {"allow": ", ".join(sorted(READING))})
    return None


def _with_headers(send: Send) -> Send:
    async def told(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = {key.lower() for key, _ in message["headers"]}
            more = [(key.encode(), value.encode()) for key, value in HEADERS.items() if key.encode() not in given]
            message = {**message, "headers": [*message["headers"], *more]}
        await send(message)

    return told
