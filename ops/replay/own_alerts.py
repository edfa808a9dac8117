"""The replay's alerts: the home's, until those have come past its year, as after `make up`; from then on a copy."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.engine import make_url

from artifacts import alerts, cli
from artifacts.errors import BadInput
from artifacts.places import Places, read_places
from artifacts.window_words import window_to
from ops.backup.databases import dump
from ops.backup.places import REPLAY_ALERTS
from ops.replay.plan import Plan, Week


def with_alerts_of_its_year(places: Places, plan: Plan, left: Sequence[Week], journal: Path) -> Places:
    """`places` with alerts that have not come past the year: windows of before would change none of theirs.

    Raises `BadInput` (`replay.alerts_ahead`) when weeks are `left`, and a setting names alerts that have, or no copy
    has what the weeks before told.
    """
    newest, own = alerts.newest_window(places.alerts, plan.model), places.home / REPLAY_ALERTS
    if newest is None or newest.date() <= plan.last:
        return places
    if _are_of_the_home(places) and (own.exists() or not any(journal.glob("*.json"))):
        own.parent.mkdir(parents=True, exist_ok=True)
        # From here on a week may be begun, and then only what is there already is gone on with.
        own.touch()
        cli.say(f"alerts have come to the window to {window_to(newest)}: the replay goes on with its own, {own}")
        return places.model_copy(update={"alerts": f"sqlite:///{own}"})
    if left:
        raise _ahead(places, plan, newest, own)
    return places


def keep_alerts(places: Places) -> None:
    """Copy the home's alerts, in one step, for a replay that goes on when they have come past its year."""
    own = places.home / REPLAY_ALERTS
    if _are_of_the_home(places):
        own.parent.mkdir(parents=True, exist_ok=True)
        copied = dump(make_url(places.alerts), own.parent, ".alerts")
        if copied is not None:
            (own.parent / copied).replace(own)


def _are_of_the_home(places: Places) -> bool:
    return places.alerts == read_places({"PIPELINE_HOME": str(places.home)}).alerts


def _ahead(places: Places, plan: Plan, newest: datetime, own: Path) -> BadInput:
    why, again = "and no copy has what its weeks told so far", "PIPELINE_HOME=elsewhere make run replay"
    if not _are_of_the_home(places):
        why, again = "and PIPELINE_ALERTS names them", f"PIPELINE_ALERTS=sqlite:///{own} make replay"
    return BadInput(
        "replay.alerts_ahead",
        f"Alerts have come to the window to {window_to(newest)}, and the replay to that to "
        f"{plan.last - timedelta(days=1)}: its windows would change none, {why}.",
        next_step=f"Replay with others: {again}",
    )
