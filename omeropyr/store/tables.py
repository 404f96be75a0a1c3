"""The tables of the durable store."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, MetaData, String, Table

METADATA = MetaData()

SCHEMA = Table("omeropyr_schema", METADATA, Column("version", Integer, nullable=False))
"""One row: how many steps of ``migration.STEPS`` were taken."""

ATTEMPTS = Table(
    "omeropyr_attempts",
    METADATA,
    Column("id", String(32), nullable=False, index=True),
    Column("key", String(64), nullable=False),
    Column("at", Float, nullable=False, index=True),
    Column("pending", Boolean, nullable=False),
    Index("ix_omeropyr_attempts_key_at", "key", "at"),
)
"""Attempts to log in, for ``omeropyr.security.throttle``: *id* of the attempt, *key* (a keyed digest of account or
address), seconds since the epoch, and whether its outcome is still open. One row for each key of an attempt."""
