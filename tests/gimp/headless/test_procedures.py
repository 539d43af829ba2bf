# SPDX-License-Identifier: MIT OR Apache-2.0
"""Each procedure on a portrait, compared with what the command makes of it."""

from __future__ import annotations

import json
import os

from case import FOREHEAD, MOUTH, Case, frame_of, image_of, read, seen, write
from gi.repository import Gegl, Gimp, Gio


class StrokeFile(Case):
    def test_as_a_new_layer(self) -> None:
        image = image_of()
        source = image.get_layers()[0]
        before = read(source)
        file = self.strokes(FOREHEAD, MOUTH)
        layer = self.done("stroke-file", image, source, file=file)
        self.assertEqual(image.get_layers(), [layer, source])
        self.assertEqual(read(source), before, "the photo's own layer is left alone")
        self.assertNotEqual(seen(image), before)
        expected = self.command(self.plain(image, layer), "--strokes", file.get_path(), "--frame", frame_of(layer).text())
        self.assertSame(seen(image), expected, 1)

    def plain(self, image: Gimp.Image, *layers: Gimp.Layer) -> Gimp.Image:
        """A copy without what was made."""
        copy = image.duplicate()
        for position in sorted((image.get_item_position(layer) for layer in layers), reverse=True):
            copy.remove_layer(copy.get_layers()[position])
        return copy

    def test_into_the_layer(self) -> None:
        image = image_of()
        source = image.get_layers()[0]
        file = self.strokes(FOREHEAD)
        layer = self.done("stroke-file", image, source, file=file, new_layer=False)
        self.assertEqual(image.get_layers(), [source])
        self.assertEqual(layer, source)
        expected = self.command(image_of(), "--strokes", file.get_path(), "--frame", self.face().text())
        self.assertSame(read(source), expected, 1)

    def test_in_pixels_of_the_same_photo(self) -> None:
        image = image_of()
        kept = os.path.join(self.folder, "kept.json")
        expected = self.command(image, "--strokes", self.strokes(FOREHEAD, MOUTH).get_path(), "--save-strokes", kept)
        layer = self.done("stroke-file", image, image.get_layers()[0], file=Gio.File.new_for_path(kept))
        self.assertSame(seen(image), expected, 1)
        with open(kept, encoding="utf-8") as file:
            own = json.load(file)["frame"]
        for value, name in zip(frame_of(layer), ("cx", "cy", "side", "angle")):
            self.assertAlmostEqual(value, own[name], 6)

    def test_settings_in_place_of_the_files(self) -> None:
        image = image_of()
        file = self.strokes({**FOREHEAD, "settings": {"strength": 1.0, "freedom": 0.9}})
        layer = self.done("stroke-file", image, image.get_layers()[0], file=file, settings_of_file=False, strength=0.5,
                          freedom=0.25, mask=3.0, detail=0.6, locality=0.4)
        wanted = self.strokes({**FOREHEAD, "settings": {"strength": 0.5, "freedom": 0.25}},
                              blend={"mask": 3.0, "detail": 0.6, "locality": 0.4})
        expected = self.command(image_of(), "--strokes", wanted.get_path(), "--frame", frame_of(layer).text())
        self.assertSame(seen(image), expected, 1)

    def test_attributes(self) -> None:
        image = image_of()
        layer = self.done("stroke-file", image, image.get_layers()[0], file=self.strokes(FOREHEAD),
                          attributes="smile=2; pc1=-1")
        expected = self.command(image_of(), "--attribute", "smile=2", "--attribute", "pc1=-1", "--strokes",
                                self.strokes(FOREHEAD).get_path(), "--frame", frame_of(layer).text())
        self.assertSame(seen(image), expected, 1)

    def test_on_another_photo_of_a_face(self) -> None:
        image = image_of()
        source = image.get_layers()[0]
        image.scale(300, 300 * image.get_height() // image.get_width())
        file = self.file("other.json", json.dumps({
            "format": "npe-strokes", "version": 1, "photo": {"width": 4000, "height": 3000},
            "frame": {"cx": 2000.0, "cy": 1500.0, "side": 1000.0, "angle": 0.0},
            "operations": [{**FOREHEAD, "dabs": [[1500 + 1000 * u, 1000 + 1000 * v, 1000 * r, h, p]
                                                 for u, v, r, h, p in FOREHEAD["dabs"]]}]}))
        layer = self.done("stroke-file", image, source, file=file)
        expected = self.command(self.plain(image, layer), "--strokes", self.strokes(FOREHEAD).get_path(), "--frame",
                                frame_of(layer).text())
        self.assertSame(seen(image), expected, 2)


class PaintLayer(Case):
    def painted(self, image: Gimp.Image, name: str = "paint") -> Gimp.Layer:
        """A black bar on the forehead and a white one on the mouth, where the face of the photo is."""
        frame = self.face()
        layer = Gimp.Layer.new(image, name, image.get_width(), image.get_height(), Gimp.ImageType.RGBA_IMAGE, 100.0,
                               Gimp.LayerMode.NORMAL)
        layer.fill(Gimp.FillType.TRANSPARENT)
        image.insert_layer(layer, None, 0)
        for (left, top, right, bottom), pixel in (((0.35, 0.15, 0.65, 0.24), b"\x14\x12\x10\xff"),
                                                  ((0.44, 0.69, 0.56, 0.73), b"\xff\xff\xff\xff")):
            x, y = frame.cx + (left - 0.5) * frame.side, frame.cy + (top - 0.5) * frame.side
            write(layer, (int(x), int(y), int((right - left) * frame.side), int((bottom - top) * frame.side)), pixel)
        return layer

    def test_on_the_layer_below(self) -> None:
        image = image_of()
        source = image.get_layers()[0]
        paint = self.painted(image)
        path = os.path.join(self.folder, "paint.png")
        alone = image.duplicate()
        alone.remove_layer(alone.get_layers()[1])
        Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, alone, Gio.File.new_for_path(path), None)
        layer = self.done("paint-layer", image, paint)
        self.assertEqual(image.get_layers(), [paint, layer, source])
        self.assertFalse(paint.get_visible())
        expected = self.command(image_of(), "--paint", path, "--frame", frame_of(layer).text())
        self.assertSame(seen(image), expected, 1)
        self.assertNotEqual(seen(image), read(source))

    def test_a_small_layer_that_was_moved(self) -> None:
        image = image_of()
        paint = self.painted(image)
        expected = image.duplicate()
        self.done("paint-layer", expected, expected.get_layers()[0])
        x, y, width, height = self.opaque(paint)
        paint.resize(width, height, -x, -y)
        self.done("paint-layer", image, paint)
        self.assertSame(seen(image), seen(expected))

    def opaque(self, layer: Gimp.Layer) -> "tuple[int, int, int, int]":
        """The rectangle around what is painted."""
        width = layer.get_width()
        alpha = read(layer, "A u8")
        rows = [y for y in range(layer.get_height()) if any(alpha[y * width:(y + 1) * width])]
        columns = [x for x in range(width) if any(alpha[x::width])]
        return columns[0], rows[0], columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1

    def test_on_a_named_layer(self) -> None:
        image = image_of()
        source = image.get_layers()[0]
        between = Gimp.Layer.new(image, "between", 50, 50, Gimp.ImageType.RGBA_IMAGE, 0.0, Gimp.LayerMode.NORMAL)
        image.insert_layer(between, None, 0)
        paint = self.painted(image)
        layer = self.done("paint-layer", image, paint, source=source)
        self.assertEqual(image.get_layers(), [paint, between, layer, source])

    def test_darker(self) -> None:
        image = image_of()
        before = seen(image)
        paint = self.painted(image)
        layer = self.done("paint-layer", image, paint, mode="darken")
        frame = frame_of(layer)
        after = seen(image)
        at = 3 * (int(frame.cy - 0.3 * frame.side) * image.get_width() + int(frame.cx))
        self.assertLess(sum(after[at:at + 3]), sum(before[at:at + 3]) - 60)

    def test_refusals(self) -> None:
        image = image_of()
        source = image.get_layers()[0]
        paint = self.painted(image)
        self.assertIn("no alpha channel", self.refused("paint-layer", image, [source], source=paint))
        self.assertIn("both", self.refused("paint-layer", image, [paint], source=paint))
        paint.fill(Gimp.FillType.TRANSPARENT)
        self.assertIn("empty", self.refused("paint-layer", image, [paint]))
        image.reorder_item(paint, None, 1)
        self.assertIn("No layer lies below", self.refused("paint-layer", image, [paint]))
        self.assertIn("select one layer", self.refused("paint-layer", image, [paint, source]))
        image.reorder_item(paint, None, 0)
        paint.add_mask(paint.create_mask(Gimp.AddMaskType.WHITE))
        self.assertIn("Apply Layer Mask", self.refused("paint-layer", image, [paint]))


