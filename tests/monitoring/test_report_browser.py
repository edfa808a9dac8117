"""The page in a real browser: words stay whole, what is longer breaks, and nothing hangs out of the page."""

from dataclasses import replace
from pathlib import Path

import pytest

from artifacts.finding import Example, Finding, Reason
from monitoring.asked import asked
from monitoring.report.history import History, Past, worst_by_key
from monitoring.report.page import render
from tests.monitoring.found import BLIND, MOVED, UNREAD, found, of
from tests.plugins.browser import browser

pytestmark = pytest.mark.slow

LONG = "carrier_origin_hour_arrival_delay_mean_28d"
# Words of the cells, but long ones, that stand on more than one line; a word may break behind a hyphen.
BROKEN = """[...document.querySelectorAll('td')].flatMap(cell => {
  const walk = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT), found = []
  while (walk.nextNode()) for (const word of walk.currentNode.data.matchAll(/[^\\s\\-…]+/g)) {
    const range = document.createRange()
    range.setStart(walk.currentNode, word.index)
    range.setEnd(walk.currentNode, word.index + word[0].length)
    if (word[0].length < 25 && new Set([...range.getClientRects()].map(one => one.top)).size > 1) found.push(word[0])
  }
  return found
})"""
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_words_of_a_narrow_column_stay_whole_and_a_long_name_or_path_does_not_widen_the_page(tmp_path: Path) -> None:
    few = Finding("predictions", None, "UNKNOWN", Reason("predictions.too_few", "At least 100 are judged. " * 9), 90)
    path = replace(UNREAD, reason=Reason("log.damaged", f"Segment /{'a' * 99}/{'b' * 99}.seg is damaged."))
    skew = replace(
        of(MOVED, LONG), rule="skew", baseline="truth", examples=(Example("2013/UA/" * 9, "3.5" * 9, "null"),)
    )
    loss = replace(MOVED, rule="log_loss", feature=None, part="origin=JFK", baseline="holdout")
    made = found(7, few, path, skew, loss, of(BLIND, "x" * 99), of(BLIND, LONG), days=7, truth="a/2014-01-01.3f9a5b")
    past = Past(made.start, made.end, made.state, worst_by_key(made.findings), asked(made)[1])
    (tmp_path / "page.html").write_text(render(made, History((past,)), "docs/runbook.md"), encoding="utf-8")
    with browser(tmp_path / "profile") as tab:
        tab.resize(1280, 900)
        tab.open(f"file://{tmp_path}/page.html")
        tab.until("document.querySelectorAll('td').length")
        assert (tab.value(BROKEN), tab.value(WIDER)) == ([], 0)
