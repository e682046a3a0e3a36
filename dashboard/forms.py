"""The forms of the set-up page, made from the site file's own shape: sections, fields, their kinds and choices. Data only."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gateway.config.model import SiteFile

# sections with a form, in the order an installer works; the rest is edited in the file itself
SECTIONS = ("buses", "buildings", "zones", "devices", "people", "duty", "escalation", "outputs")
# field -> the section whose ids it names
REFERS = {
    "bus": "buses",
    "building": "buildings",
    "zone": "zones",
    "person": "people",
    "zones": "zones",
    "profile": "profiles",
    "step": "steps",
}
# what a phone's screen has no good form for: nested, or rare
BY_HAND = {
    "devices": ("channels",),
    "zones": ("sleep",),
    "people": ("card",),
    "duty": ("every", "week", "first", "last"),
}


def forms() -> dict[str, list[dict[str, Any]]]:
    """section -> fields `{"key", "kind": text|number|choice|many|flag|ref|refs|list, "choices", "refers", "needed"}`."""
    return {section: list(_fields(section)) for section in SECTIONS}


def _fields(section: str) -> Iterator[dict[str, Any]]:
    (model,) = typing.get_args(SiteFile.model_fields[section].annotation)
    assert issubclass(model, BaseModel)
    for name, field in model.model_fields.items():
        if name not in BY_HAND.get(section, ()):
            key = field.alias or name
            yield {"key": key, "needed": field.is_required(), **_kind(key, field)}


def _kind(key: str, field: FieldInfo) -> dict[str, Any]:
    about = _plain(field.annotation)
    if typing.get_origin(about) is list:
        (each,) = typing.get_args(about)
        if typing.get_origin(each) is typing.Literal:
            return {"kind": "many", "choices": list(typing.get_args(each))}
        return {"kind": "refs" if key in REFERS else "list", "refers": REFERS.get(key, "")}
    if key in REFERS:
        return {"kind": "ref", "refers": REFERS[key]}
    if typing.get_origin(about) is typing.Literal:
        return {"kind": "choice", "choices": list(typing.get_args(about))}
    if about is bool:
        return {"kind": "flag"}
    # a clock time or a duration is kept in minutes or ms, but written as text
    written = key in ("from", "to", "period", "silence", "after")
    return {"kind": "number" if about is int and not written else "text"}


def _plain(annotation: Any) -> Any:
    """Without Annotated and None."""
    if typing.get_origin(annotation) is typing.Annotated:
        return _plain(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in (types.UnionType, typing.Union):
        return _plain(typing.get_args(annotation)[0])
    return annotation
