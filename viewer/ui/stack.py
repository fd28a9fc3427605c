"""Which parts of a stack of frames are seen: each is painted only where no finer one hides it.

Warping is most of what a paint costs; drawn in full over each other, four frames cost four times
as much as what is seen of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, QSize

from viewer.rendering.frames import Frame
from viewer.rendering.view import View

MOST = 24
"""Pieces of a view; where a frame would leave more of them, it hides nothing."""

Pieces = list[QRect]
"""Rectangles of a view in device pixels that do not overlap."""


def visible(
    frames: Sequence[Frame], view: View, area: QRect
) -> tuple[list[tuple[Frame, Pieces]], Pieces]:
    """The frames to paint in an area of a view, each with the pieces where it may be seen.

    Args:
        frames: the coarsest first; later ones lie over earlier ones.

    Returns:
        The frames in the same order, without those that are hidden, and the pieces where what
        lies below all of them shows.
    """
    seen: list[tuple[Frame, Pieces]] = []
    left = [area]
    for frame in reversed(frames):
        if not left:
            break
        seen.append((frame, left))
        left = _left(left, frame, view)
    return seen[::-1], left


def _left(pieces: Pieces, frame: Frame, view: View) -> Pieces:
    """What a frame does not hide of some pieces."""
    offset = exact_offset(frame, view)
    if frame.complete:
        return cut_out(pieces, _solid(frame, view, offset))
    if offset is None:
        return pieces
    missing = [QRect(*window).translated(offset) for window in frame.missing()]
    left = cut_out(pieces, QRect(offset, _size(frame))) + common(pieces, missing)
    return left if len(left) <= MOST else pieces


def _solid(frame: Frame, view: View, offset: QPoint | None) -> QRect:
    """The device pixels that a finished frame is sure to paint."""
    if offset is not None:
        return QRect(offset, _size(frame))
    region = frame.region
    start = view.to_device(region.x, region.y)
    end = view.to_device(region.x + region.width, region.y + region.height)
    # Cut to the view first: at strong zooms the numbers are too large for Qt's rectangles.
    left, right = (min(max(x, -1.0), view.width + 1.0) for x in (start[0], end[0]))
    top, bottom = (min(max(y, -1.0), view.height + 1.0) for y in (start[1], end[1]))
    corner = QPoint(math.ceil(left), math.ceil(top))
    return QRect(corner, QPoint(math.floor(right) - 1, math.floor(bottom) - 1))


def exact_offset(frame: Frame, view: View) -> QPoint | None:
    """Where a frame's pixels fall exactly on device pixels in a view, or None if they do not."""
    if abs(frame.scale / view.scale - 1.0) * max(frame.grid.columns, frame.grid.rows) > 1e-3:
        return None
    x, y = view.to_device(frame.region.x, frame.region.y)
    left, top = math.floor(x + 0.5), math.floor(y + 0.5)
    return QPoint(left, top) if abs(x - left) < 1e-3 and abs(y - top) < 1e-3 else None


def cut_out(pieces: Pieces, hole: QRect) -> Pieces:
    """What a hole leaves of some pieces: above, below, and at its sides."""
    return [part for piece in pieces for part in _around(piece, piece & hole)]


def _around(piece: QRect, hole: QRect) -> Pieces:
    if hole.isEmpty():
        return [piece]
    bottom, right = piece.y() + piece.height(), piece.x() + piece.width()
    below, behind = hole.y() + hole.height(), hole.x() + hole.width()
    parts = (
        QRect(piece.x(), piece.y(), piece.width(), hole.y() - piece.y()),
        QRect(piece.x(), below, piece.width(), bottom - below),
        QRect(piece.x(), hole.y(), hole.x() - piece.x(), hole.height()),
        QRect(behind, hole.y(), right - behind, hole.height()),
    )
    return [part for part in parts if not part.isEmpty()]


def common(pieces: Pieces, others: Pieces) -> Pieces:
    """What some pieces have in common with others."""
    shared = (piece & other for piece in pieces for other in others)
    return [part for part in shared if not part.isEmpty()]


def _size(frame: Frame) -> QSize:
    return QSize(frame.grid.columns, frame.grid.rows)
