"""Reading one file in a thread of its own, whose end frees what lxml keeps for a thread.

lxml remembers every element and attribute name, prefix and namespace for as long as the thread
lives. Names that a file makes up, which free content allows, would add up over files to hundreds of
megabytes, and then the thread could read no name that is new to it.
"""

import gc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_Value = TypeVar("_Value")


def in_own_thread(work: Callable[[], _Value]) -> _Value:
    """What `work` gives or raises; it reads one file from first to last and keeps no element."""
    try:
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="iso20022") as threads:
            return threads.submit(work).result()
    finally:
        # A parser and its tree hold each other, and the tree holds the names.
        gc.collect()
