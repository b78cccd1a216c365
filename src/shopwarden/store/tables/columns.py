"""How columns are written here: the shared metadata and the few kinds of column that repeat.

Every tenant table has `store_id` first in its primary key, its unique keys and its foreign keys, so that
the database can later be distributed by it.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, DateTime, MetaData, Numeric, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def store_key() -> Column[UUID]:
    return Column("store_id", Uuid, primary_key=True, nullable=False)


def key(name: str = "id") -> Column[UUID]:
    return Column(name, Uuid, primary_key=True, nullable=False)


def moment(name: str, nullable: bool = True) -> Column[datetime]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def money(name: str, precision: int = 14, **more: Any) -> Column[Decimal]:
    return Column(name, Numeric(precision, 2), **more)


def json_column(name: str, default: str = "{}") -> Column[Any]:
    return Column(name, JSONB, nullable=False, server_default=default)


def one_of(column: str, *values: str) -> CheckConstraint:
    """Checked text: the values an enum column may take."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def text(name: str, nullable: bool = True, **more: Any) -> Column[str]:
    return Column(name, Text, nullable=nullable, **more)
