"""What the rows of a training set were held against before it was published: a part of its page."""

import json
import re
from collections.abc import Mapping
from typing import Any

from fastapi import Request

from artifacts.plural import many
from artifacts.training_set import TrainingSet
from plugins.on_call.frame import link
from plugins.on_call.markup import NONE, Child, Html, el, folded, join, table

FILE = "validation.json"
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")


def expectations(request: Request, opened: TrainingSet) -> Html:
    """Each expectation with its bound; every one passed, or the version would not have been published."""
    if FILE not in opened.published.files:
        return el("p", "Its folder holds none: it was published by other code.")
    found = json.loads(opened.published.file(FILE).read_text(encoding="utf-8"))
    failed = sum(not one["passed"] for one in found)
    told = el("p", el("span", f"\u2713 all {len(found)} passed", class_="state good")) if not failed else None
    alarm = el("p", el("span", f"\u25b2 {failed} of {len(found)} failed", class_="state bad")) if failed else None
    docs = opened.facts.get("docs")
    theirs = None
    if docs:
        way = ("training-sets", opened.name, opened.version, *str(docs).split("/"))
        theirs = el("p", link(request, "Great Expectations' own page", *way), ", without its scripts and styles.")
    rows = [_row(one) for one in found]
    heads = ("column", "expectation", "bound", "observed, where it failed", "values")
    return join(told, alarm, folded(many(len(rows), "expectation"), table(heads, rows, numbers=(4,))), theirs)


def _row(one: Mapping[str, Any]) -> list[Child]:
    words = _WORD.sub(" ", str(one["expectation"]).removeprefix("ExpectColumn").removeprefix("ExpectTable")).lower()
    observed = NONE if one["observed"] is None else str(one["observed"])
    seen = f"{one['seen']:,}" if one["seen"] else NONE
    return [el("code", one["column"]) if one["column"] else "the set", words, str(one["bound"]), observed, seen]
