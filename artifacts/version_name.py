"""How a version of a training set is named: the moment as of which it was built, and its content."""

import re
from datetime import UTC, datetime

from artifacts.errors import BadInput, Damaged
from artifacts.publish import check_name

_DAY, _MINUTE = "%Y-%m-%d", "%Y-%m-%dT%H%M"
_CONTENT = re.compile(r"[0-9a-f]{12}")


def version_name(as_of: datetime, content: str) -> str:
    """`2013-10-01.3f9a5b1c2d3e`: `as_of` (with `T0600` when it is not midnight) and 12 hex digits of the content."""
    return f"{write_as_of(as_of)}.{content[:12]}"


def parse_as_of(text: str) -> datetime:
    """`2013-10-01` or `2013-10-01T0600`, naive UTC; raises `BadInput` (`training_set.as_of`)."""
    for form in (_DAY, _MINUTE):
        try:
            moment = datetime.strptime(text, form).replace(tzinfo=UTC).replace(tzinfo=None)
        except ValueError:
            continue
        if write_as_of(moment) == text:
            return moment
    raise _not_as_of(text)


def as_of_of(version: str) -> datetime:
    """The moment as of which a version was built, naive UTC, from its name; raises as `parse_as_of` does."""
    return parse_as_of(version.split(".", 1)[0])


def is_version_name(text: str) -> bool:
    """Whether `text` is written as `version_name` writes."""
    as_of, _, content = text.partition(".")
    try:
        parse_as_of(as_of)
    except BadInput:
        return False
    return _CONTENT.fullmatch(content) is not None


def parse_id(text: str) -> tuple[str, str]:
    """`NAME/VERSION` in its two parts; raises `BadInput` (`training_set.id`)."""
    name, slash, version = text.partition("/")
    if not slash or not name or not version or "/" in version:
        raise BadInput(
            "training_set.id", f"{text!r} is no training-set id; wanted NAME/VERSION.", next_step="Write both parts."
        )
    return check_name(name, "training set"), check_name(version, "version")


def write_as_of(as_of: datetime) -> str:
    """`2013-10-01`, or `2013-10-01T0600` when it is not midnight; `BadInput` (`training_set.as_of`) on seconds."""
    if (as_of.second, as_of.microsecond, as_of.tzinfo) != (0, 0, None):
        raise _not_as_of(str(as_of))
    return as_of.strftime(_DAY if (as_of.hour, as_of.minute) == (0, 0) else _MINUTE)


def misnamed(uri: str, what: str) -> Damaged:
    """The refusal for a version in a folder that has not its name; `what` the folder holds."""
    return Damaged(
        "training_set.misnamed",
        f"{uri} holds {what}: the folder was renamed or copied.",
        next_step="Give the folder its name back, or move it out of the training sets.",
    )


def _not_as_of(text: str) -> BadInput:
    return BadInput(
        "training_set.as_of",
        f"as_of is {text!r}; wanted a day such as 2013-10-01, or 2013-10-01T0600, in UTC.",
        next_step="Write it so.",
    )
