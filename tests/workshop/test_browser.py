"""A workshop as those in it have it: the real hub, seats and machines, in Debian's Chromium, driven by Playwright.

Most tests go on where the one before has ended, as a participant does, so run the whole file.
"""

import json
import re
import time
from importlib import resources

import pytest
from playwright import sync_api
from playwright.sync_api import expect

from ramlab import catalogue

pytestmark = [
    pytest.mark.machine,
    pytest.mark.slow,  # four machines come up one after the other, and a dozen pages
]

SEAT = "user/ada/"
PHONE = {"width": 390, "height": 844}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
AXE = """async tags => (await axe.run(document, {runOnly: tags, resultTypes: ["violations"], preload: false}))
  .violations.map(rule => [rule.id, rule.nodes.map(node => node.html.slice(0, 150))])"""
ROWS = """number => [...document.querySelectorAll(`#panel-${number} .xterm-rows > div`)]
  .map(row => row.textContent.trimEnd()).join("\\n").trimEnd()"""
FOCUS = """() => {
  const it = document.activeElement, panel = it.closest(".panel"), seen = getComputedStyle(panel || it);
  return {
    what: it.getAttribute("aria-label") || it.id || it.className || it.tagName,
    visible: seen.outlineStyle !== "none" && parseFloat(seen.outlineWidth) >= 1,
  };
}"""
SOCKET = """address => new Promise(done => {
  const socket = new WebSocket(address);
  socket.onopen = () => { socket.close(); done("opened"); };
  socket.onerror = () => done("refused");
})"""
ANSWER = "answer hog_kb $(awk '/^VmRSS/ { print $2 }' /proc/$(pgrep -x hog)/status)"
SWAP = (
    "dd if=/dev/zero of=/spare bs=1M count=20; chmod 600 /spare; mkswap /spare; swapon /spare;"
    " . /usr/local/share/ramlab/parameters.env; sysctl -w vm.swappiness=$SWAPPINESS"
)
STALL = (
    "sysctl -q kernel.sched_rt_runtime_us=-1; mount -t debugfs debug /sys/kernel/debug;"
    # Linux 6.12 leaves a twentieth of each CPU to those who are not of the real-time policies.
    " for f in /sys/kernel/debug/sched/fair_server/*/runtime; do echo 0 > $f; done;"
    " for i in 1 2 3 4; do chrt -f 99 sh -c 'while :; do :; done' & done"
)
SIZE = r"^(\d+) \d+$"
"""What stty(1) says: rows and columns."""
PATIENCE = 300
"""Seconds; this only ends what hangs."""


def until(what, words):
    """Wait for what the page's policy lets no script in the page wait for."""
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end, f"{words} has not come true"
        time.sleep(0.1)


def rows(page, number=1):
    try:
        return page.evaluate(ROWS, number)
    except sync_api.Error:  # a page that is just going elsewhere
        return ""


def shows(page, words, number=1):
    try:
        until(lambda: words in rows(page, number), f"{words!r} in terminal {number}")
    except AssertionError:
        print(f"state: {page.locator('#machine').get_attribute('data-state')}; the terminal:\n{rows(page, number)}")
        raise


def types(page, words, number=1):
    page.locator(f"#panel-{number} .xterm-screen").click()
    page.keyboard.type(words)
    page.keyboard.press("Enter")


def task(page, number):
    return page.locator("#list > li").nth(number - 1)


def ready(page):
    expect(page.locator("#machine")).to_have_attribute("data-state", "ready")
    expect(page.locator("#panel-1 .cover")).to_be_hidden()
    until(lambda: re.search(r"# *$", rows(page)), "a prompt")


@pytest.fixture(scope="module")
def lab(workshop):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAMLAB_LABS", workshop.env["RAMLAB_LABS"])
        return catalogue.load("90_vault")


@pytest.fixture(scope="module")
def ada(visit):
    """The participant's browser; whatever went wrong in it counts at the end."""
    with visit("ada", to="hub/spawn") as (page, wrong):
        yield page
        assert wrong == []


@pytest.fixture
def axe():
    script = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text()

    def axe(page):
        page.evaluate(script)
        return page.evaluate(AXE, WCAG)

    return axe


