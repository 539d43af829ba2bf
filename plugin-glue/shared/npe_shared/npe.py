# SPDX-License-Identifier: MIT OR Apache-2.0
"""npe.h for Python: ctypes only, so that an editor's own Python will do.

Names follow npe.h; what is said there of threads, units and blocking holds here. Every call releases the interpreter
lock. A call that fails raises `NpeError`, which carries npe's sentence. Objects free themselves; `close()` frees them now.
Which library is taken: see loader.
"""

from __future__ import annotations

import ctypes
import os
from ctypes import byref, c_char, c_char_p, c_float, c_int32, c_size_t, c_uint32, c_void_p
from typing import Any, Callable, List, Optional, Sequence, Tuple

from . import header
from .loader import LibraryError, NpeError, check, file_names, library, library_path, version  # noqa: F401
from .values import *  # noqa: F401,F403
from .values import (Buffer, Dab, Frame, FORMAT_RGB_U8, Image, MODE_COLOR, ModelInfo, Placement, Rect, Report, SessionInfo,
                     Settings, pixel_bytes)

#: Told how far the work is, 0 to 1; answers whether to go on.
Progress = Callable[[float], bool]


class _Watched:
    """A progress callback for one call: an exception of the host's stops the work and comes out of the call."""

    def __init__(self, progress: Optional[Progress]) -> None:
        self._progress = progress
        self._error: Optional[BaseException] = None
        # PROGRESS() is NULL.
        self.pointer = header.PROGRESS(self._step) if progress else header.PROGRESS()

    def _step(self, done: float, _user: Any) -> int:
        assert self._progress is not None
        try:
            return 1 if self._progress(done) else 0
        except BaseException as e:  # noqa: B902 - nothing may pass through C
            self._error = e
            return 0

    def finish(self, status: int) -> None:
        if self._error is not None:
            raise self._error
        check(status)


def _address(data: Buffer, writable: bool) -> Tuple[Any, int, Any]:
    """Address, size, and what must stay alive meanwhile."""
    if isinstance(data, bytes) and not writable:
        held: Any = c_char_p(data)
        return ctypes.cast(held, c_void_p), len(data), (held, data)
    view = memoryview(data)
    if view.readonly:
        if writable:
            raise ValueError("npe writes into this image, but its buffer is read-only")
        copy = view.tobytes()
        held = c_char_p(copy)
        return ctypes.cast(held, c_void_p), len(copy), (held, copy)
    held = (c_char * view.nbytes).from_buffer(view)
    return ctypes.cast(held, c_void_p), view.nbytes, (held, view)


def _image(image: Image, kind: Any = header.Image) -> Tuple[Any, Any]:
    address, size, held = _address(image.data, kind is header.ImageOut)
    stride = image.stride or image.width * pixel_bytes(image.format)
    return kind(ctypes.sizeof(kind), address, size, image.width, image.height, stride, image.format, 0), held


def session_info() -> SessionInfo:
    """What npe runs on."""
    info = header.SessionInfo()
    check(library().npe_session_get_info(byref(info), ctypes.sizeof(info)))
    return SessionInfo(info.device.decode(), info.libtorch_version.decode(), info.device_memory, bool(info.is_cuda),
                       info.threads, info.models)


def set_threads(threads: int) -> None:
    """Threads of the models loaded from now on, 0: npe's choice."""
    check(library().npe_session_set_threads(threads))


def set_libtorch(folder: Optional[str]) -> None:
    """The folder of libtorch; None has it looked for."""
    check(library().npe_session_set_libtorch(os.fsencode(folder) if folder else None))


_log_kept: Any = None


def set_log(log: Optional[Callable[[int, str], None]]) -> None:
    """The one log callback of the process, called on any thread with one of LOG_... and a sentence; None stops it."""
    global _log_kept

    def told(level: int, message: bytes, _user: Any) -> None:
        try:
            assert log is not None
            log(level, message.decode("utf-8", "replace"))
        except Exception:  # noqa: BLE001 - nothing may pass through C, and a log that fails has nowhere to say so
            pass

    kept = header.LOG(told) if log else header.LOG()
    check(library().npe_set_log(kept, None))
    # The one before is not called any more once npe_set_log has returned.
    _log_kept = kept


def find_faces(photo: Image, model: Optional["Model"] = None) -> List[Frame]:
    """The faces in a photo, largest first; with a model, where that wants them."""
    image, _held = _image(photo)
    room = 64
    while True:
        frames, count = (header.Frame * room)(), c_size_t()
        if model is None:
            check(library().npe_find_faces(byref(image), frames, room, byref(count)))
        else:
            check(library().npe_model_find_faces(model.handle, byref(image), frames, room, byref(count)))
        if count.value <= room:
            return [Frame(f.cx, f.cy, f.side, f.angle) for f in frames[:count.value]]
        room = count.value


