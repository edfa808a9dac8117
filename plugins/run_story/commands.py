"""The one next command: what a refusal itself names, else what helps with its code, about what this DAG run was."""

import re
from collections.abc import Mapping, Sequence

from artifacts.run_evidence import Refused, TaskEvidence

# A command in a next step stands at its end, or before a semicolon.
_NAMED = re.compile(
    r"(?:\b[A-Z][A-Z0-9_]*=\S+ )*"
    r"(?:python -m [a-z]+ [a-z]|python training/train\.py|make (?:setup|run|up|down|dbt|smoke|accept)\b)[^;]*"
)
_SOURCE = re.compile(r"/([a-z0-9_]+)/[a-z0-9_]+/\d{4}-\d{2}/")
_UNSET = re.compile(r"^Correct or unset ([A-Z][A-Z0-9_]*)")
ALERTS = "python -m monitoring alerts --model {model}"
BUILD = "python -m features build --name {name} --as-of {as_of}"
DBT = 'make dbt ARGS="build -s +{name}"'
TRAIN = "python training/train.py --config training/configs/{config}.yaml --training-set {training_set}"
# By code, or by the part of it before the dot.
BY_CODE = {
    "features": BUILD,
    "features.dbt_failed": DBT,
    "features.dbt_test_failed": DBT,
    "features.dbt_test_errored": DBT,
    "validation": BUILD,
    "training_set": BUILD,
    "ingestion": "python -m ingestion land --source {source} --month {month}",
    "source": "python -m ingestion land --source {source} --month {month}",
    "raw": "python -m ingestion show --source {source}",
    "publish.no_place": "df -h {home}",
    "publish.damaged": "python -m ingestion verify --source {source}",
    "registry.unavailable": "make up",
    "ledger": "python -m training history --model {model}",
    "ledger.no_champion": "python -m training promote --candidate {run_id}",
    "config": TRAIN,
    "train": TRAIN,
    "train.nothing_due": BUILD,
    "judge": "python -m training judge --candidate {run_id}",
    "judge.suspicious": "python -m features validate {training_set}",
    "promote": "python -m training judge --candidate {run_id}",
    "alerts": "python -m monitoring notify",
    "alerts.no_channel": "MONITORING_WEBHOOK_URL=URL python -m monitoring notify",
    "drift": ALERTS,
    "performance": ALERTS,
    "skew": ALERTS,
    "labels": ALERTS,
    "predictions": ALERTS,
    "monitoring": ALERTS,
    "findings": ALERTS,
    "baseline": ALERTS,
    "log": "python -m serving compact",
    "serving": "python -m serving score --model {model} --upcoming",
}


def next_command(
    state: str, cause: Refused | None, facts: Mapping[str, str], kept: Sequence[TaskEvidence]
) -> str | None:
    """The command, or None when nothing is left to do but what the next step says."""
    if cause is not None:
        source = _SOURCE.search(cause.message)
        return named(cause.next_step) or _by_code(cause.code, {**facts, **({"source": source[1]} if source else {})})
    if state in {"DRIFT", "UNKNOWN"}:
        return _filled(ALERTS, facts)
    if state == "WAITS":
        said = [one.notes["decided"]["said"] for one in kept if "decided" in one.notes]
        return next(filter(None, map(named, said)), None)
    if state == "KEPT":
        config = f"training/configs/{facts['config']}.yaml" if "config" in facts else "CONFIG"
        asked = (one.notes["decided"]["next"][1] for one in kept if "decided" in one.notes)
        return next((command.replace("CONFIG", config) for command in asked), None)
    return None


def named(next_step: str) -> str | None:
    """The command that a next step says to run, or None."""
    unset = _UNSET.search(next_step)
    if unset:
        return f"unset {unset[1]}"
    found = _NAMED.search(next_step)
    return found[0].strip().rstrip(".") if found else None


def _by_code(code: str, facts: Mapping[str, str]) -> str | None:
    template = BY_CODE.get(code) or BY_CODE.get(code.partition(".")[0])
    return None if template is None else _filled(template, facts)


def _filled(template: str, facts: Mapping[str, str]) -> str:
    """What is not known stands in capitals, as in the docs."""
    return re.sub(r"\{(\w+)\}", lambda match: facts.get(match[1], match[1].upper()), template)
