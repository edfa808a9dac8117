"""What findings are called, `MODEL/START_END.vVERSION.CONTENT`, and how those of a name are made again."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache

from artifacts import publish, storage
from artifacts.errors import BadInput, Damaged
from artifacts.manifest import MANIFEST
from artifacts.stamps import Stamp
from artifacts.version_name import parse_as_of, write_as_of

SHOWN = 10
_NAME = re.compile(r"([0-9T-]+_[0-9T-]+)\.v(\d+)\.([0-9a-f]{12})")


def is_findings_name(name: str) -> bool:
    """Whether a folder may hold findings by its name."""
    return _NAME.fullmatch(name) is not None


def list_findings(root: str, model: str) -> list[str]:
    """The ids of all findings of `model`, by start, end and version; empty when there are none."""
    return [one for one, stamp in stamps(root, model).items() if stamp is not None]


def without_manifest(root: str, model: str) -> list[str]:
    """The ids of the findings of `model` that lost their manifest."""
    return [one for one, stamp in stamps(root, model).items() if stamp is None]


def stamps(root: str, model: str) -> dict[str, Stamp | None]:
    """The ids of both, in the order of `list_findings`, with the stamp of each manifest; None where that is lost.

    One in an object store that has none is left out: it may yet come.
    """
    there = publish.stamps(_folder(root, model))
    found = [match for name in there if (match := _NAME.fullmatch(name))]
    ordered = sorted(found, key=lambda match: (match[1], int(match[2]), match[3]))
    lost_too = storage.is_local(root)
    return {f"{model}/{match[0]}": there[match[0]] for match in ordered if lost_too or there[match[0]] is not None}


def those_there(root: str, model: str) -> str:
    """A sentence that names up to ten findings of `model`, newest first, and says how many there are."""
    models = storage.children(root)
    found = list_findings(root, model) if model in models else []
    if not found:
        return f"There are no findings of {model!r}; there are of the models: {', '.join(models) or 'none'}."
    newest = sorted(found, key=lambda one: (window_of(one)[1], one), reverse=True)[:SHOWN]
    more = "." if len(newest) == len(found) else ", …"
    return f"Of {model} there are {len(found)}, newest first: {', '.join(newest)}{more}"


@lru_cache(maxsize=4096)
def window_of(identity: str) -> tuple[datetime, datetime, int]:
    """Start, end and version of the findings `MODEL/NAME`, from their name; raises `BadInput` (`findings.id`)."""
    model, _, name = identity.partition("/")
    match = _NAME.fullmatch(name)
    if not model or match is None:
        raise BadInput(
            "findings.id",
            f"The id of findings (--findings) is {identity!r}; wanted MODEL/NAME, such as "
            "late_arrival/2013-12-01_2013-12-08.v1.0123456789ab.",
            next_step="Give the id that the check printed last; findings/ of the home has them all, by model.",
        )
    start, end = (parse_as_of(text) for text in match[1].split("_"))
    return start, end, int(match[2])


def uri_of(root: str, identity: str) -> str:
    """The folder of the findings `MODEL/NAME`."""
    model, _, name = identity.partition("/")
    return f"{_folder(root, model)}/{publish.check_name(name, 'name of findings')}"


def check_again(model: str, start: datetime, end: datetime, version: int) -> str:
    """The command that checks a window of a version again."""
    window = f"{write_as_of(start)}..{write_as_of(end)}"
    return f"python -m monitoring check --model {model} --window {window} --version {version}"


def mend(root: str, identity: str) -> str:
    """What mends the damaged findings `MODEL/NAME`, held against the training set that what is left of them names."""
    again = check_again(identity.partition("/")[0], *window_of(identity))
    truth = _truth_of(root, identity)
    told = "Restore the folder from a backup. Without one move it away, and check that window again: " + again
    if truth is None:
        return f"{told} (with --training-set NAME/VERSION too, where they said what labels showed)"
    return f"{told} --training-set {truth}" if truth else told


def _truth_of(root: str, identity: str) -> str | None:
    """The training set, none as an empty text, by what can still be read; None when nothing says it."""
    for name in (MANIFEST, "findings.json"):
        content = storage.content(uri_of(root, identity), name) or b""
        if found := re.search(rb'"truth": *(?:null|"([a-z0-9_]+/[0-9T-]+\.[0-9a-f]{12})")', content):
            return (found[1] or b"").decode()
    return None


@contextmanager
def mending(root: str, identity: str) -> Iterator[None]:
    """Within it, damage to the findings `MODEL/NAME` has what mends them as its next step."""
    try:
        yield
    except Damaged as error:
        raise Damaged(error.code, error.message, next_step=mend(root, identity)) from error


def damaged(uri: str, identity: str, message: str) -> Damaged:
    """That the findings `MODEL/NAME` at `uri` are not as they were published."""
    return Damaged("findings.damaged", f"{uri} is damaged: {message}.", next_step=mend(uri.rsplit("/", 2)[0], identity))


def _folder(root: str, model: str) -> str:
    return f"{root}/{publish.check_name(model, 'model')}"
