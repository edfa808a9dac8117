"""Why a person has to decide on a verdict: the configs ask for one, or a person said no to the same model before."""

from collections.abc import Iterator

from artifacts.copies import is_rejected
from artifacts.registry import Registry, RunRecord
from artifacts.rejections import rejections, told
from artifacts.verdict import Verdict
from training.decision import wants_approval


def needs_person(registry: Registry, ledger_url: str, verdict: Verdict) -> list[str]:
    """Each reason in words; none when the pipeline may promote by itself."""
    asked = wants_approval(registry, verdict)
    run = registry.run(verdict.evidence.candidate.run_id)
    return [*([asked] if asked else []), *rejected_before(registry, ledger_url, run)]


def rejected_before(registry: Registry, ledger_url: str, run: RunRecord) -> Iterator[str]:
    """The noes to the candidate itself, by another verdict, and to a version that is it byte for byte."""
    for no in rejections(ledger_url, run.model):
        if no.run_id == run.run_id:
            yield f"it was rejected before, by another verdict ({told(no)})"
        elif is_rejected(registry, no, run):
            yield f"it is, byte for byte, version {no.version}, which was rejected ({told(no)})"
