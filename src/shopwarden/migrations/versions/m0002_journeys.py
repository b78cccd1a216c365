"""A session's way through the shop, views without consent, and visitors merged by hand."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for statement in Path(__file__).with_suffix(".sql").read_text().split(";\n\n"):
        if statement.strip():
            op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    raise NotImplementedError("sessions would forget their ways: restore a backup instead")
