"""The schemas of what is asked and answered, in the service's OpenAPI document."""

from artifacts.lookup import UpcomingColumns
from serving.loaded import LoadedVersion
from serving.predict import BIAS
from serving.schema import Schema, entity_schema, policy_text, row_schema
from serving.settings import ServingSettings

_TEXT: Schema = {"type": "string"}
_WHOLE: Schema = {"type": "integer"}
_OF_ENTITIES: Schema = {
    "features_as_of": {**_TEXT, "description": "With entities: the moment as of which the rows were found, in UTC."},
    "features_age_seconds": {"type": "number", "description": "With entities: how long ago the rows were published."},
}


def schemas(version: LoadedVersion, settings: ServingSettings, upcoming: UpcomingColumns | None) -> dict[str, Schema]:
    """Those of what is asked and answered, by the names under which the document's paths refer to them."""
    rows, entities = (_listed(name, settings.max_rows) for name in ("Row", "Entity"))
    about_contributions = "Whether each prediction is to have SHAP values: what each feature adds to the log-odds."
    with_contributions = {"contributions": {"type": "boolean", "default": False, "description": about_contributions}}
    names = [*version.encoder.names, BIAS]
    flags = {
        "type": "array",
        "items": _TEXT,
        "description": f"KIND:FEATURE, or all_null.\n\n{policy_text(settings.policy)}",
    }
    score = {
        "type": "number",
        "description": f"The probability of {version.contract.label}.",
        "minimum": 0,
        "maximum": 1,
    }
    prediction = {
        "prediction_id": _TEXT,
        "score": score,
        "flags": flags,
        "observed_at": {**_TEXT, "description": "Of a row found by its entity: the moment that its features are of."},
        "contributions": _closed(
            {name: {"type": "number"} for name in names},
            f"SHAP values: what each feature adds to the log-odds; with {BIAS} they sum to those of the score.",
        ),
    }
    about = {"model": _TEXT, "version": _WHOLE, "training_set": _TEXT, "request_id": _TEXT}
    split = {
        "columns": {"type": "array", "items": _TEXT},
        "data": {"type": "array", "items": {"type": "array"}},
        "index": {},
    }
    params = {"params": {"type": ["object", "null"], "maxProperties": 0, "description": "The model has none."}}
    refusal = {"error": _TEXT, "message": _TEXT, "next_step": _TEXT, "field": _TEXT, "row": _WHOLE}
    of_answer = _closed(prediction, required=["prediction_id", "score", "flags"])
    return {
        "Row": row_schema(version, settings.policy),
        "Entity": entity_schema(version, upcoming),
        "Request": {
            "oneOf": [
                _closed({"rows": rows, **with_contributions}, required=["rows"]),
                _closed({"entities": entities, **with_contributions}, required=["entities"]),
            ]
        },
        "Answer": _closed(
            {**about, **_OF_ENTITIES, "predictions": {"type": "array", "items": of_answer}},
            required=[*about, "predictions"],
        ),
        "Invocation": {
            "oneOf": [
                _closed(
                    {"dataframe_split": _closed(split, required=["columns", "data"]), **params},
                    required=["dataframe_split"],
                ),
                _closed({"dataframe_records": rows, **params}, required=["dataframe_records"]),
            ]
        },
        "Predictions": _closed(
            {"predictions": {"type": "array", "items": score}, **about, "flags": {"type": "array", "items": flags}},
            required=["predictions", *about, "flags"],
        ),
        "Refusal": _closed(refusal, required=["error", "message", "next_step"]),
    }


def _listed(name: str, limit: int) -> Schema:
    items = {"$ref": f"#/components/schemas/{name}"}
    return {"type": "array", "items": items, "minItems": 1, "maxItems": limit}


def _closed(properties: Schema, about: str = "", required: list[str] | None = None) -> Schema:
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return schema | ({"description": about} if about else {}) | ({"required": required} if required else {})
