"""The SQL of a training-set version as it ran, whole and by the column that it computes."""

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


def sql_of(opened: TrainingSet, feature: str) -> dict[str, str]:
    """The compiled SQL of the models that compute a column, by model; the set's own SQL, which collects them, last."""
    files = {PurePosixPath(one).stem: one for one in sorted(opened.published.files) if one.startswith("sql/")}
    texts = {model: opened.published.file(path).read_text(encoding="utf-8") for model, path in files.items()}
    found = {model: text for model, text in texts.items() if model != opened.name and feature in _words(text)}
    return found or {model: text for model, text in texts.items() if feature in _words(text)}


def _words(text: str) -> set[str]:
    return set("".join(one if one.isalnum() or one == "_" else " " for one in text).split())
