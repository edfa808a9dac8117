"""The models that anything is known of, and the page of each."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from fastapi import APIRouter, Request
from starlette.responses import Response

from artifacts import ledger
from artifacts.errors import Missing, Refusal
from plugins.on_call.alerts import NEVER, alert_list, alerts_of, was_checked
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
from plugins.on_call.next_step import first, waits
from plugins.on_call.section import Part, all_of, failed, told, within
from plugins.on_call.words import became, moment

# The DAGs that make what these pages show.
DAGS = ("build_training_set", "train_candidate", "watch_drift")

T = TypeVar("T")

router = APIRouter(dependencies=reads(*DAGS))


@router.get("/")
@router.get("/models")
def models(request: Request) -> Response:
    """Every model that was ever trained, promoted or watched; when there is but one, its page."""
    home = Home.of(request)
    known = known_models(home)
    if known.only is not None:
        return _page(request, home, known.only, _may_lack(known))
    shown = told("The list of models", lambda: within("the models", lambda: _list(request, home), home.patience))
    return page(request, "Models", shown)


@router.get("/models/{model}")
def one_model(request: Request, model: Model) -> Response:
    """All about a model; 404 for one of which nothing here knows."""
    home = Home.of(request)
    if known_at_once(home, model):
        return _page(request, home, model)
    known = known_models(home)
    return _page(request, home, model) if known.may_be(model) else _unknown(request, home, known)


def _page(request: Request, home: Home, model: str, lacks: Html | None = None) -> Response:
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
    return page(request, model, lacks, jumps, grid, trail=(("Models", "models"),))


def _unknown(request: Request, home: Home, known: Known) -> Response:
    """That there is no such model, and which there are."""
    links = joined(el("li", link(request, name, "models", name)) for name in sorted(known.names))
    another = "Look at one of these, or train a model of that name by a config that names it, under training/configs:"
    if known.names:
        there = join(el("p", another), el("ul", links))
    else:
        there = told("Which models there are", lambda: within("what is first", lambda: _first(home), home.patience))
    none = el("p", "Nothing here knows a model of that name: it was never trained, promoted or watched.", class_="down")
    return page(request, "No such model", none, there, trail=(("Models", "models"),), status=404)


def _list(request: Request, home: Home) -> Html:
    known = known_models(home)
    names = sorted(known.names)
    # Who could not be asked for names is not asked again, and costs the page its patience once.
    champions = _silent(known, "ledger") or _of_each(names, lambda name: _line(home, known, name))
    opened = _silent(known, "alerts") or _of_each(names, lambda name: _opened(home, name))
    deciding = _silent(known, "mlflow") or (champions if isinstance(champions, str) else None)
    rows: list[list[Child]] = []
    for name in names:
        since, alarm = _champion(champions, name), _alarm(opened, name)
        waiting = _unknown_yet(deciding) if deciding else told("Who waits", partial(_waiting, request, home, name))
        rows.append([link(request, name, "models", name), *since, alarm, waiting])
    heads = ("model", "champion", "since (UTC)", "alerts", "waits for a person")
    if rows or known.silent:
        return join(
            *(failed("The list of models", one) for one in known.silent.values()),
            _may_lack(known),
            table(heads, rows) if rows else None,
        )
    return _first(home)


def _may_lack(known: Known) -> Html | None:
    """That MLflow, which alone knows of a model that was only trained, was not heard."""
    if "mlflow" not in known.silent:
        return None
    return el("p", "MLflow did not say which models it has: some that were only trained may be missing.", class_="down")


def _first(home: Home) -> Html:
    said, run = first(home)
    return join(el("p", said, class_="lead"), command(run))


def _silent(known: Known, source: str) -> str | None:
    error = known.silent.get(source)
    return None if error is None else getattr(error, "code", type(error).__name__)


def _of_each(names: list[str], ask: Callable[[str], T]) -> dict[str, T] | str:
    """What `ask` says of each name, or the code with which it could not be asked."""
    try:
        return {name: ask(name) for name in names}
    except Refusal as refusal:
        return refusal.code


def _line(home: Home, known: Known, name: str) -> ledger.Promotion | None:
    line = ledger.champion(home.places.ledger, name)
    if line is None and "mlflow" not in known.silent:
        home.refuse_lost_ledger(name)
    return line


def _champion(champions: dict[str, ledger.Promotion | None] | str, name: str) -> list[Child]:
    if isinstance(champions, str):
        return [_unknown_yet(champions), NONE]
    line = champions[name]
    return ["none", NONE] if line is None else [f"version {line.version}", moment(line.decided_at)]


def _opened(home: Home, name: str) -> int | str:
    """How many alerts are open; -1 when nothing was checked, or the code when it is not known of this model alone."""
    try:
        many = sum(one.is_open for one in alerts_of(home, name))
        return many if many or was_checked(home, name) else -1
    except Missing as lost:
        return lost.code


def _alarm(opened: dict[str, int | str] | str, name: str) -> Child:
    many = opened if isinstance(opened, str) else opened[name]
    if isinstance(many, str):
        return _unknown_yet(many)
    if many < 0:
        return el("span", NEVER, class_="state ask")
    if many:
        return el("span", f"▲ {many} open", class_="state bad")
    return el("span", "✓ none open", class_="state good")


def _unknown_yet(code: str) -> Html:
    return el("span", f"? not known: {code}", class_="state ask")


def _waiting(request: Request, home: Home, name: str) -> Child:
    """The candidate that a person has to decide on, if any does."""
    try:
        found = within(f"who decides on {name}", lambda: waits(home, name), home.patience)
    except Refusal as refusal:
        return _unknown_yet(refusal.code)
    number = None if found is None else found[0].version
    return NONE if number is None else join(version(request, name, number), " ", became("waits"))
