"""What dbt and the expectations said: of what failed, the error, the SQL and the keys."""

from collections.abc import Mapping
from typing import Any

from artifacts.plural import many, plural
from plugins.on_call.markup import Child, Html, el, folded, join, joined, name, table
from plugins.run_story.links import failed_docs_of
from plugins.run_story.story import Story


def dbt_part(story: Story) -> Html:
    """Each dbt invocation: what failed first, in full, then every model with rows and seconds.

    Where there are several, each stands under the training set that its task was asked for.
    """
    invoked = [one.notes for one in story.tasks if "dbt" in one.notes]
    if len(invoked) == 1:
        return _invocation(invoked[0]["dbt"])
    return joined(join(el("h3", _asked(notes.get("asked"))), _invocation(notes["dbt"])) for notes in invoked)


def _asked(told: Mapping[str, Any] | None) -> str:
    if told is None:
        return "Of a training set that was not noted"
    return f"{told['name']} as of {str(told['as_of']).removesuffix('T00:00:00')}"


def _invocation(told: Mapping[str, Any]) -> Html:
    failed = [_failed(one) for one in told["failed"]]
    rows: list[list[Child]] = [
        [name(one["model"]), _word(one["status"]), _count(one["rows"]), f"{one['seconds']:.2f}"]
        for one in told["models"]
    ]
    did_not = many(told["not_passed"], "model or test", "models or tests")
    passed = el("p", f"{many(told['tests_passed'], 'test')} passed, {did_not} did not.")
    models = table(("model", "dbt says", "rows", "seconds"), rows, numbers=(2, 3))
    return join(*failed, passed, models)


def _failed(one: Mapping[str, Any]) -> Html:
    of = f" of {one['of']}" if one["of"] else ""
    found = f", found {one['failures']}" if one["failures"] else ""
    heading = el("h3", f"{one['kind']} {one['name']}{of}: {one['status']}{found}")
    sql = folded("Its compiled SQL", el("pre", one["sql"]), is_open=True) if one["sql"] else None
    return join(heading, el("p", el("code", one["file"])), el("pre", one["error"] or "no message"), sql)


def expectations_part(story: Story) -> Html:
    """What the rows were held against, and each expectation that they failed, with offending keys."""
    return joined(_held(told) for told in story.note("expectations"))


def _held(told: Mapping[str, Any]) -> Html:
    failed, held = told["failed"], told["checked"] - len(told["failed"])
    said = f"{held} of {many(told['checked'], 'expectation')} {plural(held, 'holds', 'hold')}"
    summary = el("p", f"{told['set']}: {said}.")
    rows: list[list[Child]] = [
        [
            name(one["column"] or "the set"),
            one["expectation"],
            one["raised"] or one["observed"],
            one["bound"],
            joined(join(el("code", key), " ") for key in one["keys"]) if one["keys"] else None,
        ]
        for one in failed
    ]
    docs = failed_docs_of(told)
    link = el("p", el("a", "Data Docs of this attempt", href=docs)) if docs else None
    return join(summary, table(("column", "expectation", "found", "wanted", "keys"), rows) if rows else None, link)


def _word(status: str) -> Html:
    kind = "good" if status in {"success", "pass"} else "ask" if status == "skipped" else "bad"
    return el("span", status, class_=f"state {kind}")


def _count(rows: int | None) -> str | None:
    return None if rows is None else f"{rows:,}"
