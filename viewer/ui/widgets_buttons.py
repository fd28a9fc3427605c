"""Buttons: outlined, primary, flat and link; a segmented control; a check box."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QCheckBox,
    QHBoxLayout,
    QSizePolicy,
    QWidget,
)

from viewer.ui import theme, widgets_paint

Kind = Literal["outline", "primary", "flat", "link"]
_RADIUS = 6.0


class _Painted(QAbstractButton):
    """A button that we paint: it takes the focus by Tab only and repaints under the pointer."""

    def __init__(self, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(words)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def text_width(self) -> float:
        """Width of the words in logical pixels."""
        return QFontMetricsF(self.font()).horizontalAdvance(self.text())

    def enterEvent(self, event: QEnterEvent, /) -> None:
        """Light up."""
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent, /) -> None:
        """Back to rest."""
        self.update()
        super().leaveEvent(event)

    def minimumSizeHint(self) -> QSize:
        """A button is never cut."""
        return self.sizeHint()


class Button(_Painted):
    """A button of the bars: 28 px high, with words or an icon.

    ``icon_name`` is a file of resources/icons; ``padding`` the space beside the content.
    """

    def __init__(
        self,
        words: str,
        kind: Kind = "outline",
        parent: QWidget | None = None,
        *,
        icon_name: str = "",
        icon_size: int = 16,
        padding: int = 17,
        height: int = 28,
        pixels: int = theme.TEXT_PX,
    ) -> None:
        super().__init__(words, parent)
        self._kind, self._padding, self._height = kind, padding, height
        self._icon, self._icon_size = icon_name, icon_size
        self.setFont(theme.sized(self.font(), pixels))
        if kind == "link":
            self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        """The words between their paddings."""
        content = self._icon_size if self._icon else round(self.text_width())
        return QSize(content + 2 * self._padding, self._height)

    def paintEvent(self, _event: QPaintEvent, /) -> None:
        """Draw ground, words, icon, focus ring."""
        painter = QPainter(self)
        painter.setFont(self.font())
        box = QRectF(self.rect())
        line = theme.LINE if self._kind == "outline" else None
        widgets_paint.frame(painter, box, _RADIUS, self._ground(), line)
        ink = self._ink()
        if self._icon:
            widgets_paint.icon(painter, self._icon, box.center(), self._icon_size, ink)
        widgets_paint.text(painter, box, self.text(), ink, Qt.AlignmentFlag.AlignHCenter)
        if self.hasFocus():
            ring = theme.TEXT if self._kind == "primary" else theme.ACTION
            widgets_paint.focus_ring(painter, QRectF(self.rect()), _RADIUS, ring)

    def _ground(self) -> QColor | None:
        under, on = self.underMouse() and self.isEnabled(), self.isDown() or self.isChecked()
        if self._kind == "link":
            return None
        if self._kind == "primary":
            if not self.isEnabled():
                return theme.LINE
            return theme.ACTION.darker(112) if on else theme.ACTION.lighter(108 if under else 100)
        if on and self.isEnabled():
            return theme.RAISED
        return theme.HOVER if under else None

    def _ink(self) -> QColor:
        if not self.isEnabled():
            return theme.FAINT
        if self._kind == "link":
            return theme.ACTION.lighter(125) if self.underMouse() else theme.ACTION.lighter(112)
        if self._kind == "primary":
            return QColor("white")
        return theme.DIM if self._icon and not self.underMouse() else theme.TEXT


class Segment(NamedTuple):
    """One choice of a segmented control."""

    key: str
    words: str
    tip: str = ""


class _SegmentButton(_Painted):
    """One painted choice."""

    def __init__(self, segment: Segment, width: int, parent: QWidget) -> None:
        super().__init__(segment.words, parent)
        self.setCheckable(True)
        self.setToolTip(segment.tip)
        self.setAccessibleName(segment.words)
        # Else buttons of a layout do not shrink below their usual width.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._width = width

    def sizeHint(self) -> QSize:
        """All segments are equally wide."""
        return QSize(max(self._width, self.minimumSizeHint().width()), 28)

    def minimumSizeHint(self) -> QSize:
        """Never cut; where there is little room, narrower than the others."""
        return QSize(round(self.text_width()) + 20, 28)

    def paintEvent(self, _event: QPaintEvent, /) -> None:
        """Draw the raised ground of the chosen one, the words, the focus ring."""
        painter = QPainter(self)
        painter.setFont(self.font())
        box = QRectF(self.rect())
        lit = self.isChecked() or (self.underMouse() and self.isEnabled())
        if self.isChecked():
            inset = widgets_paint.hairline(painter)
            ground = theme.RAISED if self.isEnabled() else theme.LINE
            widgets_paint.frame(painter, box.adjusted(inset, inset, -inset, -inset), 5, ground)
        ink = (theme.TEXT if lit else theme.DIM) if self.isEnabled() else theme.FAINT
        widgets_paint.text(painter, box, self.text(), ink, Qt.AlignmentFlag.AlignHCenter)
        if self.hasFocus():
            widgets_paint.focus_ring(painter, box, _RADIUS)


class Segmented(QWidget):
    """A row of exclusive choices in one frame.

    Signals:
        chosen(str): the person chose another segment; its key.
    """

    chosen = Signal(str)

    def __init__(
        self, segments: Sequence[Segment], parent: QWidget | None = None, *, width: int = 76
    ) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self._buttons = {item.key: _SegmentButton(item, width, self) for item in segments}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for key, button in self._buttons.items():
            self._group.addButton(button)
            row.addWidget(button, 1)
            # By `clicked`, not `toggled`: set_current must not tell.
            button.clicked.connect(lambda _checked=False, key=key: self._choose(key))
        self._current = segments[0].key
        self.set_current(self._current)

    @property
    def current(self) -> str:
        """Key of the chosen segment."""
        return self._current

    def set_current(self, key: str) -> None:
        """Show a segment as chosen, without a signal. Raises KeyError if there is none such."""
        self._buttons[key].setChecked(True)
        self._take(key)

    def button(self, key: str) -> QAbstractButton:
        """The button of a segment. Raises KeyError if there is none such."""
        return self._buttons[key]

    def _choose(self, key: str) -> None:
        if key != self._current:
            self._take(key)
            self.chosen.emit(key)

    def _take(self, key: str) -> None:
        """Tab stops at the chosen one; from there arrows go through the others."""
        self._current = key
        focus = Qt.FocusPolicy
        for each, button in self._buttons.items():
            button.setFocusPolicy(focus.TabFocus if each == key else focus.NoFocus)

    def paintEvent(self, _event: QPaintEvent, /) -> None:
        """Draw the common frame."""
        painter = QPainter(self)
        widgets_paint.frame(painter, QRectF(self.rect()), _RADIUS, theme.WINDOW, theme.LINE)


class Toggle(QCheckBox):
    """A small check box in 12 px type that takes the focus by Tab only."""

    def __init__(self, words: str, parent: QWidget | None = None) -> None:
        super().__init__(words, parent)
        self.setFont(theme.sized(self.font(), theme.SMALL_PX))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def sizeHint(self) -> QSize:
        """Box, gap, words."""
        words = QFontMetricsF(self.font()).horizontalAdvance(self.text())
        return QSize(round(words) + 24, 22)

    def minimumSizeHint(self) -> QSize:
        """Never cut."""
        return self.sizeHint()

    def hitButton(self, _pos: QPoint, /) -> bool:
        """The words belong to the box."""
        return True

    def paintEvent(self, _event: QPaintEvent, /) -> None:
        """Draw box, tick, words."""
        painter = QPainter(self)
        painter.setFont(self.font())
        box = QRectF(0, (self.height() - 14) / 2, 14, 14)
        on = self.isChecked() and self.isEnabled()
        ground = theme.ACTION if on else theme.WINDOW
        line = theme.DIM if self.underMouse() and self.isEnabled() else theme.FAINT
        widgets_paint.frame(painter, box, 3, ground, None if on else line)
        if self.isChecked():
            tick = QColor("white") if on else theme.FAINT
            widgets_paint.icon(painter, "check", box.center(), 12, tick)
        ink = theme.DIM if self.isEnabled() else theme.FAINT
        words = QRectF(20, 0, self.width() - 20, self.height())
        widgets_paint.text(painter, words, self.text(), ink)
        if self.hasFocus():
            widgets_paint.focus_ring(painter, box, 3, theme.TEXT if on else theme.ACTION)
