"""The SQL of a training-set version as it ran, whole and by the column that it computes."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import PurePosixPath

from artifacts.training_set import TrainingSet
from plugins.on_call.markup import Html, el, folded, join

SHOWN = 40


def whole_sql(opened: TrainingSet) -> Html:
    """Every file of it."""
    files = sorted(one for one in opened.published.files if one.startswith("sql/"))
    shown = [
        folded(el("code", one), el("pre", opened.published.file(one).read_text(encoding="utf-8")))
        for one in files[:SHOWN]
    ]
    return join(*shown) if shown else el("p", "Its manifest holds no SQL.")


def compiled(opened: TrainingSet) -> dict[str, str]:
    """The compiled SQL of every model that the version was made by, by name."""
    files = sorted(one for one in opened.published.files if one.startswith("sql/"))
    return {PurePosixPath(one).stem: opened.published.file(one).read_text(encoding="utf-8") for one in files}


def giving(name: str, texts: Mapping[str, str], feature: str) -> dict[str, str]:
    """The SQL of those models that give a column to the set `name`; where none does, the set's own.

    Many models group or join by a column and do not give it: what counts is the list of a model's last step, and that
    the set's own SQL reads the model, or reads it by way of models that hand on all columns of others.
    """
    left = dict(texts)
    own = left.pop(name, "")
    reached = {} if re.search(rf"\bas\s+{feature}\b", _bare(own)) else {name: own}
    while reached:
        named = frozenset[str]().union(*map(_words, reached.values()))
        reached = {model: left.pop(model) for model in sorted(named & left.keys())}
        if found := {model: text for model, text in reached.items() if feature in given_by(text)}:
            return found
    if feature in _words(own):
        return {name: own}
    return {model: text for model, text in texts.items() if feature in given_by(text)}


@lru_cache(maxsize=512)
def _words(sql: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", _bare(sql)))


@lru_cache(maxsize=512)
def given_by(sql: str) -> frozenset[str]:
    """The columns that a model's SQL lists in the end: in its last step, or in the step that it selects whole."""
    bare = _bare(sql)
    step = re.search(r"\bselect\s+\*\s+from\s+(\w+)\s*;?\s*$", bare, re.I)
    begins = list(re.finditer(rf"\b{step[1]}\s+as\s*\(", bare, re.I)) if step else []
    return frozenset(_listed(bare[begins[-1].end() :] if begins else bare))


def _listed(sql: str) -> Iterator[str]:
    """The names of what the first select outside of parentheses lists, until its `from` or the parenthesis ends."""
    depth, inside, item = 0, False, ""
    for part in re.findall(r"\w+|[^\w]", sql):
        depth += (part == "(") - (part == ")")
        word = part.lower() if depth == 0 else ""
        ends = (inside and word == "from") or depth < 0
        if inside and (ends or word == ","):
            name = re.search(r"(\w+)\W*$", item)
            yield from [name[1]] if name else []
            item = ""
        elif inside:
            item += part
        if ends:
            return
        inside = inside or word == "select"
    name = re.search(r"(\w+)\W*$", item)
    yield from [name[1]] if name else []


def _bare(sql: str) -> str:
    """Without comments and what stands in quotes."""
    left_out = r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/"
    return re.sub(left_out, lambda found: "''" if found[0].startswith("'") else " ", sql, flags=re.S)
