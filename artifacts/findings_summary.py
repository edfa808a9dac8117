"""What was found in each window, in brief, from the manifests alone: a year of it is read for one page."""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from pydantic import ValidationError

from artifacts import publish
from artifacts.errors import Damaged
from artifacts.finding import State
from artifacts.finding_summary import IN_BRIEF, InBrief, in_brief
from artifacts.findings import KIND, read_findings
from artifacts.findings_name import damaged, mending, stamps, uri_of, window_of
from artifacts.stamps import Stamp

# Windows of some ten years, of one version a day.
KEPT = 4096


@dataclass(frozen=True, eq=False)
class Summary:
    """One window of one version: its state, and what was found in brief; `start` <= time < `end`, naive UTC.

    It is equal to itself alone, so that what is made of it can be kept by it. `labelled`: it was held against a
    training set; from before manifests said so, as far as the brief shows it.
    """

    id: str
    version: int
    start: datetime
    end: datetime
    state: State
    created_at: datetime
    labelled: bool
    brief: InBrief


def summaries(root: str, model: str) -> tuple[list[Summary], dict[str, Damaged]]:
    """Those of all windows of `model`, by start, end and version, and by id what keeps the others from being read.

    A manifest is checked against its own hash; the findings themselves are read only where it was written before it
    held them in brief. What is damaged (`publish.damaged`, `findings.damaged`) hides nothing but itself.
    """
    found, broken = list[Summary](), dict[str, Damaged]()
    for one, stamp in stamps(root, model).items():
        try:
            found.append(summary(root, one) if stamp is None else _kept(root, one, stamp))
        except Damaged as refusal:
            broken[one] = refusal
    return found, broken


@lru_cache(maxsize=KEPT)
def _kept(root: str, identity: str, _: Stamp) -> Summary:
    """As `summary`; kept while the stamp is that of the manifest as it was read."""
    return summary(root, identity)


def summary(root: str, identity: str) -> Summary:
    """That of the findings `MODEL/NAME`."""
    start, end, version = window_of(identity)
    with mending(root, identity):
        facts = publish.read(uri_of(root, identity), KIND).facts
    if "brief" not in facts:
        found = read_findings(root, identity)
        told = found.state, found.created_at, found.truth is not None, in_brief(found.findings)
        return Summary(identity, version, start, end, *told)
    try:
        brief = IN_BRIEF.validate_json(json.dumps(facts["brief"]))
        made = datetime.fromisoformat(facts["created_at"])
        labelled = facts["truth"] is not None if "truth" in facts else _shows_labels(brief)
        return Summary(identity, version, start, end, facts["state"], made, labelled, brief)
    except (KeyError, TypeError, ValueError, ValidationError) as error:
        why = f"its manifest does not hold them in brief ({type(error).__name__})"
        raise damaged(uri_of(root, identity), identity, why) from error


def _shows_labels(brief: InBrief) -> bool:
    return bool(brief.metrics) or any(one.baseline in {"truth", "holdout"} for one in brief.worst)
