"""The order in which a part of the dashboard closes: first its workers, then the widgets within it.

A worker that is cancelled before it has begun leaves nothing behind.

A screen may end when something that it waited for is done, whatever was opened above it meanwhile.
"""

from inspect import iscoroutine
from typing import Any, TypeVar

from textual.app import App
from textual.await_complete import AwaitComplete
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import Worker, WorkerState
from textual.worker_manager import WorkerManager

Result = TypeVar("Result")


class OrderlyApp(App[Result]):
    """An app whose widgets and screens cancel their workers before the widgets within them are removed.

    Textual cancels them after that: a worker that goes on in between looks for widgets that are gone. It has
    no public way to do so earlier for every widget.

    A screen that ends closes itself, once, and those above it first: Textual closes whichever is topmost, as
    often as it is asked, and the other one stays for good.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._workers = _Workers(self)

    def _register_child(self, parent: DOMNode, child: Widget, before: int | None, after: int | None) -> None:
        if child not in self._registry:
            _cancel_first(child)
            if isinstance(child, Screen):
                _end_itself(child)
        super()._register_child(parent, child, before, after)


class _Workers(WorkerManager):
    """Workers that end as cancelled, too, where they were before they had begun.

    Textual leaves them running for good, and a coroutine that they were given never awaited.
    """

    def _remove_worker(self, worker: Worker[Any]) -> None:
        super()._remove_worker(worker)
        if not worker.is_finished:
            worker.state = WorkerState.CANCELLED
            if iscoroutine(worker._work):
                worker._work.close()


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