def test_guide_and_tasks_are_in_the_page_itself_and_need_no_machine(ada, workshop, lab):
    ada.wait_for_url(f"**/{SEAT}")
    sent = ada.request.get(workshop.home + SEAT).text()
    assert lab.tasks[0].sentence in sent
    assert "<h1>A vault to break into</h1>" in sent
    assert re.findall(r"<script(?![^>]*(src|application/json))", sent) == []
    expect(task(ada, 1)).to_contain_text(lab.tasks[0].sentence)
    ready(ada)


def test_a_machine_into_which_nobody_has_typed_is_not_looked_at(ada, workshop):
    drawn = ada.locator("#memory-picture path.used")
    until(lambda: (drawn.get_attribute("d") or "").count("L") > 3, "some seconds of its life")
    state = ada.request.get(f"{workshop.home}{SEAT}api/state").json()
    assert (state["checked"], state["checking"]) == (None, False)
    expect(task(ada, 1)).to_have_attribute("data-outcome", "open")


def test_what_is_wrong_is_said_by_the_first_task_and_asked_of_the_others(ada):
    types(ada, "free -m")
    expect(task(ada, 1)).to_have_attribute("data-outcome", "failed")
    expect(task(ada, 1).locator(".why p")).to_contain_text("next:")
    expect(task(ada, 2)).to_have_attribute("data-outcome", "failed")
    expect(task(ada, 2).locator(".why p")).to_be_hidden()
    task(ada, 2).get_by_text("What the check saw").click()
    expect(task(ada, 2).locator(".why p")).to_contain_text("vm.swappiness")
    expect(task(ada, 3)).to_contain_text("waits for you")


def test_what_is_typed_turns_a_task_done_and_is_said_to_those_who_hear_the_page(ada):
    types(ada, ANSWER)
    shows(ada, "noted: hog_kb")
    expect(task(ada, 1)).to_have_attribute("data-outcome", "passed")
    expect(ada.locator("#said")).to_contain_text("Task 1 is done")
    expect(ada.locator("#score")).to_have_text("1 of 3 points")
    assert ada.locator("#glance a").first.get_attribute("aria-label") == "Task 1: done"


def test_a_check_that_makes_work_is_made_when_it_is_asked_for(ada):
    expect(task(ada, 3)).to_have_attribute("data-outcome", "open")  # the others have been looked at more than once
    task(ada, 3).get_by_role("button", name="Check task 3").click()
    expect(task(ada, 3)).to_have_attribute("data-outcome", "failed")
    expect(task(ada, 3).locator(".why")).not_to_have_attribute("open", "")
    assert "expected" in task(ada, 3).locator(".why p").text_content()


def test_hints_are_the_labs_one_by_one(ada, lab):
    task(ada, 2).get_by_role("button", name="Hint 1 of 1").click()
    expect(task(ada, 2).locator(".hints li")).to_have_text(list(lab.tasks[1].hints))
    expect(task(ada, 2).get_by_role("button", name="Hint")).to_have_count(0)


def test_a_reload_keeps_terminals_tasks_and_hints(ada):
    ada.locator("#add").click()
    shows(ada, "#", 3)
    types(ada, "echo thi''rd", 3)
    shows(ada, "third", 3)
    ada.reload()
    shows(ada, "noted: hog_kb")
    expect(ada.get_by_role("tab")).to_have_count(3)
    expect(task(ada, 1)).to_have_attribute("data-outcome", "passed")
    expect(task(ada, 2).locator(".hints li")).to_have_count(1)
    ada.get_by_role("tab", name="Terminal 3").click()
    shows(ada, "third", 3)
    ada.locator("#close").click()
    expect(ada.get_by_role("tab")).to_have_count(2)


def test_the_machines_memory_is_drawn_and_told_in_words(ada):
    expect(ada.locator("#memory-words")).to_contain_text(re.compile(r"used \d+ MiB,.* free \d+ MiB of \d+ MiB"))
    path = ada.locator("#memory-picture path.used").get_attribute("d")
    assert path.count("L") >= 2, path
    assert "NaN" not in path


