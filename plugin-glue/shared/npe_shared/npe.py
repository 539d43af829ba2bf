# SPDX-License-Identifier: MIT OR Apache-2.0
"""npe.h for Python: ctypes only, so that an editor's own Python will do.

Names follow npe.h; what is said there of threads, units and blocking holds here. Every call releases the interpreter
lock. A call that fails raises `NpeError`, which carries npe's sentence. Objects free themselves; `close()` frees them now.

`library()` takes the file that NPE_LIBRARY names, or libnpe beside this package, or where pkg-config says, or where the
system looks; `LibraryError` says where it looked.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from ctypes import POINTER, byref, c_char, c_char_p, c_double, c_float, c_int32, c_size_t, c_uint32, c_uint64, c_void_p
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple, Union

#: The npe that this module was written for. While the major version is 0, a library's minor version must be equal.
VERSION = (0, 1, 0)

MODE_COLOR, MODE_LIGHTEN, MODE_DARKEN, MODE_RESTORE = range(4)

(VIEW_ORIGINAL, VIEW_RECONSTRUCTION, VIEW_GENERATED, VIEW_DELTA, VIEW_ERROR, VIEW_MASK, VIEW_LATENTS,
 VIEW_RESULT) = range(8)

SOLVER_GUIDED, SOLVER_PUBLISHED = range(2)

LOG_ERROR, LOG_INFO = 1, 3

OK = 0
ERR_INVALID_ARGUMENT, ERR_NULL, ERR_HANDLE, ERR_LIMIT, ERR_MODEL, ERR_PHOTO, ERR_NO_FACE, ERR_STROKE_FILE = range(1, 9)
ERR_IO, ERR_DEVICE, ERR_OUT_OF_MEMORY, ERR_CANCELLED, ERR_BUSY, ERR_BUFFER_TOO_SMALL = range(9, 15)
ERR_INTERNAL, ERR_PANIC = 15, 16

FORMAT_GREY_U8, FORMAT_GREYA_U8, FORMAT_RGB_U8, FORMAT_RGBA_U8, FORMAT_BGRA_U8 = range(17, 22)
FORMAT_GREY_U16, FORMAT_GREYA_U16, FORMAT_RGB_U16, FORMAT_RGBA_U16, FORMAT_BGRA_U16 = range(33, 38)
FORMAT_GREY_F32, FORMAT_GREYA_F32, FORMAT_RGB_F32, FORMAT_RGBA_F32, FORMAT_BGRA_F32 = range(65, 70)


class _SessionInfo(ctypes.Structure):
    _fields_ = [("device", c_char * 128), ("libtorch_version", c_char * 32), ("device_memory", c_uint64),
                ("is_cuda", c_uint32), ("threads", c_uint32), ("models", c_uint32), ("reserved", c_uint32)]


class _LoadOptions(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("path", c_char_p), ("device", c_char_p)]


class _ModelInfo(ctypes.Structure):
    _fields_ = [("name", c_char_p), ("architecture", c_char_p), ("trained_on", c_char_p), ("licence", c_char_p),
                ("sha256", c_char_p), ("image_size", c_uint32), ("latents", c_uint32), ("width", c_uint32),
                ("hidden", c_uint32)]


class _Image(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("data", c_void_p), ("data_size", c_size_t), ("width", c_uint32),
                ("height", c_uint32), ("stride", c_size_t), ("format", c_uint32), ("reserved", c_uint32)]


class _ImageOut(ctypes.Structure):
    _fields_ = _Image._fields_


class _Frame(ctypes.Structure):
    _fields_ = [("cx", c_double), ("cy", c_double), ("side", c_double), ("angle", c_double)]


class _Placement(ctypes.Structure):
    _fields_ = [("x", c_double), ("y", c_double), ("width", c_double), ("height", c_double)]


class _Dab(ctypes.Structure):
    _fields_ = [("x", c_float), ("y", c_float), ("radius", c_float), ("hardness", c_float), ("pressure", c_float)]


class _StrokeOptions(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("mode", c_uint32), ("color", c_float * 3)]


class _StrokeReport(ctypes.Structure):
    _fields_ = [("loss_before", c_float), ("loss_after", c_float), ("brush_before", c_float), ("brush_after", c_float),
                ("steps", c_uint32)]


class _Rect(ctypes.Structure):
    _fields_ = [("x", c_uint32), ("y", c_uint32), ("width", c_uint32), ("height", c_uint32)]


class _Settings(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("solver", c_uint32), ("steps", c_uint32), ("strength", c_float),
                ("freedom", c_float), ("mask", c_float), ("detail", c_float), ("locality", c_float),
                ("reserved", c_uint32)]


#: Structs by their names in npe.h.
STRUCTS: Dict[str, Any] = {
    "npe_session_info": _SessionInfo, "npe_load_options": _LoadOptions, "npe_model_info": _ModelInfo,
    "npe_image": _Image, "npe_image_out": _ImageOut, "npe_frame": _Frame, "npe_placement": _Placement,
    "npe_dab": _Dab, "npe_stroke_options": _StrokeOptions, "npe_stroke_report": _StrokeReport, "npe_rect": _Rect,
    "npe_settings": _Settings,
}

PROGRESS = ctypes.CFUNCTYPE(c_int32, c_float, c_void_p)
LOG = ctypes.CFUNCTYPE(None, c_int32, c_char_p, c_void_p)

_size, _sizes = c_size_t, POINTER(c_size_t)
_floats, _ints, _uints = POINTER(c_float), POINTER(c_int32), POINTER(c_uint32)
_work = (PROGRESS, c_void_p)

#: Every function of npe.h: what it answers, what it takes. Handles are void pointers.
FUNCTIONS: Dict[str, Tuple[Any, Tuple[Any, ...]]] = {
    "npe_version": (c_char_p, ()),
    "npe_status_text": (c_char_p, (c_int32,)),
    "npe_last_error": (c_char_p, ()),
    "npe_set_log": (c_int32, (LOG, c_void_p)),
    "npe_session_get_info": (c_int32, (POINTER(_SessionInfo), _size)),
    "npe_session_set_threads": (c_int32, (c_uint32,)),
    "npe_session_set_libtorch": (c_int32, (c_char_p,)),
    "npe_load": (c_int32, (POINTER(_LoadOptions), *_work, POINTER(c_void_p))),
    "npe_model_free": (None, (c_void_p,)),
    "npe_model_get_info": (c_int32, (c_void_p, POINTER(_ModelInfo), _size)),
    "npe_find_faces": (c_int32, (POINTER(_Image), POINTER(_Frame), _size, _sizes)),
    "npe_model_find_faces": (c_int32, (c_void_p, POINTER(_Image), POINTER(_Frame), _size, _sizes)),
    "npe_encode": (c_int32, (c_void_p, POINTER(_Image), POINTER(_Frame), POINTER(c_void_p))),
    "npe_edit_free": (None, (c_void_p,)),
    "npe_edit_copy": (c_int32, (c_void_p, POINTER(c_void_p))),
    "npe_edit_get_frame": (c_int32, (c_void_p, POINTER(_Frame))),
    "npe_edit_get_size": (c_int32, (c_void_p, _uints, _uints, _uints)),
    "npe_stroke": (c_int32, (c_void_p, POINTER(_Dab), _size, POINTER(_StrokeOptions), *_work,
                             POINTER(_StrokeReport), _size)),
    "npe_paint": (c_int32, (c_void_p, POINTER(_Image), c_uint32, *_work, POINTER(_StrokeReport), _size)),
    "npe_follow": (c_int32, (c_void_p, POINTER(_Image), POINTER(_Placement), c_uint32, *_work,
                             POINTER(_StrokeReport), _size)),
    "npe_end_guide": (c_int32, (c_void_p,)),
    "npe_decode": (c_int32, (c_void_p, POINTER(_Rect), POINTER(_ImageOut))),
    "npe_decode_change": (c_int32, (c_void_p, POINTER(_Rect), POINTER(_ImageOut))),
    "npe_changed_rect": (c_int32, (c_void_p, POINTER(_Rect))),
    "npe_view_size": (c_int32, (c_void_p, c_uint32, _uints, _uints)),
    "npe_view": (c_int32, (c_void_p, c_uint32, POINTER(_ImageOut))),
    "npe_undo": (c_int32, (c_void_p, _ints)),
    "npe_redo": (c_int32, (c_void_p, _ints)),
    "npe_get_undo_levels": (c_int32, (c_void_p, _sizes, _sizes)),
    "npe_reset": (c_int32, (c_void_p,)),
    "npe_update": (c_int32, (c_void_p,)),
    "npe_get_settings": (c_int32, (c_void_p, POINTER(_Settings), _size)),
    "npe_set_settings": (c_int32, (c_void_p, POINTER(_Settings))),
    "npe_sample": (c_int32, (c_void_p, c_uint64)),
    "npe_get_latents": (c_int32, (c_void_p, _floats, _size, _sizes)),
    "npe_set_latents": (c_int32, (c_void_p, _floats, _size)),
    "npe_paint_latents": (c_int32, (c_void_p, c_float, c_float, c_float, c_float)),
    "npe_model_get_attribute_count": (c_int32, (c_void_p, _sizes)),
    "npe_model_get_attribute_name": (c_int32, (c_void_p, _size, POINTER(c_char_p))),
    "npe_get_attribute": (c_int32, (c_void_p, c_char_p, _floats)),
    "npe_set_attribute": (c_int32, (c_void_p, c_char_p, c_float)),
    "npe_strokes_save": (c_int32, (c_void_p, POINTER(c_char), _size, _sizes)),
    "npe_strokes_load": (c_int32, (c_void_p, c_char_p, _size, *_work)),
}

Buffer = Union[bytes, bytearray, memoryview]
#: Told how far the work is, 0 to 1; answers whether to go on.
Progress = Callable[[float], bool]


class NpeError(Exception):
    """A call that failed: `str(e)` is npe's sentence, `e.status` one of ERR_..."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class LibraryError(Exception):
    """libnpe is missing, damaged, or of another version; says where it was looked for and what to do."""


