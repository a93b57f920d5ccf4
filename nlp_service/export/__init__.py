"""Results as tables for people: CSV and Excel, one row a submission, safe to open.

What stands in a row is defined once, in ``flat``.
"""
