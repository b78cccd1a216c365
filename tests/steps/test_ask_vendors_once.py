"""No paid call is made twice for the same question, however jobs are repeated, shuffled, cancelled and killed."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from shopwarden.vendors import find_vendors
from tests.outbound.local_server import Heard, LocalServer, Said, serving
from tests.sandbox.running import running_sandbox, sandbox  # noqa: F401 - fixtures
from tests.steps.asking_child import SANDBOX, account, inquiry
from tests.steps.vendor_stage import Stage, stage

ROOT = Path(__file__).resolve().parents[2]
QUESTIONS, JOBS, CHUNKS = 150, 1000, 8
KILLED = 5


class Bill:
    """What the vendor would charge: every request it took in, but those it turned away itself."""

    def __init__(self) -> None:
        self.charged: Counter[str] = Counter()
        self._dice = random.Random(7)
        self._turned_away: set[str] = set()

    async def behave(self, heard: Heard) -> Said:
        number = sum(heard.target.encode()) % 20
        if number < 2 and heard.target not in self._turned_away:
            self._turned_away.add(heard.target)
            return Said(503)
        self.charged[heard.target] += 1
        if number == 3:
            await asyncio.sleep(3)
        if number == 4:
            return Said(reset=True)
        await asyncio.sleep(self._dice.choice([0, 0.005, 0.02, 0.3]))
        said = {5: Said(504), 6: Said(body=b"rubbish"), 7: Said(), 8: Said(body=b"\xff\xfe{")}
        return said.get(number, Said(body=json.dumps({"score": number}).encode()))


async def run_child(arguments: list[str], dies_after: float | None) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.steps.asking_child", *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert child.stdout is not None
    assert await child.stdout.readline() == b"ready\n"
    if dies_after is not None:
        await asyncio.sleep(dies_after)
        with suppress(ProcessLookupError):
            child.kill()
    code = await child.wait()
    # A quick one may have been done already: that some did die is seen by what they lost.
    assert code in ((0,) if dies_after is None else (0, -9))


async def run_all(url: str, database_url: str, store_id: UUID, jobs: list[int], dice: random.Random) -> None:
    """Every job is done by some worker; those of workers killed on the way come again, as the queue brings them."""
    chunk = len(jobs) // CHUNKS
    chunks = [jobs[at : at + chunk] for at in range(0, len(jobs), chunk)]
    runs = [(each, dice.uniform(0.05, 0.5)) for each in chunks[:KILLED]] + [(each, None) for each in chunks]
    dice.shuffle(runs)
    places = asyncio.Semaphore(3)

    async def run(seed: int, questions: list[int], dies_after: float | None) -> None:
        async with places:
            await run_child([database_url, str(store_id), url, str(seed), json.dumps(questions)], dies_after)

    await asyncio.gather(*(run(seed, *each) for seed, each in enumerate(runs)))


async def test_a_thousand_crashing_jobs_pay_for_each_question_once(database, database_url, store_id):
    dice = random.Random(11)
    jobs = [dice.randrange(QUESTIONS) for _ in range(JOBS)]
    bill = Bill()
    async with serving(bill.behave) as server:
        await run_all(server.url, database_url, store_id, jobs, dice)
        assert max(bill.charged.values()) == 1
        before = dict(bill.charged)
        await everything_again(stage(database, store_id), server, sorted(set(jobs)))
    assert {target: bill.charged[target] for target in before} == before
    assert max(bill.charged.values()) == 1
    asked = {each for question in jobs for each in targets(question)}
    assert set(bill.charged) <= asked
    # Nearly all were asked in the end: only those whose worker was cut off before the call left were not.
    assert len(bill.charged) > len(asked) * 0.8


async def test_every_vendor_of_the_sandbox_bills_each_question_once(database, database_url, store_id, sandbox):  # noqa: F811
    dice = random.Random(12)
    people = 30
    jobs = [dice.randrange(people) for _ in range(240)]
    await sandbox.mode("ipqualityscore", "hang", times=5)
    await sandbox.mode("riskified", "down", times=5)
    await sandbox.mode("sendgrid", "rubbish", times=3)
    await sandbox.mode("fullcontact", "slow", seconds=0.3)
    await run_all(SANDBOX + sandbox.url, database_url, store_id, jobs, dice)
    # What a vendor keys by the order itself, or gives for nothing, may be asked twice.
    paid = {name: vendor for name, vendor in find_vendors().items() if any(not each.repeatable for each in vendor.lookups)}
    calls = [call for call in await sandbox.log() if call["billed"] and call["vendor"] in paid]
    billed = Counter((call["vendor"], call["question"]) for call in calls)
    assert max(billed.values()) == 1
    by_vendor = Counter(call["vendor"] for call in calls)
    assert set(by_vendor) >= {"ipqualityscore", "maxmind", "sendgrid", "fullcontact"}
    for name, count in by_vendor.items():
        assert 0 < count <= people * len(paid[name].lookups)


async def everything_again(staged: Stage, server: LocalServer, questions: list[int]) -> None:
    """Once more after all claims of dead workers have run out: they are lost, not asked again."""
    await staged.age(minutes=30)
    for question in questions:
        settled = await staged.ask(account(server.url), inquiry(question), deadline=5.0)
        assert not [why.kind for why in settled.missing.values() if why.kind == "asking"]
    states = Counter(row["state"] for row in await staged.rows("vendor_answers"))
    assert states["asking"] == 0
    assert states["answered"] > states["lost"] > 0
    # Workers did die in the middle of calls.
    assert [call for call in await staged.rows("vendor_calls") if call["outcome"] == "lost"]
    await staged.tools.close()
    days = {row["lookup"]: row for row in await staged.rows("vendor_days")}
    rows = await staged.rows("vendor_answers")
    for key, day in days.items():
        mine = [row for row in rows if row["lookup"] == key]
        # Every question settled was counted once: as answered, missed or at fault.
        assert day["answered"] + day["missed"] + day["faults"] == day["calls"]
        assert day["calls"] >= len(mine)


def targets(question: int) -> set[str]:
    asked = inquiry(question)
    return {f"/acme/ip/{asked.ip}", f"/acme/email/{asked.email}"}
