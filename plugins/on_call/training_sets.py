"""The page of a training-set version: its manifest, what differs from the one before it, its SQL and its Data Docs."""

from pathlib import PurePosixPath
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, RedirectResponse, Response

from artifacts.publish import Published
from artifacts.training_set import TrainingSet, open_training_set
from plugins.on_call.expectations import expectations
from plugins.on_call.frame import no_page, page
from plugins.on_call.guard import reads
from plugins.on_call.home import Home
from plugins.on_call.markup import NONE, Child, Html, el, facts, folded, join, table
from plugins.on_call.names import SetName, SetVersion
from plugins.on_call.section import Part, all_of, there, within
from plugins.on_call.set_difference import difference
from plugins.on_call.set_sql import whole_sql

router = APIRouter(dependencies=reads("build_training_set"))
RESULTS = "docs/validations/"
TYPES = {".html": "text/html", ".css": "text/css", ".png": "image/png", ".svg": "image/svg+xml"}
# Data Docs bring scripts of their own, and text from data: none of them runs.
DOCS_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'; "
    "sandbox allow-same-origin"
)


@router.get("/training-sets/{set_name}/{set_version}")
def training_set(request: Request, set_name: SetName, set_version: SetVersion) -> Response:
    """All about a published version."""
    home = Home.of(request)

    def opened() -> TrainingSet:
        return open_training_set(home.places.training_sets, set_name, set_version)

    there(f"training set {set_name}/{set_version}", opened, home.patience)
    parts = (
        Part("What it is", "manifest", lambda: _manifest(opened())),
        Part("What differs from the one before", "diff", lambda: difference(request, home, opened())),
        Part("Expectations", "expectations", lambda: expectations(request, opened()), wide=True),
        Part("Columns", "columns", lambda: _columns(opened()), wide=True),
        Part("What dbt did", "dbt", lambda: _dbt(opened()), wide=True),
        Part("SQL, as it ran", "sql", lambda: whole_sql(opened()), wide=True),
    )
    grid = el("div", all_of(*parts, patience=home.patience), class_="grid")
    return page(request, f"Training set {set_name}/{set_version}", grid, trail=(("Models", "models"),))


@router.get("/training-sets/{set_name}/{set_version}/docs/{file:path}")
def data_docs(request: Request, set_name: SetName, set_version: SetVersion, file: str) -> Response:
    """A file of its Data Docs, its bytes checked; only what the manifest lists is there.

    Their index is filled by scripts, none of which runs here: it leads on to the page of the result.
    """
    home = Home.of(request)

    def read() -> Response:
        return _file(request, open_training_set(home.places.training_sets, set_name, set_version).published, file)

    return within(f"Data Docs of {set_name}/{set_version}", read, home.patience)


def _file(request: Request, published: Published, file: str) -> Response:
    result = next((name for name in sorted(published.files) if name.startswith(RESULTS)), None)
    if file == "index.html" and result is not None:
        return RedirectResponse(quote(result.removeprefix("docs/")), status_code=307)
    kind = TYPES.get(PurePosixPath(file).suffix)
    if f"docs/{file}" not in published.files or kind is None:
        return no_page(request, "The Data Docs of this training set have no such file.")
    return FileResponse(
        published.file(f"docs/{file}"), media_type=kind, headers={"content-security-policy": DOCS_POLICY}
    )


def _manifest(opened: TrainingSet) -> Html:
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
    pairs.append(("expectations", el("a", "below", href="#expectations")))
    tools: list[list[Child]] = [[key, str(value)] for key, value in sorted(told.get("tools", {}).items())]
    return join(facts(pairs), folded("Made with", table(("tool", "version"), tools)) if tools else None)


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
