"""The web service: its routes, and a life that begins with a loaded version and ends with a closed log."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version as version_of

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from artifacts.errors import Refusal, Unavailable
from artifacts.places import Places
from artifacts.prediction_log.writer import LogWriter
from artifacts.registry import Registry
from serving.about import About
from serving.answer import as_json, gone, http_refusal, refusal_answer
from serving.fresh import Fresh
from serving.front import Front
from serving.health import readiness, try_log
from serving.lane import INVOCATIONS, PREDICT, PREDICT_WITH, Lane
from serving.live import Live, Watcher
from serving.load import champion_line, load_line, load_version
from serving.loaded import LoadedVersion
from serving.metrics import CONTENT_TYPE, Metrics
from serving.openapi import document
from serving.service import Service
from serving.settings import ServingSettings, read_key
from serving.together import Together

# Load balancers ask for the head alone.
PROBES = ["GET", "HEAD"]


def find_version(places: Places, model: str, version: int | None, threads: int = 1) -> LoadedVersion:
    """Version `version`, or without one the champion; raises as `load_version` and `champion_line` do."""
    registry = Registry.at(places)
    if version is not None:
        return load_version(registry, model, version, threads)
    return load_line(registry, champion_line(registry, places.ledger, model), threads)


def create_app(
    settings: ServingSettings,
    places: Places,
    model: str,
    version: int | None = None,
    first: LoadedVersion | None = None,
) -> FastAPI:
    """The service for version `version` of `model`, or without one for its champion; `first` is it, loaded already.

    Started, it loads the version or ends with the reason. Raises `BadInput` (`serving.api_key`).
    """
    key, metrics = read_key(settings), Metrics()

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        live = Live(first or find_version(places, model, version), follows=version is None)
        with LogWriter(places.predictions, settings.log) as log, ThreadPoolExecutor(1, "scoring") as scoring:
            fresh = Fresh(places.upcoming, live)
            await fresh.look()
            app.state.service = Service(settings, live, fresh, log, Together(log, metrics), scoring, metrics)
            app.state.lane, app.state.about = Lane(app.state.service), About(app.state.service, places)
            watchers = [fresh.run(settings.poll_seconds), try_log(app.state.service, settings.poll_seconds)]
            if live.follows:
                watcher = Watcher(live, Registry.at(places), places.ledger, metrics)
                watchers.append(watcher.run(settings.poll_seconds))
            # Else only the first caller would find out, and be refused by a service that says that it is ready.
            with suppress(Unavailable):
                await app.state.service.told(log.probe)
            tasks = [asyncio.create_task(each) for each in watchers]
            yield
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=life, redirect_slashes=False)
    app.add_middleware(Front, key=key, metrics=metrics, timeout_seconds=settings.timeout_seconds)
    app.add_exception_handler(HTTPException, http_refusal)
    app.add_exception_handler(ClientDisconnect, gone)
    app.add_exception_handler(Exception, http_refusal)

    @app.exception_handler(Refusal)
    async def refused(_: Request, refusal: Refusal) -> Response:
        metrics.count("rejections", refusal.code)
        return refusal_answer(refusal)

    @app.post(PREDICT_WITH)
    async def predict_with_version(request: Request) -> Response:
        service, named = _service(request), request.path_params
        return await service.answer(request, lambda: service.loaded(named["model"], named["version"]), "http")

    @app.post(PREDICT)
    async def predict_with_champion(request: Request) -> Response:
        service, named = _service(request), request.path_params
        return await service.answer(request, lambda: service.loaded(named["model"]), "http")

    @app.post(INVOCATIONS)
    async def invocations(request: Request) -> Response:
        service = _service(request)
        return await service.answer(request, lambda: service.live.current, "invocations")

    @app.get("/v1/models/{model}")
    async def about(request: Request) -> Response:
        service, named = _service(request), request.path_params["model"]
        if named != service.live.current.model:
            service.loaded(named)
        return as_json(await request.app.state.about.tell())

    @app.api_route("/health/live", methods=PROBES)
    @app.api_route("/ping", methods=PROBES)
    async def alive(_: Request) -> Response:
        return as_json({"status": "live"})

    @app.get("/version")
    async def mlflow_version(_: Request) -> Response:
        return Response(version_of("mlflow"), media_type="text/plain")

    @app.api_route("/health/ready", methods=PROBES)
    async def ready(request: Request) -> Response:
        return readiness(_service(request))

    @app.get("/metrics")
    async def counted(request: Request) -> Response:
        service = _service(request)
        live, fresh, degraded = service.live, service.fresh, bool(service.troubles)
        age = fresh.held.age.total_seconds() if fresh.held else None
        text = metrics.text(model, live.current.version, degraded=degraded, features_age_seconds=age)
        return Response(text, media_type=CONTENT_TYPE)

    @app.get("/openapi.json")
    async def described(request: Request) -> Response:
        service = _service(request)
        columns = service.fresh.held.upcoming.columns if service.fresh.held else None
        return as_json(document(service.live.current, settings, columns, with_key=key is not None))

    return app


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service