class _Handle:
    """Owns a handle of npe's."""

    _free = ""

    def __init__(self, handle: c_void_p) -> None:
        self._handle: Optional[c_void_p] = handle

    @property
    def handle(self) -> c_void_p:
        if self._handle is None:
            raise ValueError(f"this {type(self).__name__.lower()} is closed")
        return self._handle

    def close(self) -> None:
        """Frees it now; closing twice is fine."""
        handle, self._handle = self._handle, None
        if handle is not None:
            getattr(library(), self._free)(handle)

    def __del__(self) -> None:
        # At the interpreter's end a half-made object may lack its field.
        if getattr(self, "_handle", None) is not None:
            self.close()


class Model(_Handle):
    """A generative network. Edits keep what they need of it."""

    _free = "npe_model_free"

    def __init__(self, path: Optional[str] = None, device: str = "auto", progress: Optional[Progress] = None) -> None:
        """`path` None is the model inside the library; blocks for some hundred milliseconds."""
        file = os.fsencode(path) if path else None
        options = header.LoadOptions(ctypes.sizeof(header.LoadOptions), file, device.encode())
        watched, made = _Watched(progress), c_void_p()
        watched.finish(library().npe_load(byref(options), watched.pointer, None, byref(made)))
        super().__init__(made)

    def info(self) -> ModelInfo:
        i = header.ModelInfo()
        check(library().npe_model_get_info(self.handle, byref(i), ctypes.sizeof(i)))
        text = [t.decode() for t in (i.name, i.architecture, i.trained_on, i.licence, i.sha256)]
        return ModelInfo(*text, i.image_size, i.latents, i.width, i.hidden)  # type: ignore[call-arg, misc]

    def attributes(self) -> List[str]:
        """Names of the sliders of Edit.set_attribute; many models have none."""
        count, names = c_size_t(), []
        check(library().npe_model_get_attribute_count(self.handle, byref(count)))
        for i in range(count.value):
            name = c_char_p()
            check(library().npe_model_get_attribute_name(self.handle, i, byref(name)))
            names.append((name.value or b"").decode())
        return names

    def find_faces(self, photo: Image) -> List[Frame]:
        """The faces in a photo, largest first, as this model frames them."""
        return find_faces(photo, self)


