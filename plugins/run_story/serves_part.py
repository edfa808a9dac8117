"""What serves now, by the ledger and by the service itself: a part of the run page."""

from collections.abc import Callable, Sequence
from functools import partial

from artifacts import ledger
from artifacts.champion_alias import known_champion, refuse_lost_ledger
from artifacts.errors import Missing
from artifacts.lost_champion import refuse_lost_champion
from artifacts.lost_home import refuse_lost_home
from artifacts.places import Places
from artifacts.registry import Registry
from plugins.on_call.markup import Child, Html, el, join, joined
from plugins.on_call.patience import Patience
from plugins.on_call.section import beside, told
from plugins.on_call.service import asked
from plugins.on_call.settings import OnCallSettings
from plugins.run_story.story import Story

SHARE = 0.8
NEVER = "no version was promoted yet, so it has no champion, and no service of a champion serves it."


def serves_part(story: Story, places: Places, settings: OnCallSettings) -> Html:
    """Of each model that the ledger, the DAG run or MLflow knows; one that the ledger alone lost is told, too."""
    models = sorted({*ledger.models(places.ledger), *story.models})
    lines: list[tuple[str, Callable[[], Child]]] = [(one, partial(_served, places, settings, one)) for one in models]
    lines.append(("Whether a champion was lost", partial(_lost, places, models)))
    # MLflow, or the service, may hang for all the time that this part has.
    return joined(said for _, said in beside(lines, Patience(SHARE * settings.patience_seconds, places)))


def _lost(places: Places, models: Sequence[str]) -> Html | None:
    """What MLflow tells: which of the champions it has not, and which other models had none, or lost it."""
    registry = Registry.at(places)
    others = [model for model in registry.models() if model not in models]
    if not (models or others):
        refuse_lost_home(registry, places)
        return el("p", "No model was promoted yet.")
    looks: list[tuple[str, Callable[[], Child]]] = [
        *((one, partial(_never, registry, places, one)) for one in others),
        *((one, partial(refuse_lost_champion, registry, places.ledger, one)) for one in models),
        ("The home", partial(refuse_lost_home, registry, places)),
    ]
    return joined(told(name, look) for name, look in looks)


def _never(registry: Registry, places: Places, model: str) -> Html:
    refuse_lost_ledger(registry, places.ledger, model)
    return el("p", f"{model}: {NEVER}")


def _served(places: Places, settings: OnCallSettings, model: str) -> Html:
    line = known_champion(Registry.at(places), places.ledger, model)
    if line is None:
        champion = f"{model}: {NEVER}"
    else:
        champion = f"{model}: version {line.version} is champion since {line.decided_at:%Y-%m-%d %H:%M} UTC."
    answer = told(model, lambda: _answered(settings, model, line.version if line else None))
    return join(el("p", champion), answer)


def _answered(settings: OnCallSettings, model: str, champion: int | None) -> Html:
    try:
        served = asked(settings, model).get("answers")
    except Missing as other:
        return el("p", other.message)
    if champion in (None, served):
        return el("p", f"The service answers with version {served}.")
    return el("p", f"The service answers with version {served}, not with the champion.", class_="alarm")
