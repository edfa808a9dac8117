"""The note of a DAG run: its verdict, and whole whatever a person wrote beside it."""

from dataclasses import replace

import pytest

from plugins.run_story.note import with_note, without_verdict
from tests.run_story.kept import refused, told


def test_a_note_keeps_what_a_person_wrote_and_replaces_its_own_verdict(tmp_path):
    story = told(tmp_path, refused())
    first = with_note("looking into it, A.", story)
    assert first.startswith("✗ FAILED: build said no (set.bad)")
    assert first.endswith("looking into it, A.")
    assert with_note(first, story) == first
    assert without_verdict(first) == "looking into it, A."
    long = with_note("x" * 600, replace(story, sentence="y" * 2000))
    assert len(long) <= 1000
    assert long.endswith("x" * 600)
    assert story.command in long


@pytest.mark.parametrize("letters", [3, 600, 900, 940, 977, 990, 1000])
@pytest.mark.parametrize("sentence", ["y" * 2000, "Short."])
def test_of_a_note_only_our_own_part_is_shortened(tmp_path, letters, sentence):
    story, theirs = replace(told(tmp_path, refused()), sentence=sentence), "a" * (letters - 2) + "z."
    note = with_note(theirs, story)
    assert note.endswith(theirs) and len(note) <= 1000
    assert note.startswith("✗ FAILED") == (letters <= 970)
    has_command = "Next: python -m ingestion land --source a --month b\n" in note
    assert has_command == (letters <= 600 or (letters == 900 and sentence == "Short."))
    assert with_note(note, story) == note
    assert without_verdict(note) == theirs


def test_what_a_person_wrote_above_a_verdict_and_below_it_stays(tmp_path):
    story = told(tmp_path, refused())
    note = f"Seen by A.\n\nCalled B.\n{with_note('Below, by C.', story)}\n= KEPT is what D. wants."
    assert without_verdict(note) == "Seen by A.\n\nCalled B.\n\nBelow, by C.\n= KEPT is what D. wants."
    again = with_note(note, story)
    assert again.count("(from the run page)") == 1
    assert again.endswith("Seen by A.\n\nCalled B.\n\nBelow, by C.\n= KEPT is what D. wants.")
