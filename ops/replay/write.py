"""Write the story, and the short table that a replay ends with."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from artifacts.place_errors import usable
from artifacts.places import Places
from artifacts.registry import Registry
from artifacts.whole_file import write_whole
from ops.replay.inbox import read_messages
from ops.replay.journal import Done
from ops.replay.page import render
from ops.replay.plan import Plan
from ops.replay.story import Metric, Story
from ops.replay.tell import tell
from ops.replay.week import champion_of

PAGE = "replay/story.html"


def write_story(places: Places, plan: Plan, done: Sequence[Done], inbox: Path) -> tuple[Path, list[str]]:
    """The page's path, written anew in one step, and the lines of the table."""
    registry, served = Registry.at(places), {one.champion for one in done}
    story = tell(
        places,
        plan.model,
        done,
        promises={version: registry.model_version(plan.model, version).metrics for version in served},
        messages=read_messages(inbox),
        champion=champion_of(places, plan.model),
    )
    path = places.home / PAGE
    with usable(str(path)):
        write_whole(path, render(story))
    return path, table_of(story)


def table_of(story: Story) -> list[str]:
    """A line for each week, then one for each candidate."""
    lines = [
        "",
        f"{'week':<16}{'champion':<10}{'rows':>7}  {'asked':<9}{'labels':<10}{'moved':>6}{'opened':>8}  "
        "log loss (promised)",
    ]
    for one in story.weeks:
        moved = sum(cell.state == "DRIFT" for cell in one.features.values())
        opened = sum(one.start < incident.alert.opened.date() <= one.end for incident in story.incidents)
        days = f"{one.start:%m-%d} to {one.end - timedelta(days=1):%m-%d}"
        told = f"{days:<16}{f'v{one.version}':<10}{one.rows:>7,}  {one.moved:<9}{one.labelled or 'none yet':<10}"
        lines.append(f"{told}{moved:>6}{opened:>8}  {_metric(one.metrics['log_loss'])}".rstrip())
    lines.append("")
    lines += [f"{candidate.on}  {candidate.due}: {candidate.said}" for candidate in story.candidates]
    is_open = sum(one.alert.is_open for one in story.incidents)
    lines.append(f"champion    {story.model} version {story.champion}")
    lines.append(f"alerts      {len(story.incidents)} opened, {is_open} still open; {story.messages} messages sent")
    return lines


def _metric(one: Metric) -> str:
    promised = "" if one.promised is None else f" ({one.promised:.3f})"
    if one.value is None or one.low is None or one.high is None:
        return f"UNKNOWN{promised}"
    return f"{one.value:.3f} [{one.low:.3f}, {one.high:.3f}]{promised} {one.state}"