class Frame(NamedTuple):
    """A square in a photo, in its pixels; `angle` in degrees clockwise."""

    cx: float
    cy: float
    side: float
    angle: float = 0.0


class Placement(NamedTuple):
    """The rectangle of a photo, in its pixels, that a guide covers."""

    x: float
    y: float
    width: float
    height: float


class Rect(NamedTuple):
    """Whole photo pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def empty(self) -> bool:
        return self.width == 0 or self.height == 0

    def inside(self, other: "Rect") -> bool:
        """Whether no pixel of it is outside of another one."""
        return (self.x >= other.x and self.y >= other.y and self.x + self.width <= other.x + other.width
                and self.y + self.height <= other.y + other.height)

    def union(self, other: "Rect") -> "Rect":
        """The smallest rectangle around both; an empty one does not count."""
        if self.empty or other.empty:
            return other if self.empty else self
        x, y = min(self.x, other.x), min(self.y, other.y)
        right = max(self.x + self.width, other.x + other.width)
        bottom = max(self.y + self.height, other.y + other.height)
        return Rect(x, y, right - x, bottom - y)

    def intersection(self, other: "Rect") -> "Rect":
        """What both have; empty if that is nothing."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        right = min(self.x + self.width, other.x + other.width)
        bottom = min(self.y + self.height, other.y + other.height)
        return Rect(x, y, right - x, bottom - y) if right > x and bottom > y else Rect(0, 0, 0, 0)


