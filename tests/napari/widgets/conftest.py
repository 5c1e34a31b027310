"""Widgets in the order of the keyboard."""

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QWidget


@pytest.fixture
def reachable():
    """Lists the widgets of a panel that take the keyboard."""

    def in_order(panel):
        """All children that take the keyboard, in the order of Tab.

        Ends with the last of them: PySide6 keeps whatever it has handed out of the rest of the window alive.
        """
        wanted = [
            widget
            for widget in panel.findChildren(QWidget)
            if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisibleTo(panel)
        ]
        order, widget = [], panel
        while len(order) < len(wanted):
            widget = widget.nextInFocusChain()
            assert widget is not panel, "all around"
            if widget in wanted:
                order.append(widget)
        return order

    return in_order
