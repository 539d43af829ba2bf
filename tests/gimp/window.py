#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The canvas window in the real GIMP, by mouse and keyboard: paint, undo, redo, Apply, go on, Cancel; selections,
depths, offsets; two faces, no face; closing in the middle of it; a missing library.

Usage: window.py PHOTO OTHER_PHOTO OUT [PART…], on a display with a window manager and in a HOME where the plug-in is
installed. The photos are portraits of 512×512 pixels. Writes screenshots into OUT; fails with a sentence.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from actions import act
from window_driver import FOREHEAD, PLAIN, TITLE, Window, check, desk, differing, prepared, started, stroke


def apply_and_undo(window: Window, path: str, photo: desk.Picture) -> None:
    """Paint black across the forehead, undo, redo, Apply, GIMP's undo and redo; then paint on from the layer."""
    side = photo.width
    window.tell("load", path=path)
    before = window.seen("before")
    window.mark_log()
    window.open(photo, 500)
    box = (int(0.45 * side), int(0.17 * side), int(0.1 * side), int(0.03 * side))
    light = window.dark(box)
    window.brush(6)
    stroke(window, side)
    desk.wait("black on the forehead in the window", lambda: window.dark(box) < 0.5 * light, 30)
    time.sleep(1.0)
    window.shot("painted")
    dark = window.dark(box)
    desk.keys("ctrl+z")
    desk.wait("undo", lambda: abs(window.dark(box) - light) < 1.0, 10)
    desk.keys("ctrl+y")
    desk.wait("redo", lambda: abs(window.dark(box) - dark) < 1.0, 10)
    desk.xdotool("keydown", "x")
    desk.wait("the photo before, while X is held", lambda: abs(window.dark(box) - light) < 1.0, 10)
    desk.xdotool("keyup", "x")
    desk.wait("the result again", lambda: abs(window.dark(box) - dark) < 1.0, 10)
    desk.keys("ctrl+shift+z", "ctrl+Return")
    ended = window.answer("Apply")
    check(ended["status"] == "success", f"Apply ended with {ended}")

    found = window.tell("look", name="applied")
    check([layer["name"] for layer in found["layers"]][0] == "Neural Brush" and len(found["layers"]) == 2,
          f"Apply should make one layer, there are {found['layers']}")
    check(found["layers"][0]["operations"] == 1, f"one stroke is to be kept, not {found['layers'][0]['operations']}")
    again = window.tell("replay")
    check(again["same"], "the layer's pixels are not those that its strokes make")
    check(again["outside"] == 0, f"{again['outside']} bytes of the layer outside of npe's changed rectangle are not 0")
    after = window.seen("after")
    rect = [again["rect"][0] + again["region"][0], again["rect"][1] + again["region"][1], *again["rect"][2:]]
    within, without = differing(before, after, rect)
    check(within > 10_000, f"only {within} bytes inside the changed rectangle differ")
    check(without == 0, f"{without} bytes outside of the changed rectangle {rect} differ")
    check(after.mean(*box) < 0.5 * before.mean(*box),
          f"the forehead has {after.mean(*box):.0f} and had {before.mean(*box):.0f}")

    gimp = desk.window("2 layers.*GIMP")
    desk.activate(gimp)
    desk.keys("ctrl+z")
    time.sleep(1.0)
    undone = window.tell("look", name="undone")
    check(len(undone["layers"]) == 1, f"one undo of GIMP's leaves {undone['layers']}")
    check(differing(before, window.seen("undone"))[1] == 0, "undone, the image is not as it was")
    desk.activate(desk.window("1 layer.*GIMP"))
    desk.keys("ctrl+y")
    time.sleep(1.0)
    check(differing(after, window.seen("redone"))[1] == 0, "redone, the image is not as it was after Apply")

    window.mark_log()
    window.open(photo, 500)
    desk.wait("the edit from the layer", lambda: abs(window.dark(box) - dark) < 3.0, 20)
    window.brush(0)
    desk.drag([window.at(0.42 * side, 0.58 * side), window.at(0.55 * side, 0.58 * side)])
    time.sleep(2.0)
    desk.keys("ctrl+Return")
    check(window.answer("Apply")["status"] == "success", "the second Apply failed")
    found = window.tell("look", name="again")
    check(len(found["layers"]) == 2 and found["layers"][0]["name"] == "Neural Brush",
          f"going on should replace the layer, there are {found['layers']}")
    check(found["layers"][0]["operations"] == 2, f"two strokes are to be kept, not {found['layers'][0]['operations']}")
    again = window.tell("replay")
    check(again["same"] and again["outside"] == 0, "the layer's pixels are not those that both strokes make")
    print("painted, undone, redone, applied, undone and redone in GIMP, gone on: right")


