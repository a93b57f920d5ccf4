"""Triage of what people write to a city's CPPCC office: tags, units, urgency, with reasons."""

__version__ = "0.1.0"
