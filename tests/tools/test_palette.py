"""A picture made small is the same picture to the eye: every pixel near its own colour, black and white exact."""

from __future__ import annotations

import base64
from typing import Any

from tools.palette import small

COLOURS = ["#ffffff", "#000000", "#b3001b", "#ffd60a", "#fefefe", "#1d2530"]
PIXELS = """async source => {
    const image = await createImageBitmap(await (await fetch(source)).blob());
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
    context.drawImage(image, 0, 0);
    return [...context.getImageData(0, 0, image.width, image.height).data];
}"""


def test_every_pixel_stays_near_its_colour(chromium: Any) -> None:
    page = chromium.new_page(viewport={"width": 300, "height": 120})
    page.set_content("".join(f"<b style='background:{colour};color:{colour}'>火警</b> 正常 " for colour in COLOURS))
    before = page.screenshot()
    after = small(page, before)
    assert len(after) < len(before)
    one, two = (page.evaluate(PIXELS, "data:image/png;base64," + base64.b64encode(png).decode()) for png in (before, after))
    assert len(one) == len(two) == 300 * 120 * 4
    assert max(abs(a - b) for a, b in zip(one, two, strict=True)) <= 3
    assert all(b == a for a, b in zip(one, two, strict=True) if a in (0, 255))
    page.close()
