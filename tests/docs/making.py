"""What `make` would run, and commands in processes of their own."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from artifacts.places import REPOSITORY


def start(tree: Path, command: str, **environ: str) -> tuple[int, str]:
    """As `run`, in a process of its own, in a copy of the work tree where everything is set up; make has its own codes.

    Of this process's settings none goes with it.
    """
    words = shlex.split(command)
    while "=" in words[0]:
        name, _, environ[name] = words.pop(0).partition("=")
    words = [*words, "--old-file=setup", f"PY={sys.executable}"] if words[0] == "make" else [sys.executable, *words[1:]]
    own = {name: value for name, value in _unmade().items() if not name.startswith(("AIRFLOW", "PIPELINE", "GITHUB"))}
    done = subprocess.run(words, cwd=tree, env=own | environ, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr + done.stdout


def made(command: str) -> list[str]:
    """The python commands that a `make` command would run, once everything is set up; others are not for here."""
    words = shlex.split(command)
    asked = [words[0], "--dry-run", "--old-file=setup", "PY=python", *words[1:]]
    told = subprocess.run(asked, cwd=REPOSITORY, env=_unmade(), capture_output=True, text=True, check=True).stdout
    values = dict(one.split("=", 1) for one in words if "=" in one)
    filled_in = re.sub(r"\$\{(\w+):\?[^}]*\}", lambda one: values[one[1]], told)
    return [one for one in filled_in.splitlines() if one.startswith("python ")]


def _unmade() -> dict[str, str]:
    """The environment; tests that make runs would hand its options on."""
    return {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MFLAGS", "MAKELEVEL"}}
