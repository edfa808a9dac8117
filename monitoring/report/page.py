"""The page: the verdict first, then the windows before, the score, what was held against labels, each feature."""

import shlex
from collections.abc import Sequence
from html import escape
from pathlib import Path

from artifacts.findings import Findings
from artifacts.left_out_words import left_out_words
from monitoring.report.features import features, score_card
from monitoring.report.grid import grid
from monitoring.report.headline import headline, title
from monitoring.report.history import History
from monitoring.report.text import SHAPES, day
from monitoring.report.truth import calibration, performance, skew
from monitoring.window import write_window

STYLE = Path(__file__).with_name("page.css")
LOCK = "default-src 'none'; style-src 'unsafe-inline'"


def render(findings: Findings, history: History, runbook_url: str) -> str:
    """The page: no script and nothing fetched, so that it is opened from anywhere and kept for ever.

    The same findings after the same ones give the same bytes.
    """
    name = f"{SHAPES[findings.state]} {findings.state}: {title(findings)} · {findings.model} v{findings.version}"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{LOCK}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(name)}</title><style>{STYLE.read_text(encoding='utf-8')}</style></head><body><main>"
        f"{headline(findings, history, runbook_url)}{_over_time(history)}"
        f"<h2>The score and its calibration</h2>{score_card(findings, history, calibration(findings))}"
        f"{performance(findings, history)}{skew(findings)}{features(findings, history)}{_facts(findings)}"
        "</main></body></html>\n"
    )


def _over_time(history: History) -> str:
    number = len(history.windows)
    only = (
        "There is no other window of its length here." if history.lost else "This is the first window of this version."
    )
    told = only if number == 1 else f"The last {number} windows of its length."
    unread = _listed("Not all of them could be read:", history.unread)
    lost = _listed("Findings of earlier windows:", history.lost)
    return (
        f'<h2>Over time</h2><p class="note">{told} A column is a window, named by its last day. '
        "▲ DRIFT, ? could not be judged, ○ OK, ◐ OK by some rules, and others could not be judged, nothing: not "
        "asked.</p>"
        f"{grid(history)}{unread}{lost}"
    )


def _listed(what: str, each: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(one)}</li>" for one in each)
    return f'<p class="note">{what}</p><ul class="note">{items}</ul>' if items else ""


def _facts(findings: Findings) -> str:
    command = (
        f"python -m monitoring check --model {shlex.quote(findings.model)} --version {findings.version} "
        f"--window {write_window(findings.start, findings.end)}"
    )
    command += f" --training-set {shlex.quote(findings.truth)}" if findings.truth else ""
    others = ", ".join(f"{rows:,} by version {version}" for version, rows in sorted(findings.other_versions.items()))
    counted = f"{findings.rows:,} by version {findings.version}" + (f"; beside them {others}" if others else "")
    facts = {
        "Findings": findings.id,
        "Window": f"{day(findings.start)} ≤ moment of prediction < {day(findings.end)}, UTC",
        "Rows": counted if findings.is_counted else "could not be counted: the log could not be read",
        "Trained on": findings.training_set,
        "Held against": findings.truth or "no training set",
        **({"Trailing window": without} if (without := left_out_words(findings)) else {}),
        "Checked": f"{findings.created_at:%Y-%m-%d %H:%M:%S} UTC",
        "Check again": command,
    }
    rows = "".join(f"<dt>{name}</dt><dd>{escape(told)}</dd>" for name, told in facts.items())
    return f"<h2>What was checked</h2><dl>{rows}</dl>"
