"""A model version belongs to a lineage of datasets; what was kept before finds its own when Vigie starts."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column."""
    op.add_column("model_versions", sa.Column("lineage", sa.Text()))
