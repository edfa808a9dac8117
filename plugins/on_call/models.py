"""The models that anything is known of, and the pages of each."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from artifacts import ledger
from artifacts.places import Places
from plugins.on_call.frame import page
from plugins.on_call.guard import reads
from plugins.on_call.markup import Child, Html, el, table
from plugins.on_call.section import section

DAGS = ("build_training_set", "train_candidate", "watch_drift")

router = APIRouter(dependencies=reads(*DAGS))


@router.get("/models")
def models(request: Request) -> Response:
    """Every model that was ever promoted."""
    places: Places = request.app.state.places
    return page(request, "Models", section("Champions", lambda: _champions(request, places), anchor="champions"))


def _champions(request: Request, places: Places) -> Html:
    names = ledger.models(places.ledger)
    if not names:
        return el("p", "No model was promoted yet.")
    lines = [ledger.champion(places.ledger, name) for name in names]
    rows: list[list[Child]] = [[one.model, one.version, one.reason] for one in lines if one]
    return table(("model", "champion", "why"), rows)
