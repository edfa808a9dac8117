"""The process in which a model file is tried. It imports neither numpy nor XGBoost's package, so it starts at once.

`python -S -m serving.trial_child LIBRARY FILE SHA256 FEATURES`: float32 rows on stdin, hexadecimal scores on stdout.
"""

import ctypes
import hashlib
import json
import resource
import struct
import sys
from pathlib import Path

from serving.native import NativeError, load, predict_dense

MOST_MEMORY = 8 * 2**30


def main(library: str, file: str, sha256: str, features: int) -> None:
    """Load the file, score what comes, and end; whatever is wrong ends with a word on stderr, or with a crash."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    content = Path(file).read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise SystemExit("the file has another sha256")
    given = sys.stdin.buffer.read()
    rows = len(given) // (4 * features)
    matrix = ctypes.create_string_buffer(given, len(given))
    try:
        called = ctypes.CDLL(library)
        scores = predict_dense(called, load(called, content), ctypes.addressof(matrix), rows, features)
    except NativeError as error:
        raise SystemExit(str(error).strip().splitlines()[0]) from error
    sys.stdout.write(json.dumps([score.hex() for score in struct.unpack(f"<{rows}f", scores)]))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