def test_the_keyboard_reaches_everything_and_comes_out_of_a_terminal(ada):
    ada.get_by_role("tab", name="Terminal 1").click()
    assert ada.evaluate(FOCUS) == {"what": "Terminal 1", "visible": True}
    ada.keyboard.press("Tab")
    assert ada.evaluate(FOCUS)["what"] == "Terminal 1", "a shell completes by Tab"
    ada.keyboard.press("Shift+Tab")
    assert ada.evaluate(FOCUS)["what"] == "speak"
    walked = []
    for _ in range(60):
        walked.append(ada.evaluate(FOCUS))
        ada.keyboard.press("Shift+Tab")
        if walked[-1]["what"] == "skip":
            break
    assert [stop["what"] for stop in walked if not stop["visible"]] == []
    reached = {stop["what"] for stop in walked}
    assert {"tab-1", "One more terminal", "Guide", "tasks", "reset", "check", "Check task 3"} <= reached, walked
    ada.locator("#tab-1").focus()
    ada.keyboard.press("ArrowRight")
    expect(ada.get_by_role("tab", name="Terminal 2")).to_be_focused()
    shows(ada, "#", 2)
    ada.keyboard.press("ArrowLeft")
    ada.locator("#divide").focus()
    before = ada.locator("#reading").bounding_box()["width"]
    ada.keyboard.press("ArrowRight")
    assert ada.locator("#reading").bounding_box()["width"] > before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_rule_of_wcag_a_and_aa_is_broken(ada, axe, scheme):
    ada.emulate_media(color_scheme=scheme)
    assert axe(ada) == []
    ada.locator("#speak").click()
    assert axe(ada) == []
    ada.locator("#speak").click()
    ada.locator("#reset").click()
    assert axe(ada) == []
    ada.keyboard.press("Escape")
    expect(ada.locator("#machine")).to_have_attribute("data-state", "ready")
    ada.set_viewport_size(PHONE)
    assert axe(ada) == []
    assert ada.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    for part in ("#machine-words", "#list", "#brief"):
        expect(ada.locator(part)).to_be_visible()
    ground = ada.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)")
    assert (sum(ground) / 3 < 60) == (scheme == "dark")
    ada.set_viewport_size({"width": 1280, "height": 800})


def test_another_participant_is_refused(ada, visit, workshop):
    with visit("mallory") as (page, _):
        assert page.goto(workshop.home + SEAT).status == 403
        page.goto(workshop.home + "hub/home")
        assert page.request.get(f"{workshop.home}{SEAT}api/state").status == 401, "the hub gave no key for it"
        headers = {"X-Ramlab": "1", "Origin": workshop.home.rstrip("/")}
        assert page.request.post(f"{workshop.home}{SEAT}api/reset", headers=headers, data={}).status == 401
        address = workshop.home.replace("http", "ws", 1) + SEAT + "terminal/1"
        assert ada.evaluate(SOCKET, address) == "opened"
        assert page.evaluate(SOCKET, address) == "refused"
        assert page.goto(f"{workshop.home}services/board/").status == 403


def test_the_instructor_helps_in_a_seat_and_sends_a_note(ada, visit, workshop):
    with visit("ines", workshop.password, to="services/board/") as (page, wrong):
        page.locator("#tables").get_by_role("button", name="ada").click()
        expect(page.locator("#door")).to_have_attribute("href", re.compile(f"/{SEAT}$"))
        page.keyboard.press("Escape")
        page.locator("#text").fill("Coffee <b>now</b>")
        page.locator("#write").get_by_role("button", name="Send").click()
        expect(ada.locator("#notes")).to_contain_text("Coffee <b>now</b>")
        page.goto(workshop.home + SEAT)
        expect(page.locator("#visiting")).to_contain_text("You are in the seat of ada")
        shows(page, "noted: hog_kb")
        types(page, "echo he''lp")
        shows(ada, "help")
        expect(ada.locator("#tab-1")).to_contain_text("2 look on")
        assert wrong == []
    expect(ada.locator("#tab-1")).to_have_text("Terminal 1")
    ada.locator("#notes button").click()
    expect(ada.locator("#notes > *")).to_have_count(0)
    ada.reload()
    ready(ada)
    expect(ada.locator("#notes > *")).to_have_count(0)


