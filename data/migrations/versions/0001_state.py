"""The first tables of the state database."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "model_versions",
        sa.Column("model", sa.Text(), primary_key=True),
        sa.Column("version", sa.Text(), primary_key=True),
        sa.Column("learner", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("promoted", sa.DateTime(timezone=True)),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("data_version", sa.Text(), nullable=False),
        sa.Column("window_start", sa.Date()),
        sa.Column("window_end", sa.Date()),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("schema", sa.JSON(), nullable=False),
        sa.Column("metrics", sa.JSON(), nullable=False),
        sa.Column("bins", sa.JSON(), nullable=False),
        sa.Column("libraries", sa.JSON(), nullable=False),
    )
    op.create_table(
        "prediction_log",
        sa.Column("model", sa.Text(), primary_key=True),
        sa.Column("version", sa.Text(), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("subject", sa.Text(), primary_key=True),
        sa.Column("target_day", sa.Date(), primary_key=True),
        sa.Column("mean", sa.Float(), nullable=False),
        sa.Column("lo_80", sa.Float()),
        sa.Column("hi_80", sa.Float()),
        sa.Column("lo_95", sa.Float()),
        sa.Column("hi_95", sa.Float()),
        sa.Column("actual", sa.Float()),
        sa.Column("logged", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "psi_log",
        sa.Column("model", sa.Text(), primary_key=True),
        sa.Column("version", sa.Text(), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("feature", sa.Text(), primary_key=True),
        sa.Column("definition", sa.Text(), primary_key=True),
        sa.Column("reference", sa.Text(), primary_key=True),
        sa.Column("psi", sa.Float()),
        sa.Column("noise_limit", sa.Float()),
        sa.Column("ks", sa.Float()),
        sa.Column("ks_pvalue", sa.Float()),
        sa.Column("rows_reference", sa.BigInteger(), nullable=False),
        sa.Column("rows_current", sa.BigInteger(), nullable=False),
        sa.Column("threshold", sa.Float(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("logged", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "alert_log",
        sa.Column("model", sa.Text(), primary_key=True),
        sa.Column("version", sa.Text(), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("feature", sa.Text(), primary_key=True),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("value", sa.Float()),
        sa.Column("threshold", sa.Float()),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("message_values", sa.JSON(), nullable=False),
        sa.Column("raised", sa.DateTime(timezone=True), nullable=False),
        sa.Column("notified", sa.JSON(), nullable=False),
        sa.Column("acknowledged", sa.DateTime(timezone=True)),
        sa.Column("acknowledged_by", sa.Text()),
        sa.Column("reason", sa.Text()),
    )
    op.create_table(
        "performance_log",
        sa.Column("model", sa.Text(), primary_key=True),
        sa.Column("version", sa.Text(), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("metric", sa.Text(), primary_key=True),
        sa.Column("segment", sa.Text(), primary_key=True),
        sa.Column("estimated", sa.Boolean(), primary_key=True),
        sa.Column("value", sa.Float()),
        sa.Column("lo", sa.Float()),
        sa.Column("hi", sa.Float()),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("logged", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "overrides",
        sa.Column("model", sa.Text(), primary_key=True),
        sa.Column("subject", sa.Text(), primary_key=True),
        sa.Column("target_day", sa.Date(), primary_key=True),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("mean", sa.Float(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "job_runs",
        sa.Column("run", sa.Text(), primary_key=True),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("day", sa.Date()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("progress", sa.Float(), nullable=False),
        sa.Column("started", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heartbeat", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished", sa.DateTime(timezone=True)),
        sa.Column("message", sa.Text()),
        sa.Column("details", sa.JSON(), nullable=False),
    )
