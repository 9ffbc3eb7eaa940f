"""The tables of the state database: what each column means.

A migration (data/migrations) brings a database of before to what stands here.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    MetaData,
    Table,
    Text,
    TypeDecorator,
)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware going in (a naive one is refused), in UTC coming out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """To UTC."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value} has no time zone; the state database wants one.")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """From UTC, which SQLite does not say."""
        return value and (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC))


def _key(name: str, kind: type = Text) -> Column:
    return Column(name, kind, primary_key=True)


metadata = MetaData()

# A trained model: where its file is, what it learned from, how good it was, who chose it and why.
model_versions = Table(
    "model_versions",
    metadata,
    _key("model"),  # churn, sales, ...
    _key("version"),
    Column("learner", Text, nullable=False),  # xgboost, logistic, theta, ...
    Column("status", Text, nullable=False),  # champion, challenger, retired
    Column("created", UtcDateTime, nullable=False),
    Column("promoted", UtcDateTime),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("file", Text, nullable=False),  # under VIGIE_HOME/models
    Column("sha256", Text, nullable=False),
    Column("data_version", Text, nullable=False),  # of the table it learned from (data.tables)
    Column("window_start", Date),
    Column("window_end", Date),
    Column("rows", BigInteger, nullable=False),
    Column("schema", JSON, nullable=False),  # column -> type, in order
    Column("metrics", JSON, nullable=False),
    Column("bins", JSON, nullable=False),  # frozen reference bins of each column, for drift
    Column("libraries", JSON, nullable=False),  # library -> version
    Column("lineage", Text),  # of the data it learned from (data.lineage)
)

# What a model said on a day about a customer or a series, and later what came true.
prediction_log = Table(
    "prediction_log",
    metadata,
    _key("model"),
    _key("version"),
    _key("day", Date),  # when it was said
    _key("subject"),  # customer, or series ("store=5 product=22")
    _key("target_day", Date),  # what it was said about; the same as `day` for a customer
    Column("mean", Float, nullable=False),  # probability or units
    Column("lo_80", Float),
    Column("hi_80", Float),
    Column("lo_95", Float),
    Column("hi_95", Float),
    Column("actual", Float),
    Column("logged", UtcDateTime, nullable=False),
)

# Drift of one column of a model's input on a day, against a reference.
psi_log = Table(
    "psi_log",
    metadata,
    _key("model"),
    _key("version"),
    _key("day", Date),
    _key("feature"),
    _key("definition"),  # deciles, sturges, equal_width
    _key("reference"),  # training, season
    Column("psi", Float),  # missing where it cannot be computed; `details` says why
    Column("noise_limit", Float),  # PSI that sampling alone exceeds once in twenty
    Column("ks", Float),
    Column("ks_pvalue", Float),
    Column("rows_reference", BigInteger, nullable=False),
    Column("rows_current", BigInteger, nullable=False),
    Column("threshold", Float, nullable=False),
    Column("label", Text, nullable=False),  # stable, confirmed, within noise, seasonal, too few rows
    Column("details", JSON, nullable=False),  # bins that moved
    Column("logged", UtcDateTime, nullable=False),
)

# What somebody should look at, whether anybody is to be told, and what was answered.
alert_log = Table(
    "alert_log",
    metadata,
    _key("model"),
    _key("version"),
    _key("day", Date),
    _key("kind"),  # psi, performance, data age, ...
    _key("feature"),  # "" where the alert is about the whole model
    Column("severity", Text, nullable=False),
    Column("value", Float),
    Column("threshold", Float),
    Column("message", Text, nullable=False),  # English, marked with locales.N_
    Column("message_values", JSON, nullable=False),  # for its named places
    Column("raised", UtcDateTime, nullable=False),
    Column("acknowledged", UtcDateTime),
    Column("acknowledged_by", Text),
    Column("reason", Text),
    # notify: channels are to be told of it; otherwise why nobody is: unconfirmed, repeated, told lately, back-fill, ...
    Column("state", Text, nullable=False),
    Column("episode", Text),  # day and version of the first alert of those that stand together; none where unconfirmed
    Column("lineage", Text),  # of the data that it is about (data.lineage)
)

# Who was told of an alert, or could not be: one row an alert and channel.
alert_deliveries = Table(
    "alert_deliveries",
    metadata,
    *(_key(name, Date if name == "day" else Text) for name in ("model", "version", "day", "kind", "feature")),
    _key("channel"),
    Column("tried", UtcDateTime, nullable=False),  # the last time
    Column("error", Text),  # missing where it was told
)

