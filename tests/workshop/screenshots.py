"""Pictures for the guide: `python tests/workshop/screenshots.py ADDRESS PASSWORD guide/_static`.

ADDRESS and the instructor's PASSWORD are what `ramlab workshop up --demo` prints, with lab 05_oom.
"""

import io
import os
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect, sync_playwright

DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
WAIT = 300_000
SHOWN = 60_000
"""Milliseconds of the machine's memory that are on its timeline; `workload press` has long been through then."""
SEEN = "#list > li[data-outcome=failed] .why[open] p"


def keep(page, path: Path) -> None:
    """96 colours are enough for text and areas, and a third of the bytes."""
    picture = Image.open(io.BytesIO(page.screenshot(timeout=WAIT))).convert("RGB")
    picture.quantize(96, dither=Image.Dither.NONE).save(path, optimize=True)


def main() -> None:
    address, password, folder = sys.argv[1].rstrip("/"), sys.argv[2], Path(sys.argv[3])
    expect.set_options(timeout=WAIT)
    with sync_playwright() as playwright:
        switches = ["--disable-gpu", "--no-first-run", *(["--no-sandbox"] if os.getuid() == 0 else [])]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=switches)

        def enter(name, secret="any", **settings):  # noqa: S107 -- nobody's
            page = browser.new_context(**settings).new_page()
            page.set_default_timeout(WAIT)
            page.goto(f"{address}/hub/login?next=%2Fhub%2Fhome")
            page.locator("input[name=username]").fill(name)
            page.locator("input[name=password]").fill(secret)
            page.keyboard.press("Enter")
            page.wait_for_url(lambda url: url.partition("?")[0].endswith("/hub/home"))
            return page

        page = enter("ada", viewport=DESKTOP)
        page.goto(f"{address}/hub/spawn")
        expect(page.locator("#machine")).to_have_attribute("data-state", "ready")
        expect(page.locator("#panel-1 .cover")).to_be_hidden()
        page.locator("#panel-1 .xterm-screen").click()
        page.keyboard.type("clear; sv status /etc/service/*; workload press; grep -c oom-kill /var/log/kern.log\n")
        page.wait_for_timeout(SHOWN)
        expect(page.locator(SEEN)).to_contain_text("next")
        keep(page, folder / "workshop_page.png")
        phone = enter("ada", viewport=PHONE, color_scheme="dark")
        phone.goto(f"{address}/user/ada/")
        expect(phone.locator(SEEN)).to_contain_text("next")
        keep(phone, folder / "workshop_phone.png")
        board = enter("instructor", password, viewport=DESKTOP)
        board.goto(f"{address}/services/board/")
        expect(board.locator("#tables")).to_contain_text("ada")
        board.wait_for_timeout(2000)
        keep(board, folder / "workshop_board.png")
        browser.close()


if __name__ == "__main__":
    main()
