"""How much of many events a message holds: what no channel cuts, since its last lines say what to do."""

import html
from collections.abc import Sequence

# Slack cuts at 40,000 characters, counted as they are sent: a `<` as `&lt;`.
ROOM = 30_000
NAMES = 100


def as_fits(told: Sequence[str], names: Sequence[str]) -> list[str]:
    """What is told in full, then up to a hundred names, as long as there is room; and how many are left out."""
    kept, room = 0, ROOM
    for one in [*told, *names[:NAMES]]:
        room -= len(html.escape(one)) + 1
        if room < 0:
            break
        kept += 1
    named, left = names[: max(kept - len(told), 0)], len(told) + len(names) - kept
    lines = [*told[:kept], *(["These too, of which the page has more:", *named] if named else [])]
    lines += [f"And {left:,} more, which the command below shows."] if left else []
    return [*lines, ""] if named or left else lines
