"""Whose a folder is: who may write into it can exchange whatever is in it, files closed or not."""

import os
import stat

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_ROOT = 0


def is_open_to_others(found: os.stat_result) -> bool:
    """Whether its group or anyone may write. Where only owners may delete, others may still add."""
    return bool(found.st_mode & _OTHERS_WRITE)


def is_of_another(found: os.stat_result) -> bool:
    """Whether it belongs to somebody else than this user and root."""
    return found.st_uid not in {_ROOT, os.geteuid()}
