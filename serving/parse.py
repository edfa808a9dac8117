"""Reads a request's body as strict JSON: UTF-8, no key twice, no depth or number that Python stumbles over."""

import json
from typing import Any

from serving.refused import RequestRefused, shown


def parse(body: bytes) -> Any:
    """The JSON value. NaN and infinities come through as floats, for the reader to refuse by the name of their field.

    Raises `RequestRefused` (400): `request.not_json`, `request.key_twice`.
    """
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
        names = [name for name, _ in pairs]
        twice = shown(next(name for name in found if names.count(name) > 1))
        raise RequestRefused("request.key_twice", f"An object has {twice} twice.", status=400, field=twice)
    return found


def _not_json(why: str) -> RequestRefused:
    return RequestRefused(
        "request.not_json", f"The body is not JSON: {why}.", status=400, next_step="Send one JSON object, in UTF-8."
    )