# A measured or estimated quality of a model on a day, for everything or one segment.
performance_log = Table(
    "performance_log",
    metadata,
    _key("model"),
    _key("version"),
    _key("day", Date),
    _key("metric"),
    _key("segment"),  # "" for everything
    _key("estimated", Boolean),  # True: before the truth was known
    Column("value", Float),
    Column("lo", Float),
    Column("hi", Float),
    Column("rows", BigInteger, nullable=False),
    Column("logged", UtcDateTime, nullable=False),
)

# An analyst's own number in place of the model's, scored against both when the truth arrives.
overrides = Table(
    "overrides",
    metadata,
    _key("model"),
    _key("subject"),
    _key("target_day", Date),
    Column("version", Text, nullable=False),  # of the model that was overridden
    Column("mean", Float, nullable=False),  # what the model had said
    Column("value", Float, nullable=False),  # what the analyst says
    Column("reason", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("created", UtcDateTime, nullable=False),
)

# Background work and scheduled jobs: who runs what, how far it is, how it ended. Pages poll this.
job_runs = Table(
    "job_runs",
    metadata,
    _key("run"),  # "drift sales 2011-11-30" for what is done once a day, a random id otherwise
    Column("job", Text, nullable=False),
    Column("subject", Text, nullable=False),  # model or table, "" where it is about none
    Column("day", Date),
    Column("status", Text, nullable=False),  # running, done, failed, cancelling, cancelled
    Column("step", Text, nullable=False),
    Column("progress", Float, nullable=False),  # share, 0 to 1
    Column("started", UtcDateTime, nullable=False),
    Column("heartbeat", UtcDateTime, nullable=False),  # a running job whose heart stopped was killed
    Column("finished", UtcDateTime),
    Column("message", Text),  # why it failed, in a sentence
    Column("details", JSON, nullable=False),
)

# Campaigns (data.campaigns): lists whose customers were called but for those whom chance held out.
campaigns = Table(
    "campaigns",
    metadata,
    _key("campaign"),
    Column("name", Text, nullable=False),
    Column("lineage", Text, nullable=False),  # of the customers (data.lineage)
    Column("data_version", Text, nullable=False),
    Column("model_version", Text, nullable=False),
    Column("months", BigInteger, nullable=False),  # until it is seen who has left
    Column("started", UtcDateTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("read", UtcDateTime),  # when it was last written down who left
    Column("read_by", Text),
    Column("source", Text),  # data version or name of the file that told
)

# Who was on the list of a campaign.
campaign_customers = Table(
    "campaign_customers",
    metadata,
    _key("campaign"),
    _key("customer"),
    Column("place", BigInteger, nullable=False),  # on the list, the riskiest first
    Column("called", Boolean, nullable=False),
    Column("risk", Float, nullable=False),
    Column("content", JSON, nullable=False),  # facts: what the model knew of them; listed: what stood on the list
    Column("left", Float),  # 1, 0, missing where nobody knows yet
)

# What was read from sources (connectors.fetched), which is remembered when it is removed.
source_readings = Table(
    "source_readings",
    metadata,
    _key("reading"),
    Column("source", Text, nullable=False),  # name in the settings; of an address of the web "https://"
    Column("name", Text, nullable=False),
    Column("read", UtcDateTime, nullable=False),  # the last time
)

# Which versions of datasets (data.tables) were made of them, likewise.
sourced_versions = Table(
    "sourced_versions",
    metadata,
    _key("version"),
    _key("frame"),  # customers or sales; or a table beside the sales
    Column("reading", Text, nullable=False),
    Column("lineage", Text, nullable=False),  # of the dataset (data.lineage)
    Column("rows", BigInteger, nullable=False),
    Column("stored", UtcDateTime, nullable=False),
)

# Boards (data.boards): which version of each is shown, in which order they stand, what was taken away.
boards = Table(
    "boards",
    metadata,
    _key("board"),
    Column("place", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),  # of board_versions, that is shown
    Column("changes", BigInteger, nullable=False),  # writes until now
    Column("removed", UtcDateTime),
)

# What a board was each time it was changed.
board_versions = Table(
    "board_versions",
    metadata,
    _key("board"),
    _key("version", BigInteger),
    Column("content", JSON, nullable=False),  # models.ask.board
    Column("created", UtcDateTime, nullable=False),
)

# Figures of pages as they were when somebody kept them on a board.
board_pictures = Table(
    "board_pictures",
    metadata,
    _key("picture"),
    Column("content", JSON, nullable=False),
    Column("created", UtcDateTime, nullable=False),
)

# Rules (data.rules) as they are now; what was removed can be brought back.
rules = Table(
    "rules",
    metadata,
    _key("rule"),
    Column("content", JSON, nullable=False),  # models.act.rules
    Column("changes", BigInteger, nullable=False),  # writes until now
    Column("changed", UtcDateTime, nullable=False),
    Column("removed", UtcDateTime),
)

# What rules found, one row a cause (models.act.rules.cause): told once, and answered once.
rule_alerts = Table(
    "rule_alerts",
    metadata,
    _key("cause"),
    Column("rule", Text, nullable=False),
    Column("lineage", Text, nullable=False),  # of the data that it is about (data.lineage)
    Column("day", Date, nullable=False),
    Column("level", Text, nullable=False),  # of the dimension that the rule is split by, "" where it is not
    Column("value", Float, nullable=False),
    Column("expected", Float),
    Column("content", JSON, nullable=False),  # the rule as it was then
    Column("raised", UtcDateTime, nullable=False),
    Column("acknowledged", UtcDateTime),
    Column("acknowledged_by", Text),
    Column("answer", Text),  # real, explained, false alarm
    Column("reason", Text),
)

# Who was told of what a rule found, or could not be: one row a cause and channel.
rule_deliveries = Table(
    "rule_deliveries",
    metadata,
    _key("cause"),
    _key("channel"),
    Column("tried", UtcDateTime, nullable=False),  # the last time
    Column("error", Text),  # missing where it was told
)

# What somebody wants to see again on a later day: alerts of rules ("rule " and the cause), and all that waits.
snoozed = Table(
    "snoozed",
    metadata,
    _key("item"),
    Column("until", Date, nullable=False),  # the first day on which it waits again
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
)

# Who is to answer something that waits in the inbox.
assigned = Table(
    "assigned",
    metadata,
    _key("item"),
    Column("assignee", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
)

# Orders to suppliers (data.orders): how far each is. `changes` counts its steps.
orders = Table(
    "orders",
    metadata,
    _key("order"),
    Column("cause", Text, nullable=False, unique=True),  # lineage, supplier and day: it is drafted once
    Column("open", Text, unique=True),  # lineage and supplier while it is a draft: there is one at a time
    Column("lineage", Text, nullable=False),  # of the data that it was drafted from (data.lineage)
    Column("supplier", Text, nullable=False),
    Column("name", Text, nullable=False),  # of the supplier
    Column("currency", Text, nullable=False),
    Column("day", Date, nullable=False),  # of the data
    Column("status", Text, nullable=False),  # drafted, approved, sent, received, rejected
    Column("changes", BigInteger, nullable=False),
    Column("lead", Float, nullable=False),  # days that its delivery takes on average
    Column("late", Float, nullable=False),  # days by which nine of ten such deliveries have come
    Column("least", Float, nullable=False),  # money from which on the supplier delivers, 0 where it does not say
    Column("drafted", UtcDateTime, nullable=False),
    Column("sent", UtcDateTime),
    Column("sent_day", Date),  # the last day of the data then
    Column("received", UtcDateTime),  # when the last of it came, or was given up
)

order_lines = Table(
    "order_lines",
    metadata,
    _key("order"),
    _key("product"),
    Column("name", Text, nullable=False),
    Column("quantity", Float, nullable=False),  # units
    Column("drafted", Float, nullable=False),  # units before somebody changed them
    Column("unit_cost", Float, nullable=False),
    Column("stake", Float, nullable=False),  # margin lost if it is ordered at the next look only
    Column("facts", JSON, nullable=False),  # why it is ordered (models.act.orders)
    Column("received", Float, nullable=False),  # units until now
    Column("note", Text, nullable=False),  # of differences
)

# Who did what to an order, when and why; what it did to the stock, and which version of the data holds that.
order_steps = Table(
    "order_steps",
    metadata,
    _key("order"),
    _key("number", BigInteger),
    Column("step", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("reason", Text, nullable=False),
    Column("details", JSON, nullable=False),
    Column("moved", Text),  # missing where units of it are still to become moves of stock
)

# How an order leaves: once under its key. Whoever sends it claims its row first.
order_sends = Table(
    "order_sends",
    metadata,
    _key("order"),
    Column("key", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("form", Text, nullable=False),  # csv, xlsx, pdf
    Column("state", Text, nullable=False),  # due, sending, sent, stuck (failed too often), unknown
    Column("tries", BigInteger, nullable=False),
    Column("due", UtcDateTime, nullable=False),  # the next try
    Column("started", UtcDateTime),  # of the last one
    Column("error", JSON, nullable=False),  # a sentence: message and values
)

# Where orders to a supplier go, and up to which amount they need nobody's approval, with who said so.
order_suppliers = Table(
    "order_suppliers",
    metadata,
    _key("lineage"),
    _key("supplier"),
    Column("address", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("limit", Float),  # missing: every order is approved by somebody
    Column("limit_by", Text, nullable=False),
    Column("limit_since", UtcDateTime),
)

# Work at set times (data.schedules); what was removed can be brought back.
schedules = Table(
    "schedules",
    metadata,
    _key("schedule"),
    Column("content", JSON, nullable=False),  # models.act.schedule
    Column("changes", BigInteger, nullable=False),  # writes until now
    Column("since", UtcDateTime, nullable=False),  # times after it count: of its last change, or the last that came due
    Column("removed", UtcDateTime),
)

# What became of each time that came due: once done, or waiting for another try or for somebody.
schedule_runs = Table(
    "schedule_runs",
    metadata,
    _key("schedule"),
    _key("due", UtcDateTime),
    Column("content", JSON, nullable=False),  # the schedule as it was then
    Column("status", Text, nullable=False),  # waiting, running, done, skipped, failed (given up)
    Column("attempts", BigInteger, nullable=False),  # begun until now
    Column("next_try", UtcDateTime, nullable=False),  # of what is waiting
    Column("holder", Text, nullable=False),  # which process has it
    Column("heartbeat", UtcDateTime, nullable=False),
    Column("started", UtcDateTime),
    Column("finished", UtcDateTime),
    Column("message", Text),  # what it came to, or why it failed
    Column("acknowledged", UtcDateTime),
    Column("acknowledged_by", Text),
    Column("reason", Text),
)

# Which of several servers does what only one may: until when, by the database's clock, unless it says so again.
leases = Table(
    "leases",
    metadata,
    _key("lease"),
    Column("holder", Text, nullable=False),
    Column("until", UtcDateTime, nullable=False),
)

# To whom a report was sent, or could not be: one row a cause (a schedule and its time) and channel.
report_deliveries = Table(
    "report_deliveries",
    metadata,
    _key("cause"),
    _key("channel"),
    Column("tried", UtcDateTime, nullable=False),  # the last time
    Column("error", Text),  # missing where it was sent
)

# Rules that datasets keep to (data.checks); what was removed can be brought back.
quality_rules = Table(
    "quality_rules",
    metadata,
    _key("rule"),
    Column("content", JSON, nullable=False),  # models.quality.rules, with the `lineage` of the data that it is about
    Column("changes", BigInteger, nullable=False),  # writes until now
    Column("changed", UtcDateTime, nullable=False),
    Column("removed", UtcDateTime),
)

# How each of these rules fared on a version of a dataset, on a day.
quality_log = Table(
    "quality_log",
    metadata,
    _key("rule"),
    _key("version"),  # of the dataset (data.tables)
    _key("day", Date),
    Column("lineage", Text, nullable=False),
    Column("content", JSON, nullable=False),  # the rule as it was then
    Column("state", Text, nullable=False),  # held, failed, cannot
    Column("failing", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("value", Float),
    Column("stopped", Boolean, nullable=False),  # whether the version was kept from the pages for it
    Column("judged", UtcDateTime, nullable=False),
)

# Corrections of a dataset: a version each, with all that is needed to take them back.
quality_steps = Table(
    "quality_steps",
    metadata,
    _key("step"),
    Column("table", Text, nullable=False),
    Column("lineage", Text, nullable=False),
    Column("before", Text, nullable=False),  # versions
    Column("after", Text, nullable=False),
    Column("content", JSON, nullable=False),  # what was corrected, and why it was suggested
    Column("cells", JSON, nullable=False),  # what stood there before
    Column("rows", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("done", UtcDateTime, nullable=False),
    Column("undone", UtcDateTime),
    Column("undone_by", Text),
)

# Who changed what (data.audit): a row for each change, which nothing changes or removes.
audit_log = Table(
    "audit_log",
    metadata,
    _key("entry"),
    Column("at", UtcDateTime, nullable=False, index=True),  # by the database's clock
    Column("person", Text, nullable=False),  # "" where nobody had to log in
    Column("role", Text, nullable=False),  # then; system: a part of Vigie that works by itself
    Column("action", Text, nullable=False),  # keep, change, remove, or one of files: show, fetch, ...
    Column("what", Text, nullable=False),  # a table of this database, dataset, ...
    Column("subject", Text, nullable=False),  # its key
    Column("details", JSON, nullable=False),  # what was written, as far as it is short
)

# What was chosen for everybody: "psi_threshold.sales" -> 0.3.
preferences = Table("preferences", metadata, _key("key"), Column("value", JSON, nullable=False))