class Edit(_Handle):
    """One photo being edited: the photo is copied. One thread at a time may change it."""

    _free = "npe_edit_free"

    def __init__(self, model: Model, photo: Image, frame: Optional[Frame] = None) -> None:
        """Without a frame the largest face is taken; ERR_NO_FACE if there is none."""
        image, _held = _image(photo)
        made = c_void_p()
        square = byref(header.Frame(*frame)) if frame is not None else None
        check(library().npe_encode(model.handle, byref(image), square, byref(made)))
        super().__init__(made)

    def copy(self) -> "Edit":
        """An independent copy with its history. Cheap."""
        made = c_void_p()
        check(library().npe_edit_copy(self.handle, byref(made)))
        copy = Edit.__new__(Edit)
        _Handle.__init__(copy, made)
        return copy

    def frame(self) -> Frame:
        f = header.Frame()
        check(library().npe_edit_get_frame(self.handle, byref(f)))
        return Frame(f.cx, f.cy, f.side, f.angle)

    def size(self) -> Tuple[int, int, int]:
        """Width, height and format of the photo."""
        w, h, f = c_uint32(), c_uint32(), c_uint32()
        check(library().npe_edit_get_size(self.handle, byref(w), byref(h), byref(f)))
        return w.value, h.value, f.value

    def stroke(self, dabs: Sequence[Dab], color: Tuple[float, float, float] = (0.0, 0.0, 0.0), mode: int = MODE_COLOR,
               progress: Optional[Progress] = None) -> Report:
        """Brushes with a colour (sRGB, 0 to 1)."""
        array = (header.Dab * max(len(dabs), 1))(*[tuple(d) for d in dabs])
        options = header.StrokeOptions(ctypes.sizeof(header.StrokeOptions), mode, (c_float * 3)(*color))
        watched, report = _Watched(progress), header.StrokeReport()
        watched.finish(library().npe_stroke(self.handle, array, len(dabs), byref(options), watched.pointer, None,
                                            byref(report), ctypes.sizeof(report)))
        return _report(report)

    def paint(self, layer: Image, mode: int = MODE_COLOR, progress: Optional[Progress] = None) -> Report:
        """Brushes with a painted layer of the photo's size; its alpha is the brush."""
        image, _held = _image(layer)
        watched, report = _Watched(progress), header.StrokeReport()
        watched.finish(library().npe_paint(self.handle, byref(image), mode, watched.pointer, None, byref(report),
                                           ctypes.sizeof(report)))
        return _report(report)

    def follow(self, guide: Image, placement: Optional[Placement] = None, mode: int = MODE_COLOR,
               progress: Optional[Progress] = None) -> Report:
        """Makes the edit what a painted guide says now; see npe_follow."""
        image, _held = _image(guide)
        place = byref(header.Placement(*placement)) if placement is not None else None
        watched, report = _Watched(progress), header.StrokeReport()
        watched.finish(library().npe_follow(self.handle, byref(image), place, mode, watched.pointer, None,
                                            byref(report), ctypes.sizeof(report)))
        return _report(report)

    def end_guide(self) -> None:
        """The next follow() begins after what was followed so far and takes nothing of it back."""
        check(library().npe_end_guide(self.handle))

    def decode(self, rect: Optional[Rect] = None, format: Optional[int] = None) -> bytearray:
        """The edited photo, or a rectangle of it, rows without gaps; in the photo's format unless another is asked for."""
        return self._decoded("npe_decode", rect, format)

    def decode_change(self, rect: Optional[Rect] = None, format: Optional[int] = None) -> bytearray:
        """The change as a layer to lay over the photo: transparent where nothing changed. The format must have alpha."""
        return self._decoded("npe_decode_change", rect, format)

    def _decoded(self, function: str, rect: Optional[Rect], format: Optional[int]) -> bytearray:
        width, height, own = self.size()
        format = own if format is None else format
        if rect is not None:
            width, height = rect.width, rect.height
        pixels = bytearray(width * height * pixel_bytes(format))
        image, _held = _image(Image(pixels, width, height, format), header.ImageOut)
        part = byref(header.Rect(*rect)) if rect is not None else None
        check(getattr(library(), function)(self.handle, part, byref(image)))
        return pixels

    def changed_rect(self) -> Rect:
        """Outside of it the result is the photo bit for bit."""
        r = header.Rect()
        check(library().npe_changed_rect(self.handle, byref(r)))
        return Rect(r.x, r.y, r.width, r.height)

    def view(self, view: int, format: int = FORMAT_RGB_U8) -> Image:
        """A small picture to look at, one of VIEW_..."""
        w, h = c_uint32(), c_uint32()
        check(library().npe_view_size(self.handle, view, byref(w), byref(h)))
        picture = Image(bytearray(w.value * h.value * pixel_bytes(format)), w.value, h.value, format)
        image, _held = _image(picture, header.ImageOut)
        check(library().npe_view(self.handle, view, byref(image)))
        return picture

    def undo(self) -> bool:
        """False if there was nothing to undo."""
        done = c_int32()
        check(library().npe_undo(self.handle, byref(done)))
        return bool(done.value)

    def redo(self) -> bool:
        """False if there was nothing to redo."""
        done = c_int32()
        check(library().npe_redo(self.handle, byref(done)))
        return bool(done.value)

    def undo_levels(self) -> Tuple[int, int]:
        """How often undo and redo will find something."""
        undo, redo = c_size_t(), c_size_t()
        check(library().npe_get_undo_levels(self.handle, byref(undo), byref(redo)))
        return undo.value, redo.value

    def reset(self) -> None:
        """Back to the photo."""
        check(library().npe_reset(self.handle))

    def update(self) -> None:
        """Makes the result the photo and encodes it anew."""
        check(library().npe_update(self.handle))

    def sample(self, seed: int) -> None:
        """A random face; the same seed gives the same."""
        check(library().npe_sample(self.handle, seed))

    def settings(self) -> Settings:
        s = header.Settings()
        check(library().npe_get_settings(self.handle, byref(s), ctypes.sizeof(s)))
        return Settings(s.solver, s.steps, s.strength, s.freedom, s.mask, s.detail, s.locality)

    def set_settings(self, settings: Settings) -> None:
        s = header.Settings(ctypes.sizeof(header.Settings), *settings, 0)
        check(library().npe_set_settings(self.handle, byref(s)))

    def latents(self) -> List[float]:
        count = c_size_t()
        check(library().npe_get_latents(self.handle, None, 0, byref(count)))
        values = (c_float * count.value)()
        check(library().npe_get_latents(self.handle, values, count.value, byref(count)))
        return list(values)

    def set_latents(self, values: Sequence[float]) -> None:
        check(library().npe_set_latents(self.handle, (c_float * len(values))(*values), len(values)))

    def paint_latents(self, x: float, y: float, radius: float, value: float) -> None:
        """Paints on the latent tiles; the unit is a tile."""
        check(library().npe_paint_latents(self.handle, x, y, radius, value))

    def attribute(self, name: str) -> float:
        """Where a slider stands; 0 is as in the photo."""
        value = c_float()
        check(library().npe_get_attribute(self.handle, name.encode(), byref(value)))
        return value.value

    def set_attribute(self, name: str, value: float) -> None:
        """Moves a slider, -5 to 5."""
        check(library().npe_set_attribute(self.handle, name.encode(), value))

    def strokes(self) -> str:
        """All that was done, as JSON (npe-strokes)."""
        length = c_size_t()
        check(library().npe_strokes_save(self.handle, None, 0, byref(length)))
        text = (c_char * (length.value + 1))()
        check(library().npe_strokes_save(self.handle, text, len(text), byref(length)))
        return text.raw[:length.value].decode()

    def load_strokes(self, text: str, progress: Optional[Progress] = None) -> None:
        """Does again what strokes() wrote."""
        raw, watched = text.encode(), _Watched(progress)
        watched.finish(library().npe_strokes_load(self.handle, raw, len(raw), watched.pointer, None))


def _report(r: Any) -> Report:
    return Report(r.loss_before, r.loss_after, r.brush_before, r.brush_after, r.steps)
