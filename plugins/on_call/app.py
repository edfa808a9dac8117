"""The app that Airflow mounts: routers behind the guard, with no documentation of itself."""

import logging
from functools import cache
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from artifacts.database import impatient
from artifacts.errors import Missing, Refusal
from artifacts.places import Places, read_places
from artifacts.registry import Registry
from plugins.on_call import audits, findings, frame, models, predictions, training_sets, versions
from plugins.on_call.guard import Guard
from plugins.on_call.names import FORMS
from plugins.on_call.patience import POOL
from plugins.on_call.section import refused
from plugins.on_call.settings import OnCallSettings, read_on_call_settings
from plugins.run_story import routes as run_story

LOG = logging.getLogger(__name__)
# A page reads them more than once, and has promised to answer within three seconds.
LOCKED_SECONDS = 0.5
PAGES = (models, versions, predictions, findings, training_sets, audits, run_story)
ROUTERS: tuple[APIRouter, ...] = (frame.router, *(one.router for one in PAGES))


def create_app(settings: OnCallSettings | None = None, places: Places | None = None) -> FastAPI:
    """The pages for these places, by default those of the environment. Every route is behind Airflow's login."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.settings = settings or read_on_call_settings()
    given = places or read_places()
    waits = {name: impatient(getattr(given, name), LOCKED_SECONDS) for name in ("ledger", "alerts")}
    app.state.places = given.model_copy(update=waits)
    app.add_middleware(Guard)
    app.add_exception_handler(RequestValidationError, _no_such_name)
    app.add_exception_handler(HTTPException, _no_such_page)
    app.add_exception_handler(Refusal, _refused)
    for router in ROUTERS:
        app.include_router(router)
    return app


@cache
def _app() -> FastAPI:
    app = create_app()
    POOL.submit(_load, app.state.places)
    return app


def _load(places: Places) -> None:
    """MLflow, before a page asks: to load it takes about as long as a page waits. A page tells what fails."""
    try:
        Registry.at(places).models()
    except Refusal:
        pass
    except Exception as error:
        LOG.warning("MLflow could not be loaded before the first page: %s", type(error).__name__)


async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    """The one app of this process, with the settings of its environment."""
    await _app()(scope, receive, send)


async def _no_such_name(request: Request, error: Any) -> Response:
    """What was asked for is not repeated: it may be anything."""
    wanted = [FORMS[name] for name in (str(one["loc"][-1]) for one in error.errors()) if name in FORMS]
    form = f" Wanted is {'; and '.join(wanted)}." if wanted else ""
    return frame.no_page(request, f"The address names something in a way that no name or id here is written.{form}")


async def _refused(request: Request, refusal: Any) -> Response:
    """A page that is nothing without what was refused."""
    is_missing = isinstance(refusal, Missing)
    title = "Not here" if is_missing else "Not available"
    return frame.page(request, title, refused(refusal), status=404 if is_missing else 503)


async def _no_such_page(_: Request, error: Any) -> Response:
    told = {401: "This page wants Airflow's login.", 403: "Your Airflow role may not read the DAGs behind this page."}
    return PlainTextResponse(told.get(error.status_code, "There is no such page.") + "\n", error.status_code)
