"""What every page of the screen has around it: words, language, theme, navigation. One template each; no page's own matter."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import Request
from fastapi.responses import HTMLResponse

from alerts.kinds import LAMPS
from dashboard.door import NOBODY, from_here, keep
from dashboard.navigation import places
from dashboard.office import language, office

YEAR_S = 365 * 24 * 3600
THEMES = ("auto", "light", "dark")


def theme(request: Request) -> str:
    """?theme=dark, else the cookie, else what the screen's system says. Kept per screen: a control room has its own."""
    for wanted in (request.query_params.get("theme"), request.cookies.get("theme")):
        if wanted in THEMES:
            return wanted
    return "auto"


def page(template: str) -> Callable[[Request], Awaitable[HTMLResponse]]:
    """The answer of a place whose template needs nothing of its own."""

    async def answer(request: Request) -> HTMLResponse:
        return render(request, template)

    answer.__name__ = template.partition(".")[0]
    return answer


def render(request: Request, template: str, status: int = 200, **more: object) -> HTMLResponse:
    """`more` are names of the template's own."""
    shared, lang, look, visitor = office(request), language(request), theme(request), request.state.visitor
    state = shared.live.state
    answer = shared.templates.TemplateResponse(
        request,
        template,
        {
            "t": shared.words[lang],
            "lang": lang,
            "here": request.url.path
            if request.method == "GET"
            else request.url.path.rpartition("/")[0],  # where it can be asked again
            "theme": look,
            "other_theme": THEMES[(THEMES.index(look) + 1) % len(THEMES)],
            "static": f"/static/{shared.version}",
            "lamps": LAMPS,
            "visitor": visitor,
            "exposed": "https" not in (request.url.scheme, request.headers.get("x-forwarded-proto")) and not from_here(request),
            "places": places(NOBODY if visitor.desk else visitor.role, state, visitor.schools is not None) if visitor else [],
            "site": ((state or {}).get("site") or {}).get("name", ""),
            **more,
        },
        status_code=status,
    )
    for name, value in (("lang", lang), ("theme", look)):
        answer.set_cookie(name, value, max_age=YEAR_S, samesite="lax", httponly=True, secure=shared.secure)
    keep(request, answer)
    return answer