class Dab(NamedTuple):
    """One touch of the brush, in photo pixels."""

    x: float
    y: float
    radius: float
    hardness: float = 0.5
    pressure: float = 1.0


class Settings(NamedTuple):
    """How strokes act, and how all of the change is shown; see npe_settings."""

    solver: int
    steps: int
    strength: float
    freedom: float
    mask: float
    detail: float
    locality: float


class Report(NamedTuple):
    """What a stroke did; see npe_stroke_report."""

    loss_before: float
    loss_after: float
    brush_before: float
    brush_after: float
    steps: int


class ModelInfo(NamedTuple):
    """What is known about a model; see npe_model_info."""

    name: str
    architecture: str
    trained_on: str
    licence: str
    sha256: str
    image_size: int
    latents: int
    width: int
    hidden: int


class SessionInfo(NamedTuple):
    """What npe runs on; see npe_session_info."""

    device: str
    libtorch_version: str
    device_memory: int
    is_cuda: bool
    threads: int
    models: int


class Image(NamedTuple):
    """Pixels in the host's memory; `stride` in bytes, 0 for rows without gaps."""

    data: Buffer
    width: int
    height: int
    format: int
    stride: int = 0


def pixel_bytes(format: int) -> int:
    """Bytes of a pixel of one of FORMAT_..."""
    channels = format & 15
    return (4 if channels == 5 else channels) * (format >> 4)


