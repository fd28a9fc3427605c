"""The message bar: one sentence about what went wrong, with at most one action."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from viewer.ui import theme, widgets_paint
from viewer.ui.widgets_buttons import Button
from viewer.ui.widgets_text import ElidedLabel

HEIGHT: Final = 36


class MessageBar(QWidget):
    """A slim bar under the top bar, hidden while there is nothing to say.

    It is never modal. Its cross closes it, and so does Esc, wherever in the window the focus is;
    a drag, and a number that is being typed, are given up first. Long sentences take a second line.

    Signals:
        dismissed(): it was closed.
    """

    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._callback: Callable[[], object] | None = None
        self.label = ElidedLabel("", lines=2, line_height=18)
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.action = Button("", "outline", height=26, padding=12, pixels=theme.SMALL_PX)
        self.close_button = Button("", "flat", icon_name="close", padding=5, height=26)
        self.close_button.setAccessibleName("Close the message")
        self.close_button.setToolTip("Close (Esc)")
        row = QHBoxLayout(self)
        row.setContentsMargins(44, 0, 10, 1)
        row.setSpacing(8)
        row.addWidget(self.label, 1)
        row.addWidget(self.action)
        row.addWidget(self.close_button)
        self.action.clicked.connect(self._act)
        self.close_button.clicked.connect(self.dismiss)
        # Only a visible bar takes the key.
        escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self)
        escape.activated.connect(self.dismiss)
        escape.activatedAmbiguously.connect(self.dismiss)
        self.hide()

    def show_message(
        self,
        text: str,
        action: str | None = None,
        callback: Callable[[], object] | None = None,
    ) -> None:
        """Say a sentence; a button with the words of ``action`` calls ``callback``, then closes."""
        self._callback = callback
        self.label.setText(text)
        self.action.setText(action or "")
        self.action.setVisible(bool(action))
        self.action.updateGeometry()
        self.setAccessibleName(text)
        window = self.parentWidget()
        if window is not None and self.isHidden():
            # Nobody has told it how wide that has become, and its height depends on it.
            self.resize(window.width(), self.height())
        self._fit()
        self.show()
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    @property
    def text(self) -> str:
        """The sentence, "" while the bar is closed."""
        return self.label.text()

    def dismiss(self) -> None:
        """Close the bar; nothing happens if it is closed."""
        if self.text:
            self._callback = None
            self.label.setText("")
            self.hide()
            self.dismissed.emit()

    def take_back(self, text: str) -> None:
        """Close the bar if a sentence that holds no longer is still what it says."""
        if text == self.text:
            self.dismiss()

    def _act(self) -> None:
        callback = self._callback
        self.dismiss()
        if callback is not None:
            callback()

    def _fit(self) -> None:
        """One line or two."""
        taken = self.action.sizeHint().width() + 8 if self.action.text() else 0
        room = self.width() - 54 - 8 - self.close_button.sizeHint().width() - taken
        lines = self.label.shown_lines(float(max(room, 60)))
        self.setFixedHeight(HEIGHT if len(lines) < 2 else HEIGHT + 18)

    def resizeEvent(self, event: QResizeEvent, /) -> None:
        """Another width may need another height."""
        super().resizeEvent(event)
        if self.text and event.size().width() != event.oldSize().width():
            # Later: a height that changes in here would be laid out with the old one.
            QTimer.singleShot(0, self, self._fit)

    def sizeHint(self) -> QSize:
        """A whole window wide."""
        return QSize(600, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """The sentence is elided."""
        return QSize(200, HEIGHT)

    def paintEvent(self, _event: QPaintEvent, /) -> None:
        """Draw ground, sign, line."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.HOVER)
        centre = QPointF(24, (self.height() - 1) / 2)
        widgets_paint.icon(painter, "warning", centre, 16, theme.WARNING)
        pen = widgets_paint.hairline(painter)
        widgets_paint.rule(painter, QRectF(0, self.height() - pen, self.width(), pen))
