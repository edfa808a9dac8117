"""Where a report stands, and how it comes there: whole, or as it was before."""

import os
import shutil
import uuid
from pathlib import Path

from artifacts.findings import Findings, read_findings
from artifacts.leftovers import held, remove_leftovers
from artifacts.place_errors import usable
from artifacts.places import Places
from artifacts.report_pages import page_of, reports_of
from monitoring.report.history import read_history
from monitoring.report.lost import lost_before
from monitoring.report.page import render

TEMPORARY = ".tmp"


def write_report(places: Places, identity: str, runbook_url: str) -> tuple[Path, Findings]:
    """Write the page of the findings `MODEL/NAME`, read verified, beside those before them; also what they are.

    A page is a view: it is written anew each time, and a kill leaves the page of before, or none. Raises what
    `read_findings` and `usable` raise.
    """
    findings = read_findings(places.findings, identity)
    history = read_history(places.findings, findings, lost_before(places, findings))
    page = render(findings, history, runbook_url)
    path = Path(page_of(reports_of(places), findings.id))
    with usable(str(path)):
        _replace(path, page)
    return path, findings


def _replace(path: Path, text: str) -> None:
    staged = path.parent.parent / TEMPORARY / f"{path.parent.name}.{uuid.uuid4().hex}"
    remove_leftovers(staged.parent)
    staged.mkdir(parents=True)
    try:
        with held(staged):
            path.parent.mkdir(exist_ok=True)
            with (staged / path.name).open("w", encoding="utf-8") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            (staged / path.name).replace(path)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
