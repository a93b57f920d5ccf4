"""The service's memory on PostgreSQL: what came in, what was said of it, what was done with it.

``opening.open_store`` is the way in; one repository a subject, all in the caller's transaction.
"""
