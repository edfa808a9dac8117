"""The page of one prediction: what was asked and answered, why, and the SQL of each feature that went in."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from fastapi import APIRouter, Request
from starlette.responses import Response

from artifacts.contract import Contract
from artifacts.errors import Missing, Refusal
from artifacts.prediction_log import Prediction, find
from artifacts.training_set import TrainingSet, open_training_set, parse_id
from plugins.on_call.by_day import counted
from plugins.on_call.chart import digits
from plugins.on_call.contributions import Contributions, contributions
from plugins.on_call.frame import link, page, version
from plugins.on_call.guard import reads
from plugins.on_call.home import Home
from plugins.on_call.markup import NONE, Child, Html, el, facts, folded, join, name, table
from plugins.on_call.names import Model, PredictionId
from plugins.on_call.section import Part, all_of, refused, within
from plugins.on_call.set_sql import compiled, giving

router = APIRouter(dependencies=reads("train_candidate", "watch_drift"))
# Without its day an id is looked for in the whole log.
EXPLAINING_SECONDS = LOOKING_SECONDS = 60.0
BAR, TALL = 220, 14


@router.get("/models/{model}/predictions")
def prediction(
    request: Request, model: Model, wanted: PredictionId, day: date | None = None, explain: bool = False
) -> Response:
    """What is logged under an id; `explain` adds what each feature contributed, which takes seconds."""
    home = Home.of(request)
    trail = (("Models", "models"), (model, f"models/{model}"))
    try:
        one = within(
            f"the prediction {wanted}",
            lambda: _found(home, model, wanted, day),
            home.patience if day else replace(home.patience, seconds=LOOKING_SECONDS),
        )
    except Refusal as refusal:
        status = 404 if isinstance(refusal, Missing) else 503
        return page(request, f"Prediction {wanted}", refused(refusal), trail=trail, status=status)
    parts = (
        Part("What was answered", "answer", lambda: _answer(request, one)),
        Part("What it was about", "entity", lambda: _entity(one)),
        Part(
            "What went in, and why it came out so",
            "features",
            lambda: _features(request, home, one, explain),
            wide=True,
        ),
    )
    patience = replace(home.patience, seconds=EXPLAINING_SECONDS) if explain else home.patience
    grid = el("div", all_of(*parts, patience=patience), class_="grid")
    return page(request, f"Prediction {wanted}", grid, trail=trail)


def _found(home: Home, model: str, wanted: str, day: date | None) -> Prediction:
    """As `find`; of a log that is lost as a whole it is not known that it never had it."""
    try:
        return find(home.places.predictions, home.places.prediction_parts.rstrip("/"), model, wanted, day)
    except Missing:
        counted(home, model)
        raise


def _answer(request: Request, one: Prediction) -> Html:
    flags = ", ".join(one.flags)
    return facts(
        [
            ("score", el("b", digits(one.score))),
            ("by", version(request, one.model, one.version)),
            ("trained on", link(request, one.training_set, "training-sets", *one.training_set.split("/"))),
            ("asked", f"{one.asked_at:%Y-%m-%d %H:%M:%S} UTC, by {one.via}"),
            ("request", el("code", one.request_id)),
            ("model's sha256", el("code", one.model_sha256)),
            ("flags", el("span", f"▲ {flags}", class_="state bad") if flags else "none"),
        ]
    )


def _entity(one: Prediction) -> Html:
    if one.entity is None:
        return el("p", "The caller sent features only: nobody knows what it was about, and no label will find it.")
    return facts([(key, str(value)) for key, value in one.entity.items()])


def _features(request: Request, home: Home, one: Prediction, explain: bool) -> Html:
    opened = _set_of(home, one)
    known = contributions(home, one) if explain else None
    order = sorted(one.features, key=lambda key: -abs(known.features.get(key, 0.0))) if known else list(one.features)
    texts = compiled(opened) if opened else {}
    given = {key: giving(opened.name, texts, key) for key in order} if opened else {}
    most = max((abs(value) for value in known.features.values()), default=0.0) if known else 0.0
    rows: list[list[Child]] = []
    for key in order:
        moved = [_bar(known.features.get(key, 0.0), most)] if known else []
        rows.append([el("code", name(key)), _value(one, key), *moved, _meaning(opened, key), _where(given.get(key))])
    heads = ("feature", "value", *(("adds to the log odds",) if known else ()), "what it is", "SQL")
    asking = link(
        request,
        "Compute what each feature contributed",
        "models",
        one.model,
        "predictions",
        id=one.prediction_id,
        day=f"{one.asked_at:%Y-%m-%d}",
        explain="true",
    )
    said = _sum(known) if known else join(asking, " (SHAP, from the version's own model file; some seconds)")
    shown = dict(sorted({model: text for found in given.values() for model, text in found.items()}.items()))
    folds = [el("div", folded(el("code", model), el("pre", text)), id=f"sql-{model}") for model, text in shown.items()]
    below = join(el("h3", "The SQL as it ran for the training set"), *folds) if folds else None
    return join(el("p", said), table(heads, rows, numbers=(1,)), below)


def _set_of(home: Home, one: Prediction) -> TrainingSet | None:
    try:
        return open_training_set(home.places.training_sets, *parse_id(one.training_set))
    except Refusal:
        return None


def _sum(known: Contributions) -> str:
    return (
        f"Without any feature the log odds are {digits(known.base)}; what the features add makes it a score of "
        f"{known.score:.6f}, the one that was logged. Farthest first; a bar to the right raises the score."
    )


def _value(one: Prediction, key: str) -> Child:
    value = one.features[key]
    return el("i", "null") if value is None else digits(value) if isinstance(value, float) else str(value)


def _meaning(opened: TrainingSet | None, key: str) -> Child:
    contract: Contract | None = opened.contract if opened else None
    found = next((column for column in contract.columns if column.name == key), None) if contract else None
    if found is None:
        return NONE
    low, high = found.bounds or (None, None)
    bounds = f", {low:g} to {high:g}" if low is not None and high is not None else ""
    return join(found.description, el("small", f" {found.type}{f', {found.unit}' if found.unit else ''}{bounds}"))


def _where(found: Mapping[str, str] | None) -> Child:
    """By which models, whose SQL stands below, once each."""
    if found is None:
        return "its training set is not there"
    links = [el("div", el("a", el("code", name(model)), href=f"#sql-{model}")) for model in found]
    return join(*links) if links else NONE


def _bar(value: float, most: float) -> Html:
    wide = round(BAR / 2 * abs(value) / most, 1) if most else 0.0
    left = BAR / 2 if value >= 0 else BAR / 2 - wide
    drawn = el("rect", x=left, y=2, width=wide, height=TALL - 4, class_="adds" if value >= 0 else "takes")
    line = el("path", d=f"M{BAR / 2} 0V{TALL}", class_="axis")
    picture = el("svg", drawn, line, viewBox=f"0 0 {BAR} {TALL}", width=BAR, height=TALL, aria_hidden="true")
    return el("div", picture, el("span", f"{value:+.4f}"), class_="adding")
