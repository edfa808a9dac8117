"""What a command says of findings that are gone, in the words of the pages."""

from artifacts import cli
from artifacts.errors import Refusal
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
    for one in told[:SHOWN]:
        cli.say(one)
    if len(told) > SHOWN:
        cli.say(f"And {many(len(told) - SHOWN, 'more window', 'more windows')} likewise.")
    return told
