"""Deciding: rules as data, what they settle, and why; a named person decides."""
