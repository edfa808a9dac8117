"""Whether a model is, byte for byte, one that people turned down: rejected, or rolled back from."""

from collections.abc import Sequence
from contextlib import suppress

from artifacts.errors import BadInput, Damaged
from artifacts.ledger import Promotion, rolled_back_from
from artifacts.registry import Registry, RunRecord
from artifacts.rejections import Rejection


def is_rejected(registry: Registry, no: Rejection, run: RunRecord) -> bool:
    """Whether `no` was said to the candidate of `run`, or to a version that is it byte for byte.

    Raises `Unavailable` when MLflow has to be asked and does not answer.
    """
    return no.run_id == run.run_id or _sha256(registry, no) == run.model_sha256


def rolled_back_copy(registry: Registry, lines: Sequence[Promotion], candidate: str) -> int | None:
    """The version that was rolled back from, and not gone back to since, with the model of MLflow run `candidate`.

    None when there is none. Raises as `is_rejected` and, where any was rolled back from, as `Registry.run`.
    """
    left = rolled_back_from(lines)
    sha256 = registry.run(candidate).model_sha256 if left else None
    newest = {line.version: line for line in lines}
    return next((version for version in left if _sha256(registry, newest[version]) == sha256), None)


def _sha256(registry: Registry, line: Rejection | Promotion) -> str | None:
    """That of its model. The ledger keeps it; of a line from before it did, MLflow tells, as long as it has the run."""
    if line.model_sha256 is not None:
        return line.model_sha256
    with suppress(BadInput, Damaged):
        return registry.run(line.run_id).model_sha256
    return None
