"""What may become a floor plan: an SVG taken down to a strict list of elements and attributes, or a PNG or JPEG. Pure: no file, no HTTP.

An SVG becomes part of the page, so nothing that acts, asks elsewhere or styles the page gets through: what acts is refused with
its line, what is merely unknown (an editor's notes, gradients) is left out. The way around for every refusal is a PNG.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from xml.parsers import expat

LARGEST = 4 * 1024 * 1024  # bytes of a picture
LARGEST_SVG = 1024 * 1024
MOST_ELEMENTS = 20_000
MOST_PIXELS = 24_000_000  # a phone has to hold it unpacked
LONGEST_SIDE = 10_000
DEEPEST = 60

SVG_NS = "http://www.w3.org/2000/svg"
SHAPES = frozenset({"path", "rect", "circle", "ellipse", "line", "polyline", "polygon"})
KEPT = SHAPES | {"svg", "g", "text", "tspan", "title", "desc"}
REFUSED = {  # element -> what to do instead
    "script": ("含脚本", "it holds a script"),
    "foreignObject": ("含网页内容", "it holds a piece of a web page"),
    "image": ("嵌入了图片，请直接上传那张 PNG 或 JPEG", "it embeds a picture: upload that PNG or JPEG itself"),
    "use": ("含克隆引用，请在绘图软件里取消克隆（展开）", "it uses clones: unlink them in the drawing program"),
    "style": ("含样式表，导出时请选“演示文稿属性”", "it holds a style sheet: export with presentation attributes"),
    "a": ("含链接", "it holds a link"),
    "animate": ("含动画", "it is animated"),
    "animateTransform": ("含动画", "it is animated"),
    "animateMotion": ("含动画", "it is animated"),
    "set": ("含动画", "it is animated"),
}
LOOKS = frozenset({
    "fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-opacity", "stroke-linecap", "stroke-linejoin",
    "stroke-dasharray", "stroke-miterlimit", "opacity", "font-size", "font-family", "font-weight", "font-style", "text-anchor",
    "dominant-baseline", "letter-spacing", "display", "visibility",
})  # fmt: skip
ATTRIBUTES = LOOKS | {
    "id", "d", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "dx", "dy", "width", "height", "points", "transform",
    "viewBox", "preserveAspectRatio",
}  # fmt: skip
PAINTS = ("fill", "stroke")
ACTIVE = re.compile(r"javascript:|data:|https?:|//|expression\(|@import|<|&#", re.I)
NUMBER = re.compile(r"\s*([0-9]*\.?[0-9]+(?:e[+-]?[0-9]+)?)\s*(px|mm|cm|in|pt|pc)?\s*", re.I)
HOW_ELSE = ("也可以导出成 PNG 上传", "or upload it as a PNG")


class BadDrawing(Exception):
    """It cannot become a plan: `zh` and `en` say why and what to do."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


@dataclass(frozen=True, slots=True)
class Drawing:
    """`kind` is a media type; `width` and `height` in the drawing's own units; `ids` are of shapes a marker can be bound to."""

    kind: str
    width: float
    height: float
    body: bytes
    ids: tuple[str, ...] = ()


def examine(body: bytes) -> Drawing:
    """The drawing as it may be kept, told by its content and never by its name. Raises BadDrawing."""
    if len(body) > LARGEST:
        raise BadDrawing(
            f"文件太大：{len(body) / 1e6:.1f} MB，最多 4 MB；请缩小图片再传",
            f"too large: {len(body) / 1e6:.1f} MB of at most 4 MB; make the picture smaller",
        )
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return _raster("image/png", *_png(body), body)
    if body.startswith(b"\xff\xd8\xff"):
        return _raster("image/jpeg", *_jpeg(body), body)
    head = body[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"<") and (b"<svg" in head or b":svg" in head):
        return _svg(body)
    raise BadDrawing("平面图只收 SVG、PNG、JPEG 文件", "a plan is an SVG, PNG or JPEG file")


def _raster(kind: str, width: int, height: int, body: bytes) -> Drawing:
    if not (0 < width <= LONGEST_SIDE and 0 < height <= LONGEST_SIDE and width * height <= MOST_PIXELS):
        raise BadDrawing(
            f"图片 {width}×{height} 像素，太大：每边最多 {LONGEST_SIDE}，共 {MOST_PIXELS // 1_000_000} 百万像素",
            f"{width}×{height} pixels is too much: at most {LONGEST_SIDE} a side and {MOST_PIXELS // 1_000_000} million together",
        )
    return Drawing(kind, float(width), float(height), body)


def _cut(name: str) -> BadDrawing:
    return BadDrawing(f"这个 {name} 文件不完整，请重新保存再传", f"this {name} file is not whole: save it again")


def _png(body: bytes) -> tuple[int, int]:
    if len(body) < 45 or body[12:16] != b"IHDR" or b"IEND" not in body[-16:]:
        raise _cut("PNG")
    width, height = struct.unpack(">II", body[16:24])
    return width, height


def _jpeg(body: bytes) -> tuple[int, int]:
    """From the frame header (ITU-T T.81, B.2.2)."""
    if b"\xff\xd9" not in body[-64:]:
        raise _cut("JPEG")
    at = 2
    while at + 9 < len(body) and body[at] == 0xFF:
        mark, size = body[at + 1], struct.unpack(">H", body[at + 2 : at + 4])[0]
        if 0xC0 <= mark <= 0xCF and mark not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", body[at + 5 : at + 9])
            return width, height
        at += 2 + size
    raise _cut("JPEG")


