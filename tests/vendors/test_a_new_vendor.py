"""Adding a vendor is one Python file and one JSON: a made-up one is put beside the others, and everything takes it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.house.reading import ROOT

VENDOR = '''"""Parrot, a made-up vendor that knows mailboxes."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import msgspec

from shopwarden.contracts.exchange import Ask, Reply
from shopwarden.contracts.vendor import Account, Credential, Finding, Lookup, Vendor
from shopwarden.domain.answers import EmailAnswer
from shopwarden.domain.inquiry import Inquiry
from shopwarden.vendors.faults import fault_of
from shopwarden.vendors.fields import read_object, told


def ask(inquiry: Inquiry, account: Account) -> Ask:
    headers = {"X-Parrot": account.value("api_key"), "Content-Type": "application/json"}
    body = msgspec.json.encode({"mailbox": inquiry.email})
    return Ask("parrot.email", account.url("https://api.parrot.example", "/v1/mailbox"), "POST", headers, body)


def read(reply: Reply) -> Finding:
    if reply.status != 200:
        raise fault_of(reply, "Parrot")
    fields = read_object(reply, "Parrot")
    return Finding(told(EmailAnswer(is_disposable=fields.flag("throw_away"), fraud_score=fields.number("badness", 0, 100))))


VENDOR = Vendor(
    name="parrot",
    title="Parrot",
    about="Knows mailboxes.",
    credentials=(Credential("api_key", "PARROT_API_KEY", "key of the account"),),
    hosts=("api.parrot.example",),
    lookups=(
        Lookup(
            key="parrot.email",
            subject="email",
            needs=("email",),
            identity=lambda inquiry, account: (inquiry.email or "",),
            ask=ask,
            read=read,
            price=Decimal("0.002"),
            keep=timedelta(days=7),
            feeds=("throw-away mailboxes",),
            title="Whether a mailbox is thrown away",
        ),
    ),
)
'''
RECORDED = """{
  "about": "made up",
  "account": {"api_key": "parrot-planted-key"},
  "lookups": {"parrot.email": {
    "asks": [{
      "method": "POST", "url": "https://api.parrot.example/v1/mailbox",
      "headers": {"X-Parrot": "parrot-planted-key", "Content-Type": "application/json"},
      "json": {"mailbox": "rosa.lindgren@example.org"}
    }],
    "replies": [
      {"kind": "good", "status": 200, "json": {"throw_away": true, "badness": 70},
       "gives": {"email": {"is_disposable": true, "fraud_score": 70.0}}},
      {"kind": "empty", "status": 200, "json": {}, "gives": {}},
      {"kind": "error", "status": 401, "json": {"error": "parrot-planted-key"}, "fault": "auth"},
      {"kind": "not_available", "status": 200, "json": {"throw_away": "N/A", "badness": ""}, "gives": {}},
      {"kind": "half_broken", "status": 200, "json": {"throw_away": true, "badness": {}},
       "gives": {"email": {"is_disposable": true}}}
    ]
  }}
}
"""
RUN = """
import sys
import shopwarden.vendors as vendors
import tests.vendors.recorded as recorded

folder = sys.argv[1]
vendors.__path__.append(folder)
recorded.FOLDERS.append(recorded.Path(folder))
assert "parrot" in vendors.find_vendors() and vendors.find_lookups()["parrot.email"][0].title == "Parrot"
assert vendors.values_in({"PARROT_API_KEY": "k"}) == {"parrot": {"api_key": "k"}}
from shopwarden.vendors.catalogue import catalogue
assert "`parrot.email`" in catalogue() and "`PARROT_API_KEY`" in catalogue()
import pytest
sys.exit(pytest.main(["tests/vendors/test_every_vendor.py", "-k", "parrot", "-p", "no:cacheprovider", "-p", "no:xdist"]))
"""


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", RUN, str(folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_vendor_is_one_file_and_one_json(tmp_path: Path) -> None:
    (tmp_path / "parrot.py").write_text(VENDOR, "utf-8")
    (tmp_path / "parrot.json").write_text(RECORDED, "utf-8")
    done = run(tmp_path)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]


def test_the_suite_refuses_a_vendor_of_which_not_everything_is_recorded(tmp_path: Path) -> None:
    (tmp_path / "parrot.py").write_text(VENDOR, "utf-8")
    (tmp_path / "parrot.json").write_text(RECORDED.replace('"kind": "half_broken"', '"kind": "good"'), "utf-8")
    done = run(tmp_path)
    assert done.returncode == 1
    assert "test_everything_a_vendor_can_say_is_recorded[parrot]" in done.stdout


def test_the_suite_refuses_a_vendor_that_reads_wrongly(tmp_path: Path) -> None:
    (tmp_path / "parrot.py").write_text(VENDOR.replace('fields.flag("throw_away")', "True"), "utf-8")
    (tmp_path / "parrot.json").write_text(RECORDED, "utf-8")
    done = run(tmp_path)
    assert done.returncode == 1
    assert "test_what_is_read[parrot.email-empty-200]" in done.stdout
