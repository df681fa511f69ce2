"""The libraries of this room are optional: a missing one is named with the command that adds it."""

from importlib import import_module
from types import ModuleType

from fairshare.words import MissingPart


class NoDocumentParts(MissingPart):
    """The libraries that write Word, OpenDocument and PDF files are not installed."""

    code = "DOCUMENT_PARTS_MISSING"


def import_part(name: str) -> ModuleType:
    """A library that writes a format, imported when it is first needed.

    Raises   NoDocumentParts, naming the command that installs it.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError:
        raise NoDocumentParts(
            f"the library {name} is not installed",
            fix="Run: pip install 'fairshare[documents]'",
            where=f"documents.{name}",
        ) from None
