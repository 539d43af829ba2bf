# SPDX-License-Identifier: MIT OR Apache-2.0
"""The canvas window in the real GIMP as its tests use it: GIMP with `window_inside.py` in it, the window, what a person does there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, Optional, Tuple

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "editors"))
import desk  # noqa: E402

TITLE = "^Neural Brush – "
LOG = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "npe", "gimp.log")
#: Arguments of ImageMagick for a PNG file in sRGB, without a word about gamma.
PLAIN = ("-strip", "-define", "png:include-chunk=none")
#: The forehead of the photo: left, right and height of a stroke across it, as shares of its side.
FOREHEAD = (0.37, 0.64, 0.19)


class Window:
    """GIMP with our batch in it, and the canvas window when it is open."""

    def __init__(self, out: str) -> None:
        self.out = out
        for name in ("asked.json", "answer.json"):
            if os.path.exists(os.path.join(out, name)):
                os.remove(os.path.join(out, name))
        self.log = open(os.path.join(out, "gimp.log"), "w")
        batch = f"exec(compile(open({os.path.join(HERE, 'window_inside.py')!r}).read(), 'window_inside.py', 'exec'))"
        self.process = subprocess.Popen(
            ["gimp-3", "--new-instance", "--no-splash", "--batch-interpreter=python-fu-eval", "-b", batch, "--quit"],
            stdout=self.log, stderr=subprocess.STDOUT, env={**os.environ, "NPE_TEST_OUT": out})
        self.x = self.y = self.old_log = 0
        self.answer("GIMP to start", 120)
        # The batch begins before all of GIMP's windows are there.
        desk.window("GNU Image Manipulation Program", 30)
        time.sleep(1.0)

    # The batch.

    def ask(self, call: str, **values: Any) -> None:
        with open(os.path.join(self.out, "asked.part"), "w") as file:
            json.dump({"call": call, "with": values}, file)
        os.rename(os.path.join(self.out, "asked.part"), os.path.join(self.out, "asked.json"))

    def answer(self, what: str, seconds: float = 60.0) -> Any:
        path = os.path.join(self.out, "answer.json")

        def look() -> bool:
            assert self.process.poll() is None, "GIMP ended; see gimp.log"
            return os.path.exists(path)

        desk.wait(what, look, seconds)
        with open(path) as file:
            answer = json.load(file)
        os.remove(path)
        assert "failed" not in answer, answer["failed"]
        return answer["value"]

    def tell(self, call: str, **values: Any) -> Any:
        self.ask(call, **values)
        return self.answer(call, 120.0)

    def seen(self, name: str) -> desk.Picture:
        """What was seen of the image when `look` was asked for this name."""
        width, height = self.tell("look", name=name)["size"]
        with open(os.path.join(self.out, name + ".rgb"), "rb") as file:
            return desk.Picture(width, height, file.read())

    # The window.

    def open(self, photo: desk.Picture, row: int, layer: int = 0, ready: bool = True) -> None:
        """Opens it and has it show the photo at 100 %; a `row` of the photo outside of the frame tells where it is."""
        self.ask("window", layer=layer)
        self.look_at(photo, row, ready)

    def look_at(self, photo: desk.Picture, row: int, ready: bool = True) -> None:
        """Waits for the window, and finds the photo in it."""
        self.window = desk.window(TITLE, 30)
        desk.activate(self.window)
        if ready:
            self.wait_ready()
        desk.keys("1")
        self.x, self.y = desk.wait("the photo at 100 % in the window", lambda: desk.find(photo, 8, row), 20)

    def wait_ready(self) -> None:
        """Until the face is open: the frame's pictures are there, the hint is to paint."""
        desk.wait("the face to be open", lambda: "on the canvas" in self.new_log(), 60)

    def mark_log(self) -> None:
        """From here on `new_log` tells."""
        self.old_log = os.path.getsize(LOG) if os.path.exists(LOG) else 0

    def new_log(self) -> str:
        """What the plug-in has written into its log since."""
        with open(LOG) as file:
            file.seek(self.old_log)
            return file.read()

    def face(self) -> float:
        """Where in the photo, from the left, the face is that was opened last."""
        return float(re.findall(r"a face of \d+ pixels at (\d+)", self.new_log())[-1])

    def at(self, x: float, y: float) -> Tuple[float, float]:
        """On the screen, a point of the photo in pixels."""
        return self.x + x, self.y + y

    def brush(self, larger: int) -> None:
        """The mouse onto the photo's corner, the brush larger by so many steps."""
        x, y = self.at(10, 10)
        desk.xdotool("mousemove", round(x), round(y))
        for _ in range(larger):
            desk.xdotool("key", "bracketright")
        time.sleep(0.2)

    def dark(self, box: Tuple[int, int, int, int]) -> float:
        """Brightness on the screen of a box of the photo."""
        x, y = self.at(box[0], box[1])
        return desk.screen().mean(int(x), int(y), box[2], box[3])

    def part(self, box: Tuple[int, int, int, int]) -> bytes:
        """What the screen shows of a box of the photo."""
        x, y = self.at(box[0], box[1])
        screen = desk.screen()
        return b"".join(screen.row(int(x), int(y) + i, box[2]) for i in range(box[3]))

    def press(self, button: str) -> None:
        """One of the two buttons at the right end above the canvas."""
        desk.activate(self.window)
        x, y, width, _height = desk.place(self.window)
        desk.click(x + width - (511 if button == "Random face" else 410), y + 28)
        # Away from the button, whose tooltip would be over the photo.
        desk.xdotool("mousemove", x + 30, y + 400)

    def shot(self, name: str) -> None:
        desk.save_screen(os.path.join(self.out, name + ".png"))

    def close(self) -> Dict[str, Any]:
        """Esc, and yes to the question if there is one."""
        desk.activate(self.window)
        desk.keys("Escape")
        time.sleep(0.5)
        if desk.has_window(TITLE):
            desk.keys("alt+c")
        return self.answer("the window to close")

    def quit(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)
        self.log.close()


def differing(a: desk.Picture, b: desk.Picture, inside: Optional[List[int]] = None) -> Tuple[int, int]:
    """How many bytes of two pictures differ inside a rectangle, and how many outside."""
    within = without = 0
    for y in range(a.height):
        one, two = a.row(0, y, a.width), b.row(0, y, b.width)
        if one == two:
            continue
        for i in range(3 * a.width):
            if one[i] != two[i]:
                if inside and inside[0] <= i // 3 < inside[0] + inside[2] and inside[1] <= y < inside[1] + inside[3]:
                    within += 1
                else:
                    without += 1
    return within, without


def stroke(window: Window, side: int, dx: float = 0.0) -> None:
    left, right, top = FOREHEAD
    desk.drag([window.at(dx + left * side, top * side), window.at(dx + right * side, top * side)])


def check(condition: bool, sentence: str) -> None:
    if not condition:
        raise AssertionError(sentence)


def prepared(given: str, out: str) -> Tuple[str, desk.Picture]:
    """A photo as a PNG file in `out`, and what is in it: GIMP and ImageMagick read a JPEG file a little differently."""
    os.makedirs(out, exist_ok=True)
    path = os.path.join(out, "photo.png")
    subprocess.run(["convert", given, *PLAIN, path], check=True)
    return path, desk.read(path)


@contextmanager
def started(out: str) -> Iterator[Window]:
    """GIMP for a test; what went wrong leaves a screenshot."""
    window = Window(out)
    try:
        yield window
        window.ask("end")
        window.process.wait(30)
    except BaseException:
        window.shot("failed")
        raise
    finally:
        window.quit()
