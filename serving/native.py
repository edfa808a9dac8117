"""XGBoost's own library, called without its Python package: what a trial needs, which is to start at once."""

import ctypes
import json
from typing import Any

_ARGUMENTS = json.dumps(
    {
        "type": 0,
        "training": False,
        "iteration_begin": 0,
        "iteration_end": 0,
        "missing": float("nan"),
        "strict_shape": False,
        "cache_id": 0,
    }
).encode()


class NativeError(Exception):
    """What the library says when it refuses."""


def predict_dense(library: Any, handle: Any, address: int, rows: int, features: int) -> bytes:
    """The scores, as float32, of a matrix of float32 that lies at `address`, row after row; safe for several threads.

    It is the call that `Booster.inplace_predict` makes. Raises `NativeError`, also when the model gives anything else
    than one score a row.
    """
    described = b'{"data":[%d,true],"shape":[%d,%d],"strides":null,"typestr":"<f4","version":3}'
    shape, dimensions = ctypes.POINTER(ctypes.c_uint64)(), ctypes.c_uint64()
    found = ctypes.POINTER(ctypes.c_float)()
    refuse(
        library,
        library.XGBoosterPredictFromDense(
            handle,
            described % (address, rows, features),
            _ARGUMENTS,
            None,
            ctypes.byref(shape),
            ctypes.byref(dimensions),
            ctypes.byref(found),
        ),
    )
    if (dimensions.value, shape[0]) != (1, rows):
        raise NativeError("the model gives other than one score a row")
    # A copy: the memory is the library's, and the next call of this thread writes there.
    return ctypes.string_at(found, 4 * rows)


def load(library: Any, content: bytes) -> ctypes.c_void_p:
    """A handle of the model in `content`, which predicts with one thread; raises `NativeError`."""
    handle = ctypes.c_void_p()
    refuse(library, library.XGBoosterCreate(None, ctypes.c_uint64(0), ctypes.byref(handle)))
    refuse(library, library.XGBoosterLoadModelFromBuffer(handle, content, ctypes.c_uint64(len(content))))
    refuse(library, library.XGBoosterSetParam(handle, b"nthread", b"1"))
    return handle


def refuse(library: Any, status: int) -> None:
    """Raise `NativeError` unless the library returned 0."""
    if status:
        library.XGBGetLastError.restype = ctypes.c_char_p
        raise NativeError(library.XGBGetLastError().decode(errors="replace"))
