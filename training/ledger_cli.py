"""The verbs that read the ledger: history, who-was-champion."""

import argparse
from collections.abc import Callable
from datetime import datetime

from artifacts import ledger
from artifacts.cli import Answer
from artifacts.errors import BadInput, Missing
from artifacts.ledger import Promotion
from artifacts.places import read_places
from artifacts.registry import Registry
from artifacts.rejections import rejections
from artifacts.rejections import told as told_rejection
from training.champion import history_of, lines_of
from training.never_champion import never_champion


def add_verbs(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", add: Callable[..., argparse.ArgumentParser]
) -> None:
    """Add the verbs to the room's parser, each by `add`."""
    telling = add(verbs, "history", _history, "show every promotion, rollback and rejection of a model")
    telling.add_argument("--model", required=True)
    asking = add(verbs, "who-was-champion", _who_was_champion, "say which version was champion at a moment")
    asking.add_argument("--model", required=True)
    asking.add_argument(
        "--at", required=True, metavar="TIME", help="wall-clock time in UTC, not the data's: 2026-11-22T18:40"
    )


def answer(line: Promotion, *notes: str) -> Answer:
    """What a command says of the line that it wrote or found, and notes below it."""
    return Answer(id=_id(line), lines=[_told(line), *notes], facts=vars(line))


def _history(arguments: argparse.Namespace) -> Answer:
    places, model = read_places(), arguments.model
    registry, url = Registry.at(places), places.ledger
    rejected, lines = rejections(url, model), history_of(registry, url, model)
    # Whoever was only ever rejected has a history without a line.
    if not lines and not rejected:
        raise never_champion(registry, url, model)
    told = [(line.decided_at, _told(line)) for line in lines]
    told += [(one.decided_at, told_rejection(one)) for one in rejected]
    facts = {"model": model, "lines": [vars(line) for line in lines], "rejections": [vars(one) for one in rejected]}
    return Answer(id=_id(lines[-1]) if lines else f"{model}/none", lines=[one for _, one in sorted(told)], facts=facts)


def _who_was_champion(arguments: argparse.Namespace) -> Answer:
    at, places = _moment(arguments.at), read_places()
    first = lines_of(Registry.at(places), places.ledger, arguments.model)[0]
    line = ledger.champion_at(places.ledger, arguments.model, at)
    if line is None:
        raise Missing(
            "ledger.no_champion",
            f"Model {arguments.model} had no champion at {arguments.at}; its first one, version {first.version}, came "
            f"at {first.decided_at:%Y-%m-%d %H:%M:%S} UTC.",
            next_step="Name a later time: the ledger runs on wall-clock time in UTC, not on the data's time.",
        )
    return answer(line)


def _id(line: Promotion) -> str:
    return f"{line.model}/{line.version}"


def _told(line: Promotion) -> str:
    before = f" over version {line.previous_version}" if line.previous_version else ""
    when = f"{line.decided_at:%Y-%m-%d %H:%M:%S} UTC"
    return f"{line.seq}. {line.kind} version {line.version}{before}, {when}, {line.decided_by}: {line.reason}"


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise _bad_time(text) from error
    if at.tzinfo is not None and at.utcoffset():
        raise _bad_time(text)
    return at.replace(tzinfo=None)


def _bad_time(text: str) -> BadInput:
    return BadInput(
        "champion.time_invalid",
        f"--at {text!r} is not a UTC time such as 2026-11-22T18:40.",
        next_step="Give the time in UTC.",
    )
