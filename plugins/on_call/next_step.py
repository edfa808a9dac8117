"""The one thing to do now about a model, and its command."""

from artifacts.errors import Damaged, Missing, Refusal
from artifacts.findings import window_of
from artifacts.lost_home import refuse_lost_home
from artifacts.registry import RunRecord
from artifacts.verdict import Verdict
from plugins.on_call.alerts import alerts_of
from plugins.on_call.became import Became, Fate, decided, fate, next_of
from plugins.on_call.briefly import briefly
from plugins.on_call.by_day import counted
from plugins.on_call.candidates import SHOWN
from plugins.on_call.drift import checked_at, newest_end, unread
from plugins.on_call.fresh import refuse_lost_made
from plugins.on_call.home import Home
from plugins.on_call.section import with_command
from plugins.on_call.service import asked
from plugins.on_call.words import is_overdue

# The example's months, while Airflow is down; of a source of one's own the DAG land_month lands them, and the rest
# follows by itself.
FIRST = ("No version was trained yet. Land months, build a training set and train the first one:", "make down run up")


def next_step(home: Home, model: str) -> tuple[str, str | None]:
    """The first thing that is wrong, and its command; what cannot be read is said in the lines above."""
    for look in (
        _no_model,
        _silent_service,
        _lost_champion,
        _waiting,
        _lost_places,
        _newest_unread,
        _not_watched,
        _open_alert,
        _unread,
        _to_promote,
        _newest,
    ):
        try:
            found = look(home, model)
        except Refusal as refusal:
            said, run = with_command(refusal.next_step)
            return f"{briefly(refusal.message)} {said}", run
        if found is not None:
            return found
    return "Nothing to do.", None


def first(home: Home) -> tuple[str, str]:
    """What is to be done in a home in which nothing was trained yet; raises as `refuse_lost_home` where there was."""
    refuse_lost_home(home.registry, home.places)
    return FIRST


def _no_model(home: Home, model: str) -> tuple[str, str] | None:
    """Of a home in which nothing was trained yet, or that lost its ledger."""
    home.refuse_lost_ledger(model)
    if home.champion(model) is not None or home.newest(model, 1):
        return None
    return FIRST


def _silent_service(home: Home, model: str) -> tuple[str, str] | None:
    line = home.champion(model)
    if home.settings.serving_url is None or line is None:
        return None
    try:
        found = asked(home.settings, model)
    except Missing:
        # A service of another model is the normal case where there are two.
        return None
    if found.get("answers") != line.version:
        return f"The service answers with another version than {line.version}. See who was champion when:", (
            f"python -m training history --model {model}"
        )
    return None


def _lost_champion(home: Home, model: str) -> None:
    """Of a champion that MLflow does not have, or not its files, or of a version without which nothing is trained."""
    home.refuse_lost_champion(model)
    if (line := home.champion(model)) is not None:
        home.verdicts(line.run_id)
    home.refuse_lost_versions(model)


def _lost_places(home: Home, model: str) -> None:
    """Of a prediction log, training sets or raw rows that are gone, whole or in part."""
    counted(home, model)
    refuse_lost_made(home, model)


def _not_watched(home: Home, model: str) -> tuple[str, None] | None:
    """Of a champion that was checked, and is no more; where nothing ever was, the line about drift says so."""
    made = checked_at(home, model)
    if made is None or not is_overdue(made) or home.champion(model) is None:
        return None
    said = (
        f"The DAG watch_drift has checked nothing since {made:%Y-%m-%d %H:%M} UTC: drift and alerts are as of then. "
        "See in Airflow that it is not paused, how its newest DAG run ended, and that the scheduler runs."
    )
    return said, None


def _open_alert(home: Home, model: str) -> tuple[str, str] | None:
    if not any(one.is_open for one in alerts_of(home, model)):
        return None
    return "See what is open, and since when:", f"python -m monitoring alerts --model {model}"


def _newest_unread(home: Home, model: str) -> None:
    """Of what was found in the newest window or one after it, and cannot be read: how it is now is not known."""
    newest = newest_end(home, model)
    for one, why in unread(home, model).items():
        if newest is None or window_of(one)[1] >= newest:
            raise why


def _unread(home: Home, model: str) -> None:
    """Of what was found in older windows, and so is missing above: what is open now comes before it."""
    for why in unread(home, model).values():
        raise why


def _waiting(home: Home, model: str) -> tuple[str, str] | None:
    found = waits(home, model) or _newest_that(home, model, "answered")
    return None if found is None else next_of(*found)


def waits(home: Home, model: str) -> tuple[RunRecord, Verdict, Fate] | None:
    """The newest of the candidates that wait for a person; what cannot be read of them stands in their table."""
    return _newest_that(home, model, "waits")


def _to_promote(home: Home, model: str) -> tuple[str, str] | None:
    """Of one that waits for nobody, and that no task may come back to: a newer one may be the newest by now."""
    found = _newest_that(home, model, "to_come")
    return None if found is None else next_of(*found)


def _newest_that(home: Home, model: str, became: Became) -> tuple[RunRecord, Verdict, Fate] | None:
    known = decided(home, model)
    for number in home.newest(model, SHOWN):
        try:
            record = home.record(model, number)
            verdicts = home.verdicts(record.run_id)
        except (Damaged, Missing):
            continue
        one = fate(home, known, record, verdicts[0]) if verdicts else None
        if one is not None and one.became == became:
            return record, verdicts[0].verdict, one
    return None


def _newest(home: Home, model: str) -> tuple[str, str] | None:
    for number in home.newest(model, 1):
        record = home.record(model, number)
        verdicts = home.verdicts(record.run_id)
        if not verdicts:
            return next_of(record, None, None)
        return next_of(record, verdicts[0].verdict, fate(home, decided(home, model), record, verdicts[0]))
    return None