def _svg(body: bytes) -> Drawing:
    if len(body) > LARGEST_SVG:
        raise BadDrawing(
            f"SVG 太大：{len(body) / 1e6:.1f} MB，最多 1 MB；{HOW_ELSE[0]}",
            f"the SVG is too large: {len(body) / 1e6:.1f} MB of at most 1 MB; {HOW_ELSE[1]}",
        )
    cleaner = _Cleaner()
    try:
        cleaner.parser.Parse(body, True)
    except expat.ExpatError as error:
        raise BadDrawing(
            f"SVG 第 {error.lineno} 行读不懂；请在绘图软件里重新导出",
            f"line {error.lineno} of the SVG cannot be read: export it again",
        ) from None
    return cleaner.drawing()


class _Cleaner:
    """Reads an SVG and writes down only what is on the lists. One for each file."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.EntityDeclHandler = self._entity
        self.parser.buffer_text = True
        self._out: list[str] = []
        self._open: list[str] = []  # elements being written
        self._skipped = 0  # depth within something that is left out
        self._elements = 0
        self._ids: list[str] = []
        self._size: tuple[float, float] | None = None

    def drawing(self) -> Drawing:
        assert self._size is not None, "a document that was read to its end had a root"
        return Drawing("image/svg+xml", *self._size, "".join(self._out).encode(), tuple(self._ids))

    def _refuse(self, zh: str, en: str) -> BadDrawing:
        line = self.parser.CurrentLineNumber
        return BadDrawing(f"SVG 第 {line} 行{zh}；{HOW_ELSE[0]}", f"line {line} of the SVG: {en}; {HOW_ELSE[1]}")

    def _entity(self, *_: object) -> None:
        raise self._refuse("定义了实体", "it defines entities")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        space, _, tag = name.rpartition(" ")
        self._elements += 1
        if self._elements > MOST_ELEMENTS:
            raise self._refuse(f"起图形太多，最多 {MOST_ELEMENTS} 个", f"more than {MOST_ELEMENTS} shapes")
        if len(self._open) + self._skipped > DEEPEST:
            raise self._refuse("嵌套太深", "nested too deeply")
        if tag in REFUSED:
            raise self._refuse(*REFUSED[tag])
        for key in attributes:
            if key.rpartition(" ")[2].lower().startswith("on"):
                raise self._refuse(f"含脚本（{key}）", f"it holds a script ({key})")
        if self._skipped or space not in ("", SVG_NS) or tag not in KEPT or (tag == "svg" and self._open):
            self._skipped += 1
            return
        kept = dict(self._kept(attributes))
        if not self._open:
            if tag != "svg":
                raise BadDrawing("这不是 SVG 文件", "this is no SVG file")
            self._size = self._measure(kept)
            kept = (
                {"viewBox": kept["viewBox"]} if "viewBox" in kept else {"viewBox": f"0 0 {self._size[0]:g} {self._size[1]:g}"}
            )
            kept = {"xmlns": SVG_NS, **kept}
        elif tag in SHAPES | {"g"} and "id" in kept:
            self._ids.append(kept["id"])
        self._open.append(tag)
        self._out.append(f"<{tag}" + "".join(f' {key}="{escape(value)}"' for key, value in kept.items()) + ">")

    def _end(self, name: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        self._out.append(f"</{self._open.pop()}>")

    def _text(self, text: str) -> None:
        if not self._skipped and self._open and self._open[-1] in ("text", "tspan", "title", "desc"):
            self._out.append(escape(text))

    def _kept(self, attributes: dict[str, str]) -> Iterator[tuple[str, str]]:
        """Allowed attributes; those of a style attribute as attributes of their own, which is what they stand for."""
        styled = [part.partition(":")[::2] for part in attributes.get("style", "").split(";")]
        given = {**attributes, **{key.strip(): value.strip() for key, value in styled if key.strip() in LOOKS}}
        if re.search(r"url\(|expression|@import", attributes.get("style", ""), re.I):
            raise self._refuse("的样式引用了别的东西", "its style refers to something else")
        for key, value in given.items():
            if key not in ATTRIBUTES or len(value) > 200_000:
                continue
            if ACTIVE.search(value):
                raise self._refuse(f"的 {key} 引用了外部内容", f"its {key} refers to something outside")
            if "url(" in value.lower():  # a gradient or a pattern, which is left out
                value = "#d8dce2" if key in PAINTS else ""
            if value or key not in PAINTS:
                yield key, value

    def _measure(self, kept: dict[str, str]) -> tuple[float, float]:
        """Width and height, from the viewBox or else the size."""
        box = re.split(r"[\s,]+", kept.get("viewBox", "").strip())
        try:
            if len(box) == 4:
                width, height = float(box[2]), float(box[3])
            else:
                width, height = (float(NUMBER.fullmatch(kept[key])[1]) for key in ("width", "height"))  # type: ignore[index]
        except (KeyError, TypeError, ValueError):
            raise self._refuse("没有写大小（viewBox）", "it says no size (viewBox)") from None
        if not (0 < width < 1e6 and 0 < height < 1e6 and 0.1 < width / height < 10):
            raise self._refuse("的大小不合理", "its size makes no sense")
        return width, height
