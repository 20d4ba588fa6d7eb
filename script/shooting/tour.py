"""Takes the pages of a server that runs: light, dark and on a phone. Says where one complains or is too wide."""

import json
import os
import shutil
import sys
from collections.abc import Sequence
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from script.places import read_places
from script.shooting.acts import SETTLING, sign_in
from script.shooting.gallery import FOLDER, MODES, Mode, picture
from script.shooting.pages import PAGES, Shot
from script.shooting.palette import with_palette
from script.shooting.people import OPERATOR

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def main(names: Sequence[str]) -> None:
    places = read_places(os.environ)
    owner = json.loads(places.keys_file.read_text())["login"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        blank = browser.new_page()
        signed_in = {mode: _signed_in(browser, places.url, mode, owner) for mode in MODES}
        operators = {mode: _signed_in(browser, places.url, mode, OPERATOR) for mode in MODES}
        for shot in (page for page in PAGES if not names or page.name in names):
            for mode in MODES:
                ours = operators if shot.is_for_operators else signed_in
                context = ours[mode] if shot.is_signed_in else _context(browser, places.url, mode)
                taken = _take(shot, mode, context)
                (FOLDER / picture(shot, mode)).write_bytes(with_palette(taken, blank))


def _context(browser: Browser, url: str, mode: Mode) -> BrowserContext:
    context = browser.new_context(
        base_url=url, viewport={"width": mode.width, "height": mode.height}, color_scheme=mode.scheme
    )
    context.set_default_timeout(10_000)
    return context


def _signed_in(browser: Browser, url: str, mode: Mode, owner: dict[str, Any]) -> BrowserContext:
    context = _context(browser, url, mode)
    page = context.new_page()
    sign_in(page, owner["email"], owner["password"])
    page.close()
    return context


def _take(shot: Shot, mode: Mode, context: BrowserContext) -> bytes:
    page = context.new_page()
    name = f"{shot.name}, {mode.name}"
    page.on("console", lambda message: _say(name, message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: _say(name, str(error)))
    page.goto(shot.path)
    shot.act(page)
    page.wait_for_timeout(SETTLING)
    _measure(page, name)
    taken = page.screenshot(caret="hide", animations="disabled")
    page.close()
    return taken


def _measure(page: Page, name: str) -> None:
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if width > 0:
        _say(name, f"{width} px too wide")


def _say(name: str, what: str) -> None:
    print(f"{name}: {what}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
