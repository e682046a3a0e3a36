"""Makes a screenshot small: at most 256 colours, written as a palette PNG. Only for pictures of flat pages, not for photographs."""

from __future__ import annotations

import base64
import struct
import zlib

from playwright.sync_api import Page

# Colours are rounded to 4 units first, so that the soft edges of letters do not use the table up; the rarest take the nearest.
_COUNT = """async source => {
    const image = await createImageBitmap(await (await fetch(source)).blob());
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    const {data} = context.getImageData(0, 0, image.width, image.height);
    const keys = new Uint32Array(image.width * image.height), counts = new Map();
    const round = value => value > 253 ? 255 : (value + 2) & 252;
    for (let i = 0; i < keys.length; i++) {
        keys[i] = round(data[4 * i]) << 16 | round(data[4 * i + 1]) << 8 | round(data[4 * i + 2]);
        counts.set(keys[i], (counts.get(keys[i]) ?? 0) + 1);
    }
    const table = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 256).map(([key]) => key);
    const far = (a, b) => [16, 8, 0].reduce((sum, s) => sum + ((a >> s & 255) - (b >> s & 255)) ** 2, 0);
    const index = new Map(table.map((key, at) => [key, at]));
    const nearest = key => table.reduce((best, other, at) => far(key, other) < far(key, table[best]) ? at : best, 0);
    for (const key of counts.keys()) if (!index.has(key)) index.set(key, nearest(key));
    const pixels = Uint8Array.from(keys, key => index.get(key));
    let text = '';
    for (let at = 0; at < pixels.length; at += 30000) text += String.fromCharCode(...pixels.subarray(at, at + 30000));
    return {width: image.width, height: image.height, table, pixels: btoa(text)};
}"""


def small(page: Page, png: bytes) -> bytes:
    """The same picture as a palette PNG; `page` is any page whose policy allows scripts (about:blank)."""
    found = page.evaluate(_COUNT, "data:image/png;base64," + base64.b64encode(png).decode())
    width, height, pixels = found["width"], found["height"], base64.b64decode(found["pixels"])
    rows = b"".join(b"\0" + pixels[y * width : (y + 1) * width] for y in range(height))
    table = b"".join(key.to_bytes(3, "big") for key in found["table"])
    head = struct.pack(
        ">IIBBBBB", width, height, 8, 3, 0, 0, 0
    )  # 8 bits per pixel, type 3 = palette (PNG specification, 11.2.2)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(name, body)
        for name, body in ((b"IHDR", head), (b"PLTE", table), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    )


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
