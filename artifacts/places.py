"""Where artefacts are kept: one frozen object, read once from `PIPELINE_*`, each place a path or a URL."""

from collections.abc import Mapping
from pathlib import Path

from artifacts.errors import BadInput
from artifacts.settings import Settings, read_settings

REPOSITORY = Path(__file__).resolve().parent.parent
HOME = "var"


class _Given(Settings):
    home: str | None = None
    raw: str | None = None
    warehouse: str | None = None
    training_sets: str | None = None
    mlflow: str | None = None
    mlflow_artifacts: str | None = None
    ledger: str | None = None
    predictions: str | None = None
    prediction_parts: str | None = None
    findings: str | None = None
    upcoming: str | None = None
    alerts: str | None = None


class Places(Settings):
    """Every place as text: a local path, an fsspec URL (`s3://…`) or, for databases, an SQLAlchemy URL.

    `warehouse` and `predictions` are always local folders: DuckDB needs one, and so do a log's locks and syncs.
    `prediction_parts` is where the log's finished segments go as Parquet. `home` is a local folder, also for what is
    not listed.
    """

    home: Path
    raw: str
    warehouse: Path
    training_sets: str
    mlflow: str
    mlflow_artifacts: str
    ledger: str
    predictions: Path
    prediction_parts: str
    findings: str
    upcoming: str
    alerts: str

    @property
    def home_given(self) -> Path | None:
        """The home, unless it is the one that a command takes when `PIPELINE_HOME` is not set."""
        return None if self.home == (REPOSITORY / HOME).resolve() else self.home


def read_places(environ: Mapping[str, str] | None = None) -> Places:
    """The places that `PIPELINE_HOME` (default `var/`) and its overrides name; a relative one is in the repository.

    Raises `BadInput` (`settings.invalid`), also for a URL where only a local folder will do.
    """
    given = read_settings(_Given, "PIPELINE_", environ)
    home = _folder("home", given.home or HOME)
    return Places(
        home=home,
        raw=_place(given.raw or str(home / "raw")),
        warehouse=_folder("warehouse", given.warehouse or str(home / "warehouse")),
        training_sets=_place(given.training_sets or str(home / "training_sets")),
        mlflow=given.mlflow or f"sqlite:///{home / 'mlflow' / 'mlflow.db'}",
        mlflow_artifacts=_place(given.mlflow_artifacts or str(home / "mlflow" / "artifacts")),
        ledger=given.ledger or f"sqlite:///{home / 'mlflow' / 'ledger.db'}",
        predictions=_folder("predictions", given.predictions or str(home / "predictions")),
        prediction_parts=_place(given.prediction_parts or str(home / "prediction_parts")),
        findings=_place(given.findings or str(home / "findings")),
        upcoming=_place(given.upcoming or str(home / "upcoming")),
        alerts=given.alerts or f"sqlite:///{home / 'alerts' / 'alerts.db'}",
    )


def is_url(place: str) -> bool:
    """Whether a place is an object store's URL and no path."""
    return "://" in place


def _folder(name: str, given: str) -> Path:
    if is_url(given):
        variable = f"PIPELINE_{name.upper()}"
        raise BadInput(
            "settings.invalid",
            f"Environment variable {variable} is a URL; wanted a local folder.",
            next_step=f"Correct or unset {variable}.",
        )
    return (REPOSITORY / given).resolve()


def _place(given: str) -> str:
    return given if is_url(given) else str((REPOSITORY / given).resolve())
