"""The bench runs from end to end on little data and comes to a figure for everything it measures; how fast is not asked."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MEASURED = 18


def test_the_bench_runs_and_measures_everything(tmp_path: Path) -> None:
    page = tmp_path / "bench.md"
    command = [sys.executable, "-m", "bench", "--quick", "--page", str(page)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    rows = [line.split(" | ") for line in page.read_text("utf-8").splitlines() if line.startswith("| ")][1:]
    assert len(rows) == MEASURED
    for _, value, limit, ratio, *_ in rows:
        assert float(re.match(r"[\d,.]+", value).group().replace(",", "")) > 0  # type: ignore[union-attr]
        assert float(re.match(r"[\d,.]+", limit).group().replace(",", "")) > 0  # type: ignore[union-attr]
        assert ratio.strip()
