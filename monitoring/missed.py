"""What a command says of findings that are gone or damaged, in the words of the pages."""

from contextlib import suppress

from artifacts import cli
from artifacts.errors import Refusal, Unavailable
from artifacts.findings import broken_findings
from artifacts.lost_findings import missed
from artifacts.places import Places
from artifacts.plural import many

SHOWN = 3


def say_missed(places: Places, model: str) -> list[str]:
    """Say of the first three findings that are gone what they were and what to do, and how many more; all, as told.

    Where findings cannot be read, that it is not known whether some are gone: what the caller has to say holds on.
    """
    try:
        told = [f"{one.code}: {one}" for one in missed(places, model)]
    except Refusal as refusal:
        told = [f"{refusal.code}: Whether findings are gone is not known. {refusal}"]
    _say(told, ("more window", "more windows"))
    return told


def say_unread(places: Places, model: str) -> list[str]:
    """Say of the first three findings that are damaged, or cannot be read, why and what to do, and how many more; all.

    Where they cannot be listed, `say_missed` says so of the same place.
    """
    told = list[str]()
    with suppress(Unavailable):
        told = [f"{one.code}: {one}" for one in broken_findings(places.findings, model).values()]
    _say(told, ("more", "more"))
    return told


def _say(told: list[str], more: tuple[str, str]) -> None:
    for one in told[:SHOWN]:
        cli.say(one)
    if len(told) > SHOWN:
        cli.say(f"And {many(len(told) - SHOWN, *more)} likewise.")
