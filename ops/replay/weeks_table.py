"""A line for each week: its states, what is farthest, and the pages that say more."""

from collections.abc import Sequence
from datetime import timedelta
from html import escape

from artifacts.finding import State
from artifacts.report_pages import page_of
from monitoring.report.text import mark, prose, table
from ops.replay.story import Told

# Beside the story, under the same home.
REPORTS = "../reports"


def weeks_table(weeks: Sequence[Told]) -> str:
    """What was asked, and what its labels showed later, each with a link to its page."""
    rows = [
        [
            f"<span class='nowrap'>{one.start:%m-%d} to {one.end - timedelta(days=1):%m-%d}</span>",
            _link(one.moved, one.pages.get("log")),
            f"<small>{prose(one.why)}</small>",
            _link(one.labelled, one.pages.get("truth")),
            f"<small>{prose(one.why_labelled)}</small>",
        ]
        for one in weeks
    ]
    heads = ("week", "what was asked", "the farthest of it", "its labels", "the farthest of them")
    return f"<details open><summary>The page of each week</summary>{table(heads, rows)}</details>"


def _link(state: State | None, findings: str | None) -> str:
    told = "none yet" if state is None else mark(state)
    return told if findings is None else f'<a href="{escape(page_of(REPORTS, findings))}">{told}</a>'
