"""What a request will cost, told before it is read."""

# What is larger, or costs more, is read and scored in a thread, so that the others do not wait for it: 50 rows by the
# long way take 2 to 3 ms, and so do the contributions of two.
INLINE_BYTES, INLINE_ROWS, INLINE_EXPLAINED = 64 * 1024, 50, 4


def is_cheap(body: bytes) -> bool:
    """Whether a request takes so little that the event loop can wait for it, before anything of it is read.

    Each row begins with a brace or bracket of its own; others, as in texts, only make it look dearer.
    """
    if len(body) > INLINE_BYTES:
        return False
    # A name that is written with a backslash may be any.
    may_explain = b"contributions" in body or b"\\" in body
    around = 3
    return max(body.count(b"{"), body.count(b"[")) - around <= (INLINE_EXPLAINED if may_explain else INLINE_ROWS)
