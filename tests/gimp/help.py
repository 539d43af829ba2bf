#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The help page in the real GIMP: the Help buttons of the canvas window, in English and in German, and of Paint Live's panel clicked by
mouse, and F1. The browser is a script that writes down which page it is to open.

Usage: help.py PHOTO OUT, as live.py.
"""

from __future__ import annotations

import os
import sys
import time
import urllib.parse

from live import Gimp, begin, desk, press


class Browser:
    """What the desktop opens pages with, as the home's own choice."""

    def __init__(self, out: str) -> None:
        self.asked = os.path.join(out, "asked.txt")
        script = os.path.join(out, "browser")
        with open(script, "w") as file:
            file.write(f"#!/bin/sh\nprintf '%s\\n' \"$@\" >>'{self.asked}'\n")
        os.chmod(script, 0o755)
        home = os.path.expanduser("~")
        self.files = {os.path.join(home, ".local/share/applications/npe-test-browser.desktop"):
                      f"[Desktop Entry]\nType=Application\nName=Browser\nExec={script} %u\nMimeType=text/html;\n",
                      os.path.join(home, ".config/mimeapps.list"):
                      "[Default Applications]\ntext/html=npe-test-browser.desktop\n"}

    def __enter__(self) -> "Browser":
        for path, text in self.files.items():
            if os.path.exists(path):
                raise SystemExit(f"{path} is there already; this test needs a home of its own, as tests/gimp/run.sh makes it")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as file:
                file.write(text)
        return self

    def __exit__(self, *_error: object) -> None:
        for path in self.files:
            os.remove(path)

    def opened(self, page: str, by: str) -> None:
        """Waits for one page to be opened, which must be this one of the installed plug-in, and forgets it."""

        def look() -> str:
            if not os.path.exists(self.asked):
                return ""
            with open(self.asked) as file:
                return file.read()

        desk.wait(f"a page to be opened by {by}", look, 20)
        # A second one would come now.
        time.sleep(0.5)
        asked = [urllib.parse.unquote(line) for line in look().split("\n") if line]
        os.remove(self.asked)
        path = os.path.join(os.environ["NPE_PROFILE"], "plug-ins", "neural-brush", "help", page)
        assert asked in ([path], ["file://" + path]), f"{by} opened {asked}, not {path}"
        with open(path) as file:
            assert "<h1" in file.read(), f"{path} is no page"
        print(f"{by}: {page}")


def of_the_window(gimp: Gimp, browser: Browser, action: str, page: str) -> None:
    """The lowest button at the left."""
    gimp.action(action)
    window = desk.window("^Neur.* – ", 30)
    desk.activate(window)
    time.sleep(2.0)
    x, y, _width, height = desk.place(window)
    desk.click(x + 40, y + height - 24)
    gimp.shot("help-window-" + page)
    browser.opened(page, "the window's button")
    desk.activate(window)
    desk.keys("F1")
    browser.opened(page, "F1 in the window")
    desk.activate(window)
    desk.keys("Escape")
    desk.wait("the window to close", lambda: not desk.has_window("^Neur.* – "), 10)


def of_the_panel(gimp: Gimp, browser: Browser, page: str) -> None:
    """The last of the row of buttons under More."""
    panel = begin(gimp)
    press(panel, "m")
    time.sleep(1.5)
    x, y, width, height = desk.place(panel)
    gimp.shot("help-panel")
    desk.click(x + width - 40, y + height - 310)
    browser.opened(page, "the panel's button")
    desk.activate(panel)
    desk.keys("F1")
    browser.opened(page, "F1 in the panel")


def main() -> None:
    photo, out = sys.argv[1:3]
    os.makedirs(out, exist_ok=True)
    with Browser(out) as browser:
        for language in ("", "de"):
            gimp = Gimp(photo, out, language=language)
            try:
                of_the_window(gimp, browser, "Neuronaler Pinsel…" if language else "Neural Brush…",
                              "index.de.html" if language else "index.html")
                if not language:
                    of_the_panel(gimp, browser, "index.html")
            finally:
                gimp.shot("help-end-" + (language or "en"))
                gimp.quit()


if __name__ == "__main__":
    main()
