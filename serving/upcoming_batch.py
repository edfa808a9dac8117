"""What a task or a command calls to score upcoming rows: which are due, and their scores, in the log."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from artifacts import ledger
from artifacts.champion_alias import refuse_lost_ledgers
from artifacts.cli import say
from artifacts.errors import Missing
from artifacts.landed import declared_sources, landed_until
from artifacts.lost_home import refuse_lost_home
from artifacts.places import Places, read_places
from artifacts.plural import many
from artifacts.prediction_log.of_request import ids_of_request
from artifacts.prediction_log.tables import Log
from artifacts.prediction_log.writer import LogWriter
from artifacts.registry import Registry
from artifacts.storage import locked
from artifacts.training_set import TrainingSet, parse_id
from artifacts.upcoming import Upcoming, newest_upcoming, open_upcoming
from artifacts.version_name import write_as_of
from serving.app import find_version
from serving.batch import BatchScores, Observed, score_set
from serving.loaded import LoadedVersion
from serving.settings import ServingSettings, read_serving_settings

# A try is looked for on the days from this long before its task began.
CLOCKS_DIFFER = timedelta(days=1)
EVER = datetime(2000, 1, 1, tzinfo=UTC)


def newest_rows(places: Places, version: LoadedVersion) -> Upcoming:
    """The newest upcoming rows of the version's training set; raises as `newest_upcoming` and `open_upcoming` do."""
    name = version.contract.name
    return open_upcoming(places.upcoming, name, newest_upcoming(places.upcoming, name))


@dataclass(frozen=True)
class Task:
    """A task that may be run again: `name` is the same at every try; `since`, with its zone, is before the first.

    When that is not known, all that the version ever answered is looked through.
    """

    name: str
    since: datetime = EVER

    def request_id(self, version: LoadedVersion, rows_id: str, window: Observed | None = None) -> str:
        """The same 32 hex digits for the same task, version and rows: a row's id follows from them and its place."""
        days = [str(moment) for moment in window or ()]
        about = json.dumps([self.name, version.id, version.sha256, rows_id, *days])
        return hashlib.sha256(about.encode()).hexdigest()[:32]


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


def score_once(
    places: Places,
    settings: ServingSettings,
    version: LoadedVersion,
    rows_of: TrainingSet | Upcoming,
    task: Task,
    *,
    window: Observed | None = None,
) -> BatchScores:
    """As `score_into_log`; however often the task is run, and wherever it was killed, each row is logged once."""
    request_id = task.request_id(version, rows_of.id, window)
    log_of = Log(places.predictions, places.prediction_parts, version.model)
    day = (task.since.astimezone(UTC) - CLOCKS_DIFFER).date()
    # Of two tries at once, as when a worker that was given up lives on, the second finds what the first has logged.
    with locked(f"{places.predictions}/.scoring"):
        logged = ids_of_request(log_of, version.version, request_id, day)
        if logged:
            say(f"{len(logged)} rows were logged by an earlier try")
        with LogWriter(places.predictions, settings.log) as log:
            return score_set(version, rows_of, settings.policy, log, window, request_id=request_id, logged=logged)


def score_named(model: str, upcoming: str, task: str, since: datetime) -> dict[str, Any]:
    """Score the upcoming rows NAME/VERSION with the champion of `model`, as `task`; what it came to."""
    places = read_places()
    version = find_version(places, model, None, 0)
    rows_of = open_upcoming(places.upcoming, *parse_id(upcoming))
    scores = score_once(places, read_serving_settings(), version, rows_of, Task(task, since))
    flagged = f", {scores.flagged:,} flagged" if scores.flagged else ""
    said = f"{model}: version {version.version} scored {many(scores.rows, 'row')} of {upcoming}{flagged}."
    say(said)
    return {**vars(scores), "model": model, "version": version.version, "upcoming": upcoming, "said": said}


def due(names: Collection[str], name: str | None, as_of: str | None) -> list[dict[str, str]]:
    """Each model whose champion was trained on one of the training sets `names`, or on `name` alone, and as of when.

    `as_of` is, when none is given, the end of what has landed. Raises `Missing` (`serving.no_champion`) when `name` is
    given and no champion was trained on it; without a name, none is due, and nothing is wrong. `Damaged`
    (`judge.ledger_lost`) when the ledger was lost, alone or together with MLflow, be it of one model: that one would be
    left out without a word.
    """
    places = read_places()
    registry = Registry.at(places)
    refuse_lost_ledgers(registry, places.ledger)
    refuse_lost_home(registry, places)
    moment = as_of or write_as_of(landed_until(places.raw, declared_sources()))
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
