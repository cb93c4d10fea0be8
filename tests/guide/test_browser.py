"""The site as a browser shows it: Debian's Chromium without a window, driven by Playwright."""

import functools
import http.server
import json
import threading
from contextlib import contextmanager
from importlib import resources
from itertools import pairwise
from pathlib import Path

import pytest
from playwright import sync_api

from ramlab.guide import pages

ROOT = Path(__file__).parents[2]
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
PATIENCE = 300_000
"""Milliseconds; this only ends what hangs."""
CHAPTER = "10_oom"
SAMPLES = ["index.html", f"{CHAPTER}.html", "labs/05_oom/README.html"]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

# What a page is made of, and axe's verdict about its text; then the width that it takes on a phone.
LOOK = """async tags => {
  const all = (what, from = document) => [...from.querySelectorAll(what)];
  const found = await axe.run("article", {runOnly: tags, resultTypes: ["violations"], preload: false});
  return {
    lang: document.documentElement.lang,
    headings: all("article :is(h1, h2, h3, h4, h5, h6)").map(heading => Number(heading.tagName[1])),
    mute: all("img:not([alt]), img[alt='']").map(image => image.outerHTML),
    headless: all("article table").filter(table => !table.querySelector("th")).length,
    axe: found.violations.map(rule => [rule.id, rule.nodes.map(node => node.html.slice(0, 150))]),
  };
}"""
NARROW = """async () => {
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  const only = {type: "rule", values: ["scrollable-region-focusable"]};
  const found = await axe.run("article", {runOnly: only, preload: false});
  return {
    width: document.documentElement.scrollWidth,
    axe: found.violations.map(rule => [rule.id, rule.nodes.map(node => node.html.slice(0, 150))]),
  };
}"""
FOCUS = """() => {
  const it = document.activeElement, box = it.getBoundingClientRect();
  const seen = [it, it.closest("form")].filter(Boolean).map(part => getComputedStyle(part));
  return {
    what: it.className || it.id || it.tagName,
    content: it.closest("article") !== null,
    menu: it.closest(".sidebar-tree") !== null,
    visible: box.width > 0 && seen.some(style => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1),
  };
}"""


