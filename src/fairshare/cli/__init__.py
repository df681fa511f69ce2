"""The command line: one thin face over the desk and the rooms. Heavy parts load only in the command that needs them."""

from fairshare.cli.app import app, main

__all__ = ["app", "main"]
