"""Which versions of a training set are published, by the names of their folders."""

from datetime import datetime

from artifacts import publish, storage
from artifacts.errors import BadInput, Damaged, Refusal
from artifacts.version_name import as_of_of, is_version_name, misnamed

KIND = "training_set"
SHOWN = 10


def versions(root: str, name: str) -> list[str]:
    """The sorted names of the published versions of training set `name`; empty when there is none.

    A folder of something else is passed over; a version in a folder without a version name is `training_set.misnamed`.
    """
    folder = f"{root}/{publish.check_name(name, 'training set')}"
    found = publish.names(folder)
    for stray in found:
        if not is_version_name(stray) and _is_training_set(f"{folder}/{stray}"):
            raise misnamed(f"{folder}/{stray}", "a training-set version under a name that no version has")
    return [version for version in found if is_version_name(version)]


def those_there(root: str, name: str) -> str:
    """A sentence that names up to ten versions of training set `name`, newest first, and says how many there are."""
    found = [version for version in publish.names(f"{root}/{name}") if is_version_name(version)]
    if not found:
        return f"Training set {name} has no version; there are the sets: {', '.join(storage.children(root)) or 'none'}."
    newest = sorted(found, key=lambda version: _made(root, name, version), reverse=True)[:SHOWN]
    return f"Training set {name} has {len(found)} versions, newest first: {', '.join(newest)}" + (
        "." if len(newest) == len(found) else ", …"
    )


def _made(root: str, name: str, version: str) -> tuple[datetime, str, str]:
    """As of when, and when, a version was made; its name when the manifest does not say."""
    try:
        created_at = publish.read(f"{root}/{name}/{version}", KIND).facts.get("created_at", "")
    except Refusal:
        created_at = ""
    return as_of_of(version), str(created_at), version


def _is_training_set(uri: str) -> bool:
    try:
        publish.read(uri, KIND)
    except (BadInput, Damaged):
        return False
    return True
