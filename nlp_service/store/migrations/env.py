"""Alembic runs this to apply the steps in ``versions``; ``store.migrate`` hands it a connection.

A step never changes once released, and never uses ``store.tables``, which moves on.
"""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table_schema=context.config.attributes["schema"],
)
context.run_migrations()
