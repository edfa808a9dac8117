"""What the docs name exists, and what exists is documented."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from artifacts.places import REPOSITORY, read_places
from monitoring.settings import read_monitoring_settings
from plugins.on_call.settings import OnCallSettings

PAGES = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")])
ALL = "\n".join(page.read_text() for page in PAGES)
MAKE_VERBS = set(re.findall(r"^([a-z-]+):.*## ", (REPOSITORY / "Makefile").read_text(), re.M))
ROOMS = ("ingestion", "features", "training", "serving", "monitoring", "ci", "ops")


def verbs_of(room):
    helped = subprocess.run(
        [sys.executable, "-m", room, "--help"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    return set(re.findall(r"^    ([a-z][a-z-]+)(?:  |$)", helped.stdout, re.M))


def test_every_make_verb_that_the_docs_name_exists():
    named = set(re.findall(r"`make ([a-z-]+)", ALL)) | set(re.findall(r"^make ([a-z-]+)", ALL, re.M))
    assert named <= MAKE_VERBS


def test_every_make_verb_is_documented():
    assert MAKE_VERBS - set(re.findall(r"\bmake ([a-z-]+)", ALL)) - {"help"} == set()


@pytest.mark.parametrize("room", ROOMS)
def test_every_verb_that_the_docs_name_exists_and_the_reverse(room):
    named = set(re.findall(rf"python -m {room} ([a-z][a-z-]+)", ALL))
    assert named == verbs_of(room)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        assert (page.parent / target).exists(), target


def anchors(page):
    """The anchors of a page's headings, as they are made where such pages are shown."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S), re.M)
    words = [re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in headings]
    return {re.sub(r"[^\w\- ]", "", each).replace(" ", "-") for each in words}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_into_a_page_leads_to_a_heading_of_it(page):
    for target, anchor in re.findall(r"\]\(([\w./-]*)#([^)]+)\)", page.read_text()):
        there = page.parent / target if target else page
        if there.suffix == ".md":
            assert anchor in anchors(there), f"{target}#{anchor}"


def made_by_a_command(path):
    """Whether git ignores it, so that a fresh clone does not have it."""
    return subprocess.run(["git", "check-ignore", "-q", path], cwd=REPOSITORY, check=False).returncode == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_and_folder_in_backticks_exists(page):
    rooms = "artifacts|ci|dbt_project|features|ingestion|monitoring|ops|plugins|dags|serving|training"
    roots = f"{rooms}|docs|notebooks|tests"
    for path in re.findall(rf"`((?:{roots})/[\w./-]*)`", page.read_text()):
        if not re.search(r"[A-Z]{3,}|bakery", path):  # names to fill in, and the worked example
            assert (REPOSITORY / path).exists() or made_by_a_command(path), path


def test_every_dag_is_documented_and_every_dag_named_exists():
    dags = {path.stem for path in (REPOSITORY / "dags").glob("*.py")}
    assert dags - set(re.findall(r"`([a-z_]+)`", ALL)) == set()
    named = re.findall(r"\bDAGs?\s+((?:`[a-z_]+`(?:,\s+|\s+and\s+|\s+or\s+)?)+)", ALL)
    assert {one for names in named for one in re.findall(r"`([a-z_]+)`", names)} - dags == set()


def test_every_setting_of_places_is_documented_and_the_reverse():
    named = set(re.findall(r"`\$?(PIPELINE_[A-Z_]+)`", ALL)) - {"PIPELINE_"}
    known = {f"PIPELINE_{field.upper()}" for field in type(read_places({})).model_fields}
    assert named == known


def test_every_setting_of_monitoring_is_documented_and_the_reverse():
    named = set(re.findall(r"`(MONITORING_[A-Z_]+)`", ALL))
    known = {f"MONITORING_{field.upper()}" for field in type(read_monitoring_settings({})).model_fields}
    assert named == known


def test_every_setting_of_the_on_call_pages_is_documented_and_the_reverse():
    named = set(re.findall(r"`(ON_CALL_[A-Z_]+)`", ALL)) - {"ON_CALL_"}
    assert named == {f"ON_CALL_{field.upper()}" for field in OnCallSettings.model_fields}


def test_every_decision_is_short_and_names_its_cost():
    for page in Path(REPOSITORY / "docs" / "decisions").glob("*.md"):
        text = page.read_text()
        assert len(text.splitlines()) <= 25, page.name
        assert "**Cost.**" in text, page.name
