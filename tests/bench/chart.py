"""Charts: drawing a day of one point at one sample a second (86,400), with limits, quality ribbon and marks, in chromium."""

from __future__ import annotations

import functools
import http.server
import statistics
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.bench.parts import ROOT

SAMPLES, TIMES = 86_400, 20
STATIC = ROOT / "dashboard" / "static"
DRAW = """async ([samples, times]) => {
    const { words } = await import('./words.js');
    const { draw } = await import('./curve.js');
    Object.assign(words, { lang: 'zh', text: {}, kinds: {}, quantities: {} });
    const wave = (n, by) => Array.from({ length: n }, (_, i) => 20 + by + 5 * Math.sin(i / 900) + (i % 17) / 10);
    const t = Array.from({ length: samples }, (_, i) => 1795442400000 + i * 1000);
    const quality = t.map((_, i) => (i % 5000 < 40 ? 1 : 0));
    const history = { t, min: wave(samples, -0.5), mean: wave(samples, 0), max: wave(samples, 0.5), quality };
    const point = { unit: '°C', digits: 1 };
    const state = { site: { timezone: 'Asia/Shanghai' }, limits: { p: [{ alarm: 'x', high: 30, low: null }] } };
    const marks = Array.from({ length: 20 }, (_, i) => ({ at: t[i * 4000], text: '报警' }));
    const node = document.createElement('div');
    node.style.width = '1400px';
    document.body.append(node, '报警 上限 30.0 °C 2026-11-23 22:00:00');  // every page has shown words before it draws: the fonts are there
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const took = [];
    for (let i = 0; i < times; i++) {
        const began = performance.now();
        const drawn = new Promise((done) => requestAnimationFrame(() => done()));
        draw(node, [{ id: 'p', point, history }], { from: t[0], to: t[samples - 1], state, marks });
        await Promise.resolve();  // uPlot paints in a microtask
        took.push(performance.now() - began);
        await drawn;
    }
    return took;
}"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


def run(folder: Path) -> list[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(STATIC))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with sync_playwright() as player:
            browser = player.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(viewport={"width": 1600, "height": 900})
            page.goto(f"http://127.0.0.1:{server.server_address[1]}/i18n/")
            page.add_script_tag(url="/vendor/uplot-1.6.32/uPlot.iife.min.js")
            took = sorted(page.evaluate(DRAW.replace("./", "/"), [SAMPLES, TIMES]))
            browser.close()
        server.shutdown()
    return [
        "| samples | quickest, ms | median | worst of 20 |",
        "|---|---|---|---|",
        f"| {SAMPLES:,} | {took[0]:.0f} | {statistics.median(took):.0f} | {took[-1]:.0f} |",
    ]
