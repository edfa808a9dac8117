"""The note of a DAG run: the verdict first, whatever a person wrote below it."""

from plugins.run_story.story import Story

LONGEST = 1000
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


def with_note(before: str | None, story: Story) -> str:
    """The note with the verdict of now; an earlier verdict is replaced, and what a person wrote is kept."""
    _, found, after = (before or "").partition(ENDS)
    theirs = (after if found else before or "").strip()
    room = LONGEST - len(ENDS) - len(theirs) - 40
    told = f"{MARKS[story.state]} {story.state}: {story.sentence}"
    next_step = f"\nNext: {story.command}" if story.command else ""
    cut = max(room - len(next_step), 40)
    told = told if len(told) <= cut else told[: cut - 1] + "…"
    note = f"{told}{next_step}\n{ENDS}"
    return f"{note}\n\n{theirs}"[:LONGEST] if theirs else note[:LONGEST]
