# SPDX-License-Identifier: MIT OR Apache-2.0
"""The docker's parts: what did not work, sections that fold, sliders, small pictures."""

from __future__ import annotations

from typing import Any, Callable, Dict, Optional

from npe_shared import npe
from npe_shared.words import _

from .qt import (QFrame, QHBoxLayout, QImage, QLabel, QLocale, QPainter, QPoint, QRectF, QScrollArea, QSize, QSizePolicy, QSlider, Qt,
                 QTimer, QToolButton, QVBoxLayout, QWidget)


class Notice(QFrame):
    """A sentence about what did not work, until it is closed or work goes on."""

    def __init__(self) -> None:
        super().__init__()
        self._label = QLabel()
        self._label.setWordWrap(True)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        close = QToolButton()
        close.setText("×")
        close.setAutoRaise(True)
        close.setToolTip(_("Close"))
        close.clicked.connect(self.hide)
        box = QHBoxLayout(self)
        box.setContentsMargins(6, 4, 2, 4)
        box.addWidget(self._label, 1)
        box.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self.setObjectName("npeNotice")
        self.setStyleSheet("#npeNotice { border: 1px solid #c8643c; border-radius: 3px; background: rgba(200, 100, 60, "
                           "45); }")
        self.hide()

    def take(self, sentence: str) -> None:
        """Shows it; an empty one hides the frame."""
        self._label.setText(sentence)
        self.setVisible(bool(sentence))
        if sentence:
            # Once it has its place.
            QTimer.singleShot(0, self._come_into_view)

    def _come_into_view(self) -> None:
        """In a low docker it lies below what is seen."""
        area = self.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if area is not None:
            area.ensureWidgetVisible(self)
            # All of it, or else its beginning.
            area.ensureVisible(0, self.mapTo(area.widget(), QPoint(0, 0)).y(), 0, 0)

    def sentence(self) -> str:
        """What it shows."""
        return self._label.text() if not self.isHidden() else ""


class Section(QWidget):
    """A heading that folds what is under it."""

    def __init__(self, title: str, tooltip: str, content: QWidget, unfolded: bool,
                 folded: Optional[Callable[[bool], None]] = None) -> None:
        """`folded` is told when the person opens or closes it."""
        super().__init__()
        self._content, self._told = content, folded
        self._button = QToolButton()
        self._button.setText(title)
        self._button.setToolTip(tooltip)
        self._button.setCheckable(True)
        self._button.setAutoRaise(True)
        self._button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._button.setChecked(unfolded)
        self._button.toggled.connect(self._toggled)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(2)
        box.addWidget(self._button)
        box.addWidget(content)
        self._show(unfolded)

    @property
    def unfolded(self) -> bool:
        return self._button.isChecked()

    def unfold(self) -> None:
        """Opens it."""
        self._button.setChecked(True)

    def _toggled(self, unfolded: bool) -> None:
        self._show(unfolded)
        if self._told is not None:
            self._told(unfolded)

    def _show(self, unfolded: bool) -> None:
        self._button.setArrowType(Qt.ArrowType.DownArrow if unfolded else Qt.ArrowType.RightArrow)
        self._content.setVisible(unfolded)


class _Handle(QSlider):
    """A slider that leaves the wheel to the docker: values changed by the way would not be noticed."""

    def wheelEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        event.ignore()


class Slider(QWidget):
    """A named number."""

    def __init__(self, label: str, tooltip: str, lower: float, upper: float, value: float, digits: int,
                 moved: Callable[[float], None], neutral: Optional[float] = None, percent: bool = False) -> None:
        """A double click on the name puts the `neutral` value back. In `percent` a value of 1 is read as 100 %."""
        super().__init__()
        self._scale, self._digits, self._moved, self._neutral = 10 ** digits, digits, moved, neutral
        self._percent = percent
        self._name, self._number, self._slider = QLabel(label), QLabel(), _Handle(Qt.Orientation.Horizontal)
        self._slider.setRange(round(lower * self._scale), round(upper * self._scale))
        self._slider.setPageStep(max(1, round((upper - lower) * self._scale / 20)))
        self._slider.setMinimumWidth(50)
        self._slider.setAccessibleName(label)
        self._number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._number.setMinimumWidth(self._number.fontMetrics().boundingRect("800 %" if percent else "−0.00").width() + 4)
        self._name.setMinimumWidth(self._name.fontMetrics().boundingRect("Direction 00").width() + 4)
        self.setToolTip(tooltip)
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addWidget(self._name)
        box.addWidget(self._slider, 1)
        box.addWidget(self._number)
        self.take(value)
        self._slider.valueChanged.connect(self._changed)

    def take(self, value: float) -> None:
        """Shows a value and tells nobody; not while the person holds it."""
        if not self._slider.isSliderDown():
            self._slider.blockSignals(True)
            self._slider.setValue(round(value * self._scale))
            self._slider.blockSignals(False)
            self._write()

    def value(self) -> float:
        return self._slider.value() / self._scale

    def put(self, value: float) -> None:
        """Moves it as the person does."""
        self._slider.setValue(round(value * self._scale))

    def mouseDoubleClickEvent(self, _event: Any) -> None:  # noqa: N802 - Qt's name
        if self._neutral is not None:
            self._slider.setValue(round(self._neutral * self._scale))

    def _changed(self, _value: int) -> None:
        self._write()
        self._moved(self.value())

    def _write(self) -> None:
        text = f"{100 * self.value():.0f} %" if self._percent else QLocale().toString(self.value(), "f", self._digits)
        self._number.setText(text.replace("-", "−"))

    def text(self) -> str:
        """The number as it is read."""
        return self._number.text()


