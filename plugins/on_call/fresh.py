"""How old everything is: what lies in each place, and when Airflow was last told of each asset."""

from collections.abc import Callable
from datetime import datetime

from fastapi import Request

from artifacts import storage
from artifacts.lost_sets import lost_sets, refuse_lost_raw
from artifacts.manifest import MANIFEST
from artifacts.periods import first_day, following
from artifacts.published_versions import versions
from artifacts.raw import landed_through
from artifacts.registry import RunRecord
from artifacts.version_name import as_of_of
from artifacts.window_words import window_to
from plugins.on_call.by_day import counted
from plugins.on_call.drift import checked_at, newest_end
from plugins.on_call.frame import link
from plugins.on_call.home import Home
from plugins.on_call.markup import Child, Html, el, join, table
from plugins.on_call.section import told
from plugins.on_call.words import ago, checked, moment


def freshness(request: Request, home: Home, model: str) -> Html:
    """A row for each artefact, and one for each asset of Airflow."""
    places = home.places
    kept: list[tuple[str, Callable[[], Child]]] = [
        ("raw rows", lambda: _landed(home, model)),
        ("training sets", lambda: _sets(request, home, model)),
        ("upcoming rows", lambda: _names(places.upcoming)),
        ("champion", lambda: _champion(home, model)),
        ("predictions", lambda: _predictions(home, model)),
        ("findings", lambda: _findings(home, model)),
    ]
    rows: list[list[Child]] = [[what, told(what, body)] for what, body in kept]
    return join(
        table(("what is kept", "the newest"), rows),
        el("h3", "What Airflow was told"),
        told("Airflow's assets", _assets),
    )


def refuse_lost_made(home: Home, model: str) -> None:
    """Raise as `refuse_lost_raw`, and `lost_sets` where no training set is published, though a version names one.

    Where others are, and that one alone is gone, nothing is said of the raw rows.
    """
    trained = _newest(home, model)
    root = home.places.training_sets
    if trained is not None and not any(versions(root, one) for one in storage.children(root)):
        raise lost_sets(home.places, trained)
    is_there = trained is not None and storage.exists(f"{root}/{trained.training_set}", MANIFEST)
    if trained is not None and is_there and not storage.children(home.places.raw):
        refuse_lost_raw(home.places, trained)


def _landed(home: Home, model: str) -> Html:
    root = home.places.raw
    sources = storage.children(root)
    if not sources and (trained := _newest(home, model)) is not None:
        refuse_lost_raw(home.places, trained)
    lines = []
    for source in sources:
        month = landed_through(root, source)
        end = f"whole until {first_day(following(month))}" if month else "no month is whole"
        lines.append(el("div", f"{source}: {end}"))
    return join(*lines) if lines else join("nothing has landed")


def _newest(home: Home, model: str) -> RunRecord | None:
    """The MLflow run of the newest version, which names what it was trained on; None where none was trained."""
    return next((home.record(model, one) for one in home.newest(model, 1)), None)


def _sets(request: Request, home: Home, model: str) -> Html:
    root = home.places.training_sets
    lines = []
    for one in storage.children(root):
        newest = max(versions(root, one), key=as_of_of, default=None)
        if newest is not None:
            lines.append(el("div", link(request, f"{one}/{newest}", "training-sets", one, newest)))
    if not lines and (trained := _newest(home, model)) is not None:
        raise lost_sets(home.places, trained)
    return join(*lines) if lines else join("none is published")


def _names(root: str) -> Html:
    found = [f"{one}/{max(names)}" for one in storage.children(root) if (names := storage.children(f"{root}/{one}"))]
    return join(*(el("div", one) for one in found)) if found else join("none are published")


def _champion(home: Home, model: str) -> Child:
    line = home.champion(model)
    return "none" if line is None else join("since ", moment(line.decided_at), f" UTC, {ago(line.decided_at)}")


def _predictions(home: Home, model: str) -> Child:
    days = [key.day for key in counted(home, model)]
    return f"asked on {max(days)}" if days else "none are compacted"


def _findings(home: Home, model: str) -> Child:
    end, made = newest_end(home, model), checked_at(home, model)
    if end is None or made is None:
        return "nothing was checked"
    return join("window to ", el("span", window_to(end), class_="nowrap"), ", ", checked(made))


def _assets() -> Html:
    """The newest event of each asset that a DAG reads or makes."""
    import sqlalchemy as sa
    from airflow.models.asset import AssetActive, AssetEvent, AssetModel
    from airflow.utils.session import create_session

    newest = sa.func.max(AssetEvent.timestamp)
    query = (
        sa.select(AssetModel.name, newest)
        .join(AssetActive, (AssetActive.name == AssetModel.name) & (AssetActive.uri == AssetModel.uri))
        .outerjoin(AssetEvent, AssetEvent.asset_id == AssetModel.id)
        .group_by(AssetModel.name)
        .order_by(AssetModel.name)
    )
    with create_session() as session:
        found = [(str(name), at) for name, at in session.execute(query)]
    rows: list[list[Child]] = [[el("code", name), _event(at)] for name, at in found]
    return table(("asset", "last event"), rows) if rows else el("p", "Airflow has read no DAG yet.")


def _event(at: datetime | None) -> Child:
    if at is None:
        return "never"
    naive = at.replace(tzinfo=None)
    return join(moment(naive), f" UTC, {ago(naive)}")
