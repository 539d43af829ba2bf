# SPDX-License-Identifier: MIT OR Apache-2.0
"""Results in their images: kept in a file and gone on from, selections, masks, offsets, groups, and all kinds of
images."""

from __future__ import annotations

import json
import time

from case import FOREHEAD, MOUTH, PHOTO, Case, difference, frame_of, image_of, read, seen, write
from gi.repository import Gimp


class GoOn(Case):
    def test_saved_reopened_and_gone_on_from(self) -> None:
        image = image_of()
        self.done("stroke-file", image, image.get_layers()[0], file=self.strokes(FOREHEAD))
        before = seen(image)
        image = self.reopened(image)
        result, source = image.get_layers()
        self.assertSame(seen(image), before)
        result.set_name("hair")
        layer = self.done("stroke-file", image, result, file=self.strokes(MOUTH))
        self.assertEqual(image.get_layers(), [layer, source])
        self.assertEqual((layer, layer.get_name()), (result, "hair"))
        both = self.strokes(FOREHEAD, MOUTH)
        expected = self.command(image_of(), "--strokes", both.get_path(), "--frame", frame_of(layer).text())
        self.assertSame(seen(image), expected, 1)
        kept = json.loads(bytes(layer.get_parasite("npe-edit").get_data()).rstrip(b"\0"))
        self.assertEqual([len(kept["strokes"]["operations"]), kept["base"]], [2, 2])

        again = self.reopened(image)
        self.assertSame(seen(again), expected)

    def test_a_layer_that_was_cut_and_moved_back(self) -> None:
        image = image_of()
        layer = self.done("stroke-file", image, image.get_layers()[0], file=self.strokes(FOREHEAD))
        width, height = layer.get_width(), layer.get_height()
        layer.resize(width - 20, height - 10, -20, -10)
        self.done("stroke-file", image, layer, file=self.strokes(MOUTH))
        whole = image_of()
        self.done("stroke-file", whole, whole.get_layers()[0], file=self.strokes(FOREHEAD, MOUTH))
        # The border of the region never changes.
        self.assertSame(seen(image), seen(whole))

    def test_source_is_gone(self) -> None:
        image = image_of()
        other = Gimp.Layer.new_from_drawable(image.get_layers()[0], image)
        image.insert_layer(other, None, 1)
        layer = self.done("stroke-file", image, image.get_layers()[0], file=self.strokes(FOREHEAD))
        image.remove_layer(image.get_layers()[1])
        self.assertIn("not in the image any more", self.refused("stroke-file", image, [layer], file=self.strokes(MOUTH)))

    def test_a_damaged_parasite(self) -> None:
        image = image_of()
        layer = self.done("stroke-file", image, image.get_layers()[0], file=self.strokes(FOREHEAD))
        for data in (b"{", b'{"format": "npe-edit", "version": 2}', b"\x01\x02"):
            layer.attach_parasite(Gimp.Parasite.new("npe-edit", Gimp.PARASITE_PERSISTENT, data))
            for name, arguments in (("stroke-file", {"file": self.strokes(MOUTH)}), ("decode-view", {})):
                self.assertIn("can't be read", self.refused(name, image, [layer], **arguments))

    def test_strokes_in_a_parasite_that_are_damaged(self) -> None:
        image = image_of()
        layer = self.done("stroke-file", image, image.get_layers()[0], file=self.strokes(FOREHEAD))
        data = json.loads(bytes(layer.get_parasite("npe-edit").get_data()).rstrip(b"\0"))
        data["strokes"]["operations"][0]["kind"] = "magic"
        layer.attach_parasite(Gimp.Parasite.new("npe-edit", Gimp.PARASITE_PERSISTENT, json.dumps(data).encode()))
        self.assertIn("magic", self.refused("stroke-file", image, [layer], file=self.strokes(MOUTH)))


