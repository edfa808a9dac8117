"""What a task or a command calls to score upcoming rows: which are due, and their scores, in the log."""

from collections.abc import Collection
from typing import Any

from artifacts import ledger
from artifacts.cli import say
from artifacts.errors import Missing
from artifacts.landed import landed_until
from artifacts.places import Places, read_places
from artifacts.prediction_log.writer import LogWriter
from artifacts.registry import Registry
from artifacts.training_set import TrainingSet, parse_id
from artifacts.upcoming import Upcoming, newest_upcoming, open_upcoming
from artifacts.version_name import write_as_of
from serving.app import find_version
from serving.batch import BatchScores, Observed, score_set
from serving.loaded import LoadedVersion
from serving.settings import ServingSettings, read_serving_settings


def newest_rows(places: Places, version: LoadedVersion) -> Upcoming:
    """The newest upcoming rows of the version's training set; raises as `newest_upcoming` and `open_upcoming` do."""
    name = version.contract.name
    return open_upcoming(places.upcoming, name, newest_upcoming(places.upcoming, name))


def score_into_log(
    places: Places,
    settings: ServingSettings,
    version: LoadedVersion,
    rows_of: TrainingSet | Upcoming,
    window: Observed | None = None,
) -> BatchScores:
    """Score published rows into the prediction log; raises as `score_set` does."""
    with LogWriter(places.predictions, settings.log) as log:
        return score_set(version, rows_of, settings.policy, log, window)


def score_named(model: str, upcoming: str) -> dict[str, Any]:
    """Score the upcoming rows NAME/VERSION with the champion of `model`; what it came to."""
    places = read_places()
    version = find_version(places, model, None, 0)
    scores = score_into_log(
        places, read_serving_settings(), version, open_upcoming(places.upcoming, *parse_id(upcoming))
    )
    say(f"{upcoming}: {scores.rows} rows scored by {version.id}, mean {scores.mean_score:.4f}")
    return {**vars(scores), "model": model, "version": version.version, "upcoming": upcoming}


def due(names: Collection[str], name: str | None, as_of: str | None) -> list[dict[str, str]]:
    """Each model whose champion was trained on one of the training sets `names`, or on `name` alone, and as of when.

    `as_of` is, when none is given, the end of what has landed. Raises `Missing` (`serving.no_champion`) when `name` is
    given and no champion was trained on it; without a name, none is due, and nothing is wrong.
    """
    places = read_places()
    moment = as_of or write_as_of(landed_until(places.raw))
    models = {model: _trained_on(places, model) for model in ledger.models(places.ledger)}
    wanted = [name] if name else names
    found = [{"model": model, "name": of, "as_of": moment} for model, of in models.items() if of in wanted]
    if name and not found:
        raise Missing(
            "serving.no_champion",
            f"No champion was trained on {name}; champions: {', '.join(models) or 'none'}.",
            next_step="Train a candidate and promote it first.",
        )
    if not found:
        say("no champion yet: nothing is scored")
    return found


def _trained_on(places: Places, model: str) -> str:
    line = ledger.champion(places.ledger, model)
    if line is None:
        return ""
    return parse_id(Registry.at(places).model_version(model, line.version).training_set)[0]
