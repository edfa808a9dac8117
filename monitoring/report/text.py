"""What a page says in more than one place: marks, names and numbers, escaped."""

import re
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape

from artifacts.finding import SCORE, Finding, State, part_in_words
from artifacts.finding_ratio import WORDS
from artifacts.runbook import runbook_link

# A word of a language is shorter.
_LONG = re.compile(r"(\S{25,})")
MINUS, NONE = "\N{MINUS SIGN}", "\N{EN DASH}"
SHAPES: dict[State, str] = {"DRIFT": "▲", "UNKNOWN": "?", "OK": "✓"}
AGAINST = {
    "training": "training",
    "served": "the trailing window",
    "truth": "the training set",
    "holdout": "its holdout",
}


def mark(state: State, *, in_part: bool = False) -> str:
    """The state as a shape and a word, so that it is read without colour; `in_part`: OK by some rules only."""
    shape, word = ("◐", "OK by some rules") if in_part else (SHAPES[state], state)
    return f'<span class="state {state}"><span class="shape">{shape}</span>{word}</span>'


def name_of(feature: str | None) -> str:
    """What a finding is about, escaped; a long name may break behind an underscore."""
    return {None: "the window", SCORE: "the score"}.get(feature) or breakable(feature or "")


def breakable(name: str) -> str:
    """The name, escaped, that may break behind an underscore, and anywhere where that is not enough."""
    return "_<wbr>".join(prose(part) for part in name.split("_"))


def prose(text: str) -> str:
    """The text, escaped; only what is too long for a column, as a path, may break within."""
    parts = _LONG.split(text)
    return "".join(
        f'<span class="long">{escape(one)}</span>' if at % 2 else escape(one) for at, one in enumerate(parts)
    )


def subject(finding: Finding) -> str:
    """What moved, not escaped: a feature, or the metric that is no feature's, of a slice where it is of one."""
    if finding.feature is None:
        of_slice = f" of {finding.part}" if finding.part and "=" in finding.part else ""
        return WORDS.get(finding.rule, "the window") + of_slice
    return "the score" if finding.feature == SCORE else finding.feature


def rule_of(finding: Finding) -> str:
    """The rule, what it was held against, and the part, escaped."""
    against = f" against {AGAINST[finding.baseline]}" if finding.baseline else ""
    part = f", {prose(part_in_words(finding.part))}" if finding.part else ""
    return f"{WORDS.get(finding.rule, finding.rule)}{against}{part}"


def not_judged(found: Iterable[Finding]) -> str:
    """The rules that could not be judged, by what they were to be held against."""
    rules: dict[str, list[str]] = {}
    for one in found:
        if one.state == "UNKNOWN":
            against = f" against {AGAINST[one.baseline]}" if one.baseline else ""
            rules.setdefault(against, []).append(
                "any rule" if one.rule == "baseline" else WORDS.get(one.rule, one.rule)
            )
    return "; ".join(f"{', '.join(dict.fromkeys(several))}{against}" for against, several in rules.items())


def code_link(code: str, runbook_url: str) -> str:
    """The code, with a link to its section of the runbook where that is on the web."""
    url, told = runbook_link(runbook_url, code), escape(code)
    if not url.startswith(("http://", "https://")):
        return f'<code class="code">{told}</code>'
    return f'<a href="{escape(url)}"><code class="code">{told}</code></a>'


def number(value: float | None) -> str:
    """Four digits."""
    return NONE if value is None else f"{value:.4g}".replace("-", MINUS)


def tick(value: float) -> str:
    """Three digits, for an axis."""
    thousand = 1000
    # The lowest edge of bins lies just below the least value: of 0 that is a number nobody would recognise.
    value = 0.0 if abs(value) < sys.float_info.min else value
    told = f"{value:.3g}" if abs(value) < thousand else f"{value:,.0f}"
    return told.replace("-", MINUS)


def share(value: float) -> str:
    """A share as per cent, with a digit where it is small, and never 0 % for more than nothing."""
    least = 0.001
    if 0 < value < least:
        return "under 0.1 %"
    return f"{value:.0%}".replace("%", " %") if value in {0, 1} else f"{100 * value:.1f} %"


def day(moment: datetime) -> str:
    """A day, with the time when it is not midnight."""
    return f"{moment:%Y-%m-%d}" if (moment.hour, moment.minute) == (0, 0) else f"{moment:%Y-%m-%d %H:%M}"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """Cells of HTML as a table; the columns `numbers` are set flush right."""

    def line(cells: Sequence[str], tag: str) -> str:
        classes = [' class="n"' if at in numbers else "" for at in range(len(cells))]
        return "<tr>" + "".join(f"<{tag}{c}>{cell}</{tag}>" for c, cell in zip(classes, cells, strict=True)) + "</tr>"

    body = "".join(line(row, "td") for row in rows)
    return f"<table><thead>{line(heads, 'th')}</thead><tbody>{body}</tbody></table>"
