"""The parts of a compose file that the stack uses, typed and closed: another key, or the same key twice, is refused."""

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from artifacts.errors import BadInput

WRITTEN_PORT = "; a port is written in one line, as 127.0.0.1:PORT:PORT"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


Duration = Annotated[str, Field(pattern=r"^\d+[smh]$")]
Lasting = Annotated[str, Field(pattern=r"^[1-9]\d*[smh]$")]
Size = Annotated[str, Field(pattern=r"^(\d+[kmg]|\$\{[A-Z_]+:-\d+[kmg]\})$")]
Number = Annotated[str, Field(pattern=r"^\d+(\.\d+)?$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
Condition = Literal["service_started", "service_healthy", "service_completed_successfully"]


def _shell(test: Any) -> Any:
    return ["CMD-SHELL", test] if isinstance(test, str) else test


class Health(_Part):
    """A health check; a `test` of one line is what a shell reads."""

    test: Annotated[list[str], Field(min_length=2), BeforeValidator(_shell)]
    interval: Lasting
    timeout: Lasting
    retries: int = Field(ge=1)
    start_period: Duration


class Dependency(_Part):
    """What is waited for."""

    condition: Condition


class Limits(_Part):
    """What a container may use at most."""

    cpus: Number
    memory: Size
    pids: int = Field(gt=0)


class Resources(_Part):
    """Its limits."""

    limits: Limits


class Deploy(_Part):
    """Its resources."""

    resources: Resources


class Logging(_Part):
    """Where a container's output goes, and how much of it is kept."""

    driver: Literal["json-file"]
    options: dict[str, str]


class Service(_Part):
    """A container; what has no default must be said of every one."""

    image: str
    user: str
    init: bool
    read_only: bool
    cap_drop: list[str]
    security_opt: list[str]
    logging: Logging
    restart: str
    deploy: Deploy
    build: str | None = None
    command: list[str] = []
    environment: dict[str, str] = {}
    volumes: list[str] = []
    tmpfs: list[str] = []
    networks: list[Name] = []
    network_mode: Literal["none"] | None = None
    ports: list[str] = []
    profiles: list[Name] = []
    depends_on: dict[Name, Dependency] = {}
    healthcheck: Health | None = None
    stop_grace_period: Duration | None = None
    shm_size: Size | None = None


class Network(_Part):
    """A network; an internal one has no way out."""

    internal: bool = False


class Volume(_Part):
    """A named volume of Docker's own."""


class Compose(_Part):
    """The file, without its `x-` parts."""

    name: Name
    services: dict[Name, Service]
    networks: dict[Name, Network]
    volumes: dict[Name, Volume]


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice, of which YAML would silently take the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        # A merge is written out before this is called: what is merged comes first, and may be said again.
        if twice and not getattr(node, "merged", False):
            raise yaml.constructor.ConstructorError(None, None, f"{twice[0]} stands twice", node.start_mark)
        return super().construct_mapping(node, deep=deep)

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        super().flatten_mapping(node)
        node.merged = True  # type: ignore[attr-defined]


def read_compose(path: Path) -> Compose:
    """The checked file; raises `BadInput` (`stack.compose_invalid`) that names the first part that does not fit."""
    try:
        tree = yaml.load(read_text(path), _Loader)  # noqa: S506  a safe loader, made stricter
    except yaml.YAMLError as error:
        raise _invalid(path, str(error)) from error
    if not isinstance(tree, dict):
        raise _invalid(path, "it holds no keys with values, such as services:")
    try:
        return Compose.model_validate({key: part for key, part in tree.items() if not str(key).startswith("x-")})
    except ValidationError as error:
        raise _invalid(path, _first(error.errors())) from error


def read_text(path: Path) -> str:
    """What a file of the stack says; raises `BadInput` (`stack.compose_invalid`) when it cannot be read."""
    try:
        # Every byte of it: `read_text` would end a line where the builder of an image does not.
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            "stack.compose_invalid",
            f"{path.name} cannot be read ({error}); wanted is a file of UTF-8 text.",
            next_step=f"Correct it, or get the one of the repository back: git checkout {path.name}",
        ) from error


def _first(problems: Sequence[Any]) -> str:
    """The first part that does not fit; before all a key that nothing knows: it may be one that lacks, mistyped."""
    first = next((one for one in problems if one["type"] == "extra_forbidden"), problems[0])
    *place, key = first["loc"]
    lacking = [one["loc"][-1] for one in problems if one["type"] == "missing" and [*one["loc"][:-1]] == place]
    wanted = WRITTEN_PORT if "ports" in first["loc"] else ""
    near = difflib.get_close_matches(str(key), map(str, lacking), 1) if first["type"] == "extra_forbidden" else []
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}{f'; did you mean {near[0]}?' if near else ''}{wanted}"


def _invalid(path: Path, why: str) -> BadInput:
    return BadInput(
        "stack.compose_invalid",
        f"{path.name} is not a compose file as this stack has them: {why}.",
        next_step=f"Correct it, or get the one of the repository back: git checkout {path.name}",
    )
