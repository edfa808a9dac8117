"""The page of a training-set version: its manifest, what differs from the one before it, its SQL and its Data Docs."""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, Response

from artifacts.training_set import TrainingSet, open_training_set, parse_id
from artifacts.why_differ import Why, explain
from plugins.on_call.frame import link, no_page, page
from plugins.on_call.guard import reads
from plugins.on_call.home import Home
from plugins.on_call.markup import NONE, Child, Html, command, el, facts, folded, join, table
from plugins.on_call.names import SetName, SetVersion
from plugins.on_call.section import Part, all_of

router = APIRouter(dependencies=reads("build_training_set"))
TYPES = {".html": "text/html", ".css": "text/css", ".png": "image/png", ".svg": "image/svg+xml"}
# Data Docs bring scripts of their own, and text from data: none of them runs.
DOCS_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'; "
    "sandbox allow-same-origin"
)
SHOWN, FEW = 40, 5


@router.get("/training-sets/{set_name}/{set_version}")
def training_set(request: Request, set_name: SetName, set_version: SetVersion) -> Response:
    """All about a published version."""
    home = Home.of(request)

    def opened() -> TrainingSet:
        return open_training_set(home.places.training_sets, set_name, set_version)

    parts = (
        Part("What it is", "manifest", lambda: _manifest(request, opened())),
        Part("What differs from the one before", "diff", lambda: _difference(request, home, opened())),
        Part("Columns", "columns", lambda: _columns(opened()), wide=True),
        Part("What dbt did", "dbt", lambda: _dbt(opened()), wide=True),
        Part("SQL, as it ran", "sql", lambda: _sql(opened()), wide=True),
    )
    grid = el("div", all_of(*parts, patience=home.patience), class_="grid")
    return page(request, f"Training set {set_name}/{set_version}", grid, trail=(("Models", "models"),))


@router.get("/training-sets/{set_name}/{set_version}/docs/{file:path}")
def data_docs(request: Request, set_name: SetName, set_version: SetVersion, file: str) -> Response:
    """A file of its Data Docs, its bytes checked; only what the manifest lists is there."""
    published = open_training_set(Home.of(request).places.training_sets, set_name, set_version).published
    kind = TYPES.get(PurePosixPath(file).suffix)
    if f"docs/{file}" not in published.files or kind is None:
        return no_page(request, "The Data Docs of this training set have no such file.")
    return FileResponse(
        published.file(f"docs/{file}"), media_type=kind, headers={"content-security-policy": DOCS_POLICY}
    )


def sql_of(opened: TrainingSet, feature: str) -> dict[str, str]:
    """The compiled SQL of the models that compute a column, by model; the set's own SQL, which collects them, last."""
    files = {PurePosixPath(one).stem: one for one in sorted(opened.published.files) if one.startswith("sql/")}
    texts = {model: opened.published.file(path).read_text(encoding="utf-8") for model, path in files.items()}
    found = {model: text for model, text in texts.items() if model != opened.name and feature in _words(text)}
    return found or {model: text for model, text in texts.items() if feature in _words(text)}


def _words(text: str) -> set[str]:
    return set("".join(one if one.isalnum() or one == "_" else " " for one in text).split())


def _manifest(request: Request, opened: TrainingSet) -> Html:
    told = opened.facts
    code, window = told.get("code") or {}, told["window"]
    commit = f"{code.get('commit') or 'no commit'}{', with changes' if code.get('dirty') else ''}"
    pairs: list[tuple[Child, Child]] = [
        ("rows", f"{opened.rows:,}"),
        ("label rate", f"{told['label_rate']:.4f}"),
        ("as of", f"{opened.as_of} UTC"),
        ("observed", f"{window['first']} to {window['last']}"),
        ("made", f"{told.get('created_at', 'not told')} UTC"),
        ("code", el("code", commit)),
        ("content", el("code", str(told["content"]))),
        ("raw partitions", f"{len(told.get('raw', ()))}"),
    ]
    docs = told.get("docs")
    if docs:
        way = ("training-sets", opened.name, opened.version, *str(docs).split("/"))
        pairs.append(("expectations", link(request, "Data Docs", *way)))
    tools: list[list[Child]] = [[key, str(value)] for key, value in sorted(told.get("tools", {}).items())]
    return join(facts(pairs), folded("Made with", table(("tool", "version"), tools)) if tools else None)


