"""Ask a service whether it is healthy: `python -m ops.healthy URL [PART]`, for the health checks of the containers."""

import http.client
import json
import sys
import urllib.error
import urllib.request
from typing import Any

SECONDS = 5
# Whoever is asked is on this machine or in the stack's own network, of which a proxy knows nothing.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def why_unhealthy(url: str, *parts: str) -> str | None:
    """What is wrong at `url`, or None: it answers 200, and calls each of `parts` of Airflow healthy.

    It is asked itself, whatever `http_proxy` says.
    """
    try:
        with DIRECT.open(url, timeout=SECONDS) as answer:
            said = json.load(answer) if parts else {}
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
        return f"{url} does not answer: {error}"
    states = {part: _status(said, part) for part in parts}
    return next((f"{part} is {s} according to {url}" for part, s in states.items() if s != "healthy"), None)


def _status(said: Any, part: str) -> Any:
    """What the answer calls the part, or None; whoever listens there may answer anything."""
    told = said.get(part) if isinstance(said, dict) else None
    return told.get("status") if isinstance(told, dict) else None


def main() -> int:
    """Exit code 0 when it is healthy, else 1 with the reason."""
    wrong = why_unhealthy(*sys.argv[1:])
    if wrong:
        print(wrong, file=sys.stderr)
    return int(wrong is not None)


if __name__ == "__main__":
    sys.exit(main())
