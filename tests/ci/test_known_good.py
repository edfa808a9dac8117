"""The known-good run is read back as it was accepted, or not at all."""

import hashlib
import json
from pathlib import Path

import pytest

from artifacts.errors import CannotJudge, GateClosed, Refusal
from ci.known_good import read_known_good, write_known_good
from tests.ci.small_runs import GONE, REFUSED, RUN, changed


@pytest.fixture
def path(tmp_path: Path) -> Path:
    written = tmp_path / "known_good.json"
    write_known_good(RUN, written)
    return written


def refusal(path: Path) -> str:
    with pytest.raises(Refusal) as refused:
        read_known_good(path)
    assert refused.value.exit_code == 4
    # The reviewed one first: whoever accepts his own run compares it with nothing.
    assert refused.value.next_step.startswith("Restore the one that was reviewed: git checkout HEAD")
    assert "make smoke, then make accept" in refused.value.next_step
    return refused.value.code


def test_what_was_accepted_is_read_back(path: Path) -> None:
    known = read_known_good(path)
    for key in ("inputs", "machine", "features", "lineage", "slices"):
        assert known[key] == RUN[key]
    assert [{**stage, "trained": True} for stage in known["stages"]] == RUN["stages"]


def test_what_every_run_has_of_its_own_is_not_kept(path: Path) -> None:
    known = read_known_good(path)
    assert not {"seconds", "code"} & known.keys()
    assert not any("trained" in stage for stage in known["stages"])


def test_the_same_run_is_written_as_the_same_bytes(path: Path) -> None:
    before = path.read_bytes()
    write_known_good(changed("seconds", to=1.0, run=changed("stages", 0, "trained", to=False)), path)
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == ["known_good.json"]


def test_a_review_sees_one_feature_a_line(path: Path) -> None:
    features = path.read_text().partition('"features": {\n')[2].partition("\n }")[0]
    lines = [json.loads("{" + line.strip().rstrip(",") + "}") for line in features.splitlines()]
    assert lines == [{name: summary} for name, summary in RUN["features"].items()]


def test_a_review_sees_one_fact_of_a_stage_a_line(path: Path) -> None:
    lines = [line.strip() for line in path.read_text().splitlines()]
    assert lines.count('"rows": 3000,') == lines.count('"label_rate": 0.25,') == 2


def test_a_missing_file_is_no_pass(tmp_path: Path) -> None:
    assert refusal(tmp_path / "known_good.json") == "known_good.missing"


def test_a_folder_or_bytes_that_are_no_text_are_no_pass(tmp_path: Path, path: Path) -> None:
    assert refusal(tmp_path) == "known_good.damaged"
    path.write_bytes(b"\xff\xfe" + path.read_bytes())
    assert refusal(path) == "known_good.damaged"


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_another_schema_version_is_no_pass(path: Path, version: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema_version": version}))
    assert refusal(path) == "known_good.schema_version"


@pytest.mark.parametrize(("old", "new"), [("[0.4, ", "[0.9, "), ('"d1"', '"d2"'), ('"promote"', '"keep"')])
def test_a_number_or_word_edited_by_hand_is_no_pass(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text().replace(old, new, 1))
    assert refusal(path) == "known_good.damaged"


def test_other_white_space_is_no_edit(path: Path) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()), indent=4))
    assert read_known_good(path)["machine"] == RUN["machine"]


@pytest.mark.parametrize("key", ["schema_version", "sha256", "inputs", "machine", "stages", "features", "lineage"])
def test_a_file_that_lost_a_key_is_no_pass(path: Path, key: str) -> None:
    path.write_text(json.dumps({name: one for name, one in json.loads(path.read_text()).items() if name != key}))
    assert refusal(path) == "known_good.damaged"


OTHER_SHAPES = [
    changed("lineage", to=GONE),
    changed("note", to="of another format"),
    changed("stages", 0, "cause", to=GONE),
    changed("stages", to=[]),
]


@pytest.mark.parametrize("run", OTHER_SHAPES)
def test_a_run_of_another_shape_cannot_be_accepted(path: Path, run: dict[str, object]) -> None:
    with pytest.raises(CannotJudge, match="not whole"):
        write_known_good(run, path)


@pytest.mark.parametrize("run", OTHER_SHAPES)
def test_a_file_of_another_shape_is_no_pass_though_its_digest_is_right(path: Path, run: dict[str, object]) -> None:
    digest = hashlib.sha256(json.dumps(run, sort_keys=True).encode()).hexdigest()
    path.write_text(json.dumps({"schema_version": 1, "sha256": digest, **run}))
    assert refusal(path) == "known_good.damaged"


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "1", '"text"', "{}", '{"schema_version": 1}'])
def test_a_file_that_holds_no_run_is_no_pass(path: Path, text: str) -> None:
    path.write_text(text)
    assert refusal(path) == "known_good.damaged"


def test_a_truncated_file_is_no_pass(path: Path) -> None:
    path.write_text(path.read_text()[:-20])
    assert refusal(path) == "known_good.damaged"


def test_a_run_that_was_refused_cannot_be_accepted_and_leaves_the_last_one(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(GateClosed, match=r"features\.contract_broken") as refused:
        write_known_good(REFUSED, path)
    assert (refused.value.code, refused.value.exit_code) == ("accept.refused", 3)
    assert path.read_bytes() == before


def test_the_committed_file_is_sound() -> None:
    assert read_known_good()["stages"]
