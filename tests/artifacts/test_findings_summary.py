"""A window in brief is what its findings say, read from the manifest alone, and damage is never a quiet OK."""

import json
import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import fsspec
import pytest

from artifacts import manifest
from artifacts.finding_summary import Metric, Worst, in_brief
from artifacts.findings import publish_findings
from artifacts.findings_summary import summaries
from artifacts.manifest import MANIFEST, FileEntry
from tests.artifacts.test_findings import BLIND, FINE, MOVED, YOUNG, findings

LOSS = replace(FINE, rule="log_loss", feature=None, baseline="holdout", value=0.4, low=0.3, high=0.5)


def test_of_each_feature_the_worst_is_told_and_of_the_window_its_metrics() -> None:
    worse = replace(FINE, rule="wasserstein", state="DRIFT", value=0.8)
    brief = in_brief([FINE, worse, MOVED, LOSS, replace(LOSS, part="origin=EWR", value=9.0)])
    assert brief.worst[1:] == (
        Worst("DRIFT", "psi", "within_noise", "(score)", value=0.5, threshold=0.4, far=1.25),
        Worst("DRIFT", "wasserstein", "within_noise", "distance", value=0.8, threshold=0.4, far=2.0),
    )
    assert brief.metrics == (Metric("log_loss", "OK", 900, 0.4, 0.3, 0.5, 0.4),)


def test_what_could_not_be_judged_is_unknown_and_not_far() -> None:
    assert in_brief([BLIND]).worst == (Worst("UNKNOWN", "predictions", "predictions.none"),)
    assert in_brief([YOUNG]).worst[0].state == "UNKNOWN"


def test_what_is_ok_by_some_rules_while_others_could_not_be_judged_says_so() -> None:
    noisy = replace(MOVED, rule="wasserstein", state="UNKNOWN", required=False)
    fine = replace(MOVED, state="OK", value=0.1)
    told = [in_brief(found).worst[0] for found in ([fine, noisy], [fine], [MOVED, noisy], [noisy])]
    assert [(one.state, one.in_part) for one in told] == [
        ("OK", True), ("OK", False), ("DRIFT", False), ("UNKNOWN", False)
    ]  # fmt: skip


def test_a_brief_from_before_that_was_said_is_read(tmp_path: Path) -> None:
    made = findings(FINE, MOVED)
    publish_findings(str(tmp_path), made)
    rewrite(tmp_path / made.id / MANIFEST, lambda facts: [one.pop("in_part") for one in facts["brief"]["worst"]])
    assert summaries(str(tmp_path), "late_arrival")[0][0].brief == in_brief(made.findings)


def test_summaries_are_read_without_the_findings_themselves(tmp_path: Path) -> None:
    made = findings(FINE, MOVED)
    publish_findings(str(tmp_path), made)
    written = tmp_path / made.id / "findings.json"
    written.write_bytes(b" " * written.stat().st_size)
    [found], _ = summaries(str(tmp_path), "late_arrival")
    assert (found.id, found.state, found.version, found.brief) == (made.id, "DRIFT", 3, in_brief(made.findings))


