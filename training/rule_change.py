"""Says what a candidate's rule has otherwise than the champion's, so that no candidate loosens its own gate unseen."""

import re
from collections.abc import Sequence

from artifacts.errors import BadInput, Damaged, Missing
from artifacts.registry import Registry
from artifacts.verdict import Verdict
from training.config import Config, flatten
from training.logged_config import config_of

# The days of the holdout may be set, as a short history needs it; the ledger then says so.
_HOLDOUT_SET = re.compile(r"(?:^|\s)holdout_days\s*=\s*(\S*)")


def refuse_rule_overrides(overrides: Sequence[str]) -> None:
    """Raise `BadInput` (`config.rule_overridden`) for an override of the verdict's rule, the rival, or who promotes."""
    for override in overrides:
        key = override.partition("=")[0].strip()
        if key.split(".")[0].strip() in ("judge", "naive", "promotion"):
            raise BadInput(
                "config.rule_overridden",
                f"Override {override!r} changes the rule by which the candidate is judged; the config alone has it.",
                next_step=f"Change {key} in the config, in a commit that says why.",
            )


def rule_changes(registry: Registry, verdict: Verdict) -> tuple[str, ...]:
    """`KEY is A, the champion's B` for each part in which the rules differ; without a champion, what `--set` changed.

    The rule is `judge`, the days of the holdout, and the naive rival.
    """
    champion = verdict.evidence.champion
    if champion is None:
        set_to = _HOLDOUT_SET.findall(registry.run(verdict.evidence.candidate.run_id).tags.get("overrides", ""))
        return tuple(f"holdout_days was set to {value} by --set when it was trained" for value in set_to[-1:])
    mine = _rule(config_of(registry, verdict.evidence.candidate.run_id))
    try:
        theirs = _rule(config_of(registry, champion.run_id))
    except (BadInput, Damaged, Missing) as refusal:
        return (f"the champion's rule cannot be read ({refusal.code})",)
    return tuple(
        f"{key} is {mine.get(key, 'not there')}, the champion's {theirs.get(key, 'not there')}"
        for key in sorted(mine.keys() | theirs.keys())
        if mine.get(key) != theirs.get(key)
    )


def _rule(config: Config) -> dict[str, str]:
    return dict(flatten("", config.model_dump(mode="json", include={"judge", "holdout_days", "naive"})))
