"""Requesting: who asks for what, about whom, why, under what power, how urgently; and what is missing."""

from fairshare.request.completeness import Missing, find_missing, load_expectations, write_clarification
from fairshare.request.reading import read_request

__all__ = ["Missing", "find_missing", "load_expectations", "read_request", "write_clarification"]
