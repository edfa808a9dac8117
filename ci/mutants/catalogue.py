"""The seeded regressions, read from `catalogue.yaml`: each an exact edit of a file or two."""

from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from artifacts.errors import BadInput

CATALOGUE = Path(__file__).with_name("catalogue.yaml")
Name = Annotated[str, Field(pattern=r"^[a-z][a-z-]{1,60}$")]


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Edit(_Closed):
    """`old`, which stands once in `file`, becomes `new`."""

    file: Annotated[str, Field(pattern=r"^[a-z_]+/[\w/.-]+$")]
    old: str
    new: str


class Mutant(_Closed):
    """A regression; `says` is what somebody did, `kind` what sort of mistake it is."""

    id: Name
    kind: Name
    says: str
    edits: Annotated[tuple[Edit, ...], Field(min_length=1)]

    @property
    def rooms(self) -> list[str]:
        """The top-level folders that it edits."""
        return sorted({edit.file.partition("/")[0] for edit in self.edits})

    def apply(self, tree: Path) -> None:
        """Edit the files under `tree`; raises `BadInput` (`mutants.stale`) when a place is not there exactly once."""
        for edit in self.edits:
            path = tree / edit.file
            text = path.read_text(encoding="utf-8") if path.is_file() else ""
            if text.count(edit.old) != 1:
                raise BadInput(
                    "mutants.stale",
                    f"Mutant {self.id}: {edit.old!r} is {text.count(edit.old)} times in {edit.file}; wanted once.",
                    next_step="Bring ci/mutants/catalogue.yaml up to date with the file.",
                )
            path.write_text(text.replace(edit.old, edit.new), encoding="utf-8")


def read_catalogue(path: Path = CATALOGUE) -> list[Mutant]:
    """Every mutant; raises `BadInput` (`mutants.invalid`) for an unknown key or an id given twice."""
    try:
        mutants = [Mutant.model_validate(one) for one in yaml.safe_load(path.read_text(encoding="utf-8"))]
    except (OSError, yaml.YAMLError, ValidationError, TypeError) as error:
        raise _invalid(str(error)) from error
    ids = [mutant.id for mutant in mutants]
    twice = sorted({one for one in ids if ids.count(one) > 1})
    if twice:
        raise _invalid(f"{twice[0]} is there twice")
    return mutants


def _invalid(said: str) -> BadInput:
    return BadInput("mutants.invalid", f"The catalogue of mutants: {said}.", next_step="Correct catalogue.yaml.")
