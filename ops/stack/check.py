"""`make compose-check`: compose file and Dockerfile against their rules, and against Compose where it is installed."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from artifacts import cli
from artifacts.places import REPOSITORY
from ops.stack import rules
from ops.stack.compose_file import read_compose, read_text
from ops.stack.dockerfile import dockerfile
from ops.stack.documented import PAGE, documented
from ops.stack.doors import doors
from ops.stack.lives import lives
from ops.stack.ports import clashes, ports
from ops.stack.variables import VARIABLES

_EACH = (
    rules.images,
    ports,
    clashes,
    rules.limits,
    rules.networks,
    rules.privileges,
    rules.volumes,
    lives,
    rules.secrets,
    rules.logins,
    doors,
)


def check(path: Path) -> tuple[list[str], int]:
    """What breaks a rule, and the number of services; raises `BadInput` (`stack.compose_invalid`)."""
    compose = read_compose(path)
    problems = [problem for rule in _EACH for problem in rule(compose)]
    problems += rules.variables(path)
    problems += documented((REPOSITORY / PAGE).read_text(encoding="utf-8"))
    problems += dockerfile(read_text(path.parent / "Dockerfile"))
    problems += _by_compose(path)
    return problems, len(compose.services)


def _by_compose(path: Path) -> Iterator[str]:
    """What `docker compose config` says, with a value for every variable; says so when it cannot be asked."""
    try:
        there = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0
    except OSError:
        there = False
    if not there:
        cli.say("docker compose is not installed here: its own check is left out")
        return
    with tempfile.NamedTemporaryFile("w", suffix=".env") as values:
        values.writelines(f"{variable.name}={variable.value or 'x' * 20}\n" for variable in VARIABLES)
        values.flush()
        command = ["docker", "compose", "--env-file", values.name, "--file", str(path), "config", "--quiet"]
        kept = {name: text for name, text in os.environ.items() if name not in {v.name for v in VARIABLES}}
        said = subprocess.run([*command], env=kept, capture_output=True, text=True, check=False)
    if said.returncode != 0:
        yield f"docker compose config: {said.stderr.strip()}"
