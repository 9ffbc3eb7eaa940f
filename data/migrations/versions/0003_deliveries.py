"""An alert says for itself whether somebody is to be told; who was told, when, or why not, is a table of its own.

Before, both stood in one JSON object: channel -> moment, or "failed: " and why; "" -> why nobody is to be told.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
FAILED = "failed: "
STATES = {
    "not confirmed": "unconfirmed",
    "one is open": "repeated",
    "told lately": "told lately",
    "back-fill": "back-fill",
}


def upgrade() -> None:
    """Move what the JSON object held."""
    op.create_table(
        "alert_deliveries",
        sa.Column("model", sa.Text(), primary_key=True),
        sa.Column("version", sa.Text(), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("feature", sa.Text(), primary_key=True),
        sa.Column("channel", sa.Text(), primary_key=True),
        sa.Column("tried", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.Text()),
    )
    op.add_column("alert_log", sa.Column("state", sa.Text()))
    key = [sa.column(name, sa.Date() if name == "day" else sa.Text()) for name in _KEY]
    raised, notified = sa.column("raised", sa.DateTime(timezone=True)), sa.column("notified", sa.JSON())
    alerts = sa.table("alert_log", *key, raised, notified, sa.column("state", sa.Text()))
    deliveries = sa.table(
        "alert_deliveries",
        *(sa.column(name, sa.Date() if name == "day" else sa.Text()) for name in _KEY),
        *(sa.column("channel"), sa.column("tried", sa.DateTime(timezone=True)), sa.column("error")),
    )
    connection, found = op.get_bind(), []
    for row in connection.execute(sa.select(*alerts.c)).mappings().all():
        answers = dict(row["notified"] or {})
        quiet = answers.pop("", None)
        this = [alerts.c[name] == row[name] for name in _KEY]
        state = "notify" if quiet is None else STATES.get(quiet, quiet)
        connection.execute(alerts.update().where(*this).values(state=state))
        for channel, answer in answers.items():
            failed = answer.startswith(FAILED)  # when that was, nobody had written down
            tried = row["raised"] if failed else datetime.fromisoformat(answer).astimezone(UTC)
            error = answer.removeprefix(FAILED) if failed else None
            found.append({**{name: row[name] for name in _KEY}, "channel": channel, "tried": tried, "error": error})
    if found:
        connection.execute(deliveries.insert(), found)
    with op.batch_alter_table("alert_log") as table:
        table.alter_column("state", existing_type=sa.Text(), nullable=False)
        table.drop_column("notified")


_KEY = ("model", "version", "day", "kind", "feature")
