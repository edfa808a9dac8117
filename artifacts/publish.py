"""Publish a folder of files with a manifest: a reader sees a whole, verified version or none."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from artifacts import storage
from artifacts.errors import BadInput, Missing, Refusal
from artifacts.manifest import MANIFEST, MEND, FileEntry, checked, damaged, sha256_of, write_manifest
from artifacts.stamps import Stamp, stamps_of

_NAME = re.compile(r"[a-z0-9][a-z0-9T_.-]{0,99}")


@dataclass(frozen=True)
class Published:
    """A published folder: `facts` as its writer gave them (as JSON), `created` is False when it already stood there.

    `mend` is the next step where a file is damaged.
    """

    uri: str
    kind: str
    facts: Mapping[str, Any]
    files: Mapping[str, FileEntry]
    created: bool
    files_uri: str = field(repr=False)
    mend: str = field(repr=False, default=MEND)

    def file(self, name: str) -> Path:
        """The local path of file `name`, its bytes checked now; from an object store it is copied to a cache first.

        Raises `Missing` (`publish.file_missing`) or `Damaged` (`publish.damaged`).
        """
        entry = self.files.get(name)
        if entry is None:
            known = ", ".join(sorted(self.files)) or "none"
            raise Missing(
                "publish.file_missing",
                f"{self.uri} has no file {name!r}; it has {known}.",
                next_step="Ask for one of these.",
            )
        path = storage.fetch(self.files_uri, name, entry.sha256)
        got = sha256_of(path)
        if got != entry.sha256:
            raise damaged(self.uri, f"{name} has sha256 {got[:12]}, but {entry.sha256[:12]} was published", self.mend)
        return path

    def verify(self) -> "Published":
        """Check the bytes of every file; raises `Damaged` (`publish.damaged`) that names the first that differs."""
        for name in sorted(self.files):
            self.file(name)
        return self

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Around what reads its files: where that fails because it is not there whole any more, that is what is raised.

        Then `Missing` (`publish.missing`) or `Damaged` (`publish.damaged`); what fails for another reason, as it is.
        """
        try:
            yield
        except Refusal:
            raise
        except Exception as error:
            try:
                read(self.uri, self.kind, self.mend).verify()
            except Missing:
                raise Missing(
                    "publish.missing",
                    f"{self.uri} was there when it was opened, and is gone.",
                    next_step="See what moved or removed it, and put it back; then do this again.",
                ) from error
            raise


def publish(folder_uri: str, kind: str, write: Callable[[Path], Mapping[str, Any]]) -> Published:
    """Let `write` fill an empty folder and return its facts, then give that folder its final name in one step.

    The name must follow from the content: what already stands there is verified and returned with `created=False`.
    On an object store the manifest goes last, and a folder without one is not there; of two that publish at once, one
    is found, whole. A failure, or a kill at any moment, leaves nothing that a reader takes for a version.
    """
    check_name(folder_uri.rstrip("/").rsplit("/", 1)[-1], "name of a published folder")
    if storage.exists(folder_uri, MANIFEST):
        return read(folder_uri, kind).verify()

    def fill(folder: Path) -> None:
        facts = write(folder)
        write_manifest(folder, kind, facts)

    created = storage.put(folder_uri, fill, last=MANIFEST)
    published = read(folder_uri, kind)
    return replace(published, created=True) if created else published.verify()


def read(folder_uri: str, kind: str, mend: str = MEND) -> Published:
    """Open a published folder: its manifest is checked, and that its files are there, all, no others and of their size.

    The bytes of a file are checked by `Published.file`; `mend` is the next step where it is damaged. Raises `Missing`
    (`publish.missing`), `Damaged` (`publish.damaged`), or `BadInput`: `publish.wrong_kind` when something else was
    published there, `publish.layout_old` for what older code published in an object store.
    """
    content = storage.content(folder_uri, MANIFEST)
    if content is None and storage.stands_locally(folder_uri):
        raise damaged(folder_uri, f"its {MANIFEST} is gone", mend)
    if content is None:
        raise Missing(
            "publish.missing", f"Nothing is published at {folder_uri}; wanted: {kind}.", next_step="Check the name."
        )
    manifest = checked(folder_uri, content, mend)
    if manifest["kind"] != kind:
        raise BadInput(
            "publish.wrong_kind",
            f"{folder_uri} holds a {manifest['kind']}, not a {kind}.",
            next_step=f"Name a {kind}.",
        )
    files = {name: FileEntry(**entry) for name, entry in manifest["files"].items()}
    files_uri = storage.files_of(folder_uri, content)
    there = storage.sizes(files_uri)
    there.pop(MANIFEST, None)
    if files and not there and files.keys() <= storage.sizes(folder_uri).keys():
        raise BadInput(
            "publish.layout_old",
            f"{folder_uri} was published in a store by older code: its files lie beside {MANIFEST}, and this code "
            f"looks for them in {files_uri}.",
            next_step="Nothing is damaged: move the files there, all but the manifest, or use the code that wrote it.",
        )
    for name in sorted(files.keys() | there.keys()):
        if name not in there:
            raise damaged(folder_uri, f"{name} is gone", mend)
        if name not in files:
            raise damaged(folder_uri, f"{name} is not in the manifest", mend)
        if there[name] != files[name].bytes:
            raise damaged(folder_uri, f"{name} has {there[name]} bytes, but {files[name].bytes} were published", mend)
    return Published(folder_uri, kind, manifest["facts"], files, created=False, files_uri=files_uri, mend=mend)


def names(root_uri: str) -> list[str]:
    """The sorted names of what is published right under `root_uri`; empty when there is nothing."""
    return [name for name, stamp in stamps(root_uri).items() if stamp is not None]


def stamps(root_uri: str) -> dict[str, Stamp | None]:
    """The folders right under `root_uri` by their sorted names, each with the stamp of its manifest (`stamps_of`).

    One without a manifest has None, and no reader takes it for published. On a disk it is damage, since publishing is
    one rename; in an object store it may be what a killed writer left, or one at work has not finished.
    """
    return stamps_of(root_uri, MANIFEST)


def check_name(text: str, what: str) -> str:
    """`text` again, if it can be part of a path: lower-case letters, digits, `_`, `.`, `-` and the `T` of a time.

    Raises `BadInput` (`name.invalid`).
    """
    if _NAME.fullmatch(text):
        return text
    raise BadInput(
        "name.invalid",
        f"The {what} is {text!r}; wanted a letter or digit, then up to 99 of a-z, 0-9, '_', '.' and '-'.",
        next_step="Choose another name.",
    )
