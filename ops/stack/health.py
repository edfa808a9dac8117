"""The health checks that are known to ask their service, and to fail in time when it does not answer."""

import re
import shlex
from collections.abc import Iterator, Sequence

from ops.stack.compose_file import Health

# In patterns a space is the border of two words, OWN the service itself, PART what Airflow calls it. They hold
# nothing that a shell would read, and every option is one that still asks: --version and the like succeed always.
_HOST = r"(?:127\.0\.0\.1|localhost|OWN)"
_PATH = r"(?::\d+)?(?:/[\w./%?=-]*)?"
_URL = rf"https?://{_HOST}{_PATH}"
_NAME = r"(?:\w+|\$\$\w+|\$\$\{\w+\})"
_POSTGRES = (
    rf"(?: (?:-h|--host)[ =](?:{_HOST}|/var/run/postgresql)| (?:-p|--port)[ =]\d+"
    rf"| (?:-U|--username|-d|--dbname)[ =]{_NAME}| -q| --quiet)*"
)
_CURL = (
    r"(?: -[fsSLkI]+| --(?:fail|silent|show-error|location|insecure|head)"
    r"| (?:-[fsSLkI]*o|--output) /dev/null| (?:-m|--max-time|--connect-timeout) \d+)*"
)
_WGET = (
    r"(?: -q| -nv| -S| --quiet| --no-verbose| --spider| --no-check-certificate"
    r"| -q?O ?(?:/dev/null|-)| -[Tt] \d+| --(?:timeout|tries)=\d+)*"
)
_OPENED = rf"urllib\.request\.urlopen\(['\"]{_URL}['\"](?:,\s?timeout=\d+)?\)"
_CONNECTED = rf"socket\.create_connection\(\(['\"]{_HOST}['\"],\s?\d+\)(?:,\s?(?:timeout=)?\d+)?\)"
_PYTHON = (
    rf"(?:import\s[\w.,\x20]+[;\n]\s*)+(?:{_OPENED}(?:\.read\(\))?|{_CONNECTED}"
    rf"|assert\s{_OPENED}\.status\s==\s200|sys\.exit\({_OPENED}\.status\s!=\s200\));?\s*"
)
_PATTERNS = {
    "pg_isready --quiet --host 127.0.0.1 --username postgres": rf"pg_isready{_POSTGRES}",
    "psql -h 127.0.0.1 -U postgres -c 'select 1'": rf"psql{_POSTGRES} (?:-c|--command) (?i:select\s1);?",
    "redis-cli ping": rf"redis-cli(?: -h {_HOST}| -p \d+| -e| --no-auth-warning)* (?i:ping)",
    "redis-cli ping | grep -q PONG": rf"redis-cli(?: -h {_HOST}| -p \d+)* ping \| grep(?: -q)? PONG",
    "curl -fsS http://127.0.0.1:5000/health": (
        rf"curl(?=.* (?:-[sSLkI]*f[fsSLkIo]*|--fail)(?: |$)){_CURL} {_URL}{_CURL}"
    ),
    "wget -q -O /dev/null http://127.0.0.1:7070/health": rf"wget{_WGET} {_URL}{_WGET}",
    "nc -z 127.0.0.1 5432": rf"nc(?=.* -[vn]*z)(?: -[zvn]+| -w \d+)+ {_HOST} \d+",
    "echo ruok | nc 127.0.0.1 2181": rf"echo \w+ \| nc(?: -[wq] \d+)* {_HOST} \d+",
    "python -m ops.healthy http://127.0.0.1:8000/health/ready": (
        rf"python3? -m ops\.healthy (?:{_URL}(?: [a-z_]+)?|http://[a-z0-9-]+{_PATH} PART)"
    ),
    "python -c \"import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health')\"": (
        rf"python3? -c {_PYTHON}"
    ),
    "celery --app shop.app inspect ping --destination celery@$$HOSTNAME": (
        r"celery (?:--app|-A) [\w.]+ inspect ping (?:--destination|-d) celery@\$\$HOSTNAME"
    ),
}
# An example of each form.
FORMS = tuple(_PATTERNS)
_SHELLS = {"sh", "/bin/sh", "ash", "bash", "/bin/bash"}
_BORDER = "\0"
_PIPED = re.compile(r"(echo \w+|redis-cli[\w. -]*) \| (?=nc |grep )")
_UNHEARD = re.compile(r" [12]?> ?/dev/null(?= |\||$)| 2>&1(?= |\||$)")
_OR_FAIL = re.compile(r" *\|\| *exit 1;?$")
_UNITS = {"s": 1, "m": 60, "h": 3600}
_IN_TIME = "15m"


def unheard(name: str, health: Health) -> Iterator[str]:
    """Why nobody would hear from this health check that the service `name` does not answer."""
    if not _asks(health.test, name):
        yield (
            f"{name}: its health check {shlex.join(health.test[1:])} may never fail, or asks another; wanted is one of "
            f"{'; '.join(FORMS)}; in CMD, or in CMD-SHELL as it is, joined by && and with || exit 1 at the end"
        )
    if health.retries * (_seconds(health.interval) + _seconds(health.timeout)) > _seconds(_IN_TIME):
        each = f"{health.retries} times ({health.interval} + {health.timeout})"
        yield f"{name}: its health check fails after {each}; within {_IN_TIME} is wanted"
    if _seconds(health.start_period) > _seconds(_IN_TIME):
        yield f"{name}: its health check is not counted for {health.start_period}; {_IN_TIME} at most is wanted"


def _asks(test: Sequence[str], own: str) -> bool:
    match test:
        case ["CMD-SHELL", script]:
            return _all_ask(script.strip(), own)
        case ["CMD", shell, "-c", script] if shell in _SHELLS:
            return _all_ask(script.strip(), own)
        case ["CMD", *words]:
            return "|" not in words and _is_known(words, own)
    return False


def _all_ask(script: str, own: str) -> bool:
    """Whether each step of a script asks; whatever else a shell would read stays in its words, which no form holds."""
    if "\n" in script:
        return False
    steps = _OR_FAIL.sub("", _UNHEARD.sub("", script)).split(" && ")
    try:
        return all(_is_known(_words(step), own) for step in steps)
    except ValueError:
        # Quotes that do not end: no shell reads it either.
        return False


def _words(step: str) -> list[str]:
    """A step's words; a pipe is one where it stands between what it may stand between, unquoted."""
    piped = _PIPED.match(step)
    left = [*shlex.split(piped[1]), "|"] if piped else []
    right = shlex.split(step[piped.end() :] if piped else step)
    return [] if "|" in right else left + right


def _is_known(words: Sequence[str], own: str) -> bool:
    if not words:
        return False
    command = _BORDER.join([re.sub(r"^/(usr/|usr/local/)?bin/", "", words[0]), *words[1:]])
    part = own.removeprefix("airflow-").replace("-", "_")
    return any(
        re.fullmatch(pattern.replace(" ", _BORDER).replace("OWN", own).replace("PART", part), command, re.ASCII)
        for pattern in _PATTERNS.values()
    )


def _seconds(duration: str) -> int:
    return int(duration[:-1]) * _UNITS[duration[-1]]
