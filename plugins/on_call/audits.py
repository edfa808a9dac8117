"""The Data Docs of rows that failed their expectations: no version has them, and they stay in the home."""

from pathlib import Path, PurePosixPath
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, RedirectResponse, Response

from artifacts.places import Places
from plugins.on_call.frame import no_page
from plugins.on_call.guard import reads
from plugins.on_call.home import Home
from plugins.on_call.names import SetName, SetVersion
from plugins.on_call.training_sets import DOCS_POLICY, TYPES

router = APIRouter(dependencies=reads("build_training_set"))
RESULTS = "validations/"


@router.get("/audits/{set_name}/{set_version}/docs/{file:path}")
def failed_docs(request: Request, set_name: SetName, set_version: SetVersion, file: str) -> Response:
    """A file of the Data Docs of the attempt to publish that version; the index leads on to the page of the result."""
    there = files_of(Home.of(request).places, set_name, set_version)
    result = next((name for name in sorted(there) if name.startswith(RESULTS)), None)
    if file == "index.html" and result is not None:
        return RedirectResponse(quote(result), status_code=307)
    kind = TYPES.get(PurePosixPath(file).suffix)
    if file not in there or kind is None:
        told = (
            "There are no such Data Docs of rows that failed: a later attempt may have passed, and then they are those "
            "of the training set."
        )
        return no_page(request, told)
    return FileResponse(there[file], media_type=kind, headers={"content-security-policy": DOCS_POLICY})


def files_of(places: Places, set_name: str, set_version: str) -> dict[str, Path]:
    """The files of these Data Docs by their place in them; empty when there are none. No link is followed."""
    folder = places.home / "validation" / set_name / set_version / "docs"
    found = (one for one in folder.rglob("*") if one.is_file() and not one.is_symlink())
    return {one.relative_to(folder).as_posix(): one for one in found}
