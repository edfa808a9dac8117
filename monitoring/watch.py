"""What the DAG watch_drift does, task by task: choose, check, deliver, and retrain; `conclude` ends it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from artifacts import cli, ledger
from artifacts.alerts import Receivers, Send
from artifacts.champion_alias import refuse_lost_ledgers
from artifacts.errors import BadInput, Missing
from artifacts.findings import publish_findings
from artifacts.lost_alerts import refuse_lost_alerts
from artifacts.lost_home import told_elsewhere
from artifacts.places import Places, read_places
from artifacts.registry import Registry
from artifacts.training_set import TrainingSet, newest, parse_id
from monitoring.answered import versions_due
from monitoring.champion import champion_version
from monitoring.check import check
from monitoring.left_out import left_out_by_alerts
from monitoring.noted import note_findings
from monitoring.notify import deliver
from monitoring.report import write_report
from monitoring.retrain import retraining_due
from monitoring.settings import read_settings_for_watching
from monitoring.update import update_alerts
from monitoring.window import parse_window, refuse_ahead

SHOWN = 5


def choose_checks(day: date, labels: date | None = None) -> list[dict[str, str | bool | int]]:
    """For each champion the window that ends before `day`; for each version that answered in it, the one with labels.

    That one ends `label_days` before, or at `labels`, when they came early.
    Raises as `refuse_lost_ledgers`; `Missing` (`monitoring.no_champion`) when no model has a champion, and yet
    something was answered or told; `BadInput` (`monitoring.day_ahead`) for a `day` that has not come, or `labels`
    after it.
    """
    (settings, _), places = read_settings_for_watching(), read_places()
    _refuse_ahead(day, labels)
    due = labels or day - timedelta(days=settings.label_days)
    last, labelled = (f"{end - timedelta(days=settings.window_days)}..{end}" for end in (day, due))
    refuse_lost_ledgers(Registry.at(places), places.ledger)
    models = ledger.models(places.ledger)
    if not models:
        _refuse_if_any_was_watched(places)
    checks: list[dict[str, str | bool | int]] = []
    for model in models:
        champion = champion_version(places, model)
        checks.append({"model": model, "window": last, "labelled": False, "version": champion})
        asked_then = versions_due(places, model, champion, parse_window(labelled), settings.min_label_days)
        checks += [{"model": model, "window": labelled, "labelled": True, "version": one} for one in asked_then]
    return checks


def check_version(model: str, window: str, labelled: bool, version: int) -> str:
    """Check a version's `window`, when `labelled` against the newest training set too, and take in what is found.

    Alerts come before the page that they link to, so that no page keeps one back.

    The id of the findings; when killed in between, the next call finds the same and goes on. Raises `Missing`
    (`alerts.lost`) where the alerts know of no check, and there was one of days before: once these were taken in
    nothing would tell that what was open, and which days are an incident's, is not known.
    """
    (settings, _), places, wanted = read_settings_for_watching(), read_places(), parse_window(window)
    refuse_lost_alerts(places, model, wanted.end)
    made = check(
        places,
        model,
        version,
        wanted,
        settings,
        created_at=datetime.now(UTC).replace(tzinfo=None, microsecond=0),
        truth=_newest_set(places, model, version) if labelled else None,
        left_out=left_out_by_alerts(places, model, version, wanted, settings),
    )
    found = publish_findings(places.findings, made)
    note_findings(found)
    taken = update_alerts(places, settings, found.id)
    if taken.passed_over is not None:
        cli.say(f"{found.id} changes no alert. {taken.passed_over}")
    write_report(places, found.id, settings.runbook_url)
    return found.id


def deliver_all(channels: Callable[[Receivers], Mapping[str, Send]]) -> Mapping[str, int]:
    """Deliver what waits, by webhook and by the `channels` of Airflow; how many messages each took.

    A receiver that is set wrongly is told last, and keeps nothing from the others.
    """
    settings, refused = read_settings_for_watching()
    return deliver(read_places(), settings, channels(settings.receivers), refused).sent


def due_for_retraining(identities: Sequence[str], claimant: str) -> list[str]:
    """Those of the findings that start a retraining now; the same `claimant`, a DAG run, is told the same again."""
    settings, _ = read_settings_for_watching()
    return retraining_due(read_places(), settings, identities, claimant)


def _refuse_ahead(day: date, labels: date | None) -> None:
    refuse_ahead(datetime(day.year, day.month, day.day), f"The window before `day` {day}")  # noqa: DTZ001  naive UTC
    if labels is not None and labels > day:
        raise BadInput(
            "monitoring.day_ahead",
            f"`labels` is {labels}, and `day` {day}: labels of days that are still to come are not known.",
            next_step="Correct `labels`: the end of a window whose outcomes are known, at most `day`.",
        )


def _refuse_if_any_was_watched(places: Places) -> None:
    there_was = told_elsewhere(places)
    if there_was is not None:
        raise Missing(
            "monitoring.no_champion",
            f"No model has a champion in {ledger.shown(places.ledger)}, and yet {there_was}.",
            next_step="Restore the ledger from its backup, or correct PIPELINE_LEDGER.",
        )


def _newest_set(places: Places, model: str, version: int) -> TrainingSet:
    name, _ = parse_id(Registry.at(places).model_version(model, version).training_set)
    return newest(places.training_sets, name)