def file_names() -> List[str]:
    """What the library is called on this system."""
    if sys.platform == "win32":
        return ["npe.dll"]
    if sys.platform == "darwin":
        return ["libnpe.dylib"]
    return ["libnpe.so", f"libnpe.so.{VERSION[0]}.{VERSION[1]}"]


def _places() -> Iterator[str]:
    """Where to look, in order: absolute paths, then bare names that the system's loader finds."""
    named = os.environ.get("NPE_LIBRARY")
    if named:
        yield os.path.abspath(named)
    here = os.path.dirname(os.path.abspath(__file__))
    for folder in (here, os.path.dirname(here)):
        for name in file_names():
            yield os.path.join(folder, name)
    try:
        answer = subprocess.run(["pkg-config", "--variable=libdir", "npe"], capture_output=True, text=True, timeout=10)
        if answer.returncode == 0 and answer.stdout.strip():
            for name in file_names():
                yield os.path.join(answer.stdout.strip(), name)
    except (OSError, subprocess.SubprocessError):
        pass
    yield from file_names()


def _opened(path: str) -> ctypes.CDLL:
    lib = ctypes.CDLL(path)
    try:
        lib.npe_version.restype = c_char_p
        version = lib.npe_version().decode()
    except AttributeError:
        raise LibraryError(f"{path} is no npe library: it has no npe_version. Install again: npe install gimp "
                           "(or krita)") from None
    numbers = tuple(int(n) for n in version.split(".")[:2])
    if numbers != VERSION[:2]:
        raise LibraryError(f"{path} is npe {version}; this plug-in needs {VERSION[0]}.{VERSION[1]}. Install both from "
                           "one release: npe install gimp (or krita)")
    for name, (answer, arguments) in FUNCTIONS.items():
        try:
            function = getattr(lib, name)
        except AttributeError:
            raise LibraryError(f"{path} is npe {version} but lacks {name}: it is older than this plug-in. Install both "
                               "from one release: npe install gimp (or krita)") from None
        function.restype, function.argtypes = answer, arguments
    return lib


_library: Optional[ctypes.CDLL] = None
_library_path = ""


def library() -> ctypes.CDLL:
    """The open library; opens it on the first call. Raises LibraryError."""
    global _library, _library_path
    if _library is not None:
        return _library
    tried: List[str] = []
    for path in _places():
        if os.path.isabs(path) and not os.path.exists(path):
            tried.append(path)
            continue
        try:
            _library = _opened(path)
            _library_path = path
            return _library
        except OSError as e:
            # A file that is there and does not open is the person's; another one elsewhere would hide it.
            if os.path.isabs(path):
                raise LibraryError(f"{path} can't be opened: {e}. Install again: npe install gimp (or krita)") from None
            tried.append(path)
    raise LibraryError("the library of npe was not found; looked for " + ", ".join(tried) +
                       ". Install it with: npe install gimp (or krita), or set NPE_LIBRARY to its path")


def library_path() -> str:
    """Where the open library is."""
    library()
    return _library_path


def version() -> str:
    """The version of the loaded library."""
    return str(library().npe_version().decode())


def check(status: int) -> None:
    """Raises NpeError if a status is not OK."""
    if status != OK:
        sentence = library().npe_last_error() or library().npe_status_text(status)
        raise NpeError(status, sentence.decode("utf-8", "replace"))


class _Watched:
    """A progress callback for one call: an exception of the host's stops the work and comes out of the call."""

    def __init__(self, progress: Optional[Progress]) -> None:
        self._progress = progress
        self._error: Optional[BaseException] = None
        # PROGRESS() is NULL.
        self.pointer = PROGRESS(self._step) if progress else PROGRESS()

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


def _image(image: Image, kind: Any = _Image) -> Tuple[Any, Any]:
    address, size, held = _address(image.data, kind is _ImageOut)
    stride = image.stride or image.width * pixel_bytes(image.format)
    return kind(ctypes.sizeof(kind), address, size, image.width, image.height, stride, image.format, 0), held


