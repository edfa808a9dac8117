"""What a model was trained with: the locked requirements, the packages that are installed, Python and the platform."""

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import distributions
from pathlib import Path

from artifacts.errors import BadInput

REQUIREMENTS = "environment/requirements.txt"
ENVIRONMENT = "environment/environment.json"
# The packages whose version can change a model's bytes; another version of them is another training key.
NUMERIC = ("numpy", "pyarrow", "xgboost", "xgboost-cpu")


@dataclass(frozen=True)
class Environment:
    """`requirements` is the lock file's text; `packages` name to version, as installed."""

    python: str
    platform: str
    requirements: str
    packages: Mapping[str, str]

    @property
    def requirements_sha256(self) -> str:
        """The sha256 of the lock file."""
        return hashlib.sha256(self.requirements.encode()).hexdigest()

    def key(self) -> dict[str, str]:
        """What of it a model's bytes may depend on."""
        numeric = {name: self.packages[name] for name in NUMERIC if name in self.packages}
        return {"python": self.python, "requirements_sha256": self.requirements_sha256, **numeric}

    def write(self, folder: Path) -> None:
        """Write the lock file, and the rest as JSON, under `folder`/environment."""
        (folder / REQUIREMENTS).parent.mkdir(parents=True, exist_ok=True)
        (folder / REQUIREMENTS).write_text(self.requirements, encoding="utf-8")
        held = {**asdict(self), "requirements_sha256": self.requirements_sha256}
        del held["requirements"]
        (folder / ENVIRONMENT).write_text(json.dumps(held, indent=1, sort_keys=True), encoding="utf-8")


def read_environment(lock: Path) -> Environment:
    """The environment of this process, with the lock file `lock`; raises `BadInput` (`environment.no_lock`)."""
    try:
        requirements = lock.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(
            "environment.no_lock",
            f"The locked requirements {lock.name} cannot be read: {error.strerror}; every model is logged with them.",
            next_step="Make them: make lock",
        ) from error
    return Environment(platform.python_version(), platform.platform(), requirements, _installed())


def logged_environment(requirements: Path, environment: Path) -> Environment:
    """Read back what `Environment.write` wrote."""
    held = json.loads(environment.read_text(encoding="utf-8"))
    return Environment(held["python"], held["platform"], requirements.read_text(encoding="utf-8"), held["packages"])


def differences(logged: Environment, now: Environment) -> list[str]:
    """One line for each thing that differs, package by package."""
    lines = [
        f"{what} {was}, now {is_now}"
        for what, was, is_now in (
            ("Python", logged.python, now.python),
            ("platform", logged.platform, now.platform),
            ("requirements.txt sha256", logged.requirements_sha256[:12], now.requirements_sha256[:12]),
        )
        if was != is_now
    ]
    for name in sorted({*logged.packages, *now.packages}):
        was, is_now = logged.packages.get(name, "absent"), now.packages.get(name, "absent")
        if was != is_now:
            lines.append(f"package {name} {was}, now {is_now}")
    return lines


def _installed() -> dict[str, str]:
    found = {str(each.metadata["Name"]).lower().replace("_", "-"): each.version for each in distributions()}
    return dict(sorted(found.items()))
