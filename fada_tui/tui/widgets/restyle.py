"""Classes that change how a widget itself is drawn, and nothing within it."""

from textual.widget import Widget


def mark(widget: Widget, name: str, *, marked: bool) -> None:
    """Give a widget a class, or take it away, and style nothing but the widget anew.

    `set_class` has the rules of all that is within it looked up again, too, which takes most of a frame where
    that is a form or a pane. No rule may look for the class on a widget's ancestor.

    Args:
        widget: the widget.
        name: of the class.
        marked: it has the class from now on.
    """
    if widget.has_class(name) != marked:
        widget.set_class(marked, name, update=False)
        widget.app.stylesheet.apply(widget)
