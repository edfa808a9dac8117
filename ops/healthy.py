"""Ask a service whether it is healthy: `python -m ops.healthy URL [PART]`, for the health checks of the containers."""

import json
import sys
import urllib.error
import urllib.request

SECONDS = 5


def why_unhealthy(url: str, part: str | None = None) -> str | None:
    """What is wrong at `url`, or None: it answers 200, and calls `part` of Airflow healthy when one is named."""
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as answer:  # noqa: S310  an address of the compose file
            said = json.load(answer) if part else {}
    except (urllib.error.URLError, OSError, ValueError) as error:
        return f"{url} does not answer: {error}"
    if part is None:
        return None
    status = said.get(part, {}).get("status")
    return None if status == "healthy" else f"{part} is {status} according to {url}"


def main() -> int:
    """Exit code 0 when it is healthy, else 1 with the reason."""
    wrong = why_unhealthy(*sys.argv[1:3])
    if wrong:
        print(wrong, file=sys.stderr)
    return int(wrong is not None)


if __name__ == "__main__":
    sys.exit(main())
