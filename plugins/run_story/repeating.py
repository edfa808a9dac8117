"""Whether a command meets again what said no, so that it comes once that is mended, and what it is good for then."""

# What a task does, by hand.
DOES = {
    "build": "python -m features build ",
    "check": "python -m monitoring check ",
    "compact": "python -m serving compact",
    "judge": "python -m training judge ",
    "land": "python -m ingestion land ",
    "notify": "python -m monitoring notify",
    "score": "python -m serving score ",
    "train": "python training/train.py ",
    "upcoming": "python -m features upcoming ",
}
TELLS = "Whether it is mended is told by:"
# What says no to whatever is run, until it is restored or up again.
UNTIL_MENDED = {
    "alerts.damaged",
    "alerts.unavailable",
    "home.champion_lost",
    "home.versions_lost",
    "judge.champion_differs",
    "judge.ledger_lost",
    "ledger.damaged",
    "ledger.unavailable",
    "registry.unavailable",
}


def repeats(culprit: str | None, code: str, command: str) -> bool:
    """Whether the command meets again what said no: as the task's own work, or a training by the same config."""
    if code in UNTIL_MENDED:
        return True
    if code.startswith("config.") and command.startswith(DOES["train"]):
        return True
    return _does(culprit, command)


def once_mended(culprit: str | None, clear: str, command: str) -> str:
    """What comes before such a command: to `clear` the task, if that is not said yet, and what the command does."""
    does = _does(culprit, command)
    if not clear:
        return "Once that is mended, by hand:" if does else TELLS
    by_hand = "Or, instead of that, by hand:" if does else TELLS
    return f"Once that is mended, {clear} in Airflow, and it runs again from there. {by_hand}"


def _does(culprit: str | None, command: str) -> bool:
    """Whether it is what the task does; what another does only tells whether the same is met again."""
    return culprit in DOES and command.startswith(DOES[culprit])