def test_two_browsers_on_one_seat_show_the_same(ada, visit):
    small = {"width": 900, "height": 600}
    with visit("ada", to=SEAT, viewport=small) as (page, wrong):
        shows(page, "#")
        types(page, "stty size; echo bo''th")
        shows(ada, "both")
        shows(page, "both")
        both = int(re.findall(SIZE, rows(page), re.MULTILINE)[-1])
        types(ada, "echo ba''ck")
        shows(page, "back")
        assert wrong == []
    expect(ada.locator("#tab-1")).to_have_text("Terminal 1")  # the seat knows that the other one has gone
    types(ada, "clear; stty size")
    until(lambda: (seen := re.findall(SIZE, rows(ada), re.MULTILINE)) and int(seen[-1]) > both, "more than both had")


def test_a_flood_leaves_the_page_deaf_to_nothing(ada):
    types(ada, "clear; yes a-flood")
    shows(ada, "a-flood\na-flood")
    ada.keyboard.press("Control+c")
    types(ada, "clear; echo st''opped")
    shows(ada, "stopped")


def test_a_browser_without_websockets_is_told_so_and_can_read(visit):
    with visit("ada", to="hub/home") as (page, wrong):
        page.add_init_script("delete window.WebSocket")
        page.goto(page.url.replace("hub/home", SEAT))
        expect(page.locator("#news")).to_contain_text("no websockets")
        expect(page.locator("#bar")).to_be_hidden()
        expect(task(page, 1)).to_have_attribute("data-outcome", "passed")
        assert wrong == []


def test_websockets_that_a_proxy_lets_not_through_are_told(visit, workshop):
    with visit("ada") as (page, wrong):
        page.route_web_socket(re.compile("terminal"), lambda socket: socket.close())
        page.add_init_script("""window.WebSocket = class extends WebSocket {
          constructor(address) { super(address.replace("/terminal/", "/nowhere/")); }
        }""")
        page.goto(workshop.home + SEAT)
        expect(page.locator("#panel-1 .cover")).to_contain_text("lets no websockets through")
        expect(page.locator("#trouble")).to_be_empty()
        assert wrong == []


@pytest.mark.parametrize(
    ("change", "where", "words"),
    [
        ({"expires": 1000000000}, "#news", "has expired"),
        ({"machine": {"state": "none", "step": "", "since": 1, "message": "over and out"}}, "#news", "over and out"),
        ({"machine": {"state": "failed", "step": "", "since": 1, "message": "no room: 12 MiB"}}, "#trouble", "no room"),
        ({"machine": {"state": "starting", "step": "booting", "since": 1, "message": ""}}, "#machine", "booting"),
        ({"problem": "no check listens", "checking": False}, "#news", "not your fault"),
    ],
    ids=["expired", "none", "failed", "starting", "problem"],
)
def test_each_state_has_its_words(visit, workshop, axe, change, where, words):
    with visit("ada", to=SEAT) as (page, wrong):  # which has the hub give this browser a key of the seat
        state = page.request.get(f"{workshop.home}{SEAT}api/state").json() | change
        page.route("**/api/events", lambda route: route.fulfill(
            content_type="text/event-stream", body=f"event: state\ndata: {json.dumps(state)}\n\n"))  # fmt: skip
        page.route("**/api/state", lambda route: route.fulfill(json=state))
        page.goto(workshop.home + SEAT)
        expect(page.locator(where)).to_contain_text(words)
        if "problem" not in change:
            expect(page.locator("#panel-1 .cover")).to_be_visible()
        assert axe(page) == []
        assert wrong == []


