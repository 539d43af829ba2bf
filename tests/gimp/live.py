#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Paint Live in the real GIMP, by mouse: a portrait, a black stroke across the forehead, undo, redo, Bake, export.

Usage: live.py PHOTO OUT, on a display with a window manager and in a HOME where the plug-in is installed. Prints what
it measured and writes screenshots into OUT; fails with a sentence.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import Callable, Optional

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "editors"))
import desk  # noqa: E402
from actions import act  # noqa: E402

PANEL = "^Neural Brush$"


class Gimp:
    """GIMP with one photo at 100 %."""

    #: The key that shows the photo as `place` expects it.
    SHOW = "1"

    def __init__(self, photo: str, out: str, opened: Optional[str] = None, *options: str, language: str = "") -> None:
        """`opened` is a file that shows the photo changed, to be opened in its place; `options` are GIMP's."""
        self.out = out
        self.photo = desk.read(photo)
        photo = opened or photo
        self.log = open(os.path.join(out, "gimp.log"), "w")
        self.process = subprocess.Popen(["gimp-3", "--new-instance", "--no-splash", *options, photo], stdout=self.log,
                                        stderr=subprocess.STDOUT, env={**os.environ, **({"LANGUAGE": language} if language else {})})
        self.window = desk.window(os.path.basename(photo).rsplit(".", 1)[0] + ".*GIMP", 90)
        if desk.has_window("Welcome to GIMP"):
            desk.activate(desk.window("Welcome to GIMP"))
            desk.keys("Escape")
        desk.xdotool("windowsize", "--sync", self.window, 1000, 900)
        desk.xdotool("windowmove", self.window, 0, 0)
        try:
            self.press_until(self.SHOW, "the photo on the screen", self.place)
            self.x, self.y = desk.wait("the photo on the screen", self.place)
        except AssertionError:
            self.shot("start")
            self.quit()
            raise

    def place(self) -> "tuple[int, int] | None":
        # Below the face, which may be shown changed.
        return desk.find(self.photo, self.photo.width // 2, int(0.9 * self.photo.height))

    def press_until(self, key: str, what: str, look: "Callable[[], object]") -> None:
        """A key, and what comes of it. GIMP now and then takes no notice of a key while it has other work; a person presses
        it again then."""
        for _try in range(3):
            desk.activate(self.window)
            desk.keys(key)
            try:
                desk.wait(what, look, 8)
                return
            except AssertionError:
                continue
        raise AssertionError(f"pressed {key} three times in vain for {what}")

    def action(self, name: str) -> None:
        """An action, by GIMP's search for them."""
        act(self.window, name)

    def settled(self, box: "tuple[float, float, float, float]") -> float:
        """The brightness once it has stayed the same for a while: a busy machine takes its time."""
        since, value = time.monotonic(), self.mean(box)
        end = since + 30
        while time.monotonic() - since < 2.5 and time.monotonic() < end:
            time.sleep(0.2)
            now = self.mean(box)
            if abs(now - value) > 0.1:
                since, value = time.monotonic(), now
        return value

    def export(self, name: str) -> desk.Picture:
        """What GIMP exports as PNG, by its dialogs."""
        path = os.path.join(self.out, name)
        if os.path.exists(path):
            os.remove(path)
        desk.activate(self.window)
        desk.keys("ctrl+shift+e")
        desk.activate(desk.window("^Export Image$", 10))
        desk.keys("ctrl+a")
        desk.text(path)
        desk.keys("Return")
        desk.activate(desk.window("^Export Image as PNG$", 10))
        desk.keys("Return")
        # While GIMP writes it, it is there and can't be read.
        return desk.wait("the exported file", lambda: desk.try_read(path), 20)

    def points(self, *uv: "tuple[float, float]") -> "list[tuple[float, float]]":
        """Screen coordinates of points of the photo, given as shares of its size."""
        return [(self.x + u * self.photo.width, self.y + v * self.photo.height) for u, v in uv]

    def shot(self, name: str) -> None:
        desk.save_screen(os.path.join(self.out, name + ".png"))

    def mean(self, box: "tuple[float, float, float, float]") -> float:
        """Brightness on the screen of a box of the photo (left, top, right, bottom as shares of its size)."""
        # The outline of the brush is no part of the picture: beside it, and still on the canvas, for GIMP 3.2 leaves the
        # outline where a stroke ended if the pointer goes from there to a dock. The photo's left may be behind one.
        desk.xdotool("mousemove", self.x + self.photo.width // 2, self.y + self.photo.height + 50)
        # It is drawn away when GIMP hears of that.
        time.sleep(0.2)
        w, h = self.photo.width, self.photo.height
        x, y = int(self.x + box[0] * w), int(self.y + box[1] * h)
        return desk.screen().mean(x, y, int((box[2] - box[0]) * w), int((box[3] - box[1]) * h))

    def save(self, name: str) -> str:
        """Saves as XCF, by GIMP's dialog."""
        path = os.path.join(self.out, name)
        if os.path.exists(path):
            os.remove(path)
        desk.activate(self.window)
        desk.keys("ctrl+shift+s")
        desk.activate(desk.window("^Save Image$", 10))
        desk.keys("ctrl+a")
        desk.text(path)
        desk.keys("Return")
        desk.wait("the saved image", lambda: os.path.exists(path) and not desk.has_window("^Save Image$"), 20)
        time.sleep(1)
        return path

    def said(self) -> str:
        """What GIMP has written out."""
        with open(self.log.name) as file:
            return file.read()

    def alive(self) -> bool:
        return self.process.poll() is None

    def quit(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)
        self.log.close()


#: The stroke for portrait-00, a part of its forehead, and a part of the photo that no stroke there may change.
STROKE = ((0.42, 0.2), (0.48, 0.18), (0.55, 0.19), (0.48, 0.23))
FOREHEAD = (0.42, 0.17, 0.54, 0.24)
COLLAR = (0.3, 0.75, 0.6, 0.85)


def begin(gimp: Gimp) -> str:
    """Paint Live, its panel beside GIMP's window, the paintbrush with black; answers the panel's window."""
    gimp.action("Paint Live")
    panel = desk.window(PANEL, 20)
    desk.xdotool("windowmove", panel, 1060, 100)
    # The guide is the third layer.
    desk.wait("the guide and the result layer", lambda: desk.has_window("3 layers"), 20)
    desk.activate(gimp.window)
    desk.keys("p", "d")
    return panel


def press(panel: str, key: str) -> None:
    """A button of the panel by its mnemonic."""
    desk.activate(panel)
    desk.keys("alt+" + key)


def changed(before: desk.Picture, after: desk.Picture) -> "tuple[int, int, int, int]":
    """The rectangle in which two pictures differ: left, top, right, bottom."""
    assert (before.width, before.height) == (after.width, after.height), (after.width, after.height)
    rows = [y for y in range(before.height) if before.row(0, y, before.width) != after.row(0, y, after.width)]
    assert rows, "nothing has changed"
    columns = [x for x in range(before.width)
               if any(before.pixel(x, y) != after.pixel(x, y) for y in range(rows[0], rows[-1] + 1))]
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


def paint_undo_redo_bake(gimp: Gimp) -> None:
    before, collar = gimp.mean(FOREHEAD), gimp.mean(COLLAR)
    panel = begin(gimp)
    gimp.shot("live-1-panel")
    desk.drag(gimp.points(*STROKE))
    desk.wait("the hair", lambda: gimp.mean(FOREHEAD) < 0.6 * before, 20)
    after = gimp.settled(FOREHEAD)
    assert abs(gimp.mean(COLLAR) - collar) < 0.01, "the collar has changed"
    gimp.shot("live-2-hair")
    gimp.press_until("ctrl+z", "the forehead after undo", lambda: abs(gimp.mean(FOREHEAD) - before) < 2)
    gimp.press_until("ctrl+y", "the hair after redo", lambda: abs(gimp.mean(FOREHEAD) - after) < 2)
    press(panel, "f")
    desk.wait("the photo before", lambda: abs(gimp.mean(FOREHEAD) - before) < 2, 20)
    press(panel, "f")
    desk.wait("the hair again", lambda: abs(gimp.mean(FOREHEAD) - after) < 2, 20)
    press(panel, "b")
    desk.wait("the guide gone", lambda: desk.has_window("2 layers"), 20)
    gimp.shot("live-3-baked")
    exported = gimp.export("baked.png")
    left, top, right, bottom = changed(gimp.photo, exported)
    w, h = gimp.photo.width, gimp.photo.height
    # Around the hair: everything else is the photo bit for bit.
    box = (left / w, top / h, right / w, bottom / h)
    assert box[0] > 0.15 and box[1] > 0.02 and box[2] < 0.85 and box[3] < 0.6, f"the change reaches as far as {box}"
    inside = exported.mean(int(0.42 * w), int(0.17 * h), int(0.12 * w), int(0.07 * h))
    assert inside < 0.6 * before, f"the forehead is {inside:.0f}, it was {before:.0f}"
    print(f"exported: forehead {before:.0f} -> {inside:.0f}; bit for bit the photo outside {left},{top} {right},{bottom}")
    gimp.press_until("ctrl+z", "the guide back after undoing Bake", lambda: desk.has_window("3 layers"))
    gimp.press_until("ctrl+y", "Bake done again", lambda: desk.has_window("2 layers"))
    # The panel is still there: a second session goes on from the baked layer, and is cancelled.
    press(panel, "s")
    desk.wait("a new guide", lambda: desk.has_window("3 layers"), 20)
    assert abs(gimp.settled(FOREHEAD) - after) < 2, "going on has changed the picture"
    gimp.shot("live-4-again")
    press(panel, "c")
    desk.wait("no guide after Cancel", lambda: desk.has_window("2 layers"), 20)
    assert abs(gimp.mean(FOREHEAD) - after) < 2, "Cancel has changed the picture"
    desk.xdotool("windowclose", panel)


def cancel_leaves_nothing(gimp: Gimp) -> None:
    before = gimp.export("before-cancel.png")
    panel = begin(gimp)
    desk.drag(gimp.points(*STROKE))
    # At once, while the stroke is being solved.
    press(panel, "c")
    desk.wait("no layers of ours after Cancel", lambda: desk.has_window("1 layer"), 20)
    assert gimp.export("after-cancel.png") == before, "Cancel has left something in the picture"
    desk.xdotool("windowclose", panel)


def killed_plug_in_leaves_gimp_alive(gimp: Gimp) -> None:
    """And what it made: a new panel goes on with it, and GIMP's undo of a stroke from before is followed."""
    bright = gimp.settled(FOREHEAD)
    begin(gimp)
    desk.drag(gimp.points(*STROKE))
    desk.wait("the hair", lambda: gimp.mean(FOREHEAD) < 0.6 * bright, 20)
    after = gimp.settled(FOREHEAD)
    found = subprocess.run(["pgrep", "-P", str(gimp.process.pid), "-f", "neural-brush.py"], capture_output=True, text=True)
    for pid in found.stdout.split():
        os.kill(int(pid), signal.SIGKILL)
    assert found.stdout.split(), "no process of the plug-in was found"
    time.sleep(1)
    while desk.has_window("GIMP Message"):
        desk.activate(desk.window("GIMP Message"))
        desk.keys("Return")
        time.sleep(0.5)
    assert gimp.alive() and desk.has_window("3 layers"), "GIMP or the layers did not survive"
    begin(gimp)
    now = gimp.settled(FOREHEAD)
    assert abs(now - after) < 2, f"going on after the crash has changed the picture: {after:.1f} -> {now:.1f}"
    gimp.press_until("ctrl+z", "the forehead after undoing a stroke from before the crash",
                     lambda: abs(gimp.mean(FOREHEAD) - bright) < 2)
    gimp.press_until("ctrl+y", "the hair after redoing it", lambda: abs(gimp.mean(FOREHEAD) - after) < 2)


def closed_image_closes_the_panel(gimp: Gimp) -> None:
    """In the middle of a stroke's work."""
    desk.activate(gimp.window)
    desk.drag(gimp.points(*((u, v + 0.2) for u, v in STROKE)))
    desk.keys("ctrl+w")
    desk.activate(desk.window("^Close ", 10))
    desk.keys("alt+d")
    desk.wait("the panel closed with its image", lambda: not desk.has_window(PANEL), 20)
    assert gimp.alive(), "GIMP did not survive its image"


def close(panel: str) -> None:
    """As a person does, who wants the layers to stay."""
    desk.activate(panel)
    desk.keys("alt+F4")
    desk.wait("the panel closed", lambda: not desk.has_window(PANEL), 20)


def retouched_photo_is_followed(gimp: Gimp) -> None:
    """While the panel is open; and told where it was closed meanwhile."""
    bright = gimp.mean(FOREHEAD)
    panel = begin(gimp)
    desk.drag(gimp.points(*STROKE))
    desk.wait("the hair", lambda: gimp.mean(FOREHEAD) < 0.6 * bright, 20)
    after, collar = gimp.settled(FOREHEAD), gimp.mean(COLLAR)
    desk.activate(gimp.window)
    # The lowest layer is the photo.
    desk.keys("End")
    gimp.action("Invert")
    desk.wait("the negative", lambda: abs(gimp.mean(COLLAR) - (255 - collar)) < 2, 20)
    gimp.settled(FOREHEAD)
    gimp.shot("live-7-retouched")
    live = gimp.export("retouched-live.png")
    close(panel)
    panel = begin(gimp)
    gimp.settled(FOREHEAD)
    assert gimp.export("retouched-again.png") == live, "the result was one of the photo before"
    gimp.press_until("ctrl+z", "the photo back", lambda: abs(gimp.mean(COLLAR) - collar) < 2)
    desk.wait("the hair on it", lambda: abs(gimp.mean(FOREHEAD) - after) < 2, 20)
    time.sleep(1)
    close(panel)
    desk.activate(gimp.window)
    desk.keys("End")
    gimp.action("Invert")
    desk.wait("the negative", lambda: abs(gimp.mean(COLLAR) - (255 - collar)) < 2, 20)
    gimp.action("Paint Live")
    question = desk.window("^The photo has changed$", 20)
    gimp.shot("live-8-question")
    desk.activate(question)
    desk.keys("alt+a")
    # In a negative no face is found: what is left is the photo and the hidden result.
    desk.wait("the earlier guide gone", lambda: desk.has_window("2 layers"), 20)
    assert abs(gimp.settled(FOREHEAD) - (255 - bright)) < 3, "the hair of the other photo is still seen"
    close(desk.window(PANEL))


def saved_and_opened_goes_on(photo: str, out: str) -> None:
    gimp = Gimp(photo, out)
    try:
        bright = gimp.mean(FOREHEAD)
        begin(gimp)
        desk.drag(gimp.points(*STROKE))
        desk.wait("the hair", lambda: gimp.mean(FOREHEAD) < 0.6 * bright, 20)
        # The strokes are kept with the layer once the hand rests.
        after = gimp.settled(FOREHEAD)
        time.sleep(1)
        path = gimp.save("live.xcf")
    finally:
        gimp.quit()
    gimp = Gimp(photo, out, path)
    try:
        assert abs(gimp.mean(FOREHEAD) - after) < 2, "the opened image is another"
        panel = begin(gimp)
        assert abs(gimp.settled(FOREHEAD) - after) < 2, "going on has changed the picture"
        gimp.shot("live-5-opened")
        press(panel, "r")
        desk.wait("the photo after Reset", lambda: abs(gimp.mean(FOREHEAD) - bright) < 2, 20)
        gimp.press_until("ctrl+z", "the hair after undoing Reset", lambda: abs(gimp.mean(FOREHEAD) - after) < 2)
    finally:
        gimp.shot("live-end-opened")
        gimp.quit()


def missing_library_is_told(photo: str, out: str) -> None:
    """In a window, and in the person's language: what the window says is read where GIMP writes it out instead."""
    library = os.path.join(os.environ["NPE_PROFILE"], "plug-ins", "neural-brush", "libnpe.so")
    os.rename(library, library + ".away")
    try:
        gimp = Gimp(photo, out)
        try:
            gimp.action("Paint Live")
            desk.window("GIMP Message", 20)
            time.sleep(0.5)
            gimp.shot("live-6-no-library")
            assert gimp.alive()
        finally:
            gimp.quit()
        for language, action, sentence in (
                ("", "Paint Live", "the library of npe was not found; looked for "),
                ("de", "Live malen", "die Bibliothek von npe wurde nicht gefunden; gesucht wurde nach ")):
            gimp = Gimp(photo, out, None, "--console-messages", language=language)
            try:
                gimp.action(action)
                said = desk.wait("what GIMP says", lambda: sentence in gimp.said() and gimp.said(), 20)
                assert library in said and "npe install gimp" in said and "Traceback" not in said, said
                assert gimp.alive() and not desk.has_window(PANEL)
            finally:
                gimp.quit()
    finally:
        os.rename(library + ".away", library)


def main() -> None:
    photo, out = sys.argv[1:3]
    os.makedirs(out, exist_ok=True)
    gimp = Gimp(photo, out)
    try:
        paint_undo_redo_bake(gimp)
    finally:
        gimp.shot("live-end-bake")
        gimp.quit()
    gimp = Gimp(photo, out)
    try:
        retouched_photo_is_followed(gimp)
    finally:
        gimp.shot("live-end-retouched")
        gimp.quit()
    gimp = Gimp(photo, out)
    try:
        cancel_leaves_nothing(gimp)
        killed_plug_in_leaves_gimp_alive(gimp)
        closed_image_closes_the_panel(gimp)
    finally:
        gimp.shot("live-end-closed")
        gimp.quit()
    saved_and_opened_goes_on(photo, out)
    missing_library_is_told(photo, out)


if __name__ == "__main__":
    main()
