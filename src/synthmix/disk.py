"""Faults of a disk, which are nobody's mistake in the code. Light."""

from __future__ import annotations

import errno

NUMBERS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO)


def is_disk_fault(error: BaseException) -> bool:
    """Whether a disk takes no more: it is full, over its quota, read-only, not the user's, or broken."""
    return isinstance(error, OSError) and error.errno in NUMBERS
