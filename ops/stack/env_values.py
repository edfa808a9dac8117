"""What each line of `.env` must be: a known name, and a value of its variable's kind; of a secret none is told."""

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from urllib.parse import urlsplit

from artifacts.alerts import read_receivers
from artifacts.errors import BadInput
from ops.stack.variables import LAST_PORT, SHORTEST_SECRET, VARIABLES, Kind, Variable
from training.choose_configs import trained_models, trains

# What Compose itself reads there.
OF_COMPOSE = frozenset(
    {
        "COMPOSE_ANSI",
        "COMPOSE_BAKE",
        "COMPOSE_CONVERT_WINDOWS_PATHS",
        "COMPOSE_DISABLE_ENV_FILE",
        "COMPOSE_ENV_FILES",
        "COMPOSE_EXPERIMENTAL",
        "COMPOSE_FILE",
        "COMPOSE_IGNORE_ORPHANS",
        "COMPOSE_MENU",
        "COMPOSE_PARALLEL_LIMIT",
        "COMPOSE_PATH_SEPARATOR",
        "COMPOSE_PROFILES",
        "COMPOSE_PROGRESS",
        "COMPOSE_PROJECT_NAME",
        "COMPOSE_REMOVE_ORPHANS",
        "COMPOSE_STATUS_STDOUT",
    }
)
# What needs no quotes in .env and no escapes in a URL.
_PLAIN = re.compile(r"[A-Za-z0-9_.=-]+")
# What Compose takes as it stands, for addresses: no blank, quote or comment, and nothing that it would fill in.
_ADDRESS = re.compile(r"[^\s'\"`$#\\]*")
_FERNET = re.compile(r"[A-Za-z0-9_-]{43}=")
_SIZE = re.compile(r"([1-9]\d{0,8})([kmg])b?", re.I)
_BYTES = {"k": 2**10, "m": 2**20, "g": 2**30}
EXECUTORS = ("LocalExecutor", "CeleryExecutor")
LEAST_MEMORY = 2**30


def _is_port(value: str) -> bool:
    return re.fullmatch(r"[1-9]\d{0,4}", value) is not None and int(value) <= LAST_PORT


def _is_memory(value: str) -> bool:
    size = _SIZE.fullmatch(value)
    return size is not None and int(size[1]) * _BYTES[size[2].lower()] >= LEAST_MEMORY


def _is_url(value: str) -> bool:
    try:
        place = urlsplit(value)
        return place.scheme in {"http", "https"} and bool(place.hostname) and place.port != 0
    except ValueError:
        return False


_KINDS: Mapping[Kind, tuple[Callable[[str], object], str]] = {
    "port": (_is_port, "a port from 1 to 65535"),
    "memory": (_is_memory, "a size such as 8g or 8192m, of at least 1g,"),
    "fernet": (_FERNET.fullmatch, "a Fernet key, 32 bytes in URL-safe base64 with the = at its end,"),
}


def wrong_value(variable: Variable, value: str) -> str | None:
    """What is wrong with the variable's value, in words that follow its name; the value is told of no secret."""
    if variable.optional:
        return _wrong_address(variable, value)
    if not value:
        return "is missing" if variable.secret else f"has no value; {variable.value}, its default, or another is wanted"
    if variable.kind == "model":
        return _untrained(value)
    if variable.kind in _KINDS:
        is_one, wanted = _KINDS[variable.kind]
        got = f"has {len(value)} characters and is no such key" if variable.secret else f"is {value!r}"
        return None if is_one(value) else f"{got}; {wanted} is wanted"
    return _wrong_text(variable, value)


def _wrong_text(variable: Variable, value: str) -> str | None:
    if not _PLAIN.fullmatch(value):
        return "holds other characters than letters, digits and _ . = -, which a URL would have to escape"
    if variable.secret and len(value) < SHORTEST_SECRET:
        return f"has {len(value)} characters; at least {SHORTEST_SECRET} are wanted"
    return None


def _untrained(model: str) -> str | None:
    """A model that nothing trains never has a champion, so that its service would never start."""
    try:
        if trains(model):
            return None
        trained = ", ".join(trained_models())
    except BadInput as refusal:
        return f"is {model!r}, and whether a config trains it cannot be told: {refusal.message}"
    wanted = f"wanted is one of: {trained}" if trained else "none is there"
    return f"is {model!r}, which no config under training/configs trains; {wanted}"


def _wrong_address(variable: Variable, value: str) -> str | None:
    if not _ADDRESS.fullmatch(value):
        return "holds a blank, a quote, $, #, ` or a backslash"
    is_wrong = value and variable.kind == "url" and not _is_url(value)
    return "is no URL; https://HOST/PATH is wanted" if is_wrong else None


def in_force(name: str, outside: Collection[str]) -> str:
    """What is said beside a wrong value: where it is from, when that is not the file."""
    return " (the environment's value, which wins over the file's)" if name in outside else ""


def ports_twice(values: Mapping[str, str], outside: Collection[str]) -> Iterator[str]:
    """Each port that two services would publish; the environment sets those of `outside`."""
    ports: dict[str, str] = {}
    for name in (one.name for one in VARIABLES if one.kind == "port"):
        value = values.get(name, "")
        if value in ports:
            other = ports[value]
            told = f"{name} is {value}{in_force(name, outside)}, and so is {other}{in_force(other, outside)}"
            yield f"{told}; each service wants a port of its own"
        elif value:
            ports[value] = name


def other_executor(executor: str, profiles: str) -> str | None:
    """What is wrong with an executor beside these profiles: CeleryExecutor and the profile celery go together."""
    celery = "celery" in profiles.split(",")
    if executor not in EXECUTORS:
        return f"AIRFLOW_EXECUTOR is {executor!r}; {' or '.join(EXECUTORS)} is wanted"
    if celery == (executor == "CeleryExecutor"):
        return None
    if celery:
        return f"AIRFLOW_EXECUTOR is {executor}, and COMPOSE_PROFILES has celery, which wants CeleryExecutor"
    return f"AIRFLOW_EXECUTOR is {executor}, whose workers no profile starts; it wants COMPOSE_PROFILES=celery"


def wrong_receivers(values: Mapping[str, str]) -> Iterator[str]:
    """What every process would refuse of the receivers together, each of which may be right by itself."""
    try:
        read_receivers(values)
    except BadInput as refusal:
        yield refusal.message.removeprefix("Environment variable ").rstrip(".")


def unknown_names(names: Collection[str], others: Collection[str]) -> Iterator[str]:
    """Each of `names` that neither the stack nor Compose has, nor `others` name, with the nearest that there is."""
    known = sorted({*(one.name for one in VARIABLES), *OF_COMPOSE, *others})
    for name in sorted(set(names).difference(known)):
        nearest = difflib.get_close_matches(name.upper(), known, 1)
        hint = f"the nearest is {nearest[0]}" if nearest else "docs/stack.md has them all"
        yield f"{name} is no variable of the stack; {hint}"
