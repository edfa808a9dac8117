"""A version that is not there: which ones of its model are."""

from artifacts.errors import Missing
from artifacts.run_record import RunRecord
from plugins.on_call.home import Home

SHOWN = 20


def version_there(home: Home, model: str, version: int) -> RunRecord:
    """The version; raises `Missing` as `Registry.model_version` does, with the newest that are there, oldest first."""
    try:
        return home.record(model, version)
    except Missing as none:
        known = [str(one) for one in home.registry.versions(model)]
        more = f", and {len(known) - SHOWN} older" if len(known) > SHOWN else ""
        there_are = f"Versions of {model} that are there: {', '.join(known[-SHOWN:]) or 'none'}{more}."
        raise Missing(none.code, f"{none.message} {there_are}", next_step=none.next_step) from none
