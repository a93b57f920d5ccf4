"""Durable batch scoring: files are handed in, workers on any machine bring one result a row.

DBOS keeps the queues and who works on what; what was done stands in the store's own tables.
"""
