"""The settings the embedded server runs with, given on its command line.

There they outrank every file in the data folder and ALTER SYSTEM, so that a database superuser
cannot turn durability off. The log never shows parameters, statements or details of an error,
because those carry restricted text.
"""

from collections.abc import Mapping
from pathlib import Path

from countersign.kernel.invariant import invariant

_DURABLE = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
}
_LOCAL_ONLY = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "max_connections": "50",
}
_SIZED = {
    "shared_buffers": "256MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "lz4",
}
# Seven daily files, each emptied when its weekday comes round again.
_LOG = {
    "logging_collector": "on",
    "log_filename": "postgres-%a.log",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
}
_FIXED = frozenset({*_DURABLE, *_LOCAL_ONLY, *_LOG} - {"max_connections"})


def server_arguments(
    *, log_folder: Path, socket_folder: Path, extra_settings: Mapping[str, str]
) -> list[str]:
    """Write the settings as `-c name=value` arguments; sizes alone may be set otherwise."""
    invariant(
        not _FIXED & extra_settings.keys(),
        "durability, access and log contents of the embedded server are not options",
    )
    folders = {
        "log_directory": str(log_folder),
        # The value is a list of folders, where quotes keep a comma or a space inside one name.
        "unix_socket_directories": '"' + str(socket_folder).replace('"', '""') + '"',
    }
    settings = {**_SIZED, **extra_settings, **_DURABLE, **_LOG, **folders}
    settings = {**_LOCAL_ONLY, **settings}
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
