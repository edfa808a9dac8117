"""The models that anything is known of, and the page of each."""

from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import Response

from artifacts import alerts, ledger
from artifacts.registry.connect import is_there
from plugins.on_call.alerts import alert_list
from plugins.on_call.by_day import predictions
from plugins.on_call.candidates import candidates
from plugins.on_call.champion import champion
from plugins.on_call.curves import metrics
from plugins.on_call.drift import drift
from plugins.on_call.frame import link, page, version
from plugins.on_call.fresh import freshness
from plugins.on_call.glance import glance, serving
from plugins.on_call.guard import reads
from plugins.on_call.home import Home
from plugins.on_call.known import Known, known_at_once, known_models
from plugins.on_call.live import live_metrics
from plugins.on_call.markup import NONE, Child, Html, command, el, join, joined, table
from plugins.on_call.names import Model
from plugins.on_call.next_step import FIRST, waits
from plugins.on_call.section import Part, all_of, failed, told, within
from plugins.on_call.words import became, moment

# The DAGs that make what these pages show.
DAGS = ("build_training_set", "train_candidate", "watch_drift")

router = APIRouter(dependencies=reads(*DAGS))


@router.get("/models")
def models(request: Request) -> Response:
    """Every model that was ever trained, promoted or watched; when there is but one, its page."""
    home = Home.of(request)
    only = known_models(home).only
    if only is not None:
        return _page(request, home, only)
    shown = told("The list of models", lambda: within(lambda: _list(request, home), home.patience))
    return page(request, "Models", shown)


@router.get("/models/{model}")
def one_model(request: Request, model: Model) -> Response:
    """All about a model; 404 for one of which nothing here knows."""
    home = Home.of(request)
    if known_at_once(home, model):
        return _page(request, home, model)
    known = known_models(home)
    return _page(request, home, model) if known.may_be(model) else _unknown(request, known)


def _page(request: Request, home: Home, model: str) -> Response:
    parts = (
        Part("At a glance", "glance", lambda: glance(request, home, model), wide=True),
        Part("Champion", "champion", lambda: champion(request, home, model)),
        Part("What serves now", "serving", lambda: serving(request, home, model)),
        Part("Alerts", "alerts", lambda: alert_list(home, model), wide=True),
        Part("Drift by feature and day", "drift", lambda: drift(request, home, model), wide=True),
        Part("Candidates", "candidates", lambda: candidates(request, home, model), wide=True),
        Part("Metrics when judged", "metrics", lambda: metrics(home, model), wide=True),
        Part("Metrics since", "live", lambda: live_metrics(home, model), wide=True),
        Part("Predictions a day", "predictions", lambda: predictions(request, home, model), wide=True),
        Part("How fresh everything is", "fresh", lambda: freshness(request, home, model), wide=True),
    )
    jumps = el(
        "nav", *(el("a", one.title, href=f"#{one.anchor}") for one in parts[1:]), class_="jumps", aria_label="Parts"
    )
    grid = el("div", all_of(*parts, patience=home.patience), class_="grid")
    return page(request, model, jumps, grid, trail=(("Models", "models"),))


def _unknown(request: Request, known: Known) -> Response:
    """That there is no such model, and which there are."""
    links = joined(el("li", link(request, name, "models", name)) for name in sorted(known.names))
    there = join(el("p", "These are:"), el("ul", links)) if known.names else join(el("p", FIRST[0]), command(FIRST[1]))
    none = el("p", "Nothing here knows a model of that name: it was never trained, promoted or watched.", class_="down")
    return page(request, "No such model", none, there, trail=(("Models", "models"),), status=404)


def _list(request: Request, home: Home) -> Html:
    rows: list[list[Child]] = []
    known = known_models(home)
    for name in sorted(known.names):
        line = ledger.champion(home.places.ledger, name)
        opened = sum(one.is_open for one in alerts.history(home.places.alerts, name))
        alarm = (
            el("span", f"▲ {opened} open", class_="state bad")
            if opened
            else el("span", "✓ none open", class_="state good")
        )
        since = [f"version {line.version}", moment(line.decided_at)] if line else ["none", NONE]
        waiting = told("Who waits", partial(_waiting, request, home, name))
        rows.append([link(request, name, "models", name), *since, alarm, waiting])
    heads = ("model", "champion", "since (UTC)", "alerts", "waits for a person")
    if rows or known.silent:
        return join(*(failed("The list of models", one) for one in known.silent), table(heads, rows) if rows else None)
    return join(el("p", FIRST[0], class_="lead"), command(FIRST[1]))


def _waiting(request: Request, home: Home, name: str) -> Child:
    """The candidate that a person has to decide on, if any does."""
    if not is_there(home.places.mlflow):
        return NONE
    found = within(lambda: waits(home, name), home.patience)
    number = None if found is None else found[0].version
    return NONE if number is None else join(version(request, name, number), " ", became("waits"))
