"""What was found in the windows before one: same model, same version, same length."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from artifacts.errors import Refusal
from artifacts.finding import Finding, State
from artifacts.finding_ratio import is_in_part, state_of, worst_first
from artifacts.findings import Findings, list_findings, read_findings, window_of
from artifacts.findings_name import without_manifest
from artifacts.window_words import last_day
from monitoring.asked import BADNESS, alert_key, asked

MOST = 30


@dataclass(frozen=True)
class Past:
    """A window, its state, and its findings by key (the worst one of each); `state` UNKNOWN when it is unreadable.

    `told` are those of them that alerts take in: of a check with labels only what needed them.
    """

    start: datetime
    end: datetime
    state: State
    found: Mapping[str, Finding]
    told: Mapping[str, Finding]

    def states(self) -> dict[str, State]:
        """The state of each feature, whatever it was held against: by skew it is DRIFT too."""
        return {name: state_of(several) for name, several in self._by_feature().items()}

    def in_part(self) -> set[str]:
        """The features that are OK by some rules only."""
        return {name for name, several in self._by_feature().items() if is_in_part(several)}

    def _by_feature(self) -> dict[str, list[Finding]]:
        found: dict[str, list[Finding]] = {}
        for one in self.found.values():
            if one.feature:
                found.setdefault(one.feature, []).append(one)
        return found


@dataclass(frozen=True)
class Since:
    """The first window that was DRIFT, and the newest good one before it: the world moved in one of both, or between.

    A good window may hold the first bad rows: few of them are within noise. `good` is None when none before was OK.
    """

    first: Past
    good: Past | None


@dataclass(frozen=True)
class History:
    """Windows from old to new, the last one that of the report.

    `unread` says which findings are damaged, and how; `lost` of which windows there are none any more.
    """

    windows: Sequence[Past]
    unread: Sequence[str] = ()
    lost: Sequence[str] = ()

    def short(self, past: Past) -> str:
        """The last day of a window, with its year where they are not all of one."""
        years = {last_day(one.end).year for one in self.windows}
        return f"{last_day(past.end):{'%m-%d' if len(years) == 1 else '%Y-%m-%d'}}"

    def since(self, key: str) -> Since:
        """Since which window the key is DRIFT, of what alerts take in. As for them, only OK ends it."""
        first = self.windows[-1]
        for past in reversed(self.windows):
            finding = past.told.get(key)
            if finding is not None and finding.state == "OK":
                return Since(first, past)
            if finding is not None and finding.state == "DRIFT":
                first = past
        return Since(first, None)

    def since_any(self, findings: Iterable[Finding]) -> Since:
        """Of several that are DRIFT, the one that was so first."""
        return min((self.since(alert_key(one)) for one in findings), key=lambda since: since.first.end)


def read_history(root: str, findings: Findings, lost: Sequence[str] = ()) -> History:
    """The findings, after up to 29 windows before them. Of one that cannot be read, or is `lost`, nothing is known."""
    ids: dict[tuple[datetime, datetime], list[str]] = {}
    windows = []
    unread = [f"{one} lost its manifest." for one in without_manifest(root, findings.model)]
    for identity in list_findings(root, findings.model):
        try:
            start, end, version = window_of(identity)
        except Refusal as refusal:
            unread.append(str(refusal))
            continue
        if version == findings.version and end < findings.end and end - start == findings.end - findings.start:
            ids.setdefault((start, end), []).append(identity)
    for start, end in sorted(ids, key=lambda window: window[1])[-MOST + 1 :]:
        read = []
        for identity in ids[start, end]:
            try:
                read.append(read_findings(root, identity))
            except Refusal as refusal:
                unread.append(str(refusal))
        windows.append(_past(start, end, read))
    return History((*windows, _past(findings.start, findings.end, [findings])), tuple(unread), lost)


def _past(start: datetime, end: datetime, read: Sequence[Findings]) -> Past:
    """Of findings of one window the newest counts, and of rules that it did not ask the one before."""
    found: dict[str, Finding] = {}
    told: dict[str, Finding] = {}
    by_age = sorted(read, key=lambda one: (one.created_at, one.id))
    for one in by_age:
        found |= worst_by_key(one.findings)
        told |= asked(one)[1]
    return Past(start, end, by_age[-1].state if by_age else "UNKNOWN", found, told)


def worst_by_key(findings: Sequence[Finding]) -> dict[str, Finding]:
    """The worst finding of each key, by its state and then by how far it is; a week is no part of a key."""
    by_key: dict[str, list[Finding]] = {}
    for one in findings:
        by_key.setdefault(alert_key(one), []).append(one)
    return {key: min(several, key=_worst_first) for key, several in by_key.items()}


def _worst_first(finding: Finding) -> tuple[int, tuple[int, float, str]]:
    return BADNESS.index(finding.state), worst_first(finding)
