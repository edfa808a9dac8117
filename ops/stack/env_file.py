"""The stack's `.env`: written with fresh secrets, filled values never touched, and held against what is wanted."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from artifacts.alerts.receivers import PREFIX
from artifacts.errors import BadInput
from artifacts.whole_file import FOR_ITS_OWNER, write_whole
from ops.stack.env_values import in_force, other_executor, ports_twice, unknown_names, wrong_receivers, wrong_value
from ops.stack.rules import references
from ops.stack.variables import VARIABLES, Variable

_LINE = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)=(?P<value>.*)")
_TO_FILL = "Run: make env, which fills in what is missing; correct the rest by hand."
_HEAD = "# Secrets of the stack: for its owner alone, kept out of git, and kept with the backups. See docs/stack.md.\n"


def write_env(path: Path) -> list[str]:
    """Fill in what `path` lacks, make it its owner's alone, and return the names that were written.

    What has a value keeps it. The file is whole at every moment.
    """
    text = _text(path) or _HEAD
    filled = read_env(text)
    fresh = [one for one in VARIABLES if not (one.name in filled if one.optional else filled.get(one.name))]
    for variable in fresh:
        text = _with(text, variable)
    write_whole(path, text, FOR_ITS_OWNER)
    return [variable.name for variable in fresh]


def read_env(text: str) -> dict[str, str]:
    """The values by name; the last line of a name wins, as it does for Compose."""
    found = (_LINE.fullmatch(line.strip()) for line in text.splitlines())
    return {match["name"]: match["value"].strip().strip("'\"") for match in found if match}


def check_env(path: Path, environ: Mapping[str, str]) -> None:
    """Raise `BadInput` (`stack.env_incomplete`) with all that is missing, unknown or wrong, and no secret.

    A variable of the environment wins over the file's, as it does for Compose.
    """
    text = _text(path)
    values = read_env(text)
    problems = [*_no_lines(text), *_twice(text), *unknown_names(values, _of_the_override(path.parent))]
    outside = {name: environ[name] for name in (*values, *(v.name for v in VARIABLES)) if name in environ}
    values |= outside
    wrong = {v: no for v in VARIABLES if (no := wrong_value(v, values.get(v.name, "")))}
    problems += [f"{v.name} ({v.about}) {no}{in_force(v.name, outside)}" for v, no in wrong.items()]
    problems += ports_twice(values, outside)
    problems += [] if any(v.name.startswith(PREFIX) for v in wrong) else wrong_receivers(values)
    profiles, executor = (
        values.get("COMPOSE_PROFILES", environ.get("COMPOSE_PROFILES", "")),
        values.get("AIRFLOW_EXECUTOR"),
    )
    if executor and (no := other_executor(executor, profiles)):
        problems.append(no)
    if path.exists() and path.stat().st_mode & 0o077:
        problems.append(f"{path.name} can be read by others (mode {path.stat().st_mode & 0o777:o}); 600 is wanted")
    if problems:
        raise BadInput(
            "stack.env_incomplete",
            f"{path.name} is not ready for the stack:\n  " + "\n  ".join(problems) + "\n",
            next_step=_step(values, outside, wrong, len(problems)),
        )


def _step(values: Mapping[str, str], outside: Collection[str], wrong: Collection[Variable], problems: int) -> str:
    shell = [v.name for v in wrong if v.name in outside]
    steps = [f"Correct {', '.join(shell)} where the environment sets it, or unset it there."] if shell else []
    if any(not values.get(v.name) for v in wrong if v.name not in outside):
        steps.append(_TO_FILL)
    elif len(shell) < problems:
        steps.append("Correct what is named, by hand.")
    return " ".join(steps)


def _text(path: Path) -> str:
    """What the file says, nothing when there is none; raises `BadInput` (`stack.env_incomplete`)."""
    try:
        return path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            "stack.env_incomplete",
            f"{path.name} cannot be read ({error}); wanted is a file of UTF-8 text.",
            next_step=f"Move {path.name} away, then run: make env",
        ) from error


def _no_lines(text: str) -> list[str]:
    """Lines that hold something and set nothing, which Compose would read in its own way or stop at."""
    lines = enumerate((line.strip() for line in text.splitlines()), start=1)
    return [
        f"line {number} is not NAME=VALUE"
        for number, line in lines
        if line and not line.startswith("#") and not _LINE.fullmatch(line)
    ]


def _twice(text: str) -> list[str]:
    """Names with more than one line, of which Compose takes the last and a person may see the first."""
    lines: dict[str, list[str]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        match = _LINE.fullmatch(line.strip())
        if match is not None:
            lines.setdefault(match["name"], []).append(str(number))
    return [f"{name} stands twice: lines {' and '.join(found)}" for name, found in lines.items() if len(found) > 1]


def _of_the_override(folder: Path) -> set[str]:
    """The variables of the file that a person may keep beside the stack's own."""
    file = folder / "docker-compose.override.yaml"
    return {name for name, _ in references(file.read_text(encoding="utf-8"))} if file.is_file() else set()


def _with(text: str, variable: Variable) -> str:
    """The text with the variable's line: an empty one filled, else a new one at the end."""
    line = f"{variable.name}={variable.make() if variable.make else variable.value}"
    filled, number = re.subn(rf"(?m)^{variable.name}=['\"\s]*$", line, text, count=1)
    if number:
        return filled
    return f"{text.rstrip()}\n\n# {variable.about}\n{line}\n"