def session_info() -> SessionInfo:
    """What npe runs on."""
    info = _SessionInfo()
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

    kept = LOG(told) if log else LOG()
    check(library().npe_set_log(kept, None))
    # The one before is not called any more once npe_set_log has returned.
    _log_kept = kept


def find_faces(photo: Image, model: Optional["Model"] = None) -> List[Frame]:
    """The faces in a photo, largest first; with a model, where that wants them."""
    image, _held = _image(photo)
    room = 64
    while True:
        frames, count = (_Frame * room)(), c_size_t()
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
        if handle is not None and _library is not None:
            getattr(_library, self._free)(handle)

    def __del__(self) -> None:
        # At the interpreter's end a half-made object may lack its field.
        if getattr(self, "_handle", None) is not None:
            self.close()


class Model(_Handle):
    """A generative network. Edits keep what they need of it."""

    _free = "npe_model_free"

    def __init__(self, path: Optional[str] = None, device: str = "auto", progress: Optional[Progress] = None) -> None:
        """`path` None is the model inside the library; blocks for some hundred milliseconds."""
        options = _LoadOptions(ctypes.sizeof(_LoadOptions), os.fsencode(path) if path else None, device.encode())
        watched, made = _Watched(progress), c_void_p()
        watched.finish(library().npe_load(byref(options), watched.pointer, None, byref(made)))
        super().__init__(made)

    def info(self) -> ModelInfo:
        i = _ModelInfo()
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
        square = byref(_Frame(*frame)) if frame is not None else None
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
        f = _Frame()
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
        array = (_Dab * max(len(dabs), 1))(*[tuple(d) for d in dabs])
        options = _StrokeOptions(ctypes.sizeof(_StrokeOptions), mode, (c_float * 3)(*color))
        watched, report = _Watched(progress), _StrokeReport()
        watched.finish(library().npe_stroke(self.handle, array, len(dabs), byref(options), watched.pointer, None,
                                            byref(report), ctypes.sizeof(report)))
        return _report(report)

    def paint(self, layer: Image, mode: int = MODE_COLOR, progress: Optional[Progress] = None) -> Report:
        """Brushes with a painted layer of the photo's size; its alpha is the brush."""
        image, _held = _image(layer)
        watched, report = _Watched(progress), _StrokeReport()
        watched.finish(library().npe_paint(self.handle, byref(image), mode, watched.pointer, None, byref(report),
                                           ctypes.sizeof(report)))
        return _report(report)

    def follow(self, guide: Image, placement: Optional[Placement] = None, mode: int = MODE_COLOR,
               progress: Optional[Progress] = None) -> Report:
        """Makes the edit what a painted guide says now; see npe_follow."""
        image, _held = _image(guide)
        place = byref(_Placement(*placement)) if placement is not None else None
        watched, report = _Watched(progress), _StrokeReport()
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
        image, _held = _image(Image(pixels, width, height, format), _ImageOut)
        part = byref(_Rect(*rect)) if rect is not None else None
        check(getattr(library(), function)(self.handle, part, byref(image)))
        return pixels

    def changed_rect(self) -> Rect:
        """Outside of it the result is the photo bit for bit."""
        r = _Rect()
        check(library().npe_changed_rect(self.handle, byref(r)))
        return Rect(r.x, r.y, r.width, r.height)

    def view(self, view: int, format: int = FORMAT_RGB_U8) -> Image:
        """A small picture to look at, one of VIEW_..."""
        w, h = c_uint32(), c_uint32()
        check(library().npe_view_size(self.handle, view, byref(w), byref(h)))
        picture = Image(bytearray(w.value * h.value * pixel_bytes(format)), w.value, h.value, format)
        image, _held = _image(picture, _ImageOut)
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
        s = _Settings()
        check(library().npe_get_settings(self.handle, byref(s), ctypes.sizeof(s)))
        return Settings(s.solver, s.steps, s.strength, s.freedom, s.mask, s.detail, s.locality)

    def set_settings(self, settings: Settings) -> None:
        check(library().npe_set_settings(self.handle, byref(_Settings(ctypes.sizeof(_Settings), *settings, 0))))

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
