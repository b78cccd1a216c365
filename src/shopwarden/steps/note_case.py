"""A note written on a case, and that somebody has a case open: what analysts tell each other."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from shopwarden.domain.case import SEEN_FOR, ReviewCase
from shopwarden.domain.ids import StoreId
from shopwarden.steps.decide_case import no_such_case
from shopwarden.store.audit import Change, note
from shopwarden.store.case_history import add_case_note
from shopwarden.store.case_people import leave_case, see_case
from shopwarden.store.cases import find_case
from shopwarden.store.database import Connection


async def write_note(connection: Connection, store_id: StoreId, case_id: UUID, author: str, body: str) -> UUID:
    """RefuseError 404: no such case. The audit log says that a note was written, and not what it says."""
    if await find_case(connection, store_id, case_id) is None:
        raise no_such_case()
    note_id = await add_case_note(connection, store_id, case_id, author, body, datetime.now(UTC))
    change = Change(
        actor=author, action="case.noted", subject="case", subject_id=str(case_id), after={"note_id": str(note_id)}
    )
    await note(connection, store_id, change)
    return note_id


async def look_at(connection: Connection, store_id: StoreId, case_id: UUID, actor: str) -> tuple[ReviewCase, bool]:
    """The case, and whether its screen is ours: False where somebody else has it open, who is named in it. Held for a
    minute from now; says nothing about whose case it is. RefuseError 404."""
    now = datetime.now(UTC)
    is_ours = await see_case(connection, store_id, case_id, actor, (now, now + SEEN_FOR))
    case = await find_case(connection, store_id, case_id)
    if case is None:
        raise no_such_case()
    return case, is_ours


async def look_away(connection: Connection, store_id: StoreId, case_id: UUID, actor: str) -> None:
    """Lets go of the screen, where it is ours."""
    await leave_case(connection, store_id, case_id, actor)
