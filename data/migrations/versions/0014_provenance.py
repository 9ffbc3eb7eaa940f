"""Readings of sources and the versions of datasets that were made of them, remembered when they are removed."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "source_readings",
        sa.Column("reading", sa.Text(), primary_key=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("read", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "sourced_versions",
        sa.Column("version", sa.Text(), primary_key=True),
        sa.Column("frame", sa.Text(), primary_key=True),
        sa.Column("reading", sa.Text(), nullable=False),
        sa.Column("lineage", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("stored", sa.DateTime(timezone=True), nullable=False),
    )