class Selections(Case):
    def whole(self) -> "tuple[bytes, bytes]":
        """The photo, and the result without a selection."""
        image = image_of()
        before = seen(image)
        self.done("stroke-file", image, image.get_layers()[0], file=self.strokes(FOREHEAD))
        return before, seen(image)

    def check_left_half(self, image: Gimp.Image, half: int) -> None:
        before, after = self.whole()
        now = seen(image)
        width = 3 * image.get_width()
        left = [slice(y * width, y * width + 3 * half) for y in range(image.get_height())]
        right = [slice(y * width + 3 * half, (y + 1) * width) for y in range(image.get_height())]
        self.assertEqual(b"".join(now[s] for s in left), b"".join(after[s] for s in left))
        self.assertEqual(b"".join(now[s] for s in right), b"".join(before[s] for s in right))

    def select(self, image: Gimp.Image) -> int:
        """The left half of the face."""
        half = int(self.face().cx)
        image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, half, image.get_height())
        return half

    def test_a_new_layer_gets_it_as_its_mask(self) -> None:
        image = image_of()
        half = self.select(image)
        layer = self.done("stroke-file", image, image.get_layers()[0], file=self.strokes(FOREHEAD))
        self.assertIsNotNone(layer.get_mask())
        self.assertEqual(tuple(Gimp.Selection.bounds(image)[1:]), (True, 0, 0, half, image.get_height()))
        self.check_left_half(image, half)

    def test_a_layer_is_changed_through_it(self) -> None:
        image = image_of()
        half = self.select(image)
        self.done("stroke-file", image, image.get_layers()[0], file=self.strokes(FOREHEAD), new_layer=False)
        self.check_left_half(image, half)

    def test_beside_the_layer(self) -> None:
        image = image_of()
        source = image.get_layers()[0]
        image.resize(image.get_width() + 100, image.get_height(), 0, 0)
        image.select_rectangle(Gimp.ChannelOps.REPLACE, source.get_width() + 10, 10, 50, 50)
        self.assertIn("outside of the layer", self.refused("stroke-file", image, [source], file=self.strokes(FOREHEAD),
                                                           new_layer=False))

    def test_as_the_frame(self) -> None:
        image = image_of()
        source = image.get_layers()[0]
        self.assertIn("Nothing is selected", self.refused("decode-view", image, [source], frame="selection"))
        image.select_rectangle(Gimp.ChannelOps.REPLACE, 100, 60, 200, 180)
        layer = self.done("stroke-file", image, source, file=self.strokes(FOREHEAD), frame="selection")
        self.assertEqual(tuple(frame_of(layer)), (200.0, 150.0, 200.0, 0.0))

    def test_with_the_mask_of_the_photo(self) -> None:
        image = image_of()
        source = image.get_layers()[0]
        source.add_alpha()
        mask = source.create_mask(Gimp.AddMaskType.WHITE)
        source.add_mask(mask)
        height = image.get_height() // 3
        write(mask, (0, 0, image.get_width(), height), b"\x00", "Y u8")
        half = self.select(image)
        layer = self.done("stroke-file", image, source, file=self.strokes(FOREHEAD))
        own = layer.get_mask()
        _ok, x, y = layer.get_offsets()
        values = read(own, "Y u8")
        for at in ((half - 5, height - 2), (half - 5, height + 2), (half + 5, height + 2), (half + 5, height - 2)):
            inside = at[0] < half and at[1] >= height
            self.assertEqual(values[(at[1] - y) * own.get_width() + at[0] - x], 255 if inside else 0, at)
        self.assertEqual(tuple(Gimp.Selection.bounds(image)[1:]), (True, 0, 0, half, image.get_height()))
        self.assertEqual(image.get_channels(), [])
        Gimp.Selection.none(image)
        image.remove_layer(layer)
        layer = self.done("stroke-file", image, source, file=self.strokes(FOREHEAD))
        self.assertIsNotNone(layer.get_mask())
        self.assertTrue(Gimp.Selection.is_empty(image))


class Layers(Case):
    def test_offsets(self) -> None:
        image = image_of()
        source = image.get_layers()[0]
        width, height = image.get_width(), image.get_height()
        image.resize(width + 90, height + 70, 60, 40)
        layer = self.done("stroke-file", image, source, file=self.strokes(FOREHEAD))
        image.resize(width, height, -60, -40)
        expected = self.command(image_of(), "--strokes", self.strokes(FOREHEAD).get_path(), "--frame", frame_of(layer).text())
        self.assertSame(seen(image), expected, 1)

    def test_in_a_group(self) -> None:
        image = image_of()
        source = image.get_layers()[0]
        group = Gimp.GroupLayer.new(image, "group")
        image.insert_layer(group, None, 0)
        image.reorder_item(source, group, 0)
        layer = self.done("stroke-file", image, source, file=self.strokes(FOREHEAD))
        self.assertEqual(group.get_children(), [layer, source])
        self.assertIn("group", self.refused("stroke-file", image, [group], file=self.strokes(FOREHEAD), new_layer=False))

    def test_locked_pixels(self) -> None:
        image = image_of()
        source = image.get_layers()[0]
        source.set_lock_content(True)
        self.assertIn("locked", self.refused("stroke-file", image, [source], file=self.strokes(FOREHEAD), new_layer=False))

    def test_alpha_is_left_as_it_is(self) -> None:
        image = image_of()
        source = image.get_layers()[0]
        source.add_alpha()
        quarter = image.get_height() // 4
        write(source, (0, 3 * quarter, image.get_width(), quarter), b"\x50\x60\x70\x80")
        alpha = read(source, "A u8")
        copy = image.duplicate()
        self.done("stroke-file", image, source, file=self.strokes(FOREHEAD), new_layer=False)
        self.assertEqual(read(source, "A u8"), alpha)
        layer = self.done("stroke-file", copy, copy.get_layers()[0], file=self.strokes(FOREHEAD))
        self.assertEqual({a for a in read(layer, "A u8")} - {0, 0x80, 255}, set())


