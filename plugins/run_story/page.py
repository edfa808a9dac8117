"""The parts of the run page, in the order in which whoever is on call needs them."""

from artifacts.places import Places
from artifacts.run_evidence import Refused
from artifacts.runbook import runbook_link, runbook_section
from plugins.on_call.markup import Child, Html, command, el, folded, join, joined, outside, table
from plugins.on_call.patience import Patience
from plugins.on_call.section import Part, all_of, with_command
from plugins.on_call.settings import OnCallSettings
from plugins.run_story.changes_part import changes_part
from plugins.run_story.dbt_part import dbt_part, expectations_part
from plugins.run_story.note import MARKS
from plugins.run_story.numbers_part import has_numbers, numbers_part
from plugins.run_story.prose import prose
from plugins.run_story.serves_part import serves_part
from plugins.run_story.story import Story

SECTIONS = 5


def body_of(story: Story, places: Places, settings: OnCallSettings) -> Html:
    """Verdict, numbers, dbt, expectations, changes, what serves, tasks and the runbook; each by itself and in time."""
    parts = [Part("Verdict", "verdict", lambda: _verdict(story, settings))]
    if has_numbers(story):
        parts.append(Part("Numbers", "numbers", lambda: numbers_part(story)))
    if story.note("expectations"):
        parts.append(Part("Expectations", "expectations", lambda: expectations_part(story)))
    if story.note("dbt"):
        parts.append(Part("dbt", "dbt", lambda: dbt_part(story)))
    parts += [
        Part("Changed since the last good DAG run", "changes", lambda: changes_part(story, places)),
        Part("What serves now", "serves", lambda: serves_part(story, places, settings)),
        Part("Tasks", "tasks", lambda: _tasks(story)),
        Part("Runbook", "runbook", lambda: _runbook(story, settings)),
    ]
    return all_of(*parts, patience=Patience(settings.patience_seconds, places))


def _verdict(story: Story, settings: OnCallSettings) -> Html:
    kind = "alarm" if story.state in {"FAILED", "DRIFT"} else "down" if story.state == "UNKNOWN" else "lead"
    word = {"OK": "good", "KEPT": "good", "FAILED": "bad", "DRIFT": "bad"}.get(story.state, "ask")
    said: list[Child] = [
        el(
            "p",
            el("span", f"{MARKS[story.state]} {story.state}", class_=f"state {word}"),
            " ",
            story.sentence,
            class_=kind,
        )
    ]
    said += [el("p", why) for noted in story.note("retraining") for why in noted["kept_by"]]
    if story.cause is not None:
        next_step, run = with_command(story.cause.next_step)
        # What is shown below to be copied is not said twice.
        if story.cause.next_step != story.command:
            said.append(el("p", next_step if run is not None and run == story.command else story.cause.next_step))
    what = story.todo
    if what.said:
        said.append(el("p", what.said))
    if what.command is not None:
        said.append(join(el("h3", "The next command") if not what.said else None, command(what.command)))
    if what.then:
        said.append(el("p", what.then))
    if story.codes:
        links = [_link(settings, code) for code in story.codes[:SECTIONS]]
        said.append(el("p", "Runbook: ", join(links[0], *(join(", ", one) for one in links[1:]))))
    return joined(said)


def _link(settings: OnCallSettings, code: str) -> Html:
    if settings.runbook_url is None:
        return el("a", code, href=runbook_link("", code))
    return outside(runbook_link(settings.runbook_url, code), code)


def _tasks(story: Story) -> Html:
    kept = {(one.name.task, one.name.map_index): one for one in story.tasks}
    rows: list[list[Child]] = []
    for end in story.ends:
        own = (end.task, end.map_index)
        one = kept.get(own)
        mapped = "" if end.map_index < 0 else f" [{end.map_index}]"
        seconds = f"{(one.ended - one.began).total_seconds():.1f}" if one else None
        no = one.refused if one else story.damaged.get(own)
        rows.append([f"{end.task}{mapped}", end.state or "not begun", end.attempt, seconds, _no(no, story.cause)])
    heads = ("task", "state", "try", "seconds", "said no")
    lost = [story.lost] if story.lost and story.lost != story.cause else []
    return join(table(heads, rows, numbers=(2, 3)), *map(_damaged, [*story.damaged.values(), *lost]))


def _no(no: Refused | None, told: Refused | None) -> Child:
    """The code of who said no, and why where that is not the sentence above all."""
    if no is None or no == told:
        return el("code", no.code) if no else None
    return join(el("code", no.code), el("br"), no.message)


def _damaged(no: Refused) -> Html:
    """Of evidence that cannot be read or is gone: an empty row alone would look like a task with nothing to say."""
    return el("p", f"{no.message} {no.next_step} ", el("code", no.code), class_="down")


def _runbook(story: Story, settings: OnCallSettings) -> Html:
    if not story.codes:
        return el("p", "Nothing said no.")
    shown = []
    for at, code in enumerate(story.codes[:SECTIONS]):
        text = runbook_section(code)
        body = prose(text) if text else el("p", "The runbook has no section of this code; the next step above stands.")
        anchor = runbook_link("", code)[1:]
        shown.append(el("div", folded(el("b", code), body, _link(settings, code), is_open=at == 0), id=anchor))
    return joined(shown)