def cancel(window: Window, path: str, photo: desk.Picture) -> None:
    """Cancel asks only where something would be lost, and leaves nothing behind; so does closing while painting."""
    before = window.tell("load", path=path)
    seen = window.seen("cancel-before")
    window.mark_log()
    window.open(photo, 500)
    desk.keys("Escape")
    check(window.answer("Esc without an edit", 10)["status"] == "cancel", "Esc without an edit should just close")
    for how in ("Escape", "while painting"):
        window.mark_log()
        window.open(photo, 500)
        window.brush(4)
        if how == "Escape":
            stroke(window, photo.width)
            time.sleep(1.0)
            desk.keys("Escape")
        else:
            left, right, top = FOREHEAD
            x, y = window.at(left * 512, top * 512)
            desk.xdotool("mousemove", round(x), round(y), "mousedown", 1)
            for i in range(20):
                desk.xdotool("mousemove", round(x) + 4 * i, round(y))
                time.sleep(0.02)
            subprocess.run(["wmctrl", "-i", "-c", window.window], check=True)
            time.sleep(0.5)
            desk.xdotool("mouseup", 1)
        time.sleep(0.7)
        window.shot("ask-" + how.split()[0])
        check(desk.has_window(TITLE), f"{how}: the window closed without a question")
        desk.keys("alt+g")
        time.sleep(0.5)
        check(desk.has_window(TITLE), f"{how}: “Go on painting” closed the window")
        ended = window.close()
        check(ended["status"] == "cancel", f"{how}: ended with {ended}")
        after = window.tell("look", name="cancel-after")
        check(after == before, f"{how}: the image was {before} and is {after}")
        check(differing(seen, window.seen("cancel-after"))[1] == 0, f"{how}: pixels of the image have changed")
    print("cancelled, and closed while painting: nothing left behind")


def kinds(window: Window, path: str, photo: desk.Picture) -> None:
    """A layer that lies elsewhere, a selection, grey, 16 bits."""
    for name, options in (("grey", {"grey": True, "offset": [-20, 15], "select": [100, 0, 160, 300]}),
                          ("16 bits", {"deep": True, "select": [180, 40, 200, 200]})):
        window.tell("load", path=path, **options)
        before = window.seen("kind-before")
        window.mark_log()
        window.ask("window")
        window.window = desk.window(TITLE, 30)
        desk.activate(window.window)
        window.wait_ready()
        desk.keys("1")
        time.sleep(0.7)
        # The canvas shows the layer, not the image: it is in the same place whatever the layer's offset.
        window.brush(6)
        stroke(window, photo.width)
        time.sleep(2.0)
        window.shot("kind-" + name.replace(" ", "-"))
        desk.keys("ctrl+Return")
        check(window.answer("Apply")["status"] == "success", f"{name}: Apply failed")
        found = window.tell("look", name="kind-after")
        check(found["layers"][0]["mask"], f"{name}: the selection is not the layer's mask")
        check(found["selection"] and found["channels"] == 0, f"{name}: the selection should be as before: {found}")
        again = window.tell("replay")
        check(again["same"] and again["outside"] == 0,
              f"{name}: the layer's pixels are not those that its strokes make")
        within, without = differing(before, window.seen("kind-after"), options["select"])
        check(within > 3000, f"{name}: only {within} bytes in the selection differ")
        check(without == 0, f"{name}: {without} bytes outside of the selection differ")
    print("grey with an offset and a selection, 16 bits with a selection: right")


def faces(window: Window, path: str, other: str, photo: desk.Picture) -> None:
    """Two faces: a click on the other one; none: a square drawn by hand."""
    two, none = os.path.join(window.out, "two.png"), os.path.join(window.out, "none.png")
    subprocess.run(["convert", path, other, "+append", "-resize", "75%", *PLAIN, two], check=True)
    subprocess.run(["convert", path, "-crop", "220x120+0+0", "+repage", *PLAIN, none], check=True)
    picture = desk.read(two)
    window.tell("load", path=two)
    window.mark_log()
    window.open(picture, 380)
    first = window.face()
    other_half = 0.75 if first < 0.5 * picture.width else 0.25
    middle = window.at(other_half * picture.width, 0.45 * picture.height)
    window.mark_log()
    desk.click(round(middle[0]), round(middle[1]))
    window.wait_ready()
    check(abs(window.face() - other_half * picture.width) < 60, "a click on the other face did not open it")
    desk.drag([(middle[0] - 30, middle[1] - 90), (middle[0] + 30, middle[1] - 90)])
    time.sleep(1.5)
    window.shot("two-faces")
    desk.keys("ctrl+Return")
    check(window.answer("Apply")["status"] == "success", "two faces: Apply failed")
    check(window.tell("replay")["same"], "two faces: the layer's pixels are not those that its strokes make")
    print("two faces: the other one clicked and painted on")

    window.tell("load", path=none)
    window.mark_log()
    window.open(desk.read(none), 110, ready=False)
    time.sleep(1.0)
    window.shot("no-face")
    desk.drag([window.at(20, 10), window.at(120, 110)])
    window.wait_ready()
    desk.drag([window.at(50, 40), window.at(90, 60)])
    time.sleep(1.5)
    desk.keys("ctrl+Return")
    check(window.answer("Apply")["status"] == "success", "a drawn frame: Apply failed")
    frame = window.tell("replay")["frame"]
    check(abs(frame[2] - 100) <= 2, f"the drawn square has a side of 100 pixels, the frame of {frame[2]}")
    print("no face: painted in a drawn square")


