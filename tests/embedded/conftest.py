"""A data folder of its own for tests that start and stop servers themselves."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not pytest's own temporary folder: as root, the database's account may not enter that one."""
    made = Path(tempfile.mkdtemp(prefix="shopwarden-one-", dir="/tmp"))
    made.chmod(0o711 if os.geteuid() == 0 else 0o700)
    yield made
    shutil.rmtree(made, ignore_errors=True)
