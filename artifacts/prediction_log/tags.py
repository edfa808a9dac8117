"""Values as JSON can hold them without loss, and back: what it has no way to write stands under a tag."""

import math
import struct
from datetime import date, datetime
from types import NoneType
from typing import Any

from artifacts.prediction_log.record import invalid

PLAIN = frozenset({int, float, bool, str, NoneType})


def tagged(value: object) -> Any:
    """A value as JSON can hold it without loss; raises `BadInput` (`log.invalid`) when there is no way."""
    if type(value) in PLAIN and not (isinstance(value, float) and not math.isfinite(value)):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"bits": struct.pack(">d", value).hex()}
    if isinstance(value, datetime) and value.tzinfo is None:
        return {"at": value.isoformat()}
    if isinstance(value, date) and not isinstance(value, datetime):
        return {"on": value.isoformat()}
    raise invalid(f"a value is a {type(value).__name__}, wanted a number, a boolean, a text, None or a naive time")


def untagged(value: Any) -> Any:
    """What `tagged` was given."""
    if not isinstance(value, dict):
        return value
    [(tag, text)] = value.items()
    if tag == "bits":
        return struct.unpack(">d", bytes.fromhex(text))[0]
    return datetime.fromisoformat(text) if tag == "at" else date.fromisoformat(text)