class Kinds(Case):
    """Images of all kinds, compared with the command on an sRGB copy."""

    def check(self, image: Gimp.Image) -> None:
        plain, copy = seen(image), image.duplicate()
        source = image.get_layers()[0]
        layer = self.done("stroke-file", image, source, file=self.strokes(FOREHEAD))
        frame = frame_of(layer)
        layer.set_visible(False)
        expected = self.command(image, "--strokes", self.strokes(FOREHEAD).get_path(), "--frame", frame.text())
        layer.set_visible(True)
        self.assertGreater(difference(plain, expected), 60)
        self.assertClose(seen(image), expected)
        self.done("stroke-file", copy, copy.get_layers()[0], file=self.strokes(FOREHEAD), new_layer=False)
        self.assertClose(seen(copy), expected)

    def test_grey(self) -> None:
        image = image_of()
        image.convert_grayscale()
        self.check(image)

    def test_grey_with_alpha(self) -> None:
        image = image_of()
        image.convert_grayscale()
        image.get_layers()[0].add_alpha()
        self.check(image)

    def test_16_bits(self) -> None:
        image = image_of()
        image.convert_precision(Gimp.Precision.U16_NON_LINEAR)
        self.check(image)

    def test_16_bits_linear(self) -> None:
        image = image_of()
        image.convert_precision(Gimp.Precision.U16_LINEAR)
        self.check(image)

    def test_32_bit_floats(self) -> None:
        image = image_of()
        image.convert_precision(Gimp.Precision.FLOAT_LINEAR)
        self.check(image)

    def test_32_bit_integers(self) -> None:
        image = image_of()
        image.convert_precision(Gimp.Precision.U32_NON_LINEAR)
        self.check(image)

    def test_half_floats_in_grey(self) -> None:
        image = image_of()
        image.convert_grayscale()
        image.convert_precision(Gimp.Precision.HALF_NON_LINEAR)
        self.check(image)

    def test_adobe_rgb(self) -> None:
        for precision in (Gimp.Precision.U8_NON_LINEAR, Gimp.Precision.U16_NON_LINEAR):
            image = image_of()
            image.convert_precision(precision)
            image.convert_color_profile(Gimp.ColorProfile.new_rgb_adobe(),
                                        Gimp.ColorRenderingIntent.RELATIVE_COLORIMETRIC, True)
            self.check(image)

    def test_indexed(self) -> None:
        image = image_of()
        image.convert_indexed(Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.GENERATE, 64, False, False, "")
        layer = image.get_layers()[0]
        self.assertIn("indexed", self.refused("stroke-file", image, [layer], file=self.strokes(FOREHEAD)))

    def test_outside_of_the_change_nothing_moves(self) -> None:
        for precision in (Gimp.Precision.U8_NON_LINEAR, Gimp.Precision.U16_NON_LINEAR, Gimp.Precision.FLOAT_LINEAR):
            image = image_of()
            image.convert_precision(precision)
            source = image.get_layers()[0]
            native = {Gimp.Precision.U8_NON_LINEAR: "R'G'B' u8", Gimp.Precision.U16_NON_LINEAR: "R'G'B' u16",
                      Gimp.Precision.FLOAT_LINEAR: "RGB float"}[precision]
            part = (0, image.get_height() * 9 // 10, image.get_width(), image.get_height() // 10)
            before = read(source, native, part)
            self.done("stroke-file", image, source, file=self.strokes(FOREHEAD), new_layer=False)
            self.assertEqual(read(source, native, part), before)


class Large(Case):
    def test_24_megapixels(self) -> None:
        image = image_of()
        image.scale(6000, 4000)
        source = image.get_layers()[0]
        started = time.monotonic()
        self.done("stroke-file", image, source, file=self.strokes(FOREHEAD))
        new = time.monotonic() - started
        started = time.monotonic()
        self.done("stroke-file", image, source, file=self.strokes(FOREHEAD), new_layer=False)
        into = time.monotonic() - started
        with open(f"{self.folder}/../timing.txt", "w", encoding="utf-8") as file:
            file.write(f"24 megapixels ({PHOTO.rsplit('/', 1)[-1]} enlarged), start of the plug-in and loading of the "
                       f"model included: a stroke file as a new layer {new:.2f} s, into the layer {into:.2f} s\n")
        self.assertLess(max(new, into), 20)
