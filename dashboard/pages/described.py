"""/api/v1/openapi.json: the description of the interface for programs, only where the dashboard was started with --openapi."""

from __future__ import annotations

from typing import Any

from fastapi import Request

API = "/api/v1/"


async def openapi(request: Request) -> dict[str, Any]:
    """The description of these routes as OpenAPI 3.1; only when started with --openapi."""
    return of_api(request.app.openapi())


def of_api(schema: dict[str, Any]) -> dict[str, Any]:
    """The description without pages, forms and static files."""
    return {**schema, "paths": {path: about for path, about in schema["paths"].items() if path.startswith(API)}}
