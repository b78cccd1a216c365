"""Logs: JSON when asked for, and no secret in either style."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.log import BLOT, redact

SCRIPT = """
import logging, sys, structlog
from shopwarden.log import set_up_logs
set_up_logs("info", sys.argv[1])
structlog.get_logger("shop").info("made", password="hunter2", shop="x", nested={"api_key": "abc123", "n": 1})
structlog.get_logger("shop").debug("unseen")
logging.getLogger("other").warning("cannot reach postgresql://ann:hunter2@db/x")
logging.getLogger("other").warning("sent %s", "Authorization: Bearer abc123")
try:
    raise ValueError("redis://:hunter2@cache said no")
except ValueError:
    structlog.get_logger("shop").exception("broke")
"""


def lines(style: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", SCRIPT, style], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return done.stderr.splitlines()


@pytest.mark.parametrize("style", ["console", "json"])
def test_no_secret_is_written(style: str) -> None:
    text = "\n".join(lines(style))
    assert "hunter2" not in text
    assert "abc123" not in text
    assert "made" in text
    assert "cannot reach postgresql://ann:***@db/x" in text
    assert "unseen" not in text


def test_json_is_one_object_a_line() -> None:
    events = [json.loads(line) for line in lines("json")]
    assert events[0]["event"] == "made"
    assert events[0]["nested"] == {"api_key": BLOT, "n": 1}
    assert events[0]["level"] == "info"
    assert events[0]["timestamp"].endswith("Z")
    assert "ValueError" in events[-1]["exception"]


@given(st.text(alphabet=st.characters(categories=["L", "N"]), min_size=8))
def test_a_password_in_a_url_never_stays(password: str) -> None:
    event = redact(None, "", {"event": f"at redis://user:{password}@host/0 now"})
    assert event["event"] == f"at redis://user:{BLOT}@host/0 now"
