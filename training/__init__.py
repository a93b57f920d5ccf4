"""Fits, evaluates and audits models. Imports the service; the service never imports it."""
