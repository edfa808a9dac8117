"""A registry in a temporary folder; the empty MLflow database is migrated once per process and copied."""

import shutil
import tempfile
from functools import lru_cache
from pathlib import Path

from artifacts.registry import Registry


def registry_in(home: Path) -> Registry:
    """A registry under `home`, with whatever has been logged there before."""
    database = home / "mlflow.db"
    if not database.exists():
        home.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(Path(_empty().name) / "mlflow.db", database)
    return Registry(f"sqlite:///{database}", str(home / "artifacts"))


@lru_cache(maxsize=1)
def _empty() -> tempfile.TemporaryDirectory[str]:
    folder = tempfile.TemporaryDirectory()
    Registry(f"sqlite:///{folder.name}/mlflow.db", folder.name).prepare()
    return folder
