#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The procedures in GIMP's window, by keyboard: one step of undo each, their dialogs, and Ctrl+F.

Usage: batch.py PHOTO OUT, on a display with a window manager and in a HOME where the plug-in is installed. Writes
screenshots into OUT; fails with a sentence. The part that runs inside GIMP is `inside`, below.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import traceback
from typing import Any

HERE = os.path.dirname(os.path.abspath(os.environ.get("NPE_TEST_SCRIPT") or __file__))
sys.path.insert(0, os.path.join(HERE, "..", "editors"))
import desk  # noqa: E402

STROKES = {"format": "npe-strokes", "version": 1, "units": "face", "operations": [
    {"kind": "stroke", "color": [0.08, 0.07, 0.06], "dabs": [[0.41, 0.2, 0.06, 0.5, 1], [0.59, 0.2, 0.06, 0.5, 1]]}]}


class Inside:
    """The batch in GIMP."""

    def __init__(self, photo: str, out: str) -> None:
        sys.path.insert(0, os.path.join(HERE, "headless"))
        os.environ.update(NPE_TEST_PHOTO=photo, NPE_TEST_OUT=out)
        import case
        from gi.repository import Gimp
        self.case, self.gimp, self.out = case.Case(), Gimp, out
        self.seen = case.seen
        self.case.folder = out
        self.image = case.image_of()
        # Images that a script opens have no undo at first.
        self.image.undo_enable()
        Gimp.Display.new(self.image)
        self.source = self.image.get_layers()[0]
        self.frame_of = case.frame_of
        self.strokes = self.case.file("strokes.json", json.dumps(STROKES))
        self.keys("Escape")

    def keys(self, *names: str) -> None:
        # GIMP makes its first window anew while it starts.
        desk.activate(desk.window("layers?\\).*GIMP$", 60))
        desk.keys(*names)

    def layers(self) -> int:
        return len(self.image.get_layers())

    def undone_and_redone(self, what: str) -> None:
        """One undo leads to before, one redo back."""
        after, layers = self.seen(self.image), self.layers()
        self.keys("ctrl+z")
        desk.wait(f"one undo to take back {what}", lambda: self.seen(self.image) == self.before, 20)
        assert self.layers() == 1, f"after undo of {what} there are {self.layers()} layers"
        self.keys("ctrl+y")
        desk.wait(f"one redo to bring back {what}", lambda: self.seen(self.image) == after, 20)
        assert self.layers() == layers
        self.keys("ctrl+z")
        desk.wait(f"a second undo to take back {what}", lambda: self.seen(self.image) == self.before, 20)

    def operations(self) -> int:
        """How many strokes the top layer keeps."""
        kept = self.image.get_layers()[0].get_parasite("npe-edit")
        if kept is None:
            return 0
        return len(json.loads(bytes(kept.get_data()).rstrip(b"\0"))["strokes"]["operations"])

    def action(self, name: str, dialog: str) -> None:
        """By GIMP's search for actions, as a person who does not know the menu would."""
        self.keys("slash")
        search = desk.window("Search Actions", 10)
        desk.activate(search)
        desk.text(name)
        time.sleep(1.0)
        desk.keys("Return")
        desk.activate(desk.window(dialog, 30))
        time.sleep(0.7)

    def run(self) -> None:
        self.before = self.seen(self.image)
        done = self.case.done
        for new in (True, False):
            done("stroke-file", self.image, self.source, file=self.strokes, new_layer=new)
            assert self.seen(self.image) != self.before
            self.undone_and_redone(f"a stroke file as {'a new layer' if new else 'part of the layer'}")
        done("decode-view", self.image, self.source, view="mask")
        self.undone_and_redone("a view")
        self.image.select_rectangle(self.gimp.ChannelOps.REPLACE, 0, 0, self.image.get_width() // 2, self.image.get_height())
        done("stroke-file", self.image, self.source, file=self.strokes)
        self.undone_and_redone("a stroke file inside a selection")
        self.gimp.Selection.none(self.image)

        # Going on from a result layer: undo leads to what it was, and to the strokes that it kept.
        layer = done("stroke-file", self.image, self.source, file=self.strokes)
        first, kept = self.seen(self.image), self.operations()
        done("stroke-file", self.image, layer, file=self.strokes)
        assert self.operations() == 2 * kept, "the result layer keeps the strokes of both calls"
        self.keys("ctrl+z")
        desk.wait("undo of the second call on a result layer", lambda: self.seen(self.image) == first, 20)
        assert self.operations() == kept, f"after undo {self.operations()} operations are kept, of {kept}"
        self.image.remove_layer(layer)

        frame = self.frame_of(done("stroke-file", self.image, self.source, file=self.strokes))
        self.image.remove_layer(self.image.get_layers()[0])
        path = self.gimp.Path.new(self.image, "forehead")
        self.image.insert_path(path, None, 0)
        path.bezier_stroke_lineto(path.bezier_stroke_new_moveto(frame.cx - 0.1 * frame.side, frame.cy - 0.3 * frame.side),
                                  frame.cx + 0.1 * frame.side, frame.cy - 0.3 * frame.side)
        self.image.set_selected_paths([path])
        self.image.set_selected_layers([self.source])
        self.gimp.displays_flush()
        for name, title, shot in (("Apply Stroke File", "^Apply Stroke File", "dialog-file"),
                                  ("Layer as Strokes", "^Layer as Strokes", "dialog-layer"),
                                  ("Neural View", "^Neural View", "dialog-view")):
            self.action(name, title)
            # Away from the mouse, whose tooltip would cover it.
            desk.xdotool("mousemove", 1390, 990)
            time.sleep(1.0)
            desk.save_screen(os.path.join(self.out, shot + ".png"))
            desk.keys("Escape")
            desk.wait(f"the window {title} to close", lambda title=title: not desk.has_window(title), 10)
        assert self.layers() == 1, "a dialog that was closed changes nothing"
        self.action("Stroke along Path", "^Stroke along Path")
        desk.save_screen(os.path.join(self.out, "dialog-path.png"))
        desk.keys("alt+o")
        desk.wait("the result of the dialog", lambda: self.layers() == 2 and self.operations() == 1, 60)
        self.keys("ctrl+f")
        desk.wait("Ctrl+F to go on from the result layer", lambda: self.operations() == 2, 60)
        desk.save_screen(os.path.join(self.out, "repeated.png"))


def inside() -> None:
    photo, out = os.environ["NPE_TEST_PHOTO"], os.environ["NPE_TEST_OUT"]
    told: "dict[str, Any]" = {"passed": True}
    try:
        Inside(photo, out).run()
    except BaseException as e:  # noqa: BLE001 - the test outside is to hear of it
        traceback.print_exc()
        desk.save_screen(os.path.join(out, "failed.png"))
        told = {"passed": False, "sentence": f"{type(e).__name__}: {e}"}
    with open(os.path.join(out, "batch.part"), "w", encoding="utf-8") as file:
        json.dump(told, file)
    os.rename(os.path.join(out, "batch.part"), os.path.join(out, "batch.json"))


def main() -> None:
    photo, out = map(os.path.abspath, sys.argv[1:3])
    os.makedirs(out, exist_ok=True)
    script = os.path.abspath(__file__)
    call = f"import os; exec(compile(open(os.environ['NPE_TEST_SCRIPT']).read(), {script!r}, 'exec'), {{'__name__': 'inside'}})"
    with open(os.path.join(out, "gimp.log"), "w", encoding="utf-8") as log:
        gimp = subprocess.Popen(
            ["gimp-3", "--new-instance", "--no-splash", "--batch-interpreter=python-fu-eval", "-b", call], stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "NPE_TEST_SCRIPT": script, "NPE_TEST_PHOTO": photo, "NPE_TEST_OUT": out})
        told = os.path.join(out, "batch.json")
        try:
            desk.wait("the batch in GIMP", lambda: os.path.exists(told) or gimp.poll() is not None, 200)
        finally:
            if gimp.poll() is None:
                gimp.terminate()
                gimp.wait(20)
    assert os.path.exists(told), "GIMP ended before the batch did; see gimp.log"
    with open(told, encoding="utf-8") as file:
        answer = json.load(file)
    assert answer["passed"], answer["sentence"]


if __name__ == "inside":
    inside()
elif __name__ == "__main__":
    main()
