"""What may become a floor plan, and what is refused in words: a table of hostile and clumsy files."""

import struct
import zlib
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.drawings import ATTRIBUTES, KEPT, LARGEST, BadDrawing, examine

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 100">'


def svg(inside, head=HEAD):
    return f'<?xml version="1.0"?>\n{head}\n{inside}</svg>'.encode()


def png(width=300, height=200):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = zlib.compress(b"\0" * (width + 1) * min(height, 300))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def jpeg(width=300, height=200):
    app = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0" + b"\0" * 9
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 17, 8, height, width, 3) + b"\0" * 9
    return b"\xff\xd8" + app + frame + b"\xff\xda" + b"\0" * 30 + b"\xff\xd9"


def test_a_plan_keeps_what_is_drawn_and_loses_what_an_editor_wrote():
    found = examine(
        svg(
            '<metadata><x:RDF xmlns:x="urn:x">who</x:RDF></metadata><defs><linearGradient id="g"/></defs>'
            '<g id="walls" transform="translate(1 2)"><rect id="room-1" x="1" y="2" width="3" height="4" '
            'style="fill:#eee;stroke:#000;stroke-width:2;-inkscape-x:1"/><path d="M0 0 L1 1" fill="url(#g)"/></g>'
            '<text x="5" y="5" font-size="8">一层 &amp; 走廊</text><!-- note -->'
        )
    )
    assert (found.kind, found.width, found.height) == ("image/svg+xml", 200, 100)
    assert found.ids == ("walls", "room-1")
    text = found.body.decode()
    assert 'fill="#eee"' in text and "一层 &amp; 走廊" in text and 'stroke-width="2"' in text
    for gone in ("style=", "metadata", "RDF", "Gradient", "url(", "note", "inkscape"):
        assert gone not in text
    assert examine(found.body) == found, "what was kept is kept again"


@pytest.mark.parametrize(
    "inside, finding",
    [
        ("<script>alert(1)</script>", "第 3 行含脚本"),
        ('<rect width="1" height="1" onclick="alert(1)"/>', "含脚本（onclick）"),
        ('<metadata><rect ONLOAD="alert(1)"/></metadata>', "含脚本"),
        ("<foreignObject><body/></foreignObject>", "含网页内容"),
        ('<image href="https://example.org/x.png"/>', "嵌入了图片"),
        ('<use href="#a"/>', "含克隆引用"),
        ("<style>@import url(//example.org)</style>", "含样式表"),
        ('<a href="javascript:alert(1)"><rect/></a>', "含链接"),
        ('<rect style="fill:url(https://example.org/x)"/>', "样式引用了"),
        ('<rect fill="url(https://example.org/x)"/>', "引用了外部内容"),
        ('<rect id="javascript:alert(1)"/>', "引用了外部内容"),
        ('<set attributeName="href" to="x"/>', "含动画"),
        ("<g>" * 80 + "</g>" * 80, "嵌套太深"),
        ("<g>", "读不懂"),
    ],
)
def test_what_acts_or_asks_elsewhere_is_refused_with_its_line_and_a_cure(inside, finding):
    with pytest.raises(BadDrawing) as error:
        examine(svg(inside))
    assert finding in error.value.zh and error.value.en and ("PNG" in error.value.zh or "重新导出" in error.value.zh)


def test_entities_cannot_blow_up():
    body = b'<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + svg("<text>&b;</text>").split(b"\n", 1)[1]
    with pytest.raises(BadDrawing, match="entities"):
        examine(body)
    with pytest.raises(BadDrawing):
        examine(b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + svg("<text>&x;</text>").split(b"\n", 1)[1])


@pytest.mark.parametrize(
    "head, size",
    [
        ('<svg width="210mm" height="297mm">', (210, 297)),
        ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0,0,30,20">', (30, 20)),
    ],
)
def test_its_size_is_known(head, size):
    found = examine(svg("<rect/>", head))
    assert (found.width, found.height) == size and b"viewBox" in found.body and b"mm" not in found.body


@pytest.mark.parametrize(
    "head", ["<svg>", '<svg viewBox="0 0 0 10">', '<svg width="100%" height="9">', '<svg viewBox="0 0 1 1000">']
)
def test_a_drawing_without_a_size_is_refused(head):
    with pytest.raises(BadDrawing):
        examine(svg("<rect/>", head))


def test_pictures_are_told_by_their_content():
    assert (examine(png()).kind, examine(png()).width) == ("image/png", 300)
    assert (examine(jpeg()).kind, examine(jpeg()).height) == ("image/jpeg", 200)


@pytest.mark.parametrize(
    "body, finding",
    [
        (b"GIF89a" + b"\0" * 50, "只收"),
        (b"<html><body>svg</body></html>", "只收"),
        (b"", "只收"),
        (png()[:-20], "不完整"),
        (jpeg()[:-20], "不完整"),
        (png(20_000, 10), "太大"),
        (png(6000, 6000), "太大"),
        (png() + b"\0" * LARGEST, "太大"),
        (svg("<g/>" * 20_001), "太多"),
    ],
)
def test_what_is_no_picture_or_too_much_is_refused(body, finding):
    with pytest.raises(BadDrawing) as error:
        examine(body)
    assert finding in error.value.zh


NAMES = st.sampled_from(["g", "rect", "text", "script", "x", "svg", "style", "title", "linearGradient", "a"])
KEYS = st.sampled_from(["id", "fill", "onload", "href", "style", "d", "class", "xml:base"])
VALUES = st.text(max_size=20) | st.sampled_from(["url(#a)", "javascript:1", "fill:red;x:url(//e)", "&lt;script>"])


@st.composite
def trees(draw, depth=3):
    name = draw(NAMES)
    node = ElementTree.Element(name, draw(st.dictionaries(KEYS, VALUES, max_size=3)))
    node.text = draw(st.text(max_size=10))
    if depth:
        node.extend(draw(st.lists(trees(depth - 1), max_size=3)))
    return node


@settings(max_examples=150, deadline=None)
@given(trees())
def test_whatever_comes_in_only_what_is_listed_comes_out(tree):
    root = ElementTree.Element("svg", {"viewBox": "0 0 9 9"})
    root.append(tree)
    try:
        found = examine(ElementTree.tostring(root))
    except BadDrawing:
        return
    for node in ElementTree.fromstring(found.body).iter():
        assert node.tag.rpartition("}")[2] in KEPT
        assert set(node.attrib) <= ATTRIBUTES
        assert not any("url(" in value.lower() or "javascript:" in value.lower() for value in node.attrib.values())
