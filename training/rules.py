"""The rule: from the evidence to an outcome and its reasons; a pure function, closed when in doubt."""

from collections.abc import Iterator
from itertools import chain

from artifacts.metric_names import words
from artifacts.verdict import Comparison, Contestant, Estimate, Evidence, Outcome, Reason
from training.config import Judge
from training.metrics import METRICS

# Percentile intervals from fewer blocks are too narrow to rest a decision on (a single block has no width at all).
FEWEST_BLOCKS = 10


def decide(evidence: Evidence, rules: Judge) -> tuple[Outcome, tuple[Reason, ...]]:
    """The outcome, and every reason for it.

    The first that has a reason decides: cannot_judge, suspicious, keep; promote only if none has. Docs: judging.md.
    """
    outcomes: tuple[tuple[Outcome, Iterator[Reason]], ...] = (
        ("cannot_judge", chain(_holdout(evidence, rules), _complete(evidence, rules))),
        ("suspicious", _too_good(evidence, rules)),
        ("keep", chain(_tie(evidence), _older(evidence), *(held_against(one, rules) for one in evidence.comparisons))),
    )
    for outcome, reasons in outcomes:
        found = tuple(reasons)
        if found:
            return outcome, found
    return "promote", (_better(evidence),)


def _holdout(evidence: Evidence, rules: Judge) -> Iterator[Reason]:
    holdout = evidence.holdout
    if holdout.rows < rules.min_rows:
        yield Reason("too_few_rows", f"The holdout has {holdout.rows} rows; at least {rules.min_rows} are wanted.")
    if not 0 < holdout.positives < holdout.rows:
        text = f"{holdout.positives} of {holdout.rows} holdout rows have a true label; both classes are wanted."
        yield Reason("one_class", text)
    if holdout.blocks < FEWEST_BLOCKS:
        text = f"The holdout has rows on {holdout.blocks} days; at least {FEWEST_BLOCKS} are wanted for an interval."
        yield Reason("too_few_days", text)
    if not evidence.candidate.learned_before <= holdout.start:
        yield Reason("holdout_not_newer", f"The candidate {_learned(evidence.candidate, evidence)}")


def _learned(contestant: Contestant, evidence: Evidence) -> str:
    return (
        f"(MLflow run {contestant.run_id}) was fitted on rows and labels up to {contestant.learned_before}; "
        f"the holdout starts at {evidence.holdout.start} and must be newer."
    )


def _complete(evidence: Evidence, rules: Judge) -> Iterator[Reason]:
    """Everything that the rules name was compared, and every number that they look at is there."""
    wanted: set[tuple[str, str]] = {("naive", rules.primary)}
    columns: set[str] = set()
    if evidence.champion is not None:
        wanted |= {("primary", rules.primary), *(("guard", metric) for metric in rules.guards)}
        columns = set(rules.slices.columns) if rules.slices else set()
    compared: set[tuple[str, str]] = {(comparison.part, comparison.metric) for comparison in evidence.comparisons}
    for part, metric in sorted(wanted - compared):
        yield Reason("not_compared", f"{_sentence(words(metric))} was not compared ({part}).")
    for column in sorted(columns - {comparison.column for comparison in _part(evidence, "slice")}):
        yield Reason("no_slice", f"No slice by {column} has enough rows to be compared.")
    for comparison in evidence.comparisons:
        if None in (comparison.gain.value, comparison.gain.low, comparison.gain.high):
            yield Reason("undefined", f"The difference in {_name(comparison)} is undefined on these rows.")
    for metric in rules.plausible:
        if evidence.metrics["candidate"].get(metric, _UNKNOWN).value is None:
            yield Reason("undefined", f"The candidate's {words(metric)} is undefined on these rows.")


def _too_good(evidence: Evidence, rules: Judge) -> Iterator[Reason]:
    for metric, bound in rules.plausible.items():
        value = _known(evidence.metrics["candidate"][metric].value)
        if METRICS[metric].worse_by(value, bound) < 0:
            said = f"{_sentence(words(metric))} {value:.4f} is better than {bound}"
            yield Reason("too_good", f"{said}, which is not plausible: look for a leak.")


