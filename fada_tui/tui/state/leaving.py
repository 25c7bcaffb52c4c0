"""What becomes of runs when the dashboard is left: handed over to a process without a screen, or not."""

import os
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from functools import partial

from fada_tui.core.errors import reason
from fada_tui.report.units import count
from fada_tui.runs.detached.launch import launch
from fada_tui.runs.detached.log import note
from fada_tui.runs.handover import HandedOver, HandoverError, hand_over
from fada_tui.runs.run_queue import Written
from fada_tui.store.queue_file import LOG_NAME
from fada_tui.tui.state.context import AppContext
from fada_tui.tui.state.run_control import RunControl


class Leaving:
    """Hands the dashboard's runs over, once, in a thread of its own: the event loop may be blocked.

    Args:
        app_context: settings and places.
        run_control: whose runs they are.
    """

    def __init__(self, app_context: AppContext, run_control: RunControl) -> None:
        self._app_context = app_context
        self._run_control = run_control
        self._lock = threading.Lock()
        self._handing: Future[HandedOver] | None = None
        self.handed_over = HandedOver()
        """What was handed over."""
        self.stops = False
        """Whether the dashboard is being left, and its runs stop."""

    def hand_over(self, *, begun: bool, kept: bool | None = None) -> "Future[HandedOver]":
        """Begin to hand the runs over, or find that begun; may be called in any thread.

        The runs that wait begin no more. Where it fails, with `HandoverError`, `go_on` lets them.

        Args:
            begun: whether the run in progress is handed over, too.
            kept: whether the others wait until a person starts them; `None`: as they are.
        """
        with self._lock:
            if self._handing is None:
                handing: Future[HandedOver] = Future()
                self._handing = handing
                work = partial(self._hand_over, handing, begun=begun, kept=kept)
                threading.Thread(target=work, name="handover", daemon=True).start()
            return self._handing

    def at_hang_up(self) -> "Future[HandedOver] | None":
        """Do so as the settings say of a terminal that is gone; `None`: nothing is handed over."""
        if self._app_context.settings.hang_up != "go_on" or self.stops:
            return None
        return self.hand_over(begun=not self._run_control.run_progress.stopping)

    def go_on(self, written: Mapping[int, Written]) -> None:
        """Go on after a failure.

        Args:
            written: what is on disk of the runs that wait, by their numbers.
        """
        with self._lock:
            self._handing = None
        self._run_control.queue.release(written)

    def _hand_over(self, handing: "Future[HandedOver]", *, begun: bool, kept: bool | None) -> None:
        app_context, run_control = self._app_context, self._run_control
        start = partial(launch, app_context.results, app_context.settings, run_control.consent)
        try:
            held = run_control.queue.hold()
            self.handed_over = hand_over(held, app_context.results, start, begun=begun, kept=kept)
        except Exception as error:  # whoever waits for it takes no keys meanwhile
            # After a hang-up there is no screen to say it on.
            note(
                app_context.results,
                f"process {os.getpid()} could not leave its runs running: {reason(error)}",
            )
            handing.set_exception(error if isinstance(error, HandoverError) else HandoverError(error, {}))
        else:
            handing.set_result(self.handed_over)

    @property
    def farewell(self) -> str:
        """Return what is to be said in the shell of what was handed over; empty if nothing was."""
        given, log = self.handed_over, f"{self._app_context.settings.results}/{LOG_NAME}"
        told = []
        if given.runs:
            goes_on = count(len(given.runs), "run goes on", "runs go on")
            them = "it" if len(given.runs) == 1 else "them"
            told.append(
                f"{goes_on} without a screen, in process {given.pid}: open fada-tui to follow {them}; "
                f"what comes of {them} is told in {log}"
            )
        if given.kept:
            waits = count(len(given.kept), "run waits", "runs wait")
            told.append(
                f"{waits} in the queue: Q in fada-tui starts {'it' if len(given.kept) == 1 else 'them'}"
            )
        return "; ".join(told)
