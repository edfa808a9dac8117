"""What a finding says of the training set that answers were held against: which it is, and by whose SQL it was made."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from artifacts.errors import Damaged, Missing
from artifacts.findings import Finding, Reason
from artifacts.places import Places
from artifacts.training_set import TrainingSet, open_training_set, parse_id
from artifacts.why_differ import explain

# None of the window's rows is in the training set that they were held against.
OF_NONE = frozenset({"labels.none", "skew.no_truth"})


def naming(places: Places, trained_on: str, truth: TrainingSet, found: Iterable[Finding]) -> Iterator[Finding]:
    """The findings; those that none of the rows is in `truth`, or that values differ, say what mends it.

    `trained_on` is the id of the training set of the version that answered: where other SQL made `truth`, that is why.
    """
    other = _other_sql(places, trained_on, truth)
    for one in found:
        if one.reason.code in OF_NONE:
            yield _with_step(
                one,
                f"That is {truth.id}. Check against one that was built once the outcomes had landed: "
                f"python -m features build --name {truth.name} --as-of DAY",
            )
        elif one.reason.code == "skew.unequal" and other:
            yield _with_step(
                one,
                f"{truth.id} was made by other SQL than {trained_on}, on which the version was trained: {other}. Where "
                "that is meant, train on it; where it was a trial, delete its folder and check again.",
            )
        else:
            yield one


def _other_sql(places: Places, trained_on: str, truth: TrainingSet) -> str:
    """The models whose SQL differs; empty where none does, or it cannot be read."""
    try:
        why = explain(open_training_set(places.training_sets, *parse_id(trained_on)), truth)
    except (Damaged, Missing):
        return ""
    return ", ".join(sorted({*why.sql_changed, *why.sql_added, *why.sql_removed}))


def _with_step(finding: Finding, step: str) -> Finding:
    return replace(finding, reason=Reason.with_step(finding.reason.code, finding.reason.what, step))
