"""The libraries of this room are optional: a missing one is named with the command that adds it."""

from importlib import import_module
from types import ModuleType

from fairshare.words import MissingPart

_EXTRAS = {
    "PIL": "intake", "olefile": "intake", "openpyxl": "intake", "pikepdf": "intake", "pypdfium2": "intake",
    "cv2": "ocr", "numpy": "ocr", "rapidocr_onnxruntime": "ocr",
}  # fmt: skip
"""The extra that brings a library, where that is not `documents`."""


class NoDocumentParts(MissingPart):
    """The libraries that read or write Word, OpenDocument, PDF and other files are not installed."""

    code = "DOCUMENT_PARTS_MISSING"


def import_part(name: str) -> ModuleType:
    """A library that reads or writes a format, imported when it is first needed.

    Raises   NoDocumentParts, naming the command that installs it.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError:
        raise NoDocumentParts(
            f"the library {name} is not installed",
            fix=f"Run: pip install 'fairshare[{_EXTRAS.get(name.partition('.')[0], 'documents')}]'",
            where=f"documents.{name}",
        ) from None
