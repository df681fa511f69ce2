"""Words with their places on a page, and painting over places."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

from fairshare.documents.parts import import_part


@dataclass(frozen=True)
class Area:
    """A rectangle; where it stands on a page, from the top left corner."""

    x0: float
    y0: float
    x1: float
    y1: float

    def join(self, other: Area) -> Area:
        """The smallest area that holds both."""
        return Area(min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1))

    def scale(self, by: float) -> Area:
        """The same area in other units."""
        return Area(self.x0 * by, self.y0 * by, self.x1 * by, self.y1 * by)

    def grow(self, by: float) -> Area:
        """The area with a margin."""
        return Area(self.x0 - by, self.y0 - by, self.x1 + by, self.y1 + by)

    def touches(self, other: Area) -> bool:
        """Whether the two have any area in common."""
        return self.x0 < other.x1 and other.x0 < self.x1 and self.y0 < other.y1 and other.y0 < self.y1

    def is_level_with(self, other: Area) -> bool:
        """Whether the other stands on the same line."""
        return self.y0 <= (other.y0 + other.y1) / 2 <= self.y1

    def covers_middle_of(self, other: Area) -> bool:
        """Whether the other's middle lies inside."""
        x, y = (other.x0 + other.x1) / 2, (other.y0 + other.y1) / 2
        return self.x0 <= x <= self.x1 and self.y0 <= y <= self.y1

    def clip(self, size: tuple[int, int]) -> tuple[int, int, int, int]:
        """Whole pixels that hold the area, inside a picture of that size: left, top, right, bottom."""
        return (
            max(floor(self.x0), 0), max(floor(self.y0), 0), min(ceil(self.x1), size[0]), min(ceil(self.y1), size[1])
        )  # fmt: skip


@dataclass(frozen=True)
class Word:
    """A word, where it stands on its page, and where in the page's text."""

    text: str
    area: Area
    start: int
    end: int
    removed: bool = False


def paint(picture: Any, areas: Iterable[Area]) -> None:
    """Paints areas of a picture black, in place."""
    pen = import_part("PIL.ImageDraw").Draw(picture)
    for area in areas:
        left, top, right, bottom = area.clip(picture.size)
        if right > left and bottom > top:
            pen.rectangle((left, top, right - 1, bottom - 1), fill=0 if picture.mode == "L" else (0, 0, 0))