class StrokePath(Case):
    def path(self, image: Gimp.Image, *points: "tuple[float, float]", closed: bool = False) -> Gimp.Path:
        path = Gimp.Path.new(image, "forehead")
        image.insert_path(path, None, 0)
        stroke = path.bezier_stroke_new_moveto(*points[0])
        for point in points[1:]:
            path.bezier_stroke_lineto(stroke, *point)
        if closed:
            path.stroke_close(stroke)
        return path

    def test_as_the_command_strokes(self) -> None:
        image = image_of()
        frame = self.face()
        points = [(frame.cx + (u - 0.5) * frame.side, frame.cy + (v - 0.5) * frame.side)
                  for u, v in ((0.4, 0.2), (0.5, 0.19), (0.6, 0.2))]
        color = Gegl.Color.new("#141210")
        for path in (self.path(image, *points), None):
            # Without one, the selected path.
            image.set_selected_paths(image.get_paths())
            layer = self.done("stroke-path", image, image.get_layers()[-1], path=path, color=color, radius=12.0, hardness=0.7,
                              strength=0.8)
            text = " ".join(f"{x:.6f},{y:.6f}" for x, y in points) + ";radius=12;color=#141210;hardness=0.7"
            expected = self.command(image_of(), "--stroke", text, "--strength", "0.8", "--frame", frame_of(layer).text())
            # The command's points have six decimals.
            self.assertClose(seen(image), expected)
            image.remove_layer(layer)

    def test_several_strokes_and_a_closed_one(self) -> None:
        image = image_of()
        frame = self.face()

        def at(u: float, v: float) -> "tuple[float, float]":
            return frame.cx + (u - 0.5) * frame.side, frame.cy + (v - 0.5) * frame.side

        path = self.path(image, at(0.4, 0.2), at(0.6, 0.2), at(0.5, 0.16), closed=True)
        stroke = path.bezier_stroke_new_moveto(*at(0.46, 0.71))
        path.bezier_stroke_lineto(stroke, *at(0.54, 0.71))
        layer = self.done("stroke-path", image, image.get_layers()[0], path=path)
        kept = json.loads(bytes(layer.get_parasite("npe-edit").get_data()).rstrip(b"\0"))["strokes"]
        first, second = kept["operations"]
        self.assertEqual(first["dabs"][0], first["dabs"][-1], "a closed stroke ends where it begins")
        self.assertAlmostEqual(second["dabs"][0][2], 0.06 * frame.side, 3)

    def test_refusals(self) -> None:
        image = image_of()
        layer = image.get_layers()[0]
        self.assertIn("no selected path", self.refused("stroke-path", image, [layer]))
        empty = Gimp.Path.new(image, "nothing")
        image.insert_path(empty, None, 0)
        self.assertIn("“nothing” is empty", self.refused("stroke-path", image, [layer], path=empty))
        beside = self.path(image, (-500.0, -500.0), (-400.0, -500.0))
        self.assertIn("frame", self.refused("stroke-path", image, [layer], path=beside))
        self.assertIn("smile=1.5", self.refused("stroke-path", image, [layer], path=beside, attributes="smile"))


