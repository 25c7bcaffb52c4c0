"""The order in which a part of the dashboard closes: first its workers, then the widgets within it."""

from typing import TypeVar

from textual.app import App
from textual.dom import DOMNode
from textual.message import Message
from textual.messages import Prune
from textual.widget import Widget

Result = TypeVar("Result")


class OrderlyApp(App[Result]):
    """An app whose widgets and screens cancel their workers before the widgets within them are removed.

    Textual cancels them after that: a worker that goes on in between looks for widgets that are gone. It has
    no public way to do so earlier for every widget.
    """

    def _register_child(self, parent: DOMNode, child: Widget, before: int | None, after: int | None) -> None:
        if child not in self._registry:
            _cancel_first(child)
        super()._register_child(parent, child, before, after)


def _cancel_first(widget: Widget) -> None:
    dispatch = widget._dispatch_message

    async def dispatch_message(message: Message) -> None:
        if isinstance(message, Prune):
            widget.workers.cancel_node(widget)
        await dispatch(message)

    setattr(widget, "_dispatch_message", dispatch_message)  # noqa: B010
