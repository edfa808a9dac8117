"""What every service of the stack must keep, each rule a function that names what breaks it."""

import re
from collections.abc import Iterator
from pathlib import Path

from ops.stack.compose_file import Compose, Service
from ops.stack.variables import REQUIRED, VARIABLES

PINNED = re.compile(r"[a-z0-9./_-]+:[A-Za-z0-9._-]*\d+\.\d+[A-Za-z0-9._-]*@sha256:[0-9a-f]{64}")
REFERENCE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<rest>[^}]*)\}|(?<!\$)\$(?P<bare>[A-Za-z_]\w*)")
SECRET_NAME = re.compile(r"PASSWORD|SECRET|TOKEN|(^|_)KEY($|_)|FERNET|AUTH$", re.I)
_LOGIN = re.compile(r"://[^/@\s]*:(?P<password>[^@\s]*)@")
OWN_IMAGE = "shipshape:local"
_INITDB = "POSTGRES_INITDB_ARGS"
KNOWN = {variable.name: variable for variable in VARIABLES}


def images(compose: Compose) -> Iterator[str]:
    """An image is pinned by version and digest, or built here."""
    for name, service in compose.services.items():
        if service.image == OWN_IMAGE and service.build == ".":
            continue
        if service.build or not PINNED.fullmatch(service.image):
            yield f"{name}: image {service.image} is not pinned as NAME:VERSION@sha256:DIGEST"


def networks(compose: Compose) -> Iterator[str]:
    """Whoever publishes no port and is no program of ours is on the inside network alone, which has no way out."""
    if not (compose.networks.get("inside") and compose.networks["inside"].internal):
        yield "the network inside is not internal"
    for name, service in compose.services.items():
        if service.network_mode is None and "inside" not in service.networks:
            yield f"{name}: is not on the network inside"
        for network in sorted({*service.networks} - {*compose.networks}):
            yield f"{name}: network {network} is not declared"
        if service.image != OWN_IMAGE and (service.ports or service.networks != ["inside"]):
            yield f"{name}: a store is on the network inside alone, and publishes no port"


def privileges(compose: Compose) -> Iterator[str]:
    """A container runs as an ordinary user, without capabilities, on a file system that it cannot write."""
    for name, service in compose.services.items():
        if not re.fullmatch(r"[1-9]\d*:[1-9]\d*", service.user):
            yield f"{name}: user {service.user} is root or a name; UID:GID beyond 0 is wanted"
        if service.cap_drop != ["ALL"]:
            yield f"{name}: cap_drop is not [ALL]"
        if service.security_opt != ["no-new-privileges:true"]:
            yield f"{name}: security_opt is not [no-new-privileges:true]; anything else there can only take from it"
        if not service.read_only:
            yield f"{name}: its file system can be written; read_only and a tmpfs are wanted"


def volumes(compose: Compose) -> Iterator[str]:
    """What is kept is in a declared volume; a file of this folder is mounted read-only, nothing else of the host."""
    for name, service in compose.services.items():
        for volume in service.volumes:
            source, *rest = volume.split(":")
            if Path(source).name.startswith(".env") or Path(source) == Path():
                yield f"{name}: {source} is mounted, with every secret of .env"
            elif source.startswith("./") and ".." not in source:
                if rest[1:] != ["ro"]:
                    yield f"{name}: {source} is mounted writable"
            elif source not in compose.volumes:
                yield f"{name}: {source} is no declared volume"


def secrets(compose: Compose) -> Iterator[str]:
    """A secret comes from the environment, has no default, and stands in no command line."""
    for name, service in compose.services.items():
        for key, value in service.environment.items():
            left = REFERENCE.sub("", value)
            if SECRET_NAME.search(key) and not key.endswith("_FILE") and left.strip():
                yield f"{name}: {key} holds something literal"
            if any(login["password"] for login in _LOGIN.finditer(left)):
                yield f"{name}: the URL in {key} holds a literal password"
        for text in _command_lines(service):
            for used, _ in references(text):
                if used in KNOWN and KNOWN[used].secret:
                    yield f"{name}: {used} would stand in a command line"
            for used in _filled_in_by_a_shell(text):
                if SECRET_NAME.search(used) or _holds_secret(service.environment.get(used, "")):
                    yield f"{name}: a shell would fill {used} into a command line; printf to standard input is wanted"


def limits(compose: Compose) -> Iterator[str]:
    """What a container may use has a bound: zero is none."""
    for name, service in compose.services.items():
        bounds = service.deploy.resources.limits
        if float(bounds.cpus) == 0:
            yield f"{name}: cpus {bounds.cpus} is no limit; a number beyond 0 is wanted"
        if re.search(r"(?:^|:-)0+[kmg]\}?$", bounds.memory):
            yield f"{name}: memory {bounds.memory} is no limit; a size beyond 0 is wanted"


def logins(compose: Compose) -> Iterator[str]:
    """Postgres asks everybody for a password: nothing says `trust`, and what makes the database says how it asks."""
    for name, service in compose.services.items():
        said = {**service.environment, "its command": " ".join(service.command)}
        for key, value in said.items():
            if re.search(r"(^|[=\s'\"])trust\b", value):
                yield f"{name}: {key} says trust, which lets everybody in without a password"
        if service.image.startswith("postgres:") and "--auth-host=scram-sha-256" not in said.get(_INITDB, ""):
            yield f"{name}: {_INITDB} lacks --auth-host=scram-sha-256"


def variables(path: Path) -> Iterator[str]:
    """Each variable of the file is the stack's, and each of these is used; secrets are required."""
    text = "\n".join(
        line for line in path.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")
    )
    used = set()
    for name, rest in references(text.replace("$$", "")):
        used.add(name)
        if name not in KNOWN:
            yield f"{name} is not in ops/stack/variables.py, so make env does not write it"
        elif KNOWN[name].secret and rest != f":?{REQUIRED}":
            yield f"{name} is a secret and not required: ${{{name}:?{REQUIRED}}} is wanted"
        elif not KNOWN[name].secret and rest != f":-{KNOWN[name].value}":
            yield f"{name} has another default than {KNOWN[name].value}"
    for name in sorted(KNOWN.keys() - used):
        yield f"{name} is in ops/stack/variables.py, and {path.name} does not use it"


def references(text: str) -> Iterator[tuple[str, str]]:
    """Each variable that the text of a compose file fills in, with what stands after its name."""
    for match in REFERENCE.finditer(text):
        yield match["name"] or match["bare"], match["rest"] or ""


def _filled_in_by_a_shell(text: str) -> Iterator[str]:
    """Each variable that a shell in the container fills in; printf is the shell's own, and no process of its own."""
    for command in re.split(r"[|;&(`\n]", text):
        if not command.lstrip().startswith("printf "):
            yield from re.findall(r"\$\$\{?(\w+)", command)


def _holds_secret(value: str) -> bool:
    return any(used in KNOWN and KNOWN[used].secret for used, _ in references(value))


def _command_lines(service: Service) -> list[str]:
    return [*service.command, *(service.healthcheck.test if service.healthcheck else [])]
