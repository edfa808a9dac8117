"""Whether the service answers predictions, by what it says itself: of one that does, no restart is ever advised."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from artifacts.errors import Missing, Refusal, Unavailable

# Where `make up` starts it; elsewhere it is the stack's, or somebody's own.
OURS = {"127.0.0.1", "localhost", "::1"}
AGAIN = "Read its log, logs/serving.log of the home, then start it again, and nothing else: python -m ops.up serving"
THERE = "Read its log where it runs, and start it again there; in the stack: docker compose restart serving"
ANSWERS = {"ready", "degraded"}
KEY, NOT_FOUND = 401, 404
# What it says 503 with when it is MLflow, the ledger or a place that does not answer it.
OF_OTHERS = ("registry.", "ledger.", "place.", "publish.", "serving.no_answer")


@dataclass(frozen=True)
class Health:
    """What `/health/ready` says: `status`, of which model and version, and the code of its trouble, if any."""

    status: str
    model: str
    version: int
    trouble: str = ""

    @classmethod
    def of(cls, told: Mapping[str, Any] | None) -> "Health | None":
        """From its answer; None for an answer that no service of ours gives."""
        given = told or {}
        status, model, version = (given.get(one) for one in ("status", "model", "version"))
        if not isinstance(status, str) or not isinstance(model, str) or type(version) is not int:
            return None
        return cls(status, model, version, str(given.get("trouble") or ""))

    @property
    def said(self) -> str:
        """It in words."""
        trouble = f" ({self.trouble})" if self.trouble else ""
        return f"says that it is {self.status}{trouble}, with {self.model} version {self.version}"


def silent(where: str, host: str, seconds: float, kind: str) -> Refusal:
    """Nothing answers at all."""
    return Unavailable(
        "on_call.service_down",
        f"The service at {where} does not answer within {seconds:g} s ({kind}), nor does its /health/ready. Whoever "
        "asks it for a prediction gets none.",
        next_step=AGAIN if host in OURS else THERE,
    )


def untold(where: str, health: Health, model: str, why: str) -> Refusal:
    """It is there, and cannot say of itself what it would: `why` is what it answered, or that it did not."""
    if health.model != model:
        return other(where, health, model)
    if health.status not in ANSWERS:
        return Unavailable(
            "on_call.service_refusing",
            f"The service at {where} {health.said}: it answers no prediction.",
            next_step="See the disk and the place of its prediction log; once it can be written, it answers again by "
            "itself.",
        )
    return Unavailable(
        "on_call.service_cannot_tell",
        f"The service at {where} {health.said}, so predictions are answered; of itself it tells nothing: {why}. "
        "MLflow, the ledger or a place may not answer it, or it is slow for once.",
        next_step="Leave the service alone; if that lasts, see what does not answer: "
        f"python -m training history --model {model}",
    )


def other(where: str, health: Health, model: str) -> Refusal:
    """It serves another model, which is no fault of anybody's."""
    return Missing(
        "on_call.service_other",
        f"No service that is known here serves {model}: the one at {where} serves {health.model}.",
        next_step="That is no fault; whether a service of its own is to serve it, a person decides.",
    )


def refuses(where: str, status: int, code: str) -> Refusal:
    """It answers, and not with what a service of ours tells of a model."""
    if status == KEY:
        return Unavailable(
            "on_call.service_refuses",
            f"The service at {where} answers with {status}: it wants another key.",
            next_step="Set ON_CALL_SERVING_KEY_FILE to the file of its key.",
        )
    return Unavailable(
        "on_call.service_refuses",
        f"The service at {where} answers with {status}: {code or 'no document'}.",
        next_step="See what runs there, and whether ON_CALL_SERVING_URL names the service.",
    )