class DecodeView(Case):
    NAMES = ("original", "reconstruction", "generated", "delta", "error", "mask", "latents", "result")

    def test_views_as_images_are_those_of_the_command(self) -> None:
        image = image_of()
        file = self.strokes(FOREHEAD)
        layer = self.done("stroke-file", image, image.get_layers()[0], file=file)
        views = os.path.join(self.folder, "views")
        self.command(image_of(), "--strokes", file.get_path(), "--frame", frame_of(layer).text(), "--views", views)
        for name in self.NAMES:
            with self.subTest(name):
                view = self.done("decode-view", image, layer, view=name, destination="image")
                self.assertNotEqual(view.get_image(), image)
                wanted = image_of(os.path.join(views, name + ".png")).get_layers()[0]
                self.assertEqual((view.get_width(), view.get_height()), (wanted.get_width(), wanted.get_height()))
                self.assertSame(read(view), read(wanted), 1)

    def test_as_a_layer_on_the_face(self) -> None:
        image = image_of()
        source = image.get_layers()[0]
        view = self.done("decode-view", image, source, view="original")
        self.assertEqual(image.get_layers(), [view, source])
        _ok, x, y = view.get_offsets()
        width, height = view.get_width(), view.get_height()
        # In the middle of it, where an enlarged small picture lies over its photo.
        part = (width // 4, height // 4, width // 2, height // 2)
        a = read(view, rect=part)
        b = read(source, rect=(x + part[0], y + part[1], part[2], part[3]))
        mean = sum(abs(p - q) for p, q in zip(a, b)) / len(a)
        self.assertLess(mean, 12, "the view of the original lies where the face is")

    def test_of_a_photo_with_a_slider(self) -> None:
        image = image_of()
        source = image.get_layers()[0]
        plain = self.done("decode-view", image, source, view="generated", destination="image")
        moved = self.done("decode-view", image, source, view="generated", destination="image", attributes="smile=3")
        self.assertNotEqual(read(plain), read(moved))
