"""What is new in a DAG run, each model or training set that it is about held against its own last good DAG run."""

from collections.abc import Iterable, Sequence

from artifacts.places import Places
from artifacts.run_evidence import DagRunEnd, read_run_end, read_tasks
from plugins.on_call.markup import Child, Html, el, join, joined, name, table
from plugins.run_story.about import of_things, same
from plugins.run_story.changes import Change, changes_since, given_since, untold_since
from plugins.run_story.story import Story

NOTHING = "so there is nothing to hold it against"


def changes_part(story: Story, places: Places) -> Html:
    """A table for each earlier DAG run, and a sentence about what has none."""
    end = read_run_end(places.home, story.dag, story.run)
    if end is None:
        return el("p", f"{_unkept(story)}, {NOTHING}.", class_="quiet")
    if end.unread is not None:
        return el("p", f"Which one that is could not be read when this one ended. {end.unread}", class_="alarm")
    about = same(end.about)
    since = {one: run for one in about if (run := end.good_before(one)) is not None}
    if not about and end.since is not None:
        return _against(story, places, end, end.since, ())
    shown = [
        _against(story, places, end, run, [one for one in about if since.get(one) == run])
        for run in dict.fromkeys(since.values())
    ]
    firsts = [one for one in about if one not in since]
    return joined([*shown, _first(firsts)] if firsts or not shown else shown)


def _against(story: Story, places: Places, end: DagRunEnd, since: str, about: Sequence[str]) -> Html:
    """What differs from one earlier DAG run, of `about` where that is not all that this one is about."""
    things = " and ".join(about) if len(about) < len(same(end.about)) else ""
    of = f" of {things}" if things else ""
    earlier = read_run_end(places.home, story.dag, since)
    if earlier is None:
        return el("p", f"What {since} left{of} is not there any more, {NOTHING}.")
    kept, before = (of_things(some, about) for some in (story.tasks, read_tasks(places.home, story.dag, since)))
    untold = untold_since(kept, before)
    why = "Some of what it left cannot be read" if story.damaged else "This DAG run ended before that could be noted"
    ended = f" {why}: whether {' and '.join(untold)} changed is not told." if untold else ""
    found = [*given_since(end.conf, earlier.conf), *changes_since(kept, before)]
    if not found:
        return el("p", f"Nothing that was noted{of} differs from {since}.{ended}")
    said = f"Since {since}, about {things}:" if things else f"Since {since}:"
    return join(el("p", said, ended), table(("of", "what", "before", "now"), _rows(found)))


def _unkept(story: Story) -> str:
    return "How this DAG run ended is not kept here" if story.is_over else "This DAG run has not ended yet"


def _first(about: Sequence[str]) -> Html:
    why = "No DAG run of this DAG ended well before it"
    if about:
        why = f"As far as is noted it is the first of this DAG about {' and '.join(about)}: none ended well before it"
    return el("p", f"{why}, {NOTHING}.", class_="quiet")


def _rows(found: Iterable[Change]) -> list[list[Child]]:
    return [
        [one.about, name(one.what), *(el("code", told) if told else "none" for told in (one.before, one.now))]
        for one in found
    ]