def column(*widgets: QWidget, margin: int = 0) -> QWidget:
    """Widgets under each other."""
    whole = QWidget()
    box = QVBoxLayout(whole)
    box.setContentsMargins(margin, 0, margin, 4)
    box.setSpacing(2)
    for widget in widgets:
        box.addWidget(widget)
    return whole


def row(*widgets: QWidget) -> QWidget:
    """Widgets side by side, sharing the room."""
    whole = QWidget()
    box = QHBoxLayout(whole)
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(2)
    for widget in widgets:
        box.addWidget(widget, 1)
    return whole


class SettingsBox(QWidget):
    """How strokes act and how the change is shown."""

    def __init__(self, changed: Callable[[npe.Settings], None]) -> None:
        super().__init__()
        self._settings: Optional[npe.Settings] = None
        self._changed = changed
        self._sliders: Dict[str, Slider] = {}
        box = QVBoxLayout(self)
        box.setContentsMargins(4, 0, 0, 4)
        box.setSpacing(2)
        for name, label, tooltip, upper in (
                ("strength", _("Strength"), _("How far a stroke goes towards its colour. For strokes from now on."),
                 1.0),
                ("freedom", _("Freedom"), _("How far the face may leave the one in the photo: more for large changes "
                                            "such as new hair, less for fine ones. For strokes from now on."), 1.0),
                ("detail", _("Detail"), _("How much of the photo's own fine detail (pores, strands of hair) stays "
                                          "where the face has changed."), 1.0),
                ("locality", _("Locality"), _("How closely the change keeps to where you painted. At 0 the whole face "
                                              "may follow."), 1.0),
                ("mask", _("Mask gain"),
                 _("How readily small changes are taken into the photo. At 0 nothing is shown."),
                 8.0)):
            self._sliders[name] = Slider(label, tooltip, 0.0, upper, 0.0, 2, self._mover(name), percent=True)
            box.addWidget(self._sliders[name])
        self.setEnabled(False)

    @property
    def strength(self) -> Slider:
        """The slider that the tool's page has too."""
        return self._sliders["strength"]

    def take(self, settings: npe.Settings) -> None:
        self._settings = settings
        for name, slider in self._sliders.items():
            slider.take(getattr(settings, name))
        self.setEnabled(True)

    def _mover(self, name: str) -> Callable[[float], None]:
        def moved(value: float) -> None:
            if self._settings is not None:
                self._settings = self._settings._replace(**{name: value})
                self._changed(self._settings)
        return moved


def attribute_label(name: str) -> str:
    """What a person reads for an attribute of a model."""
    if name == "smile":
        return _("Smile")
    if name.startswith("pc") and name[2:].isdigit():
        return _("Direction {number}").format(number=name[2:])
    return name.replace("_", " ").capitalize()


class AttributesBox(QWidget):
    """Sliders of what a model can change by name."""

    def __init__(self, moved: Callable[[str, float], None]) -> None:
        super().__init__()
        self._moved = moved
        self._sliders: Dict[str, Slider] = {}
        self._none = QLabel(_("This model has none."))
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(4, 0, 0, 4)
        self._box.setSpacing(2)
        self._box.addWidget(self._none)

    def take(self, values: Dict[str, float]) -> None:
        """Where they stand; other names than before make other sliders."""
        if list(values) != list(self._sliders):
            for slider in self._sliders.values():
                slider.deleteLater()
            self._sliders = {}
            for name in sorted(values, key=lambda name: (name.startswith("pc"), name != "smile")):
                self._sliders[name] = Slider(attribute_label(name), _("0 is as in the photo; 1 or −1 is one typical "
                                                                      "step from there. A double click puts it back."),
                                             -5.0, 5.0, 0.0, 2, self._mover(name), 0.0)
                self._box.addWidget(self._sliders[name])
            self._sliders = {name: self._sliders[name] for name in values}
            self._none.setVisible(not values)
        for name, value in values.items():
            self._sliders[name].take(value)

    def _mover(self, name: str) -> Callable[[float], None]:
        return lambda value: self._moved(name, value)


class Picture(QFrame):
    """A small RGB picture enlarged to the width there is, keeping its shape."""

    def __init__(self, smooth: bool) -> None:
        super().__init__()
        self._image: Optional[QImage] = None
        self._smooth = smooth
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMinimumWidth(40)

    def take(self, picture: Optional[npe.Image]) -> None:
        """A picture of FORMAT_RGB_U8, or none."""
        self._image = None if picture is None else QImage(bytes(picture.data), picture.width, picture.height,
                                                          3 * picture.width, QImage.Format.Format_RGB888).copy()
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(90, self.heightForWidth(90))

    def hasHeightForWidth(self) -> bool:  # noqa: N802 - Qt's name
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802 - Qt's name
        return width if self._image is None else round(width * self._image.height() / self._image.width())

    def place(self) -> QRectF:
        """Where the picture is."""
        if self._image is None:
            return QRectF(self.rect())
        scale = min(self.width() / self._image.width(), self.height() / self._image.height())
        width, height = scale * self._image.width(), scale * self._image.height()
        return QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)

    def paintEvent(self, _event: Any) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        if self._image is None:
            painter.fillRect(self.rect(), self.palette().mid())
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._smooth)
            painter.drawImage(self.place(), self._image)
        painter.end()
