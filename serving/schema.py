"""What the contract says of a request's rows, as JSON Schema: names, types, bounds, units and descriptions."""

from typing import Any

from artifacts.column import Column
from artifacts.lookup import UpcomingColumns, upcoming_columns
from serving.loaded import LoadedVersion
from serving.policy import WORDS, Policy, bounds_in_words
from serving.values import LONGEST_TEXT, WHOLE

Schema = dict[str, Any]
_TYPES = {"varchar": "string", "timestamp": "string", "boolean": "boolean", "integer": "integer", "bigint": "integer"}


def row_schema(version: LoadedVersion, policy: Policy) -> Schema:
    """The schema of one row, under `policy`: what it only flags is described, and is no rule of the schema."""
    features = {column.name: _feature(version, column, policy) for column in version.columns}
    keys = {column.name: _key(column) for column in version.keys}
    return {
        "type": "object",
        "description": f"The features of {version.id}, trained on {version.training_set}. Every one is given; null "
        "says that it is not known. The keys may be given too, in every row or in none: they are logged.",
        "properties": {**features, **keys},
        "required": version.encoder.names,
        "additionalProperties": False,
    }


def entity_schema(version: LoadedVersion, upcoming: UpcomingColumns | None) -> Schema:
    """The schema of an entity: its own columns, or those of the lookup key of the rows that can be looked up now."""
    contract = version.contract
    if upcoming is None and contract.upcoming is not None:
        upcoming = upcoming_columns(contract)
    keys = upcoming.keys if upcoming else ([contract.column(name) for name in contract.entity],)
    forms = [
        {
            "type": "object",
            "properties": {column.name: _key(column, "Looked up.") for column in key},
            "required": [column.name for column in key],
            "additionalProperties": False,
        }
        for key in keys
    ]
    return {"oneOf": forms, "description": "An upcoming row: its features are looked up among those last published."}


def policy_text(policy: Policy) -> str:
    """What happens to odd rows, as a list in Markdown."""
    flagged = "answered, with a flag in the answer and the log"
    lines = []
    for kind, words in WORDS.items():
        refused = f"refused with 422, naming the {'row' if kind == 'all_null' else 'field'}"
        done = refused if getattr(policy, kind) == "refuse" else flagged
        also = "; it scores as missing" if (kind, done) == ("unseen_category", flagged) else ""
        lines.append(f"- {kind} ({words}): {done}{also}")
    return "\n".join(lines)


def _feature(version: LoadedVersion, column: Column, policy: Policy) -> Schema:
    nulls = column.null_share > 0 or policy.unexpected_null == "flag"
    kind = _TYPES.get(column.type, "number")
    schema: Schema = {"type": [kind, "null"] if nulls else kind}
    about = [column.description.strip()]
    if column.unit:
        schema["x-unit"] = column.unit
        about.append(f"Unit: {column.unit}.")
    if column.is_numeric:
        schema |= _bounds(column, policy)
        about.append(f"Bounds: {bounds_in_words(column.bounds)}.")
    known = version.encoder.categories.get(column.name)
    if known is not None:
        schema |= {"maxLength": LONGEST_TEXT, "x-categories": list(known)}
        if policy.unseen_category == "refuse":
            schema["enum"] = [*known, None] if nulls else list(known)
    about.append("Null where it is not known." if column.null_share > 0 else "The contract allows no nulls.")
    return schema | {"description": " ".join(about)}


def _bounds(column: Column, policy: Policy) -> Schema:
    low, high = (_whole(end) if column.type in WHOLE else end for end in column.bounds or (None, None))
    told: Schema = {"x-bounds": [low, high]}
    if policy.out_of_bounds == "flag":
        low = high = None
    if column.type in WHOLE:
        low = -WHOLE[column.type] if low is None else low
        high = WHOLE[column.type] - 1 if high is None else high
    return told | {name: end for name, end in (("minimum", low), ("maximum", high)) if end is not None}


def _whole(end: float | None) -> float | None:
    """A bound of whole numbers as one of them, where it is."""
    return int(end) if end is not None and end.is_integer() else end


def _key(column: Column, used: str = "Logged, and not read by the model.") -> Schema:
    about = f"{column.description.strip()} {used}"
    if column.type in WHOLE:
        limit = WHOLE[column.type]
        return {"type": "integer", "minimum": -limit, "maximum": limit - 1, "description": about}
    form: Schema = {"format": "date-time"} if column.type == "timestamp" else {"maxLength": LONGEST_TEXT}
    return {"type": "string", **form, "description": about}
