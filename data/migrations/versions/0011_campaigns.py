"""Campaigns, whose customers were called but for those whom chance held out."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "campaigns",
        sa.Column("campaign", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lineage", sa.Text(), nullable=False),
        sa.Column("data_version", sa.Text(), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("months", sa.BigInteger(), nullable=False),
        sa.Column("started", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("read", sa.DateTime(timezone=True)),
        sa.Column("read_by", sa.Text()),
        sa.Column("source", sa.Text()),
    )
    op.create_table(
        "campaign_customers",
        sa.Column("campaign", sa.Text(), primary_key=True),
        sa.Column("customer", sa.Text(), primary_key=True),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("called", sa.Boolean(), nullable=False),
        sa.Column("risk", sa.Float(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("left", sa.Float()),
    )
