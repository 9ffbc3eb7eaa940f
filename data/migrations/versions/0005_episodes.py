"""An alert belongs to a lineage of data and an episode: what comes back after it was answered or had stopped is new.

What was one until now, all alerts of a model, kind and feature that were answered at once or stand, stays one.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add both; an episode is named after the day and version of its first alert, a lineage is that of its model."""
    for name in ("episode", "lineage"):
        op.add_column("alert_log", sa.Column(name, sa.Text()))
    columns: list[sa.ColumnClause] = [
        sa.column(name) for name in ("model", "kind", "feature", "version", "severity", "episode", "lineage")
    ]
    day, moment = sa.column("day", sa.Date()), sa.column("acknowledged", sa.DateTime(timezone=True))
    alerts = sa.table("alert_log", *columns, day, moment)
    connection, names = op.get_bind(), dict[tuple, str]()
    asked = sa.select(*alerts.c).where(alerts.c.severity == "alert").order_by(alerts.c.day, alerts.c.version)
    for row in connection.execute(asked).mappings().all():
        about = tuple(row[name] for name in ("model", "kind", "feature", "acknowledged"))
        named = names.setdefault(about, f"{row['day']} {row['version']}")
        this = [alerts.c[name] == row[name] for name in ("model", "kind", "feature", "version", "day")]
        connection.execute(alerts.update().where(*this).values(episode=named))
    models = sa.table("model_versions", sa.column("model"), sa.column("version"), sa.column("lineage"))
    mine = (models.c.model == alerts.c.model) & (models.c.version == alerts.c.version)
    lineage = sa.select(models.c.lineage).where(mine).scalar_subquery()
    connection.execute(alerts.update().values(lineage=lineage))