@pytest.mark.parametrize(
    ("harm", "code", "said"),
    [
        (lambda folder: (folder / MANIFEST).write_text("{}"), "publish.damaged", "manifest"),
        (lambda folder: (folder / "findings.json").unlink(), "publish.damaged", "findings.json is gone"),
        (lambda folder: (folder / MANIFEST).unlink(), "publish.damaged", "its manifest.json is gone"),
    ],
)
def test_damage_hides_its_own_window_only_and_says_what_makes_that_again(tmp_path: Path, harm, code, said) -> None:  # type: ignore[no-untyped-def]
    made = [findings(FINE, start=datetime(2013, 11, day)) for day in (30, 29, 28)]
    for one in made:
        publish_findings(str(tmp_path), one)
    harm(tmp_path / made[1].id)
    found, broken = summaries(str(tmp_path), "late_arrival")
    assert [one.id for one in found] == [made[2].id, made[0].id]
    [(identity, refusal)] = broken.items()
    assert identity == made[1].id
    again = "python -m monitoring check --model late_arrival --window 2013-11-29..2013-12-08 --version 3"
    assert (refusal.code, refusal.next_step.endswith(f": {again}")) == (code, True)
    assert made[1].name in str(refusal) and said in str(refusal)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda folder: swap(folder / MANIFEST, b'"DRIFT"', b'"DRAFT"'), "is not as it was written"),
        (lambda folder: (folder / MANIFEST).unlink(), "its manifest.json is gone"),
        (lambda folder: (folder / "findings.json").unlink(), "findings.json is gone"),
        (lambda folder: (folder / "more").touch(), "more is not in the manifest"),
        (lambda folder: (folder / "findings.json").write_text(""), "findings.json has 0 bytes"),
    ],
)
def test_what_is_harmed_after_it_was_told_is_told_as_damaged(tmp_path: Path, harm, said) -> None:  # type: ignore[no-untyped-def]
    made = findings(FINE, MOVED)
    publish_findings(str(tmp_path), made)
    assert [one.id for one in summaries(str(tmp_path), "late_arrival")[0]] == [made.id]
    harm(tmp_path / made.id)
    found, broken = summaries(str(tmp_path), "late_arrival")
    assert (found, [*broken]) == ([], [made.id])
    assert said in str(broken[made.id])


def test_a_manifest_that_was_replaced_in_a_store_is_told_as_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root, made = f"memory://{tmp_path.name}", findings(FINE, MOVED)
    publish_findings(root, made)
    [[first], [again]] = [summaries(root, "late_arrival")[0] for _ in range(2)]
    assert again is first
    fsspec.filesystem("memory").pipe_file(f"{root}/{made.id}/{MANIFEST}", b"{}")
    found, broken = summaries(root, "late_arrival")
    assert (found, broken[made.id].code) == ([], "publish.damaged")


def test_a_manifest_that_was_replaced_is_read_anew_and_one_that_was_not_is_not(tmp_path: Path) -> None:
    made = findings(FINE, MOVED)
    publish_findings(str(tmp_path), made)
    [[first], [again]] = [summaries(str(tmp_path), "late_arrival")[0] for _ in range(2)]
    assert again is first
    rewrite(tmp_path / made.id / MANIFEST, lambda facts: facts.update(created_at="2013-12-09 05:00:00"))
    assert summaries(str(tmp_path), "late_arrival")[0][0].created_at == datetime(2013, 12, 9, 5)


def test_a_manifest_from_before_is_summed_up_from_the_findings(tmp_path: Path) -> None:
    made = findings(FINE, MOVED)
    publish_findings(str(tmp_path), made)
    rewrite(tmp_path / made.id / MANIFEST, lambda facts: facts.pop("brief"))
    assert summaries(str(tmp_path), "late_arrival")[0][0].brief == in_brief(made.findings)


@pytest.mark.parametrize("brief", [None, {}, {"worst": [{"state": "FINE"}], "metrics": []}])
def test_a_brief_that_is_none_is_damaged(tmp_path: Path, brief: object) -> None:
    made = findings(FINE)
    publish_findings(str(tmp_path), made)
    rewrite(tmp_path / made.id / MANIFEST, lambda facts: facts.update(brief=brief))
    found, broken = summaries(str(tmp_path), "late_arrival")
    assert (found, broken[made.id].code) == ([], "findings.damaged")
    assert "does not hold them in brief" in str(broken[made.id])


def swap(path: Path, old: bytes, new: bytes) -> None:
    """Other bytes of the same length, under the same time of writing."""
    told, content = path.stat(), path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new))
    os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns))


def rewrite(path: Path, change: object) -> None:
    """A manifest that is whole, of other facts."""
    body = json.loads(path.read_bytes())
    change(body["facts"])  # type: ignore[operator]
    entries = {name: FileEntry(**entry) for name, entry in body["files"].items()}
    path.write_bytes(manifest._manifest(body["kind"], body["facts"], {n: vars(e) for n, e in entries.items()}))
