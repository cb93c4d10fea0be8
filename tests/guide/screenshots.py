"""Pictures of three pages, on a desktop and a phone: `python tests/guide/screenshots.py FOLDER`, after `make guide`."""

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

SITE = Path(__file__).parents[2] / "dist" / "guide"
PAGES = ["index", "10_oom", "labs/05_oom/README"]
SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        switches = ["--disable-gpu", "--no-first-run", *(["--no-sandbox"] if os.getuid() == 0 else [])]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=switches)
        for scheme in ("light", "dark"):
            for size, viewport in SIZES.items():
                page = browser.new_page(viewport=viewport, color_scheme=scheme)
                for name in PAGES:
                    page.goto((SITE / f"{name}.html").as_uri())
                    page.screenshot(path=folder / f"{name.replace('/', '-')}-{size}-{scheme}.png", timeout=300_000)
        browser.close()


if __name__ == "__main__":
    main()