def _older(evidence: Evidence) -> Iterator[Reason]:
    """A champion that has seen the holdout would be compared on what it learned by heart, so it stays."""
    champion = evidence.champion
    if champion is not None and not champion.learned_before <= evidence.holdout.start:
        yield Reason("champion_saw_holdout", f"The champion {_learned(champion, evidence)}")


def _tie(evidence: Evidence) -> Iterator[Reason]:
    champion = evidence.champion
    if champion is not None and champion.model_sha256 == evidence.candidate.model_sha256:
        yield Reason("tie", f"The candidate is, byte for byte, the champion (version {champion.version}).")


def held_against(comparison: Comparison, rules: Judge) -> Iterator[Reason]:
    """What one comparison alone has against a promotion; nothing when it holds.

    The primary metric: the estimate reaches the margin and the interval lies above zero. Guards and slices: not worse
    beyond the tolerance, at the interval's unfavourable end. The naive model: the interval lies above zero.
    """
    value, low = _known(comparison.gain.value), _known(comparison.gain.low)
    wanted = limit(comparison, rules)
    rival = "the naive model's" if comparison.part == "naive" else "the champion's"
    said = f"{_sentence(_name(comparison))} is {_than(comparison, rival)}"
    if comparison.part == "naive":
        if not low > wanted:
            yield Reason("not_better_than_naive", f"{said}; better, with the whole interval, is wanted.")
    elif comparison.part == "primary":
        if not value >= wanted:
            yield Reason("not_better", f"{said}; better by at least {wanted} is wanted.")
        if not low > 0:
            yield Reason("unsure_better", f"{said}; better, with the whole interval, is wanted.")
    elif not value >= wanted:
        yield Reason(f"worse_{comparison.part}", f"{said}; worse by at most {-wanted} is allowed.")
    elif not low >= wanted:
        text = f"{said}; worse by at most {-wanted} is allowed, at the interval's worst end too."
        yield Reason(f"unsure_{comparison.part}", text)


def limit(comparison: Comparison, rules: Judge) -> float:
    """What the gain is held against: the margin of the primary metric, minus the tolerance of a guard or slice."""
    if comparison.part == "naive":
        return 0.0
    if comparison.part == "primary":
        return rules.margin
    if comparison.part == "slice":
        return -rules.slices.worse_by_at_most if rules.slices else 0.0
    return next((-guard.worse_by_at_most for metric, guard in rules.guards.items() if metric == comparison.metric), 0.0)


def _better(evidence: Evidence) -> Reason:
    first = next(iter((*_part(evidence, "primary"), *_part(evidence, "naive"))))
    if evidence.champion is None:
        than = _than(first, "the naive model's")
        return Reason("first_champion", f"There is no champion yet, and {_name(first)} is {than}.")
    than = _than(first, f"version {evidence.champion.version}'s")
    return Reason("better", f"{_sentence(_name(first))} is {than}, and nothing guarded is worse beyond its tolerance.")


def _part(evidence: Evidence, part: str) -> list[Comparison]:
    return [comparison for comparison in evidence.comparisons if comparison.part == part]


def _known(value: float | None) -> float:
    """NaN for a missing number: it fails every comparison, and every rule is written to pass only what compares."""
    return float("nan") if value is None else value


def _name(comparison: Comparison) -> str:
    where = "" if comparison.column is None else f" where {comparison.column} is {comparison.category}"
    return words(comparison.metric) + where


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def _than(comparison: Comparison, rival: str) -> str:
    value, low, high = (_known(end) for end in (comparison.gain.value, comparison.gain.low, comparison.gain.high))
    if value < 0:
        return f"worse than {rival} by {-value:.5f} [{-high:.5f}, {-low:.5f}]"
    return f"better than {rival} by {value:.5f} [{low:.5f}, {high:.5f}]"


_UNKNOWN = Estimate(None, None, None)
