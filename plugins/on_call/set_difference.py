"""What differs between a training-set version and the one before it, by their manifests alone."""

from collections.abc import Mapping, Sequence

from fastapi import Request

from artifacts.training_set import TrainingSet, open_training_set, parse_id
from artifacts.why_differ import Why, explain
from plugins.on_call.frame import link
from plugins.on_call.home import Home
from plugins.on_call.markup import Child, Html, command, el, facts, folded, join

FEW = 5


def difference(request: Request, home: Home, opened: TrainingSet) -> Html:
    """What is new in it, and how to see it row by row."""
    before = opened.facts.get("previous")
    if before is None:
        return el("p", "It is the first version of this training set.")
    old = open_training_set(home.places.training_sets, *parse_id(str(before)))
    why = explain(old, opened)
    columns = [{column.name for column in one.contract.columns} for one in (old, opened)]
    pairs: list[tuple[Child, Child]] = [
        ("rows", f"{old.rows:,} → {opened.rows:,}"),
        ("label rate", f"{old.facts['label_rate']:.4f} → {opened.facts['label_rate']:.4f}"),
        *((f"window: {key}", f"{a} → {b}") for key, (a, b) in why.window.items()),
        (
            "columns",
            _changes({"added": columns[1] - columns[0], "removed": columns[0] - columns[1], "changed": why.contract}),
        ),
        ("SQL", _sql_changes(why)),
        ("source partitions", _changes({"landed": why.landed, "restated": why.restated, "gone": why.gone})),
        ("tools", ", ".join(f"{key} {a} → {b}" for key, (a, b) in why.tools.items()) or "the same"),
    ]
    run = f"python -m features diff {old.id} {opened.version}"
    previous = link(request, old.id, "training-sets", old.name, old.version)
    said = "From the manifests alone. Row by row, with the distribution of each column:"
    return join(el("p", "Against ", previous), facts(pairs), el("p", said, class_="quiet"), command(run))


def _sql_changes(why: Why) -> Html:
    groups = {"changed": why.sql_changed, "added": why.sql_added, "removed": why.sql_removed}
    return _changes({**groups, "only formatting": why.sql_only_formatting})


def _changes(groups: Mapping[str, Sequence[str] | set[str]]) -> Html:
    told = [(word, sorted(found)) for word, found in groups.items() if found]
    if not told:
        return join("the same")
    return join(*(_change(word, found) for word, found in told))


def _change(word: str, found: Sequence[str]) -> Html:
    names = ", ".join(found)
    return folded(f"{len(found)} {word}", names) if len(found) > FEW else el("div", f"{word}: {names}")
