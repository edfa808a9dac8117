"""The manifest of a published folder: what its writer told, and every file with its sha256 and size."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artifacts.errors import BadInput, Damaged

FORMAT = 1
MANIFEST = "manifest.json"
MEND = "Restore it from a copy, or delete the folder and make it again."


@dataclass(frozen=True)
class FileEntry:
    """What the manifest says of one file; `sha256` in hex."""

    sha256: str
    bytes: int


def sha256_of(path: Path) -> str:
    """The sha256 of a local file, in hex, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_manifest(folder: Path, kind: str, facts: Mapping[str, Any]) -> None:
    """Write the manifest of the files that are in `folder`."""
    (folder / MANIFEST).write_bytes(_manifest(kind, facts, _entries(folder)))


def checked(folder_uri: str, content: bytes, mend: str) -> dict[str, Any]:
    """The manifest that `content` holds, as it was written.

    Raises `Damaged` (`publish.damaged`) or, for a format that this code does not know, `BadInput`
    (`publish.format_unknown`).
    """
    try:
        manifest: dict[str, Any] = json.loads(content)
        stated = manifest.pop("sha256")
        whole = bool(stated == _digest(manifest))
    except (ValueError, KeyError, AttributeError, TypeError):
        whole = False
    if not whole or "format" not in manifest:
        raise damaged(folder_uri, f"{MANIFEST} is not as it was written", mend)
    if manifest["format"] != FORMAT:
        raise BadInput(
            "publish.format_unknown",
            f"{folder_uri} has manifest format {manifest['format']}; this code reads {FORMAT}.",
            next_step="Use the code that wrote it.",
        )
    if not manifest.keys() >= {"kind", "facts", "files"}:
        raise damaged(folder_uri, f"{MANIFEST} lacks kind, facts or files", mend)
    return manifest


def damaged(folder_uri: str, what: str, mend: str = MEND) -> Damaged:
    """That a published folder is not as it was published, and what mends it."""
    return Damaged("publish.damaged", f"{folder_uri} is damaged: {what}.", next_step=mend)


def _entries(folder: Path) -> dict[str, dict[str, Any]]:
    return {
        path.relative_to(folder).as_posix(): {"sha256": sha256_of(path), "bytes": path.stat().st_size}
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _manifest(kind: str, facts: Mapping[str, Any], files: Mapping[str, Any]) -> bytes:
    body = {"format": FORMAT, "kind": kind, "facts": dict(facts), "files": files}
    return json.dumps({**body, "sha256": _digest(body)}, indent=2, sort_keys=True, allow_nan=False).encode()


def _digest(body: Mapping[str, Any]) -> str:
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
