"""What every test with a browser needs: chromium, watched pages, a proxy that can fall silent. No school, no assertions on pages."""

import json
import socket
import threading
from pathlib import Path

import pytest

BROWSER = {
    "executable_path": "/usr/bin/chromium",
    "args": [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ],
}  # fmt: skip

# Every look that playwright takes counts as a person's touch, so the browser's own refusal of sound never shows in a test.
UNTOUCHED = "window.AudioContext = class extends AudioContext { constructor() { super(); this.suspend(); } };"

# The page keeps its own time of the last news and of turning grey, so a busy test machine does not blur the figure.
KEEP_GREY_AFTER = """() => {
    window.greyAfter = undefined;
    new MutationObserver(() => {
        const age = document.getElementById('age').textContent.match(/[\\d.]+/);
        if (document.body.classList.contains('lost')) window.greyAfter ??= parseFloat(age);
    }).observe(document.body, {attributes: true});
}"""
LIVE = "body:not(.waiting):not(.lost) header.top"
WORDS = Path(__file__).parents[2] / "dashboard" / "static" / "i18n"
MOVED = {json.loads((WORDS / f"{language}.json").read_text("utf-8"))["press.changed"] for language in ("zh", "en")}


class Watched:
    """Opens pages in contexts of their own and remembers every host asked and every error of the console."""

    def __init__(self, browser):
        self.browser, self.opened, self.errors = browser, [], []
        self.hosts, self.own = set(), set()

    def open(self, url, person, password, width=1920, height=1080, agent=None, lacking="", lang=""):
        """The live page of `url` as a person sees it after logging in, in the language asked for or the page's own.
        `lacking`: a script that takes away what a browser may lack."""
        context = self.browser.new_context(viewport={"width": width, "height": height}, user_agent=agent)
        context.set_default_timeout(40_000)
        self.opened.append(context)
        self.own.add(url.split("/")[2])
        page = context.new_page()
        page.expected_errors = False  # a test that cuts connections expects the browser to complain
        page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" and not page.expected_errors else None)
        assert context.request.post(url + "/login", form={"person": person, "password": password}).ok
        page.add_init_script(UNTOUCHED + lacking)
        if lang:
            context.add_cookies([{"name": "lang", "value": lang, "url": url}])
        page.goto(url)
        page.wait_for_selector(LIVE)
        return page

    def close(self):
        """Closes all; an error of a console or a host that is not the page's own fails the test here."""
        for context in self.opened:
            context.close()
        assert self.errors == [], self.errors
        assert self.hosts == self.own, "the page asks nobody but its own server"


@pytest.fixture(scope="module")
def chromium():
    """One browser for a module; only one may live at a time in a test run, so it ends with the module."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        browser = player.chromium.launch(**BROWSER)
        yield browser
        browser.close()


class Proxy:
    """Passes bytes both ways until told to be silent; its connections stay open."""

    def __init__(self, port):
        self.to, self.silent = port, threading.Event()
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.sockets = [self.listening]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listening.accept()
                far = socket.create_connection(("127.0.0.1", self.to))
            except ConnectionRefusedError:
                near.close()  # nobody behind the proxy just now: the browser hears that and may come again
                continue
            except OSError:
                return
            self.sockets += [near, far]
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self.pump, args=pair, daemon=True).start()

    def pump(self, source, sink):
        try:
            while data := source.recv(65536):
                if not self.silent.is_set():
                    sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def close(self):
        for one in self.sockets:
            one.close()


@pytest.fixture
def proxied():
    made = []

    def make(port):
        made.append(Proxy(port))
        return made[-1]

    yield make
    for proxy in made:
        proxy.close()


def press(page, button):
    """As a person does: who is told that another alarm has just come there (settled.js) looks, and presses again."""
    for _ in range(20):
        page.evaluate("document.getElementById('reply').hidden = true")
        page.click(button)
        said = page.locator("#reply.bad:visible")
        if not said.count() or said.inner_text() not in MOVED:
            return
        page.wait_for_timeout(200)
    raise AssertionError(f"alarms come and go: {button}")
