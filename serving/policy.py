"""What happens to an odd row: refused, or answered with a flag; never answered in silence."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from artifacts.settings import Settings
from serving.loaded import LoadedVersion
from serving.refused import RequestRefused
from serving.rows import Rows

Action = Literal["refuse", "flag"]
Flags = tuple[str, ...]
WORDS = {
    "unseen_category": "a category that the model was not fitted on",
    "out_of_bounds": "a number beyond the contract's bounds",
    "unexpected_null": "null in a feature whose contract allows no nulls",
    "all_null": "null in every feature",
}


class Policy(Settings):
    """What to do with each kind of odd row, by the names in `WORDS`."""

    unseen_category: Action = "flag"
    out_of_bounds: Action = "refuse"
    unexpected_null: Action = "refuse"
    all_null: Action = "refuse"


def judge_rows(version: LoadedVersion, rows: Rows, policy: Policy, first_row: int = 0) -> Sequence[Flags]:
    """The flags of each row, as `KIND:FEATURE`, or `all_null`.

    Raises `RequestRefused` (`odd.KIND`) for the first row that the policy refuses, by its place after the `first_row`
    that came before.
    """
    nan = np.isnan(rows.numbers)
    beyond = (rows.numbers < version.low) | (rows.numbers > version.high)
    if not (nan.any() or beyond.any()):
        return [()] * rows.count
    unseen = _unseen(version, rows, nan)
    null = nan & ~unseen
    found: dict[str, npt.NDArray[np.bool_]] = {
        "all_null": np.asarray(null.all(axis=1, keepdims=True)),
        "unexpected_null": null & ~version.nullable,
        "out_of_bounds": beyond,
        "unseen_category": unseen,
    }
    flags: list[list[str]] = [[] for _ in range(rows.count)]
    for kind, where in found.items():
        for row, place in np.argwhere(where).tolist():
            field = None if kind == "all_null" else version.encoder.names[place]
            if getattr(policy, kind) == "refuse":
                raise _refused(version, kind, first_row + row, field)
            flags[row].append(kind if field is None else f"{kind}:{field}")
    return [tuple(of_row) for of_row in flags]


def _unseen(version: LoadedVersion, rows: Rows, nan: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Where a category was given, and is not one of the model's."""
    unseen = np.zeros_like(nan)
    for place, name in enumerate(version.encoder.names):
        if name in version.encoder.categories and nan[:, place].any():
            given = np.array([value is not None for value in rows.features[name]])
            unseen[:, place] = nan[:, place] & given
    return unseen


def _refused(version: LoadedVersion, kind: str, row: int, field: str | None) -> RequestRefused:
    about = f"{field} of row {row}" if field else f"Row {row}"
    column = next((column for column in version.columns if column.name == field), None)
    said = "is null, which the contract does not allow here" if kind == "unexpected_null" else f"has {WORDS[kind]}"
    wanted = f"; wanted {bounds_in_words(column.bounds)}" if kind == "out_of_bounds" and column else ""
    return RequestRefused(
        f"odd.{kind}",
        f"{about} {said}{wanted}.",
        next_step=f"Correct the row. To have such rows answered with a flag, serve with SERVING_{kind.upper()}=flag.",
        field=field,
        row=row,
    )


def bounds_in_words(bounds: tuple[float | None, float | None] | None) -> str:
    """Bounds for a person to read."""
    low, high = bounds or (None, None)
    if low is None and high is None:
        return "any number"
    if low is None or high is None:
        return f"at most {high:g}" if low is None else f"at least {low:g}"
    return f"{low:g} to {high:g}"
