"""Whether a model is, byte for byte, one that people turned down: rejected, or rolled back from."""

from collections.abc import Sequence

from artifacts.ledger import Promotion, rolled_back_from
from artifacts.registry import Registry, RunRecord
from artifacts.rejections import Rejection


def is_rejected(registry: Registry, no: Rejection, run: RunRecord) -> bool:
    """Whether `no` was said to the candidate of `run`, or to a version that is it byte for byte.

    Raises `Unavailable` when MLflow has to be asked and does not answer.
    """
    return no.run_id == run.run_id or _sha256_of(registry, [no]) == run.model_sha256


def rolled_back_copy(registry: Registry, lines: Sequence[Promotion], model_sha256: str) -> int | None:
    """The version that was rolled back from, and not gone back to since, whose native file has this sha256.

    None when there is none. Raises as `is_rejected`.
    """
    for version in rolled_back_from(lines):
        if _sha256_of(registry, [line for line in reversed(lines) if line.version == version]) == model_sha256:
            return version
    return None


def _sha256_of(registry: Registry, lines: Sequence[Rejection | Promotion]) -> str | None:
    """The sha256 of the native file of a version, by any of its `lines`.

    The ledger keeps it; where all lines are from before it did, MLflow tells while it has the run, deleted or not.
    """
    for line in lines:
        if line.model_sha256 is not None:
            return line.model_sha256
    return registry.logged_sha256(lines[0].run_id)
