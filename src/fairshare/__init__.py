"""Fairshare: one sharing of personal information, from the question to the receipt."""

__version__ = "0.1.0"
