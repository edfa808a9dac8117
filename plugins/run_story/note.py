"""The note of a DAG run: the verdict first, and below it whatever a person wrote, before or behind it."""

import re
from collections.abc import Iterator

from plugins.run_story.story import Story

LONGEST, FEWEST = 1000, 40
ENDS = "(from the run page)"
MARKS = {
    "OK": "✓",
    "KEPT": "=",
    "DRIFT": "!",
    "UNKNOWN": "?",
    "FAILED": "✗",
    "WAITS": "…",
    "SKIPPED": "·",
    "RUNNING": "…",
}

_STATES = "|".join(re.escape(f"{mark} {state}") for state, mark in MARKS.items())
_OURS = re.compile(rf"^(?:{_STATES})(?::|\r?\n).*?^{re.escape(ENDS)}", re.M | re.S)


def with_note(before: str | None, story: Story) -> str:
    """The note with the verdict of now; an earlier verdict is replaced, and all that a person wrote is kept.

    Of the verdict as much is said as there is room for.
    """
    theirs = without_verdict(before)
    room = LONGEST - len(theirs) - len("\n\n")
    ours = next((one for one in _shorter(story, room) if len(one) <= room), None)
    return "\n\n".join(filter(None, (ours, theirs)))


def without_verdict(note: str | None) -> str:
    """What a person wrote; of a DAG run that was cleared and runs again, the old verdict is no longer so."""
    return "\n\n".join(filter(None, (part.strip() for part in _OURS.split(note or ""))))


def _shorter(story: Story, room: int) -> Iterator[str]:
    """The verdict, ever shorter: with a whole sentence, with the begin of one, without the command, in a word."""
    said = f"{MARKS[story.state]} {story.state}"
    command = f"\n{story.todo.line}" if story.todo.line else ""
    yield f"{said}: {story.sentence}{command}\n{ENDS}"
    for next_step in (command, ""):
        left = room - len(f"{said}: …{next_step}\n{ENDS}")
        if left >= FEWEST:
            yield f"{said}: {story.sentence[:left]}…{next_step}\n{ENDS}"
    yield f"{said}\n{ENDS}"
