"""What on-call reads first: the state, what moved and how far, what cannot be judged, and the next command."""

from collections.abc import Sequence
from html import escape

from artifacts.finding_ratio import DIFFERS, times
from artifacts.findings import Findings
from artifacts.plural import plural
from artifacts.window_words import window_to, window_words
from monitoring.report.following import following, lost_beside, mendable
from monitoring.report.history import History
from monitoring.report.moved import FEW, Drifted, differing, differing_table, moved, moved_table
from monitoring.report.text import SHAPES, breakable, subject
from monitoring.report.unjudged import unjudged, unjudged_table


def title(findings: Findings) -> str:
    """One line, not escaped: nothing in it is told as OK for want of data."""
    if findings.state == "DRIFT":
        drifted, other = moved(findings), differing(findings)
        told = [f"{_names(drifted)} moved"] if drifted else []
        told += [f"{_names(other)} {plural(len(other), 'differs', 'differ')} {DIFFERS}"] if other else []
        return "; ".join(told)
    if findings.state == "UNKNOWN":
        return "Cannot judge whether anything moved"
    return "Nothing moved beyond noise"


def _names(drifted: Sequence[Drifted]) -> str:
    names = [subject(one.findings[0]) for one in drifted]
    if len(names) > FEW:
        return f"{names[0]} and {len(names) - 1} more"
    return " and ".join([*([", ".join(names[:-1])] if names[1:] else []), names[-1]])


def headline(findings: Findings, history: History, runbook_url: str) -> str:
    """The top of the page."""
    return (
        f'<p class="over">Monitoring of <b>{escape(findings.model)}</b> version {findings.version} · '
        f"{window_words(findings.start, findings.end)} (UTC)</p>"
        f'<h1 class="{findings.state}"><span class="mark {findings.state}">{SHAPES[findings.state]}</span>'
        f"<span>{findings.state}: {escape(title(findings))}</span></h1>"
        f'<p class="lead">{_lead(findings)}</p>{_facts(findings, history)}'
        f'<p class="next">{following(findings)}</p>'
        f"{moved_table(findings, history, runbook_url)}{differing_table(findings, history, runbook_url)}"
        f"{unjudged_table(findings, runbook_url)}"
    )


def _lead(findings: Findings) -> str:
    drifted, other, blind = moved(findings), differing(findings), [one for one in unjudged(findings) if one.required]
    told = []
    told += [f"Moved: {_with_far(drifted)}."] if drifted else []
    told += [f"{plural(len(other), 'Differs', 'Differ')} {DIFFERS}: {_with_far(other)}."] if other else []
    if blind:
        about = list(dict.fromkeys(breakable(subject(one)) for one in blind))
        more = f" and {len(about) - FEW} more" if len(about) > FEW else ""
        why = (mendable(findings) or blind[0]).reason
        # What mends it stands below.
        text = why.text if drifted or other else why.what
        told.append(f"Not judged: <b>{', '.join(about[:FEW])}</b>{more}. {escape(text)}")
    if not drifted and not other and not blind:
        fine = sum(one.state == "OK" for one in findings.findings)
        told.append(f"All {fine} rules that could be judged are within their thresholds.")
    told += dict.fromkeys(escape(one.reason.what) for one in lost_beside(findings))
    return " ".join(told)


def _with_far(drifted: Sequence[Drifted]) -> str:
    firsts = [one.findings[0] for one in drifted[:FEW]]
    far = [f" ({times(one)} its threshold)" if times(one) else "" for one in firsts]
    names = [f"<b>{breakable(subject(one))}</b>{how}" for one, how in zip(firsts, far, strict=True)]
    return ", ".join(names) + (f" and {len(drifted) - FEW} more" if len(drifted) > FEW else "")


def _facts(findings: Findings, history: History) -> str:
    states = {one: sum(f.state == one for f in findings.findings) for one in SHAPES}
    rows = f"{findings.rows:,}" if findings.is_counted else "could not be counted"
    facts = [("Rows", rows), ("Model version", str(findings.version))]
    drifted = [one for several in (*moved(findings), *differing(findings)) for one in several.findings]
    if drifted:
        first = history.since_any(drifted).first
        facts.insert(0, ("Seen first in the window to", window_to(first.end)))
    facts.append(("Rules asked", " · ".join(f"{count} {SHAPES[one]} {one}" for one, count in states.items())))
    cells = "".join(f"<div><dt>{name}</dt><dd>{escape(told)}</dd></div>" for name, told in facts)
    return f'<dl class="facts">{cells}</dl>'
