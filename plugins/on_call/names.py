"""What a name or an id in an address may look like; anything else has no page."""

from typing import Annotated

from fastapi import Path, Query

Model = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_.-]{0,99}$")]
ModelVersion = Annotated[int, Path(ge=1, lt=2**31)]
SetName = Annotated[str, Path(pattern=r"^[a-z0-9_]{1,100}$")]
SetVersion = Annotated[str, Path(pattern=r"^\d{4}-\d{2}-\d{2}(T\d{4})?\.[0-9a-f]{12}$")]
RunId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
PredictionId = Annotated[str, Query(alias="id", pattern=r"^[0-9a-f]{32}$")]
FindingsName = Annotated[str, Path(pattern=r"^[0-9T-]+_[0-9T-]+\.v\d{1,9}\.[0-9a-f]{12}$")]
DagId = Annotated[str, Path(pattern=r"^[\w.-]+$", max_length=250)]
DagRunId = Annotated[str, Path(pattern=r"^[\w.:+~@-]+$", max_length=250)]
TaskId = Annotated[str, Path(pattern=r"^[\w.-]+$", max_length=250)]

# By its name in an address: what a parameter is, and how it is written.
FORMS = {
    "findings": "the name of findings, as a check prints it behind MODEL/: START_END.vVERSION, a dot and 12 "
    "characters, each 0-9 or a-f",
    "id": "a prediction's id: 32 characters, each 0-9 or a-f, as the service's answer has it",
    "day": "a day: YYYY-MM-DD",
    "map_index": "the number of a mapped task, from 0 on, or -1",
    "model": "a model's name: small letters, digits and _ . -",
    "run_id": "an MLflow run id: 32 characters, each 0-9 or a-f",
    "set_name": "a training set's name: small letters, digits and _",
    "set_version": "a training-set version: YYYY-MM-DD, a dot and 12 characters, each 0-9 or a-f",
    "version": "a model version: its number, from 1 on",
}
