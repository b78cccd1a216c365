"""PostgreSQL's settings for one machine that also runs the rest of the product."""

from __future__ import annotations

import shutil
from pathlib import Path

import psutil

_MB = 1024 * 1024
# Parallel queries keep shared memory here; containers often give it 64 MB only, and then big queries fail.
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108


def configuration(socket_folder: Path, *, durable: bool = True) -> str:
    """The text of a configuration file. `durable=False` gives up crash safety for speed: tests only."""
    memory = psutil.virtual_memory().total // _MB
    values = {
        "listen_addresses": "''",
        "unix_socket_directories": _quoted(str(socket_folder)),
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        "shared_buffers": f"{max(128, min(512, memory // 8))}MB",
        "effective_cache_size": f"{max(256, memory // 2)}MB",
        "maintenance_work_mem": "256MB",
        "work_mem": "16MB",
        "dynamic_shared_memory_type": "posix" if _roomy() else "mmap",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "checkpoint_completion_target": "0.9",
        "wal_compression": "on",
        "synchronous_commit": "on",
        "random_page_cost": "1.1",
        "jit": "off",
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        "log_line_prefix": "'%m [%p] '",
        "log_checkpoints": "off",
    }
    if not durable:
        values |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "shared_buffers": "128MB"}
    head = "# Written at every start. Changes of your own belong in override.conf beside this file.\n"
    return head + "".join(f"{name} = {value}\n" for name, value in values.items())


def _roomy() -> bool:
    try:
        return shutil.disk_usage(_SHARED_MEMORY).total >= 1024 * _MB
    except OSError:
        return False


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
