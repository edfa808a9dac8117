"""Where the page of findings stands, and what it says of the check that it was drawn of."""

import html
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from artifacts.errors import BadInput
from artifacts.findings_name import is_findings_name, window_of
from artifacts.places import Places

# What was checked stands last on a page.
LAST_BYTES = 4096
_CHECKED = re.compile(r"<dt>Checked</dt><dd>([0-9-]+ [0-9:]+) UTC</dd><dt>Check again</dt><dd>([^<]+)</dd>")


@dataclass(frozen=True)
class Drawn:
    """When the check was made (naive UTC), and the command that makes it again."""

    at: datetime
    again: str

    @property
    def labelled(self) -> bool:
        """Whether it was held against a training set."""
        return "--training-set" in self.again


def reports_of(places: Places) -> str:
    """The folder of all pages."""
    return str(places.home / "reports")


def page_of(root: str, identity: str) -> str:
    """The path, or the URL, of the page of findings `MODEL/NAME` under a root."""
    return f"{root.rstrip('/')}/{identity}/index.html"


def pages_of(places: Places, model: str) -> list[str]:
    """The sorted ids `MODEL/NAME` of the findings of which a page was begun."""
    root = Path(reports_of(places)) / model
    there = [one.name for one in root.iterdir() if is_findings_name(one.name)] if root.is_dir() else []
    return [one for name in sorted(there) if _has_window(one := f"{model}/{name}")]


def drawn(places: Places, identity: str) -> Drawn | None:
    """What the page of findings `MODEL/NAME` says of their check; None where it is not there, or does not say it."""
    try:
        with Path(page_of(reports_of(places), identity)).open("rb") as page:
            page.seek(max(page.seek(0, 2) - LAST_BYTES, 0))
            said = list(_checked(page.read().decode("utf-8", errors="replace")))
    except OSError:
        return None
    return said[-1] if said else None


def _checked(text: str) -> Iterator[Drawn]:
    for at, again in _CHECKED.findall(text):
        with suppress(ValueError):
            yield Drawn(datetime.fromisoformat(at), html.unescape(again))


def _has_window(identity: str) -> bool:
    with suppress(BadInput):
        return bool(window_of(identity))
    return False
