"""Words of the example's subject stand where the example is, so that another subject is SQL, YAML and a source."""

import re

import pytest

from artifacts.places import REPOSITORY

ROOMS = ("artifacts", "features", "training", "serving", "monitoring", "plugins", "dags", "ingestion", "ops", "ci")
# Requests in flight are no flights.
WORDS = re.compile(r"(?<!in_)flight|carrier|airport|aircraft|airline", re.IGNORECASE)
# What handles the example by nature, and why it does.
OF_THE_EXAMPLE = {
    "ingestion/sources/nycflights13/": "is the source",
    "ci/cut_nycflights13.py": "cuts the tiny source for CI out of the real one",
    "ops/bench/generate.py": "makes further years from the source's files",
    "ops/bench/world.py": "names the source whose years are measured",
    "ops/bench/table.py": "says above the figures what they were measured on",
    "ops/bench/notebook_features.py": "holds the features against a notebook's",
    "ops/bench/notebook/": "is that notebook: the same features again, in pandas",
}


def with_words(room):
    """The room's files with a word of the subject, and each line that has one."""
    for path in sorted((REPOSITORY / room).rglob("*.py")):
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if WORDS.search(line)]
        if lines:
            yield path.relative_to(REPOSITORY).as_posix(), lines


@pytest.mark.parametrize("room", ROOMS)
def test_only_what_handles_the_example_has_words_of_its_subject(room):
    found = {path: lines for path, lines in with_words(room) if not path.startswith(tuple(OF_THE_EXAMPLE))}
    assert found == {}


def test_each_exception_is_one():
    having = [path for room in ROOMS for path, _ in with_words(room)]
    assert [one for one in OF_THE_EXAMPLE if not any(path.startswith(one) for path in having)] == []
