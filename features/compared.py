"""How a version differs from the one before it; both are frozen, so what was found of the same two is kept."""

from contextlib import suppress
from pathlib import Path

from artifacts.training_set import TrainingSet, open_training_set, parse_id
from artifacts.whole_file import write_whole
from features.diff import diff, summary
from features.inputs import computing, fingerprint


def against_previous(root: str, warehouse: Path, training_set_id: str) -> str:
    """One sentence on how a version differs from the one that it was compared with when it was built.

    It is kept in `warehouse` under all that it follows from: both manifests, the code, the tools. The bytes of both
    versions are checked whether it is there or not; raises `Damaged` (`publish.damaged`).
    """
    new = open_training_set(root, *parse_id(training_set_id))
    before = new.facts.get("previous")
    if before is None:
        return f"{new.id} is the first version of {new.name}"
    old = open_training_set(root, *parse_id(before))
    told = {"old": _manifest(old), "new": _manifest(new), **computing()}
    memo = warehouse / "compared" / new.name / fingerprint(told)
    # Without room, or without the right to, it is found out again.
    with suppress(OSError, UnicodeDecodeError):
        said = memo.read_text(encoding="utf-8")
        if said.startswith(f"{new.id} against {old.id}: "):
            return said
    said = summary(diff(old, new))
    with suppress(OSError):
        write_whole(memo, said)
    return said


def _manifest(version: TrainingSet) -> dict[str, object]:
    """What is published of a version, each file by its sha256, which its bytes are held against now."""
    published = version.published.verify()
    files = {name: entry.sha256 for name, entry in published.files.items()}
    return {"id": version.id, "facts": dict(published.facts), "files": files}
