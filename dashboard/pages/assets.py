"""The static files of the pages."""

from __future__ import annotations

import base64
import functools
import gzip
import mimetypes

from fastapi import HTTPException, Request
from fastapi.responses import Response

from dashboard.door import NotYours
from dashboard.office import language, office
from dashboard.pages.frame import YEAR_S
from gateway.local import RequestError, RunDown

_TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}
_PACKED = frozenset({".js", ".css", ".svg"})


async def static(request: Request, version: str, name: str) -> Response:
    """A file of the present version for ever; of an older page's version the present file, not to be kept."""
    shared = office(request)
    body = shared.files.get(name)
    if body is None:
        raise HTTPException(404)
    suffix = "." + name.rpartition(".")[2]
    kind = _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "text/plain"
    keep = f"public, max-age={YEAR_S}, immutable" if version == shared.version else "no-cache"
    headers = {"cache-control": keep, "vary": "accept-encoding"}
    if "gzip" in request.headers.get("accept-encoding", "") and suffix in _PACKED:
        body, headers["content-encoding"] = packed(body), "gzip"
    return Response(body, media_type=kind, headers=headers)


async def picture(request: Request, sha: str) -> Response:
    """A camera's picture by its hash. `run` says who may see it and whether it is still what was taken."""
    try:
        found = await office(request).client.ask("picture", sha256=sha, person=request.state.visitor.person)
    except RunDown as error:
        raise HTTPException(503, "run is not heard") from error
    except RequestError as error:
        if error.code == "forbidden":
            raise NotYours from error
        raise HTTPException(404, error.zh if language(request) == "zh" else error.en) from error
    headers = {"cache-control": f"private, max-age={YEAR_S}, immutable"}
    return Response(base64.b64decode(found["data"]), media_type=found["type"], headers=headers)


@functools.cache
def packed(body: bytes) -> bytes:
    """Once for each file: a school's line to the outside may be slow."""
    return gzip.compress(body, 6, mtime=0)
