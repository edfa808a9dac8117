"""Joins what was logged with a training-set version that has the same entities, and marks the last answer of each."""

from collections.abc import Mapping, Sequence

from artifacts.binning import Bins, as_counted, quoted, text
from artifacts.errors import BadInput
from artifacts.training_set import TrainingSet
from monitoring.answers import Answers

JOINED = "joined"


def key(name: str) -> str:
    """The column of `answers` with a part of the entity, as text."""
    return quoted(f"key:{name}")


def in_another_type(truth: TrainingSet, features: Mapping[str, Bins]) -> dict[str, str]:
    """By feature that the set has as a number, and the model was fitted on as a category, or the reverse: how it is."""
    there = {column.name: column for column in truth.contract.columns if column.name in features}
    return {
        name: f"{column.type} in {truth.id}, wanted a {features[name].kind}"
        for name, column in there.items()
        if column.is_numeric != (features[name].kind == "number")
    }


def join_truth(answers: Answers, rows: str, truth: TrainingSet, features: Sequence[str], slices: Sequence[str]) -> int:
    """Make the view `joined` of `rows` (SQL) and `truth`; returns how many entities were answered, joined or not.

    A row that does not say what it is about counts as an entity of its own. Columns: `prediction_id`, `moment`, `day`,
    `score`, the entity; `logged:F` and `truth:F` of each feature F, `label`, `slice:S` as text, and `is_last`, of the
    last answer about an entity; a column that the set has not is null, a slice of it `missing`. Where an answer names
    the moment of prediction, the training set's must be the same. Raises `BadInput` (`monitoring.no_entity`) when no
    answer says what it is about.
    """
    contract = truth.contract
    missing = [name for name in contract.entity if name not in answers.keys]
    if missing:
        raise BadInput(
            "monitoring.no_entity",
            f"No answer of the window was logged with {', '.join(missing)}, which {truth.id} names its entities by.",
            next_step="Have callers send the entity's columns beside the features.",
        )
    columns = {column.name: column for column in contract.columns}
    keys = ", ".join(key(name) for name in contract.entity)
    known = " and ".join(f"{key(name)} is not null" for name in contract.entity)
    connection = answers.connection
    connection.execute(
        f"create or replace table latest as select max(row(asked_at, prediction_id)) as newest "  # noqa: S608
        f"from {rows} where {known} group by {keys}"
    )
    shown = [f"t.{quoted(contract.label)} as label"]
    shown += [f"a.{quoted(name)} as {quoted('logged:' + name)}" for name in features]
    shown += [
        f"{as_counted(f't.{quoted(name)}', columns[name])} as {quoted('truth:' + name)}"
        for name in features
        if name in columns
    ]
    shown += [f"null as {quoted('truth:' + name)}" for name in features if name not in columns]
    by = {name: f"cast(t.{quoted(name)} as varchar)" if name in columns else "null" for name in slices}
    shown += [f"coalesce({value}, 'missing') as {quoted('slice:' + name)}" for name, value in by.items()]
    same = " and ".join(f"a.{key(name)} = cast(t.{quoted(name)} as varchar)" for name in contract.entity)
    at_once = f"(a.{key(contract.observed_at)} is null or a.moment = t.{quoted(contract.observed_at)})"
    entity = " || '/' || ".join(f"a.{key(name)}" for name in contract.entity)
    connection.execute(
        f"create or replace view {JOINED} as select a.prediction_id, a.moment, a.day, a.score, "  # noqa: S608
        f"{entity} as entity, latest.newest is not null as is_last, "
        f"{', '.join(shown)} "
        f"from {rows} a left join latest on latest.newest = row(a.asked_at, a.prediction_id) "
        f"join read_parquet({text(str(truth.path))}) t on {same} and {at_once}"
    )
    unnamed = f"select count(*) from {rows} where not ({known})"  # noqa: S608
    return int(connection.execute(f"select (select count(*) from latest) + ({unnamed})").fetchone()[0])  # noqa: S608
