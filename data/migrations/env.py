"""How Alembic runs the migrations: inside the transaction that `data.state.migrate` has opened."""

from alembic import context

from data import state

context.configure(connection=context.config.attributes["connection"], target_metadata=state.metadata)
with context.begin_transaction():
    context.run_migrations()
