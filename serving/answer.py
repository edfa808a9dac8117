"""What goes over the wire: answers, and refusals under the status that fits them."""

from typing import Any

from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from artifacts.errors import BadInput, Missing, Refusal
from serving.entities import LookedUp
from serving.loaded import LoadedVersion
from serving.predict import Scored
from serving.refused import RequestRefused

RETRY_SECONDS = "1"


def as_json(told: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    return json_response(to_json(told), status, headers)


def json_response(content: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """JSON that is written already."""
    return Response(content, status, headers, media_type="application/json")


def refusal_answer(refusal: Refusal) -> Response:
    """A refusal as JSON: its code, message and next step, and the field and row where there is one."""
    told = {key: text for key, text in refusal.to_dict().items() if key != "exit_code"}
    status = _status(refusal)
    headers = {}
    if status == 503:  # noqa: PLR2004
        headers["Retry-After"] = RETRY_SECONDS
    if status == 401:  # noqa: PLR2004
        headers["WWW-Authenticate"] = "Bearer"
    return as_json(told, status, headers)


def _status(refusal: Refusal) -> int:
    if isinstance(refusal, RequestRefused):
        return refusal.status
    if isinstance(refusal, Missing):
        return 404
    return 422 if isinstance(refusal, BadInput) else 503


def gone(_: Request, __: Exception) -> Response:
    """For a caller who left before the body had come: nobody reads it, and it counts as the caller's doing."""
    return Response(status_code=400)


def http_refusal(_: Request, error: Exception) -> Response:
    """No such path, or no such method; or what should not happen."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    told = {
        "error": f"http.{status}",
        "message": "There is nothing here for this method and path." if status < 500 else "The service failed.",  # noqa: PLR2004
        "next_step": "/openapi.json lists the routes." if status < 500 else "Read the service's log.",  # noqa: PLR2004
    }
    return as_json(told, status, headers)


def prediction_answer(version: LoadedVersion, scored: Scored, looked_up: LookedUp | None) -> Response:
    """The answer of the service's own routes; of `looked_up` features it says when they were observed, and how old."""
    predictions: list[dict[str, Any]] = [
        {"prediction_id": prediction_id, "score": score, "flags": flags}
        for prediction_id, score, flags in zip(scored.prediction_ids, scored.scores, scored.flags, strict=True)
    ]
    if scored.contributions is not None:
        for told, contributions in zip(predictions, scored.contributions, strict=True):
            told["contributions"] = contributions
    features: dict[str, Any] = {}
    if looked_up is not None:
        features = {"features_as_of": looked_up.as_of, "features_age_seconds": looked_up.age_seconds}
        for told, observed_at in zip(predictions, looked_up.observed_at, strict=True):
            told["observed_at"] = observed_at
    return as_json({**_about(version, scored), **features, "predictions": predictions})


def invocation_answer(version: LoadedVersion, scored: Scored) -> Response:
    """The answer that MLflow's clients read, who look at `predictions` and pass over the rest."""
    return as_json({"predictions": scored.scores, **_about(version, scored), "flags": scored.flags})


def _about(version: LoadedVersion, scored: Scored) -> dict[str, Any]:
    return {
        "model": version.model,
        "version": version.version,
        "training_set": version.training_set,
        "request_id": scored.request_id,
    }
