"""Skew: logged features against those that were computed later for the same entity."""

from collections.abc import Iterator, Mapping, Sequence

from artifacts.binning import quoted
from artifacts.findings import Example, Finding, Reason
from artifacts.plural import plural
from monitoring.answers import Answers
from monitoring.settings import MonitoringSettings
from monitoring.truth import JOINED

SHOWN = 5


def find_skew(
    answers: Answers, features: Sequence[str], mixed: Mapping[str, str], answered: int, settings: MonitoringSettings
) -> Iterator[Finding]:
    """A finding per feature: the share of rows that are not equal, with up to five of them; over the view `joined`.

    Every answer counts, also one that was followed by another. Numbers are equal as doubles, and null equals null; of
    those in `mixed`, which says why they cannot be compared, that is said. When too few of the `answered` rows of the
    window are joined, what is unequal is said, and nothing is OK.
    """
    connection = answers.connection
    counts = ", ".join("0" if name in mixed else f"count(*) filter ({_unequal(name)})" for name in features)
    joined, rows, *unequal = connection.execute(
        f"select count(distinct prediction_id), count(*), {counts} from {JOINED}"  # noqa: S608
    ).fetchone()
    is_sample = joined >= settings.min_label_share * answered
    if not rows:
        text = f"None of the {answered} rows that were answered is in the training set; nothing can be compared."
        yield Finding("skew", None, "UNKNOWN", Reason("skew.no_truth", text), rows=answered, baseline="truth")
        return
    if not is_sample:
        text = (
            f"{joined} of the {answered} rows that were answered {plural(joined, 'is', 'are')} in the training set, "
            f"fewer than {settings.min_label_share:.0%}: what they show is not known of the others."
        )
        yield Finding("skew", None, "UNKNOWN", Reason("skew.too_few", text), rows=answered, baseline="truth")
    for name, count in zip(features, unequal, strict=True):
        if name in mixed:
            reason = Reason("schema.mixed", f"{name} is {mixed[name]}.")
            yield Finding("skew", name, "UNKNOWN", reason, rows=rows, baseline="truth", baseline_rows=rows)
            continue
        share = count / rows
        drifted = share > settings.max_skew_share
        if not drifted and not is_sample:
            continue
        unequal_rows = f"{count} of {rows} rows {plural(count, 'was', 'were')}"
        text = f"{name}: {unequal_rows} answered with another value than the training set has."
        yield Finding(
            "skew",
            name,
            "DRIFT" if drifted else "OK",
            Reason("skew.unequal" if drifted else "skew.equal", text),
            rows=rows,
            baseline_rows=rows,
            value=share,
            threshold=settings.max_skew_share,
            baseline="truth",
            examples=_examples(answers, name) if count else (),
        )


def _unequal(name: str) -> str:
    return f"{quoted('logged:' + name)} is distinct from {quoted('truth:' + name)}"


def _examples(answers: Answers, name: str) -> tuple[Example, ...]:
    both = f"entity, {quoted('logged:' + name)}, {quoted('truth:' + name)}"
    found = answers.connection.execute(
        f"select {both} from {JOINED} where {_unequal(name)} order by entity limit {SHOWN}"  # noqa: S608
    ).fetchall()
    return tuple(
        Example(entity, *("null" if value is None else str(value) for value in pair)) for entity, *pair in found
    )
