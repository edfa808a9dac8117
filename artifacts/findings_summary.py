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

    It is equal to itself alone, so that what is made of it can be kept by it.
    """

    id: str
    version: int
    start: datetime
    end: datetime
    state: State
    created_at: datetime
    brief: InBrief


def summaries(root: str, model: str) -> tuple[list[Summary], dict[str, Damaged]]:
    """Those of all windows of `model`, by start, end and version, and by id what keeps the others from being read.

    A manifest is checked against its own hash; the findings themselves are read only where it was written before it
    held them in brief. What is damaged (`publish.damaged`, `findings.damaged`) hides nothing but itself.
    """
    found, broken = list[Summary](), dict[str, Damaged]()
    for one, stamp in stamps(root, model).items():
        try:
            if stamp is None:
                raise damaged(uri_of(root, one), one, f"its {publish.MANIFEST} is gone")
            found.append(_kept(root, one, stamp))
        except Damaged as refusal:
            broken[one] = refusal
    return found, broken


def is_labelled(root: str, identity: str) -> bool:
    """Whether the findings `MODEL/NAME` were held against a training set; raises as `read_findings`.

    They themselves are read only where their manifest was written before it said so.
    """
    with mending(root, identity):
        facts = publish.read(uri_of(root, identity), KIND).facts
    return (facts["truth"] if "truth" in facts else read_findings(root, identity).truth) is not None


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
        return Summary(identity, version, start, end, found.state, found.created_at, in_brief(found.findings))
    try:
        brief = IN_BRIEF.validate_json(json.dumps(facts["brief"]))
        made = datetime.fromisoformat(facts["created_at"])
        return Summary(identity, version, start, end, facts["state"], made, brief)
    except (KeyError, TypeError, ValueError, ValidationError) as error:
        why = f"its manifest does not hold them in brief ({type(error).__name__})"
        raise damaged(uri_of(root, identity), identity, why) from error
