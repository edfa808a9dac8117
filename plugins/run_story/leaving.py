"""What a task leaves behind when it ends: evidence through the door, and a refusal beside it where the disk is full."""

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from traceback import extract_tb
from typing import Any

from airflow.sdk.exceptions import AirflowSkipException

from artifacts.cli import say
from artifacts.errors import Refusal
from artifacts.places import REPOSITORY, read_places
from artifacts.run_evidence import Outcome, Refused, TaskEvidence, TaskName, collecting, keep_task
from plugins.redaction import mask_logs, redact, redact_error

XCOM = "refusal"
LONGEST, LONGEST_NOTED, LARGEST = 2_000, 20_000, 100_000


@dataclass
class Left:
    """What the body returned, to be set by whoever runs it."""

    returned: Any = None


@contextmanager
def leaving_evidence() -> Iterator[Left]:
    """Keep how the body ended and what its room noted; outside a task of Airflow, nothing. What it raises goes on."""
    name, left, began = _this_task(), Left(), _now()
    if name is None:
        yield left
        return
    mask_logs()
    outcome: Outcome = "broke"
    refused: Refused | None = None
    said: str | None = None
    with collecting() as notes:
        try:
            yield left
            outcome = "passed"
        except Refusal as refusal:
            outcome, refused = "refused", Refused.of(refusal)
            raise
        except AirflowSkipException as skipped:
            outcome, said = "skipped", str(skipped)
            raise
        except BaseException as error:
            refused = _broke(error)
            clean = redact_error(error) if isinstance(error, Exception) else None
            if clean is not None:
                raise clean from None
            raise
        finally:
            _keep(TaskEvidence(name, outcome, began, _now(), refused, said, left.returned, notes))


def plain(told: Any) -> Any:
    """`told` as JSON can hold it: a number that is none is null, and what JSON does not know is text."""
    if isinstance(told, dict):
        return {str(key): plain(value) for key, value in told.items()}
    if isinstance(told, list | tuple | set | frozenset):
        return [plain(value) for value in told]
    if isinstance(told, float):
        return told if math.isfinite(told) else None
    return told if told is None or isinstance(told, bool | int | str) else str(told)


def _keep(evidence: TaskEvidence) -> None:
    """Evidence that cannot be kept must not turn a green task red, nor hide why it is red: it is said and let go."""
    told = _short(redact(plain({"returned": evidence.returned, "notes": evidence.notes, "said": evidence.said})))
    if len(json.dumps(told["returned"])) > LARGEST:
        # XCom has it; whoever is on call does not read so much.
        told["returned"] = None
    refused = evidence.refused and Refused(**{**asdict(evidence.refused), **_texts(evidence.refused)})
    kept = TaskEvidence(evidence.name, evidence.outcome, evidence.began, evidence.ended, refused, **told)
    if refused is not None:
        _push(refused)
    try:
        keep_task(read_places().home, kept)
    except (Refusal, OSError) as error:
        say(f"This task's evidence could not be kept: {error}")


def _short(told: Any) -> Any:
    """`told`, which holds no secret any more, with texts that whoever is on call still reads."""
    if isinstance(told, dict):
        return {key: _short(value) for key, value in told.items()}
    if isinstance(told, list):
        return [_short(value) for value in told]
    return told[:LONGEST_NOTED] if isinstance(told, str) else told


def _texts(refused: Refused) -> dict[str, str]:
    """Without secrets, then shortened: half a secret is not known to be one."""
    told: dict[str, str] = redact({"message": refused.message, "next_step": refused.next_step})
    return {name: text[:LONGEST] for name, text in told.items()}


def _push(refused: Refused) -> None:
    """A second way, through Airflow's database, for when it is the disk or a setting of ours that is wrong."""
    from airflow.sdk import get_current_context

    try:
        get_current_context()["ti"].xcom_push(XCOM, asdict(refused))
    except Exception as error:
        say(f"The refusal could not be handed to Airflow: {type(error).__name__}")


def _this_task() -> TaskName | None:
    from airflow.sdk import get_current_context

    try:
        ti = get_current_context()["ti"]
    except RuntimeError:
        return None
    map_index = -1 if ti.map_index is None else ti.map_index
    return TaskName(ti.dag_id, ti.run_id, ti.task_id, map_index, ti.try_number)


def _broke(error: BaseException) -> Refused:
    """An error that is no refusal is a fault in the code: its kind, its words and the line of ours it came from."""
    ours = [frame for frame in extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(REPOSITORY)]
    ours = [frame for frame in ours if ".venv" not in frame.filename]
    where = f" at {Path(ours[-1].filename).relative_to(REPOSITORY)}:{ours[-1].lineno}" if ours else ""
    words = " ".join(str(redact(str(error))).split())
    return Refused(
        "run.broke",
        f"{type(error).__name__}{where}: {words or 'no message'}",
        "Read the task's log; if a retry does not pass, mend the code.",
        may_pass_later=True,
    )


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
