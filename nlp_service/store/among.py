"""Conditions on many keys at once: one array is sent, where a list would send a parameter a key."""

from collections.abc import Collection

from sqlalchemy import ARRAY, BigInteger, ColumnElement, any_, literal


def among(column: "ColumnElement[int]", keys: Collection[int]) -> "ColumnElement[bool]":
    """Say that a column is one of the keys, however many there are."""
    return column == any_(literal(sorted(keys), ARRAY(BigInteger)))
