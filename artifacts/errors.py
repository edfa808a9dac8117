"""What the pipeline says when it refuses: one type per exit code, each with a code that the runbook knows."""

from typing import ClassVar


class Refusal(Exception):
    """A refusal that a person can act on.

    `code` is the stable, dotted name of the refusal (`raw.column_missing`), the same in logs, JSON and the runbook.
    `message` names the thing, the value got and the value wanted; `next_step` is the one thing to do now.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, code: str, message: str, *, next_step: str) -> None:
        super().__init__(code, message, next_step)
        self.code = code
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.message} {self.next_step}"

    def to_dict(self) -> dict[str, str | int]:
        """The refusal as the JSON object that `--json` prints."""
        return {
            "error": self.code,
            "message": self.message,
            "next_step": self.next_step,
            "exit_code": self.exit_code,
        }

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.code, self.message, self.next_step)


def _rebuild(kind: type[Refusal], code: str, message: str, next_step: str) -> Refusal:
    return kind(code, message, next_step=next_step)


class BadInput(Refusal):
    """What was asked for, or what was handed in, is wrong; asking again unchanged cannot help."""

    exit_code = 2


class GateClosed(Refusal):
    """A gate looked and said no: bad data, a failed expectation, a verdict that keeps the champion."""

    exit_code = 3


class CannotJudge(Refusal):
    """A gate could not look: nothing to check, too few rows, a check that raised. Never a pass."""

    exit_code = 4


class Unavailable(Refusal):
    """Something that is needed does not answer now: a locked warehouse, a store that is down. Trying again can help."""

    exit_code = 4


class Interrupted(Refusal):
    """Somebody ended it before it was done; the same again goes on. The exit code is a shell's for SIGINT."""

    exit_code = 130


class Missing(BadInput):
    """No artefact of that name has been published."""


class Damaged(CannotJudge):
    """An artefact is there, but its bytes are not those that were published."""


class Conflict(BadInput):
    """Someone else was first: another artefact under the same name, or a champion that changed meanwhile."""
