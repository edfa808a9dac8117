"""What changed between two runs, and which features, slices and models that reaches, in Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ci import inputs
from ci.lineage import reaches
from ci.live import Live

SHOWN = 8
NOTHING = "Nothing: every file has the meaning that it had."
# Files of these kinds reach what dbt's graph says; a change of any other kind but the gate's may reach every model.
GRAPH, NO_MODEL = ("sql", "yaml"), "gate"


def reach(smoke: Mapping[str, Any], known: Mapping[str, Any], models: Sequence[Live]) -> Iterator[str]:
    """Every file and tool that differs, with what it reaches."""
    changed = inputs.changed(known["inputs"], smoke["inputs"])
    lineage, sets = ({**known[part], **smoke.get(part, {})} for part in ("lineage", "sets"))
    yield "### What changed, and whom it reaches"
    yield ""
    if not changed:
        yield NOTHING
        return
    for kind, names in changed.items():
        for name in names:
            features = lineage.get(name, ())
            told = f": reaches {len(features)} features ({some(features)})" if features else ""
            yield f"- {kind}: `{name}`{told}"
    files = [name for kind in GRAPH for name in changed.get(kind, ())]
    everywhere = any(kind not in (*GRAPH, NO_MODEL) for kind in changed)
    in_sets = {one for name in files for one in sets.get(name, ())}
    slices = [name for name in known["slices"] if name in reaches(lineage, files)]
    reached = [model for model in models if everywhere or model.training_set in in_sets]
    yield ""
    yield f"Slices reached: {some(slices) or 'none'}."
    yield f"Models reached: {', '.join(_told(model) for model in reached) or 'none'}."


def _told(model: Live) -> str:
    champion = f"champion: version {model.champion}" if model.champion else "no champion here"
    return f"{model.model} ({f'champion not known: {model.unknown}' if model.unknown else champion})"


def some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(f"`{name}`" for name in names[:SHOWN]) + more