@pytest.fixture(scope="module")
def home(site):
    """The address of the site on this computer."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_words):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=site))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def visit(chromium):
    """A page of its own settings, and the list of what goes wrong in it."""

    @contextmanager
    def visit(home, **settings):
        context = chromium.new_context(**({"viewport": DESKTOP} | settings))
        context.set_default_timeout(PATIENCE)
        page, wrong = context.new_page(), []
        page.on("console", lambda said: said.type in {"error", "warning"} and wrong.append(f"console: {said.text}"))
        page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
        page.on("requestfailed", lambda request: wrong.append(f"failed: {request.url}"))
        page.on("response", lambda answer: answer.status >= 400 and wrong.append(f"{answer.status}: {answer.url}"))
        ours = (home, "data:", "blob:")
        page.on("request", lambda request: request.url.startswith(ours) or wrong.append(f"elsewhere: {request.url}"))
        try:
            yield page, wrong
        finally:
            context.close()

    return visit


@pytest.fixture(scope="module")
def axe():
    return resources.files("axe_playwright_python").joinpath("axe.min.js").read_text()


@pytest.fixture(scope="module")
def looked(site, home, visit, axe):
    """Every page, looked at once: page -> what it is made of."""
    found = {}
    with visit(home) as (page, wrong):
        page.context.add_init_script(axe)
        for path in sorted(site.rglob("*.html")):
            name = str(path.relative_to(site))
            page.set_viewport_size(DESKTOP)
            page.goto(home + name)
            found[name] = page.evaluate(LOOK, WCAG)
            page.set_viewport_size(PHONE)
            found[name]["phone"] = page.evaluate(NARROW)
            found[name]["wrong"], wrong[:] = list(wrong), []
    assert len(found) > 30
    return found


def those(looked, bad):
    return json.dumps({name: what for name, seen in looked.items() if (what := bad(seen))}, indent=1)


def test_no_page_has_an_error_or_asks_another_host(looked):
    assert those(looked, lambda seen: seen["wrong"]) == "{}"


def test_every_page_has_one_title_and_no_level_is_left_out(looked):
    def bad(seen):
        levels = seen["headings"]
        skipped = any(after > before + 1 for before, after in pairwise(levels))
        return levels if levels[:1] != [1] or levels.count(1) != 1 or skipped else []

    assert those(looked, bad) == "{}"


def test_pictures_tables_and_language_are_told_to_those_who_hear_the_page(looked):
    assert those(looked, lambda seen: seen["mute"] or seen["headless"] or seen["lang"] != "en") == "{}"


def test_the_texts_break_no_rule_of_wcag_a_and_aa(looked):
    assert those(looked, lambda seen: seen["axe"] + seen["phone"]["axe"]) == "{}"


def test_no_page_is_wider_than_a_phone(looked):
    assert those(looked, lambda seen: seen["phone"]["width"] > PHONE["width"] and seen["phone"]["width"]) == "{}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_whole_pages_break_no_rule_of_wcag_a_and_aa(home, visit, axe, scheme, size):
    with visit(home, color_scheme=scheme, viewport=size) as (page, _):
        page.context.add_init_script(axe)
        for name in SAMPLES:
            page.goto(home + name)
            found = page.evaluate(LOOK.replace('axe.run("article"', "axe.run(document"), WCAG)
            assert found["axe"] == [], name


def test_it_works_without_a_server(site, visit):
    home = site.as_uri() + "/"
    with visit(home) as (page, wrong):
        for name in SAMPLES:
            page.goto(home + name)
            assert page.locator("h1").is_visible()
        page.locator(".sidebar-search").fill("swappiness")
        page.keyboard.press("Enter")
        page.locator("#search-results li a").first.wait_for()
        assert wrong == []


def test_search_finds_a_word(home, visit):
    with visit(home) as (page, wrong):
        page.goto(home)
        page.locator(".sidebar-search").fill("oom_score_adj")
        page.keyboard.press("Enter")
        page.locator("#search-results li a").first.wait_for()
        found = page.locator("#search-results li a").evaluate_all("links => links.map(link => link.href)")
        assert any(f"{CHAPTER}.html" in link for link in found), found
        page.locator(".sidebar-search").fill("zzzznowhere")
        page.keyboard.press("Enter")
        page.get_by_text("did not match any documents").wait_for()
        assert wrong == []


def brightness(page):
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)")
    return sum(colour) / 3


def test_dark_where_the_system_is_and_where_the_button_says_so(home, visit):
    with visit(home, color_scheme="dark") as (page, _):
        page.goto(home)
        assert brightness(page) < 60
    with visit(home, color_scheme="light") as (page, _):
        page.goto(home)
        assert brightness(page) > 200
        page.locator(".theme-toggle-content .theme-toggle").click()
        assert brightness(page) < 60
        page.goto(home + SAMPLES[1])
        assert brightness(page) < 60, "the next page remembers"


def copied(page, block):
    page.evaluate("navigator.clipboard.writeText('before')")
    block.hover()
    block.locator("button.copybtn").click()
    page.wait_for_function("navigator.clipboard.readText().then(text => text !== 'before')")
    return page.evaluate("navigator.clipboard.readText()")


def test_the_button_copies_what_is_typed_and_nothing_else(home, visit):
    source = next(block for block in pages.read(ROOT / "guide" / f"{CHAPTER}.md").blocks if len(block.steps) > 1)
    with visit(home, permissions=["clipboard-read", "clipboard-write"]) as (page, _):
        page.goto(home + f"{CHAPTER}.html")
        block = page.locator(".highlight-console", has_text=source.steps[0].command).first
        assert copied(page, block) == "\n".join(step.command for step in source.steps)


def test_the_button_copies_scripts_with_their_comments(home, visit):
    text = "# a comment\necho 1\n\n# another\necho 2"
    with visit(home, permissions=["clipboard-read", "clipboard-write"]) as (page, _):
        page.goto(home + "labs/05_oom/README.html")
        block = page.locator(".highlight-sh").first
        block.locator("pre").evaluate("(pre, text) => { pre.textContent = text; }", text)
        assert copied(page, block) == text


def test_the_menu_of_a_phone_opens_and_leads_on(home, visit):
    with visit(home, viewport=PHONE, has_touch=True, is_mobile=True) as (page, _):
        page.goto(home)
        link = page.locator(f".sidebar-tree a[href='{CHAPTER}.html']")
        sync_api.expect(link).not_to_be_in_viewport()
        page.locator("label.nav-overlay-icon").tap()
        link.scroll_into_view_if_needed()
        sync_api.expect(link).to_be_in_viewport()
        link.tap()
        page.wait_for_url(f"**/{CHAPTER}.html")


def test_the_menu_of_a_phone_opens_by_keyboard(home, visit):
    with visit(home, viewport=PHONE) as (page, _):
        page.goto(home)
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "__navigation"
        outline = page.locator("label.nav-overlay-icon").evaluate("label => getComputedStyle(label).outlineStyle")
        assert outline == "solid"
        page.keyboard.press("Space")
        sync_api.expect(page.locator(".sidebar-search")).to_be_in_viewport()


def test_everything_is_reached_by_keyboard_and_one_sees_where_one_is(home, visit):
    with visit(home) as (page, _):
        page.goto(home)
        walked = []
        for _ in range(8):
            page.keyboard.press("Tab")
            walked.append(page.evaluate(FOCUS))
        assert walked[0]["what"].startswith("skip-to-content")
        assert any(stop["what"] == "sidebar-search" for stop in walked)
        assert any(stop["menu"] for stop in walked)
        assert [stop["what"] for stop in walked if not stop["visible"]] == []

        page.goto(home + f"{CHAPTER}.html")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        assert stop["content"], stop
        assert stop["visible"], stop
