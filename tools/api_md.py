"""Prints docs/api.md from the page's table of routes: python -m tools.api_md > docs/api.md. Writes no file itself."""

# ruff: noqa: E501 - rows of a table

from __future__ import annotations

import sys
from typing import Any

from fastapi import FastAPI

from dashboard.app import ROUTES, add_routes
from dashboard.pages.described import of_api
from dashboard.rights import HOLDERS, LOOK

HEAD = """# 给程序的接口 · The interface for programs

由路由表生成，不要手改：`python -m tools.api_md > docs/api.md`。Generated from the table of routes.

值班页面用的就是这些地址，权限相同。程序用「登录」页发的代码：`Authorization: Bearer 代码`；代码只能看（GET、角色 viewer），按键要人。人用登录后的会话，写操作还要请求头 `X-CSRF-Token`（`words` 的 `csrf`）。
The page itself uses these addresses, with the same rights. A program shows a code from the access page as a bearer token; a code only looks. A person's session also writes, with the header `X-CSRF-Token` (`csrf` of `words`).
时间是 1970 年起的毫秒。Times are ms since 1970 UTC. 401 没有登录 not logged in · 403 角色不够 not this role · 422 参数不对 wrong parameters, `{"code","text"}` or `{"detail"}` · 503 网关没有运行 `run` is not heard.
问题（最后一栏写 question）的答复和 [local-socket.md](local-socket.md) 的 `data` 一样。Answers of a question are its `data` in local-socket.md.
`campus-gateway dashboard --openapi` 另给出 `/api/v1/openapi.json`（默认关闭）。The OpenAPI description is off unless started with `--openapi`.

```sh
curl -H "Authorization: Bearer $CODE" "http://127.0.0.1:8080/api/v1/rota?days=7"
```

| 方法 Method | 地址 Path | 谁 Who | 参数 Parameters | 答复 Answer |
|---|---|---|---|---|
"""


def render() -> str:
    app = FastAPI(openapi_url=None, title="campus-gateway")
    add_routes(app)
    schema = of_api(app.openapi())
    rights = {(method.lower(), path): need.right for method, path, _, need in ROUTES}
    rows = [
        f"| {method.upper()} | `{path}` | {_who(rights[method, path])} | {_given(about, schema)} | {_cell(about.get('description', ''))} |\n"
        for path, methods in sorted(schema["paths"].items())
        for method, about in sorted(methods.items())
    ]
    return HEAD + "".join(rows)


def _who(right: str) -> str:
    return "登录者和代码 anybody logged in, codes" if right == LOOK else " ".join(sorted(HOLDERS[right]))


def _given(about: dict[str, Any], schema: dict[str, Any]) -> str:
    """Parameters of the query, ? behind those that may be absent; fields of a JSON body."""
    query = [f"`{p['name']}`{'' if p.get('required') else '?'}" for p in about.get("parameters", ())]
    body = about.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    model = schema["components"]["schemas"].get(body.get("$ref", "").rpartition("/")[2], {}) if body else {}
    needed = model.get("required", ())
    fields = [f"`{name}`{'' if name in needed else '?'}" for name in model.get("properties", {})]
    return " ".join(query) or (f"JSON: {' '.join(fields)}" if fields else "–")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(render())
