"""The lock of an open file, which ends with the process that holds it."""

import fcntl


def exclusive(descriptor: int) -> bool:
    """Whether the lock is ours alone, without waiting; closing the descriptor gives it back."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