def _difference(request: Request, home: Home, opened: TrainingSet) -> Html:
    before = opened.facts.get("previous")
    if before is None:
        return el("p", "It is the first version of this training set.")
    old = open_training_set(home.places.training_sets, *parse_id(str(before)))
    why = explain(old, opened)
    columns = [{column.name for column in one.contract.columns} for one in (old, opened)]
    pairs: list[tuple[Child, Child]] = [
        ("rows", f"{old.rows:,} → {opened.rows:,}"),
        ("label rate", f"{old.facts['label_rate']:.4f} → {opened.facts['label_rate']:.4f}"),
        *((f"window: {key}", f"{a} → {b}") for key, (a, b) in why.window.items()),
        (
            "columns",
            _changes({"added": columns[1] - columns[0], "removed": columns[0] - columns[1], "changed": why.contract}),
        ),
        ("SQL", _sql_changes(why)),
        ("source partitions", _changes({"landed": why.landed, "restated": why.restated, "gone": why.gone})),
        ("tools", ", ".join(f"{key} {a} → {b}" for key, (a, b) in why.tools.items()) or "the same"),
    ]
    run = f"python -m features diff {old.id} {opened.version}"
    previous = link(request, old.id, "training-sets", old.name, old.version)
    said = "From the manifests alone. Row by row, with the distribution of each column:"
    return join(el("p", "Against ", previous), facts(pairs), el("p", said, class_="quiet"), command(run))


def _sql_changes(why: Why) -> Html:
    groups = {"changed": why.sql_changed, "added": why.sql_added, "removed": why.sql_removed}
    return _changes({**groups, "only formatting": why.sql_only_formatting})


def _changes(groups: Mapping[str, Sequence[str] | set[str]]) -> Html:
    told = [(word, sorted(found)) for word, found in groups.items() if found]
    if not told:
        return join("the same")
    return join(*(_change(word, found) for word, found in told))


def _change(word: str, found: Sequence[str]) -> Html:
    names = ", ".join(found)
    return folded(f"{len(found)} {word}", names) if len(found) > FEW else el("div", f"{word}: {names}")


def _columns(opened: TrainingSet) -> Html:
    rows: list[list[Child]] = []
    for one in opened.contract.columns:
        bounds = NONE if one.bounds is None else " to ".join("any" if end is None else f"{end:g}" for end in one.bounds)
        role = ", ".join(one.role) if isinstance(one.role, tuple | list) else str(one.role)
        rows.append(
            [el("code", one.name), role, one.type, one.unit or NONE, bounds, f"{one.null_share:g}", one.description]
        )
    heads = ("column", "role", "type", "unit", "bounds", "nulls allowed", "what it is")
    return folded(f"{len(rows)} columns, as the contract describes them", table(heads, rows))


def _dbt(opened: TrainingSet) -> Html:
    found = sorted(opened.facts.get("dbt_results", ()), key=lambda one: -float(one.get("seconds") or 0))
    rows: list[list[Child]] = [
        [
            el("code", str(one.get("model"))),
            f"{one['rows']:,}" if one.get("rows") is not None else NONE,
            f"{one.get('seconds')}",
        ]
        for one in found
    ]
    if not rows:
        return el("p", "Its manifest says nothing of it.")
    seconds = ", ".join(f"{key} {value} s" for key, value in (opened.facts.get("seconds") or {}).items())
    told = f"{len(rows)} models, {opened.facts.get('dbt_tests', 'no')} tests; {seconds}"
    return folded(told, table(("model", "rows", "seconds"), rows, numbers=(1, 2)))


def _sql(opened: TrainingSet) -> Html:
    files = sorted(one for one in opened.published.files if one.startswith("sql/"))
    shown = [
        folded(el("code", one), el("pre", opened.published.file(one).read_text(encoding="utf-8")))
        for one in files[:SHOWN]
    ]
    return join(*shown) if shown else el("p", "Its manifest holds no SQL.")
