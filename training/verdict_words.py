"""What a verdict says to a person: one sentence, and the next command."""

from artifacts.verdict import Contestant, Verdict
from training.decision import how_to_approve

MARKS = {"promote": "✓", "keep": "=", "suspicious": "!", "cannot_judge": "?"}
HEADLINES = {
    "promote": "Promote {candidate}.",
    "keep": "Keep {champion}; {candidate} is not promoted.",
    "suspicious": "Suspicious: {candidate} is too good to be true and is not promoted.",
    "cannot_judge": "Cannot judge {candidate}; it is not promoted.",
}
NEXT = {
    "promote": ("Promote it, unless that was done already:", "python -m training promote --candidate {run}"),
    "keep": (
        "Change a feature or the config, then train again:",
        "python training/train.py --config CONFIG --training-set {version}",
    ),
    "suspicious": (
        "Most likely a feature knows the outcome: the importance plots on the MLflow run say which. If the score is "
        "real, raise judge.plausible in the config; else leave that feature out of features in the config, and train:",
        "python training/train.py --config CONFIG --training-set {version}",
    ),
    "cannot_judge": (
        "See what is missing, mend it, then judge again:",
        "python -m training judge --candidate {run}",
    ),
}

BY_PERSON = (
    "A person decides, unless that was done already: under Required Actions where Airflow asks, or by hand. To say no, "
    "reject and --rejected-by take the places of promote and --approved-by:"
)


def headline(verdict: Verdict) -> str:
    """The outcome in one sentence."""
    candidate, champion = called(verdict.evidence.candidate), called(verdict.evidence.champion)
    if verdict.outcome == "keep" and verdict.evidence.champion is None:
        return f"There is still no champion; {candidate} is not promoted."
    return HEADLINES[verdict.outcome].format(candidate=candidate, champion=champion)


def in_full(verdict: Verdict) -> str:
    """The outcome and every reason for it."""
    return " ".join([headline(verdict), *(reason.text for reason in verdict.reasons)])


def next_command(verdict: Verdict, *, by_person: bool) -> tuple[str, str]:
    """What to do now: a sentence and a command; `by_person` of a candidate that only a person promotes."""
    if by_person and verdict.outcome == "promote":
        return BY_PERSON, how_to_approve(verdict.evidence.candidate.run_id)
    why, command = NEXT[verdict.outcome]
    training_set = verdict.evidence.training_set
    version = training_set.partition("/")[2]
    return why, command.format(run=verdict.evidence.candidate.run_id, training_set=training_set, version=version)


def called(one: Contestant | None) -> str:
    """What a contestant is called: its version, or the MLflow run while it has none."""
    if one is None:
        return "no champion"
    return f"MLflow run {one.run_id}" if one.version is None else f"version {one.version}"
