"""Two languages on one screen: the words that people were promised, written by hand, and what of Chinese an English page still shows.
No fixtures, no stories."""

import re

from dashboard.office import load_words

LANGUAGES = ("zh", "en")
WORDS = load_words()

# key of the catalogue -> what the guard was taught it is called; a catalogue that says something else fails (test_dashboard_words.py)
PROMISED = {
    "lamp.normal": ("正常", "Normal"),
    "lamp.incomplete": ("监测不完整", "Monitoring incomplete"),
    "lamp.fire": ("火警", "Fire"),
    "lamp.gas": ("气体", "Gas"),
    "lamp.store": ("双锁", "Store locks"),
    "lamp.intrusion": ("入侵", "Intrusion"),
    "lamp.electrical": ("电气", "Electrical"),
    "lamp.warning": ("预警", "Early warning"),
    "lamp.supervisory": ("监管", "Supervisory"),
    "lamp.fault": ("故障", "Fault"),
    "lamp.out-of-service": ("停用", "Out of service"),
    "lamp.offline": ("离线", "Offline"),
    "lamp.test": ("测试", "Test"),
    "life.pending": ("判断中", "Checking"),
    "life.unacked": ("待响应", "Waiting for an answer"),
    "life.awaiting": ("已收到·待核实", "Received, result awaited"),
    "life.handling": ("处置中", "Being handled"),
    "life.rtn_unacked": ("已消失·无人响应", "Gone, nobody answered"),
    "life.latched": ("待复位", "Waiting for reset"),
    "life.normal": ("已结束", "Closed"),
    "verb.ack": ("收到", "Received"),
    "verb.real.fire": ("真火警", "Real fire"),
    "verb.real.gas": ("真泄漏", "Real leak"),
    "verb.false": ("误报", "False alarm"),
    "verb.silence": ("消音", "Mute"),
    "verb.reset": ("复位", "Reset"),
    "verb.repair": ("报修", "Ask for repair"),
    "verb.next": ("呼叫下一人", "Call next now"),
    "verb.decline": ("我去不了", "I cannot"),
    "store.identify": ("本人在场", "I am present"),
    "call119": ("拨打119", "Call 119"),
    "first": ("首警", "First alarm"),
    "lost": ("连接中断 – 显示的是旧数据", "Connection lost – this is old data"),
    "verdict.waiting": ("身份待核实", "Identities not proven yet"),
    "verdict.two": ("两人已核实", "Two people proven"),
}

CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")  # its punctuation too

# every text somebody sees or is read: words, options, labels and titles; not what says itself that it is in another language
SEEN = """() => {
    const foreign = (node) => { const one = node.closest("[lang]"); return one !== document.documentElement && one.lang.startsWith("zh"); };
    const shown = (node) => node.getClientRects().length > 0 || (node.tagName === "OPTION" && shown(node.closest("select")));
    const texts = [];
    for (const node of document.body.querySelectorAll("*")) {
        if (["SCRIPT", "STYLE", "CODE", "TEXTAREA"].includes(node.tagName) || foreign(node) || !shown(node)) continue;
        for (const child of node.childNodes) if (child.nodeType === Node.TEXT_NODE && child.data.trim()) texts.push(child.data.trim());
        for (const name of ["title", "aria-label", "placeholder", "alt"]) if (node.getAttribute(name)) texts.push(node.getAttribute(name));
    }
    return [document.title, ...texts];
}"""


# a button or a lamp whose words do not fit into it, and whatever makes the page wider than its screen
CUT = """() => [
    ...[...document.querySelectorAll("button, a.button, .lamp, nav a")].filter((node) => node.getClientRects().length > 0
        && (node.scrollWidth > node.clientWidth + 1 || node.scrollHeight > node.clientHeight + 1)
        && getComputedStyle(node).display !== "inline")
        .map((node) => `${node.innerText} ${node.scrollWidth}x${node.scrollHeight} in ${node.clientWidth}x${node.clientHeight}`),
    ...(document.documentElement.scrollWidth > innerWidth ? [`page ${document.documentElement.scrollWidth}`] : [])]"""


def word(lang, key, **fields):
    """The promised word where there is one, else the catalogue's."""
    text = PROMISED[key][LANGUAGES.index(lang)] if key in PROMISED else WORDS[lang][key]
    return re.sub(r"\{(\w+)\}", lambda found: str(fields[found[1]]), text)


def names_in(tree):
    """Every Chinese text in a site file or a canned school, the longest first: what people have named stays as they wrote it."""
    found = set()
    stack = [tree]
    while stack:
        one = stack.pop()
        if isinstance(one, dict):
            if not {"zh", "en"} <= one.keys():  # else the product's own words
                stack += one.values()
        elif isinstance(one, list):
            stack += one
        elif isinstance(one, str) and CHINESE.search(one):
            found.add(one)
    return sorted(found, key=len, reverse=True)


def chinese_left(page, names):
    """What an English reader cannot read, beside the names."""
    left = []
    for text in page.evaluate(SEEN):
        rest = text
        for name in names:
            rest = rest.replace(name, "")
        if CHINESE.search(rest) or "⟦" in rest:
            left.append(text)
    return sorted(set(left))


def whole(page, lang, names):
    """Nothing on the page is left in the other language, or without words at all; nothing is wider than the page."""
    assert page.get_attribute("html", "lang")[:2] == lang
    left = chinese_left(page, names) if lang == "en" else []
    assert not left, left
    assert "⟦" not in page.inner_text("body")
    cut = page.evaluate(CUT)
    assert cut == [], cut
