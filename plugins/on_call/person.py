"""Whether a person has to decide on a candidate, by what MLflow logged of its config and of the champion's."""

import re
from collections.abc import Mapping, Sequence

from artifacts.copies import is_rejected
from artifacts.errors import Damaged, Missing
from artifacts.registry import RunRecord
from artifacts.rejections import Rejection
from artifacts.verdict import Contestant
from plugins.on_call.home import Home

CONFIG = "config.yaml"
# What the rule is made of, and what `--set` changed of it.
_RULE = re.compile(r"(?:judge|naive|holdout_days)(?:\..*)?")
_HOLDOUT_SET = re.compile(r"(?:^|\s)holdout_days\s*=")


def wants_a_person(
    home: Home, mine: RunRecord, champion: Contestant | None, rejected: Sequence[Rejection] = ()
) -> bool:
    """Whether the pipeline leaves the candidate of `mine`, judged against `champion`, to a person.

    As `training.needs_person` and `training.rule_change` say, which read the configs themselves. `rejected` is what
    people said no to of the model.
    """
    if any(is_rejected(home.registry, no, mine) for no in rejected):
        return True
    if champion is None:
        return asks_first(mine)
    try:
        theirs = home.record(mine.model, champion.version or 0)
        # What is logged says what it was; one whose config is damaged is left to a person all the same.
        home.registry.artefact(theirs.run_id, CONFIG)
    except (Damaged, Missing):
        return True
    return asks(mine, theirs)


def asks(mine: RunRecord, theirs: RunRecord) -> bool:
    """Of a candidate and the champion: one of both has `promotion: approve`, or their rules differ."""
    return not (_is_auto(mine) and _is_auto(theirs)) or _rule(mine.params) != _rule(theirs.params)


def asks_first(mine: RunRecord) -> bool:
    """Of a candidate without a champion: it has `promotion: approve`, or its holdout was set when it was trained."""
    return not _is_auto(mine) or _HOLDOUT_SET.search(mine.tags.get("overrides", "")) is not None


def _is_auto(run: RunRecord) -> bool:
    return run.params.get("promotion") == "auto"


def _rule(params: Mapping[str, str]) -> Mapping[str, str]:
    return {name: value for name, value in params.items() if _RULE.fullmatch(name)}
