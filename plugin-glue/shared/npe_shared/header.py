# SPDX-License-Identifier: MIT OR Apache-2.0
"""npe.h as ctypes sees it: structs and functions. A test compares all of it with the header."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_char, c_char_p, c_double, c_float, c_int32, c_size_t, c_uint32, c_uint64, c_void_p
from typing import Any, Dict, Tuple


class SessionInfo(ctypes.Structure):
    _fields_ = [("device", c_char * 128), ("libtorch_version", c_char * 32), ("device_memory", c_uint64),
                ("is_cuda", c_uint32), ("threads", c_uint32), ("models", c_uint32), ("reserved", c_uint32)]


class LoadOptions(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("path", c_char_p), ("device", c_char_p)]


class ModelInfo(ctypes.Structure):
    _fields_ = [("name", c_char_p), ("architecture", c_char_p), ("trained_on", c_char_p), ("licence", c_char_p),
                ("sha256", c_char_p), ("image_size", c_uint32), ("latents", c_uint32), ("width", c_uint32),
                ("hidden", c_uint32)]


class Image(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("data", c_void_p), ("data_size", c_size_t), ("width", c_uint32),
                ("height", c_uint32), ("stride", c_size_t), ("format", c_uint32), ("reserved", c_uint32)]


class ImageOut(ctypes.Structure):
    _fields_ = Image._fields_


class Frame(ctypes.Structure):
    _fields_ = [("cx", c_double), ("cy", c_double), ("side", c_double), ("angle", c_double)]


class Placement(ctypes.Structure):
    _fields_ = [("x", c_double), ("y", c_double), ("width", c_double), ("height", c_double)]


class Dab(ctypes.Structure):
    _fields_ = [("x", c_float), ("y", c_float), ("radius", c_float), ("hardness", c_float), ("pressure", c_float)]


class StrokeOptions(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("mode", c_uint32), ("color", c_float * 3)]


class StrokeReport(ctypes.Structure):
    _fields_ = [("loss_before", c_float), ("loss_after", c_float), ("brush_before", c_float), ("brush_after", c_float),
                ("steps", c_uint32)]


class Rect(ctypes.Structure):
    _fields_ = [("x", c_uint32), ("y", c_uint32), ("width", c_uint32), ("height", c_uint32)]


class Settings(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("solver", c_uint32), ("steps", c_uint32), ("strength", c_float),
                ("freedom", c_float), ("mask", c_float), ("detail", c_float), ("locality", c_float),
                ("reserved", c_uint32)]


#: Structs by their names in npe.h.
STRUCTS: Dict[str, Any] = {
    "npe_session_info": SessionInfo, "npe_load_options": LoadOptions, "npe_model_info": ModelInfo,
    "npe_image": Image, "npe_image_out": ImageOut, "npe_frame": Frame, "npe_placement": Placement,
    "npe_dab": Dab, "npe_stroke_options": StrokeOptions, "npe_stroke_report": StrokeReport, "npe_rect": Rect,
    "npe_settings": Settings,
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
    "npe_session_get_info": (c_int32, (POINTER(SessionInfo), _size)),
    "npe_session_set_threads": (c_int32, (c_uint32,)),
    "npe_session_set_libtorch": (c_int32, (c_char_p,)),
    "npe_load": (c_int32, (POINTER(LoadOptions), *_work, POINTER(c_void_p))),
    "npe_model_free": (None, (c_void_p,)),
    "npe_model_get_info": (c_int32, (c_void_p, POINTER(ModelInfo), _size)),
    "npe_find_faces": (c_int32, (POINTER(Image), POINTER(Frame), _size, _sizes)),
    "npe_model_find_faces": (c_int32, (c_void_p, POINTER(Image), POINTER(Frame), _size, _sizes)),
    "npe_encode": (c_int32, (c_void_p, POINTER(Image), POINTER(Frame), POINTER(c_void_p))),
    "npe_edit_free": (None, (c_void_p,)),
    "npe_edit_copy": (c_int32, (c_void_p, POINTER(c_void_p))),
    "npe_edit_get_frame": (c_int32, (c_void_p, POINTER(Frame))),
    "npe_edit_get_size": (c_int32, (c_void_p, _uints, _uints, _uints)),
    "npe_stroke": (c_int32, (c_void_p, POINTER(Dab), _size, POINTER(StrokeOptions), *_work,
                             POINTER(StrokeReport), _size)),
    "npe_paint": (c_int32, (c_void_p, POINTER(Image), c_uint32, *_work, POINTER(StrokeReport), _size)),
    "npe_follow": (c_int32, (c_void_p, POINTER(Image), POINTER(Placement), c_uint32, *_work,
                             POINTER(StrokeReport), _size)),
    "npe_end_guide": (c_int32, (c_void_p,)),
    "npe_decode": (c_int32, (c_void_p, POINTER(Rect), POINTER(ImageOut))),
    "npe_decode_change": (c_int32, (c_void_p, POINTER(Rect), POINTER(ImageOut))),
    "npe_changed_rect": (c_int32, (c_void_p, POINTER(Rect))),
    "npe_view_size": (c_int32, (c_void_p, c_uint32, _uints, _uints)),
    "npe_view": (c_int32, (c_void_p, c_uint32, POINTER(ImageOut))),
    "npe_undo": (c_int32, (c_void_p, _ints)),
    "npe_redo": (c_int32, (c_void_p, _ints)),
    "npe_get_undo_levels": (c_int32, (c_void_p, _sizes, _sizes)),
    "npe_reset": (c_int32, (c_void_p,)),
    "npe_update": (c_int32, (c_void_p,)),
    "npe_get_settings": (c_int32, (c_void_p, POINTER(Settings), _size)),
    "npe_set_settings": (c_int32, (c_void_p, POINTER(Settings))),
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
