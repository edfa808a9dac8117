"""The top of the story: how many weeks were how, what moved, how well it did, who is champion."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from html import escape

from artifacts.finding import SCORE, State
from ops.replay.story import Story

WORDS: Mapping[State, str] = {"DRIFT": "drifted", "UNKNOWN": "could not be judged", "OK": "within noise"}


def title(story: Story) -> str:
    """One line, not escaped."""
    states = Counter(one.state for one in story.weeks)
    told = [f"{states[state]} {word}" for state, word in WORDS.items() if states[state]]
    return f"{len(story.weeks)} week{'s' if len(story.weeks) > 1 else ''}: {', '.join(told)}"


def headline(story: Story) -> str:
    """The top of the page."""
    last = story.end - timedelta(days=1)
    is_open = sum(one.alert.is_open for one in story.incidents)
    outcomes = Counter(one.outcome for one in story.candidates)
    served = list(dict.fromkeys([*(one.version for one in story.weeks), story.champion]))
    facts = {
        "Rows asked": f"{sum(one.rows for one in story.weeks):,}",
        "Champion": ", then ".join(f"version {one}" for one in served),
        "Candidates": ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items())) or "none was due",
        "Alerts": f"{len(story.incidents)} opened, {is_open} open at the end",
        "Messages": str(story.messages),
    }
    cells = "".join(f"<div><dt>{name}</dt><dd>{escape(told)}</dd></div>" for name, told in facts.items())
    return (
        f'<p class="over">The story of <b>{escape(story.model)}</b>, {story.start} to {last}, as '
        f"<code>make replay</code> went through it</p><h1><span>{escape(title(story))}</span></h1>"
        f'<p class="lead">{_lead(story)}</p><dl class="facts">{cells}</dl>'
    )


def _lead(story: Story) -> str:
    moved = Counter(name for one in story.weeks for name, cell in one.features.items() if cell.state == "DRIFT")
    farthest = [f"{_named(name)} ({weeks} of {len(story.weeks)} weeks)" for name, weeks in moved.most_common(3)]
    told = [f"Most often moved: {', '.join(farthest)}." if farthest else "No feature moved beyond noise."]
    judged = [one.metrics["log_loss"] for one in story.weeks if one.metrics["log_loss"].value is not None]
    worse = sum(one.state == "DRIFT" for one in judged)
    if judged:
        told.append(f"Log loss was worse than its holdout allows in {worse} of the {len(judged)} weeks with labels.")
    new = [one for one in story.candidates if one.outcome == "promote"]
    told.append(
        f"Promoted: {', '.join(f'version {one.version} on {one.on}' for one in new)}."
        if new
        else "No candidate was promoted."
    )
    return " ".join(told)


def _named(name: str) -> str:
    return "<b>the score</b>" if name == SCORE else f"<b>{escape(name)}</b>"
