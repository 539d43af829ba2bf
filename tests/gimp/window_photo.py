#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The canvas window in the real GIMP where the photo is another one than it was: retouched while the window is open, and
before an edit is opened again.

Usage: window_photo.py PHOTO OUT, as window.py.
"""

from __future__ import annotations

import os
import sys
import time

from actions import act
from window_driver import Window, check, desk, prepared, started, stroke


def negative(picture: desk.Picture) -> desk.Picture:
    return picture._replace(rgb=bytes(255 - value for value in picture.rgb))


def followed(window: Window, path: str, photo: desk.Picture) -> None:
    """Inverted by GIMP's menu while the window is open: what was painted is done again on it, and applied."""
    window.tell("load", path=path)
    window.mark_log()
    window.open(photo, 500)
    side = photo.width
    box = (int(0.45 * side), int(0.17 * side), int(0.1 * side), int(0.03 * side))
    light = window.dark(box)
    window.brush(6)
    stroke(window, side)
    desk.wait("black on the forehead in the window", lambda: window.dark(box) < 0.5 * light, 30)
    window.mark_log()
    act(desk.window("1 layer.*GIMP"), "Invert")
    desk.wait("the photo to be read again", lambda: "is read again" in window.new_log(), 20)
    desk.activate(window.window)
    shown = negative(photo)
    desk.wait("the negative in the window", lambda: desk.find(shown, 8, 500), 20)
    time.sleep(2.0)
    window.shot("photo-1-retouched")
    desk.activate(window.window)
    desk.keys("ctrl+Return")
    check(window.answer("Apply")["status"] == "success", "Apply after retouching failed")
    found = window.tell("look", name="retouched")
    check(found["layers"][0]["operations"] == 1, f"the stroke is to be kept: {found['layers']}")
    again = window.tell("replay")
    check(again["same"] and again["outside"] == 0, "the layer's pixels are not those of the stroke on the photo of now")
    print("retouched while the window was open: followed and applied")


def asked(window: Window, photo: desk.Picture) -> None:
    """The photo is inverted back, so the edit is of another one: told, and begun anew."""
    gimp = desk.window("2 layers.*GIMP")
    desk.activate(gimp)
    # The lowest layer is the photo.
    desk.keys("End")
    act(gimp, "Invert")
    time.sleep(1.0)
    for anew in (False, True):
        window.mark_log()
        window.ask("window", layer=0)
        question = desk.window("^The photo has changed$", 30)
        window.shot(f"photo-2-question-{anew}")
        desk.activate(question)
        desk.keys("alt+a" if anew else "alt+g")
        window.look_at(photo, 500)
        side = photo.width
        box = (int(0.45 * side), int(0.17 * side), int(0.1 * side), int(0.03 * side))
        light = photo.mean(*box)
        if not anew:
            desk.wait("the stroke on the photo of now", lambda: window.dark(box) < 0.5 * light, 20)
            check(window.close()["status"] == "cancel", "closing after going on")
    check(abs(window.dark(box) - light) < 2.0, "begun anew, the stroke of before is still seen")
    window.brush(4)
    desk.drag([window.at(0.42 * side, 0.58 * side), window.at(0.55 * side, 0.58 * side)])
    time.sleep(2.0)
    window.shot("photo-3-anew")
    desk.keys("ctrl+Return")
    check(window.answer("Apply")["status"] == "success", "Apply of the new edit failed")
    found = window.tell("look", name="anew")
    check(len(found["layers"]) == 3 and window.tell("replay")["same"], f"the new edit is no layer of its own: {found['layers']}")
    check(window.tell("hidden") == [False, True, False], "the earlier result is not hidden")
    print("another photo at opening: asked; gone on with, and begun anew with the earlier result hidden")


def main() -> None:
    given, out = (os.path.abspath(word) for word in sys.argv[1:3])
    path, photo = prepared(given, out)
    with started(out) as window:
        followed(window, path, photo)
        asked(window, photo)


if __name__ == "__main__":
    main()
