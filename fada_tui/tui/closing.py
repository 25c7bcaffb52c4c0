"""The order in which a part of the dashboard closes: first its workers, then the widgets within it.

A screen may end when something that it waited for is done, whatever was opened above it meanwhile.
"""

from typing import Any, TypeVar

from textual.app import App
from textual.await_complete import AwaitComplete
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget

Result = TypeVar("Result")


class OrderlyApp(App[Result]):
    """An app whose widgets and screens cancel their workers before the widgets within them are removed.

    Textual cancels them after that: a worker that goes on in between looks for widgets that are gone. It has
    no public way to do so earlier for every widget.

    A screen that ends closes itself, once, and those above it first: Textual closes whichever is topmost, as
    often as it is asked, and the other one stays for good.
    """

    def _register_child(self, parent: DOMNode, child: Widget, before: int | None, after: int | None) -> None:
        if child not in self._registry:
            _cancel_first(child)
            if isinstance(child, Screen):
                _end_itself(child)
        super()._register_child(parent, child, before, after)


def _cancel_first(widget: Widget) -> None:
    end = widget._message_loop_exit

    async def message_loop_exit() -> None:
        # Once it hears of nothing more: what it heard until now may have begun another worker.
        widget.workers.cancel_node(widget)
        await end()

    setattr(widget, "_message_loop_exit", message_loop_exit)  # noqa: B010


def _end_itself(screen: Screen[Any]) -> None:
    end = screen.dismiss

    def dismiss(result: Any = None) -> AwaitComplete:
        if screen not in screen.app.screen_stack:
            return AwaitComplete()
        while (top := screen.app.screen) is not screen:
            top.dismiss()
        return end(result)

    setattr(screen, "dismiss", dismiss)  # noqa: B010