def tools(window: Window, path: str, photo: desk.Picture) -> None:
    """The wheel, moving the photo, a colour picked from it, a random face, reset, latent tiles: all undone again."""
    window.tell("load", path=path)
    window.mark_log()
    window.open(photo, 500)
    u, v = round(0.3 * photo.width), round(0.94 * photo.height)
    x, y = (round(at) for at in window.at(u, v))
    color = photo.pixel(u, v)
    desk.xdotool("mousemove", x, y)
    for _ in range(8):
        desk.xdotool("click", 4)
    time.sleep(0.5)
    window.shot("zoomed")
    shown = desk.screen().pixel(x + 5, y + 5)
    check(max(abs(a - b) for a, b in zip(shown, color)) < 40, f"zoomed in, {shown} is at the pointer and not {color}")
    desk.xdotool("keydown", "ctrl", "click", 1, "keyup", "ctrl")
    time.sleep(0.5)
    # The pointer was on an edge between pixels.
    around = [photo.pixel(u + i % 3 - 1, v + i // 3 - 1) for i in range(9)]
    panel = desk.screen().rgb
    check(any(bytes(near) * 20 in panel for near in around),
          f"the colour button does not show what was picked, {color}")
    desk.keys("0", "1")

    box = (int(0.35 * photo.width), int(0.3 * photo.height), int(0.3 * photo.width), int(0.3 * photo.height))
    before = window.part(box)
    for button in ("Random face", "Reset"):
        window.press(button)
        time.sleep(1.5)
        changed = window.part(box) != before
        check(changed == (button == "Random face"), f"{button}: the face is {'another' if changed else 'the same'}")
    desk.keys("ctrl+z")
    desk.wait("the random face again", lambda: window.part(box) != before, 10)
    desk.keys("ctrl+z")
    desk.wait("the photo again", lambda: window.part(box) == before, 10)
    check("Traceback" not in window.new_log(), "a traceback is in the log")
    window.close()
    print("wheel, picked colour, random face, reset, undo: right")


def image_closed(window: Window, path: str, photo: desk.Picture) -> None:
    """The image is closed in GIMP while the window, opened from GIMP's menus, is open."""
    window.tell("load", path=path)
    window.mark_log()
    gimp = desk.window("1 layer.*GIMP")
    act(gimp, "Neural Brush…")
    window.look_at(photo, 500)
    window.brush(4)
    stroke(window, photo.width)
    time.sleep(1.0)
    desk.activate(gimp)
    desk.keys("ctrl+w")
    desk.wait("the window to hear of it", lambda: "The image was closed in GIMP" in window.new_log(), 10)
    desk.activate(window.window)
    window.shot("image-closed")
    desk.keys("Escape")
    desk.wait("the window to close without a question", lambda: not desk.has_window(TITLE), 10)
    time.sleep(1.0)
    window.shot("closed")
    check(not window.tell("look", name="closed")["valid"], "the image is still there")
    check("Traceback" not in window.new_log(), "a traceback is in the log")
    print("image closed meanwhile: told, and closed quietly")


def no_library(window: Window, path: str) -> None:
    """Without the library the person reads a sentence."""
    folder = subprocess.run(["find", os.path.expanduser("~/.config/GIMP"), "-name", "libnpe.so"], capture_output=True,
                            text=True).stdout.split()
    check(bool(folder), "the plug-in has no libnpe.so")
    os.rename(folder[0], folder[0] + ".away")
    try:
        window.tell("load", path=path)
        ended = window.tell("window")
    finally:
        os.rename(folder[0] + ".away", folder[0])
    check(ended["status"] == "execution-error" and "Traceback" not in ended["error"]
          and all(part in ended["error"] for part in ("the library of npe was not found", folder[0], "npe install gimp")),
          f"without the library the window ended with {ended}")
    print("library missing:", ended["error"][:100])


def main() -> None:
    given, other, out = (os.path.abspath(word) for word in sys.argv[1:4])
    path, photo = prepared(given, out)
    with started(out) as window:
        parts = {"apply": lambda: apply_and_undo(window, path, photo), "cancel": lambda: cancel(window, path, photo),
                 "kinds": lambda: kinds(window, path, photo), "faces": lambda: faces(window, path, other, photo),
                 "tools": lambda: tools(window, path, photo), "closed": lambda: image_closed(window, path, photo),
                 "library": lambda: no_library(window, path)}
        for part in sys.argv[4:] or parts:
            parts[part]()


if __name__ == "__main__":
    main()
