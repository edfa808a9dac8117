"""What a check prints: the state, then what is not OK, a line for each feature and reason."""

from collections import Counter
from collections.abc import Sequence

from artifacts.finding_ratio import worst_first
from artifacts.findings import Finding, Findings, Reason, State
from artifacts.left_out_words import left_out_words
from artifacts.plural import many
from artifacts.window_words import window_words

SHOWN = 20


def not_ok(found: Findings) -> list[Finding]:
    """What drifted, the farthest first; then what counts and is UNKNOWN; then what is said and does not count."""
    return sorted((one for one in found.findings if one.state != "OK"), key=worst_first)


def write_lines(found: Findings) -> list[str]:
    """The state and the counts, then the worst twenty reasons, one of each code, and how many more there are."""
    rows = many(found.rows, "row") if found.is_counted else "whose rows could not be counted"
    about = f"version {found.version} of {found.model}, {window_words(found.start, found.end)}, {rows}"
    others = ", ".join(
        f"{rows} by version {other}"
        for other, rows in sorted(found.other_versions.items(), key=lambda one: int(one[0]))
    )
    about += f" (beside them {others}, which is not judged here)" if others else ""
    moved = not_ok(found)
    counted = _by_reason([one for one in moved if one.required])
    shown, cut = counted[:SHOWN], counted[SHOWN:]
    # Of each reason one sentence is told, however much stands before it.
    known = {several[0].reason.code for several in shown}
    first_of = {several[0].reason.code: several for several in reversed(cut) if several[0].reason.code not in known}
    shown += [several for several in cut if first_of.get(several[0].reason.code) is several]
    told = [_line(several) for several in shown]
    left = [several[0] for several in cut if first_of.get(several[0].reason.code) is not several]
    hidden = Counter((one.state, one.reason.code) for one in left)
    told += [f"{state:<8} … {code}: {many} more" for (state, code), many in hidden.items()]
    codes = Counter(one.reason.code for one in moved if not one.required)
    told += [f"{many} could not be judged and do not count: {code}" for code, many in codes.items()]
    fine = len(found.findings) - len(moved)
    without = left_out_words(found)
    told += [f"the trailing window: {without}"] if without else []
    return [f"{about}: {found.state}, {fine} of {len(found.findings)} findings are OK", *told]


def _by_reason(found: Sequence[Finding]) -> list[list[Finding]]:
    """Those that say the same of one feature, whatever rule was asked: a feature without a value has no distance."""
    alike: dict[tuple[State, str | None, Reason], list[Finding]] = {}
    for one in found:
        alike.setdefault((one.state, one.feature, one.reason), []).append(one)
    return list(alike.values())


def _line(several: Sequence[Finding]) -> str:
    """One reason, with the rules where more than one say it."""
    first = several[0]
    against = ", ".join(dict.fromkeys(one.baseline or "-" for one in several))
    rules = ", ".join(dict.fromkeys(one.rule for one in several))
    by = f" (by {rules})" if len({one.rule for one in several}) > 1 else ""
    return f"{first.state:<8} {against:<9} {first.reason.code}: {first.reason.text}{by}"
