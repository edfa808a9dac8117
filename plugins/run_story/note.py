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
    theirs = without_verdict(before)
    room = LONGEST - len(ENDS) - len(theirs) - 40
    told = f"{MARKS[story.state]} {story.state}: {story.sentence}"
    next_step = f"\nNext: {story.command}" if story.command else ""
    cut = max(room - len(next_step), 40)
    told = told if len(told) <= cut else told[: cut - 1] + "…"
    note = f"{told}{next_step}\n{ENDS}"
    return f"{note}\n\n{theirs}"[:LONGEST] if theirs else note[:LONGEST]


def without_verdict(note: str | None) -> str:
    """What a person wrote; of a DAG run that was cleared and runs again, the old verdict is no longer so."""
    _, found, after = (note or "").partition(ENDS)
    return (after if found else note or "").strip()
