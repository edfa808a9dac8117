"""The command that a refusal itself names, else what helps with its code, about what this DAG run was."""

import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from artifacts.run_evidence import Refused

# A command in a next step stands at its end, or before a semicolon.
_NAMED = re.compile(
    r"(?:\b[A-Z][A-Z0-9_]*=\S+ )*"
    r"(?:python -m [a-z.]+ [a-z]|python training/train\.py|make (?:setup|run|up|down|dbt|smoke|accept)\b)[^;]*"
)
_SOURCE = re.compile(r"/([a-z0-9_]+)/[a-z0-9_]+/\d{4}-\d{2}/")
_UNSET = re.compile(r"^Correct or unset ([A-Z][A-Z0-9_]*)")
# What a person would have to put in stands in capitals, as in the docs; before a `=` it is a variable's name.
_TO_CHOOSE = re.compile(r"(?<![A-Za-z0-9_])[A-Z][A-Z_]*(?![A-Za-z0-9_=])")
_OPTION = re.compile(r"(--[a-z-]+) ([A-Z][A-Z_/]*)(?!\S)")
# The fact that an option takes.
OPTIONS = {
    "--as-of": "as_of",
    "--candidate": "run_id",
    "--model": "model",
    "--month": "month",
    "--name": "name",
    "--run": "run_id",
    "--source": "source",
    "--training-set": "training_set",
}
# A command that only says again why is none that helps.
REASONS = "The reasons: "
JUDGE = "python -m training judge --candidate {run_id}"
HISTORY = "python -m training history"
ALERTS = "python -m monitoring alerts --model {model}"
BUILD = "python -m features build --name {name} --as-of {as_of}"
TRAIN = "python training/train.py --config training/configs/{config}.yaml --training-set {training_set}"
# By code, or by the part of it before the dot.
BY_CODE = {
    "features": BUILD,
    "validation": BUILD,
    "training_set": BUILD,
    "ingestion": "python -m ingestion land --source {source} --month {month}",
    "source": "python -m ingestion land --source {source} --month {month}",
    "raw": "python -m ingestion show --source {source}",
    "publish.no_place": "df -h {home}",
    "publish.damaged": "python -m ingestion verify --source {source}",
    "registry.unavailable": JUDGE,
    "ledger": f"{HISTORY} --model {{model}}",
    "ledger.no_champion": "python -m training promote --candidate {run_id}",
    "config": TRAIN,
    "train": TRAIN,
    "train.nothing_due": BUILD,
    "judge": JUDGE,
    "judge.champion_differs": f"{HISTORY} --model {{model}}",
    "judge.ledger_lost": f"{HISTORY} --model {{model}}",
    "judge.suspicious": TRAIN,
    "promote": JUDGE,
    "rollback": f"{HISTORY} --model {{model}}",
    "home": "python -m ops verify",
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
    "log.part_gone": ALERTS,
    "log.list_gone": ALERTS,
    "serving": "python -m serving score --model {model} --upcoming",
}
# Whether a command helps or only a cleared task does, the refusal says itself.
SAY_IT_THEMSELVES = {"alerts.undelivered"}


_PLACE = re.compile(r"^(?P<path>/.*?) cannot be written: (?P<why>.*)")
# What shows why a place cannot be written: whose it is, how it is mounted, else how full its disk is.
LOOKS = {"Permission denied": "ls -ld", "Operation not permitted": "ls -ld", "Read-only file system": "findmnt -T"}


def named(next_step: str) -> str | None:
    """The command that a next step says to run, or None; what is to be filled in stands in capitals."""
    if next_step.startswith(REASONS):
        return None
    unset = _UNSET.search(next_step)
    if unset:
        return f"unset {unset[1]}"
    found = _NAMED.search(next_step)
    return found[0].strip().rstrip(".") if found else None


def of_refusal(cause: Refused, facts: Mapping[str, str]) -> tuple[str | None, tuple[str, ...]]:
    """The command, with every name filled in; else None, and what a person would have to choose for it."""
    if place := _PLACE.match(cause.message):
        return _of_place(Path(place["path"]), place["why"]), ()
    source = _SOURCE.search(cause.message)
    known = {**facts, **({"source": source[1]} if source else {})}
    said = named(cause.next_step)
    told = None if said is None else _OPTION.sub(lambda one: f"{one[1]} {_known(known, one)}", said)
    left = [] if told is None or told.startswith("unset ") else _TO_CHOOSE.findall(told)
    if told is not None and not left:
        return told, ()
    template = _by_code(cause.code)
    left += [] if template is None else _TO_CHOOSE.findall(template)
    by_code = None if template is None or _TO_CHOOSE.search(template) else filled(template, known)
    return (by_code, ()) if by_code is not None else (None, tuple(dict.fromkeys(left)))


def _by_code(code: str) -> str | None:
    return None if code in SAY_IT_THEMSELVES else BY_CODE.get(code) or BY_CODE.get(code.partition(".")[0])


def filled(template: str, facts: Mapping[str, str]) -> str | None:
    """The template with the facts; None when one is not known: what cannot be run as it stands is no command."""
    wanted = set(re.findall(r"\{(\w+)\}", template))
    return template.format_map(facts) if wanted <= facts.keys() else None


def _of_place(path: Path, why: str) -> str:
    """What is looked at is the nearest folder that is there: the place itself may be yet to be made."""
    there = [one for one in (path, *path.parents[:-1]) if os.access(one, os.F_OK)]
    look = next((look for words, look in LOOKS.items() if why.startswith(words)), "df -h")
    return f"{look} {shlex.quote(str(next(iter(there), path)))}"


def _known(facts: Mapping[str, str], option: re.Match[str]) -> str:
    return facts.get(OPTIONS.get(option[1], ""), option[2])
