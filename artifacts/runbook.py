"""The runbook as the code sees it: a section for each code, and the link to it."""

import re
from pathlib import Path

from artifacts.places import REPOSITORY

FILE = REPOSITORY / "docs" / "runbook.md"


def runbook_link(url: str, code: str) -> str:
    """The section of a code, by the anchor that a Markdown viewer gives to the heading."""
    return f"{url}#{re.sub(r'[^a-z0-9_-]', '', code.lower())}"


def runbook_section(code: str, file: Path = FILE) -> str | None:
    """What the runbook says about a code, as Markdown, in a section or in a line; None when it does not."""
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    line = re.search(rf"^\| `{re.escape(code)}` \| (.*) \|$", text, re.M)
    if line is not None:
        return line[1]
    parts = re.split(r"^#{2,3} (.*)\n", text, flags=re.M) if text else []
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    return sections[code].strip() if code in sections else None
