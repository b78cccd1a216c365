"""Node from a wheel, and Segment's Node SDK installed beside the story that uses it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "segment_node"


@pytest.fixture(scope="session")
def node() -> Path:
    """The node of this environment's own wheel, with the story's packages in place."""
    programs = Path(sys.executable).parent
    if not (FOLDER / "node_modules").exists():
        subprocess.run([programs / "npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=FOLDER, check=True)
    return programs / "node"