def test_a_terminal_is_covered_until_there_is_a_shell_and_keys_are_heard_while_the_past_is_drawn(visit, workshop):
    held, let = {"text": [], "bytes": []}, set()

    def between(page_side):
        seat_side = page_side.connect_to_server()

        def pass_on(message):
            kind = "text" if isinstance(message, str) else "bytes"
            page_side.send(message) if kind in let else held[kind].append(message)

        seat_side.on_message(pass_on)
        held["send"] = page_side.send

    def release(kind):
        let.add(kind)
        while held[kind]:
            held["send"](held[kind].pop(0))

    with visit("ada", to=SEAT) as (page, _):
        page.route_web_socket("**/terminal/1", between)
        page.goto(workshop.home + SEAT)
        expect(page.locator("#panel-1 .cover")).to_contain_text("is being connected")
        while not (held["text"] and held["bytes"]):
            page.wait_for_timeout(50)
        expect(page.locator("#panel-1 .cover")).to_be_visible()
        release("text")
        expect(page.locator("#panel-1 .cover")).to_be_hidden()
        assert rows(page) == ""
        types(page, "echo he''ard")
        page.wait_for_timeout(500)
        release("bytes")
        shows(page, "heard")


def test_a_killed_hub_is_back_and_nobody_in_a_seat_has_noticed(ada, visit, workshop):
    ready(ada)
    before = workshop.pid("hub")
    workshop.kill(before)
    types(ada, "echo with''out")
    shows(ada, "without")
    until(lambda: workshop.pid("hub") != before, "another hub")
    until(lambda: ada.request.get(f"{workshop.home}hub/health").ok, "a hub that answers")
    ada.reload()
    shows(ada, "without")
    with visit("ada", to=SEAT) as (page, _):
        shows(page, "without")


def test_a_killed_proxy_is_back_and_the_page_too(ada, workshop):
    ready(ada)
    workshop.kill(workshop.pid("proxy"))
    expect(ada.locator("#trouble")).to_contain_text("connection")
    expect(ada.locator("#trouble")).to_be_empty()
    types(ada, "echo thr''ough")
    shows(ada, "through")


def test_a_killed_seat_comes_back_by_itself_with_the_same_machine(ada, workshop):
    ready(ada)
    types(ada, "echo kept > /root/kept; clear; echo writ''ten")
    shows(ada, "written")
    (seat,) = workshop.processes("ramlab.workshop.seat\0ada")
    workshop.kill(seat)
    until(lambda: workshop.processes("ramlab.workshop.seat\0ada") not in ([seat], []), "another seat")
    ada.wait_for_url(f"**/{SEAT}")
    ready(ada)
    expect(task(ada, 1)).to_have_attribute("data-outcome", "passed")
    types(ada, "clear; cat /root/kept")
    shows(ada, "kept\n")


def test_a_machine_that_stalls_is_said_so_and_reset_works(ada):
    ready(ada)
    types(ada, STALL)
    expect(ada.locator("#machine")).to_have_attribute("data-state", "stalled")
    expect(ada.locator("#news")).to_contain_text("does not answer")
    ada.locator("#reset").click()
    expect(ada.locator("#sure")).to_be_visible()
    asked = []
    ada.on("request", lambda one: asked.append(one.url))
    ada.get_by_role("button", name="Keep this one").click()
    expect(ada.locator("#sure")).to_be_hidden()
    ada.wait_for_timeout(500)
    assert [url for url in asked if url.endswith("api/reset")] == []
    expect(ada.locator("#machine")).to_have_attribute("data-state", "stalled")
    ada.locator("#reset").click()
    ada.get_by_role("button", name="Throw it away").click()
    expect(ada.locator("#machine")).to_have_attribute("data-state", "resetting")
    ready(ada)
    expect(ada.locator("#news")).to_be_empty()
    expect(task(ada, 1)).to_have_attribute("data-outcome", "open")
    types(ada, "clear; ls /root/kept")
    shows(ada, "No such file")
    expect(task(ada, 1)).to_have_attribute("data-outcome", "failed")


def test_a_machine_that_ended_is_said_so_and_another_is_a_button_away(ada, workshop):
    ready(ada)
    (machine,) = workshop.processes("qemu-system")
    workshop.kill(machine)
    expect(ada.locator("#machine")).to_have_attribute("data-state", "failed")
    expect(ada.locator("#trouble")).to_contain_text("machine")
    ada.get_by_role("button", name="Start a machine").click()
    ready(ada)
    expect(ada.locator("#trouble")).to_be_empty()
    types(ada, SWAP)
    expect(task(ada, 2)).to_have_attribute("data-outcome", "passed")
