"""Reads a request's body as strict JSON: UTF-8, no key twice, no depth or number that Python stumbles over."""

import json
from typing import Any

from pydantic_core import from_json

from serving.refused import RequestRefused


def parse(body: bytes) -> Any:
    """The JSON value. NaN and infinities come through as floats, for the reader to refuse by the name of their field.

    Raises `RequestRefused` (400): `request.not_json`, `request.key_twice`.
    """
    found = _quickly(body)
    return found if found is not None else _strictly(body)


def _quickly(body: bytes) -> dict[str, Any] | None:
    """The object, by a parser three times as fast; None when it is no object, or a key might be there twice.

    That parser keeps the last of two equal keys and does not say so. Every key has a colon: with as many keys as colons
    none was lost. A colon in a text, as in a time, leaves the question to the other parser.
    """
    try:
        found = from_json(body)
    except ValueError:
        return None
    return found if type(found) is dict and _keys(found) == body.count(b":") else None


def _keys(value: Any) -> int:
    """How many keys an object or array has, with those of the values in it."""
    count, inner = (len(value), value.values()) if type(value) is dict else (0, value)
    kinds = set(map(type, inner))
    if dict in kinds or list in kinds:
        count += sum(_keys(one) for one in inner if type(one) in (dict, list))
    return count


def _strictly(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_object)
    except UnicodeDecodeError as error:
        raise _not_json(f"byte {error.start} is no UTF-8") from error
    except json.JSONDecodeError as error:
        raise _not_json(f"{error.msg} at character {error.pos}") from error
    except RecursionError as error:
        raise _not_json("it is nested too deeply") from error
    except ValueError as error:
        # Python refuses to read a whole number of more than 4,300 digits.
        raise _not_json("a number has too many digits") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        places: dict[str, int] = {}
        first, second = next(
            (places[name], at) for at, (name, _) in enumerate(pairs) if places.setdefault(name, at) < at
        )
        told = f"Fields {first} and {second} of an object, counted from 0, have the same name."
        raise RequestRefused("request.key_twice", told, status=400)
    return found


def _not_json(why: str) -> RequestRefused:
    return RequestRefused(
        "request.not_json", f"The body is not JSON: {why}.", status=400, next_step="Send one JSON object, in UTF-8."
    )
