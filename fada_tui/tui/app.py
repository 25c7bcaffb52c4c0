"""The application: themes, the key bindings and palette for every action, and the output filter."""

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual.app import SystemCommand
from textual.binding import BindingType
from textual.dom import DOMNode
from textual.driver import Driver
from textual.events import Event, Key, Paste
from textual.filter import LineFilter
from textual.message import Message
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, TextArea

from fada_tui.core.paths import faults_file
from fada_tui.tui.closing import OrderlyApp
from fada_tui.tui.commands.command import Command
from fada_tui.tui.faults import Faults, guard_messages
from fada_tui.tui.keymap import bindings, commands, keymap_faults, shown_keys, verdict_keys
from fada_tui.tui.main_screen import MainScreen
from fada_tui.tui.state.context import AppContext
from fada_tui.tui.terminal.graphics.late import SievedDriver
from fada_tui.tui.terminal.judging_keys import JudgingKeys
from fada_tui.tui.terminal.key_queue import KeyQueue
from fada_tui.tui.terminal.sanitise import Wall
from fada_tui.tui.terminal.svg_mosaics import drawn_as_shapes
from fada_tui.tui.terminal.visibility import Visibility
from fada_tui.tui.themes import THEMES


class FadaApp(OrderlyApp[int]):
    """The dashboard.

    Args:
        app_context: what it works with.
        driver_class: what speaks to the terminal; Textual's own by default.
    """

    TITLE = "fada-tui"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("app")]
    ENABLE_COMMAND_PALETTE = True
    CSS_PATH = "styles/main.tcss"  # The default screen's own would not be read.

    def __init__(self, app_context: AppContext, driver_class: type[Driver] | None = None) -> None:
        super().__init__(driver_class=driver_class)
        self._app_context = app_context
        self._wall = Wall()
        self._main = MainScreen(
            app_context, Visibility(self._ask_terminal), tuple(keymap_faults(app_context.settings.keymap))
        )
        judging_keys = JudgingKeys(self, verdict_keys(app_context.settings.keymap), self._tell_left_out)
        self._key_queue = KeyQueue(self, judging_keys.decide)
        self._event_loop: asyncio.AbstractEventLoop | None = None
        self._faults = Faults(faults_file(), self._tell_fault)
        self._opened = False
        """The first frame has been drawn."""
        for theme in THEMES.values():
            self.register_theme(theme)
        self.theme = THEMES[app_context.settings.theme].name
        self.set_keymap(self.keymap)
        if app_context.settings.low_bandwidth:
            self.animation_level = "none"

    def on_load(self) -> None:
        """Store the event loop, which a signal handler needs."""
        self._event_loop = asyncio.get_running_loop()
        self._event_loop.set_exception_handler(self._task_failed)
        threading.excepthook = self._faults.of_threads(self._event_loop.call_soon_threadsafe)
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))

    async def on_event(self, event: Event) -> None:
        """Handle an event; keys are queued."""
        typed = isinstance(event, (Key, Paste)) and not event.is_forwarded
        if not (typed and self._key_queue.holds(event)):
            await super().on_event(event)

    # Exceptions that nobody caught. Textual has no public way to go on after one: for each it calls
    # `_handle_exception`, and whose handler raised it hears of nothing any more.

    def on_ready(self) -> None:
        """From now on there is a screen to tell of a fault; until now it ends the program, with one line."""
        self._opened = True

    @property
    def fault(self) -> Exception | None:
        """What kept the dashboard from opening."""
        return self._exception

    def _handle_exception(self, error: Exception) -> None:
        if self._opened:
            self._faults.take(error)
        else:
            super()._handle_exception(error)

    def _fatal_error(self) -> None:
        self._close_messages_no_wait()

    def panic(self, *renderables: object) -> None:
        """End at once while opening; afterwards only what reads the terminal calls this, as it has ended."""
        if self._opened:
            self._faults.take(OSError("the terminal can no longer be read"))
            self.leave_soon(hung_up=True)
        else:
            self._close_messages_no_wait()

    def _tell_left_out(self) -> None:
        self._main.say("a key that is held down, or pressed again within 0.1 s, counts once", "warning")

    def _tell_fault(self, line: str) -> None:
        if self._exit:
            return
        with suppress(Exception):  # the last resort must not fail; the log has it, whatever is on the screen
            self._main.say(line, "error")
            self._main.say(line, "warning")  # comes back from under what is said next, as loading says much
            # What fails while it opens is on the screen by then.
            self.call_later(self._tell_above, line, "error")

    def _tell_above(self, line: str, severity: SeverityLevel = "information") -> None:
        if self.screen is not self._main:
            self.notify(line, severity=severity, timeout=20 if severity == "error" else None, markup=False)

    def _task_failed(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if isinstance(error := context.get("exception"), Exception):
            of_asyncio = {"future", "task", "handle"} & context.keys()
            self._faults.take(error, "" if of_asyncio else context["message"])
        else:
            loop.default_exception_handler(context)

    async def _dispatch_message(self, message: Message) -> None:
        try:
            await super()._dispatch_message(message)
        except Exception as error:
            self._handle_exception(error)

    def _register_child(self, parent: DOMNode, child: Widget, before: int | None, after: int | None) -> None:
        if child not in self._registry:
            self._faults.guard_drawing(child)
            guard_messages(child, self._handler_failed)
        super()._register_child(parent, child, before, after)

    def _handler_failed(self, widget: Widget, error: Exception, *, opening: bool) -> None:
        self._handle_exception(error)
        if opening and isinstance(widget, Screen) and widget is not self._main and self.screen is widget:
            widget.dismiss()  # nothing on it could be relied on

    def _ask_terminal(self, answered: Callable[[], None]) -> None:
        if isinstance(self._driver, SievedDriver) and self._event_loop is not None:
            self._driver.ask(partial(self._event_loop.call_soon_threadsafe, answered))
        else:
            answered()

    def leave_soon(self, *, hung_up: bool = False) -> None:
        """Quit without asking; may be called from a signal handler.

        Args:
            hung_up: the terminal is gone; then runs may be handed over, by the settings.
        """
        if self._event_loop is None:
            raise SystemExit
        if hung_up:  # in a thread, as it waits for locks that the interrupted code may hold
            threading.Thread(target=self._leave, args=(self._event_loop, True), daemon=True).start()
        else:
            self._leave(self._event_loop, False)

    def _leave(self, loop: asyncio.AbstractEventLoop, hung_up: bool) -> None:
        workspace = self._main.workspace
        handing = workspace.leaving.at_hang_up() if hung_up else None
        loop.call_soon_threadsafe(lambda: self.run_worker(workspace.leave(handing=handing)))

    @property
    def farewell(self) -> str:
        """What is to be said in the shell when the dashboard has been left."""
        return self._main.workspace.leaving.farewell

    @property
    def keymap(self) -> Mapping[str, str]:
        """The user's keys by command, in place of the usual ones."""
        return self._app_context.settings.keymap

    async def action_quit(self) -> None:
        """Quit as the main screen does, which asks during a run; not out of a text that is being written."""
        if self.screen.is_modal and isinstance(self.focused, Input | TextArea):
            self._tell_above("not left: something is being written here; esc closes it", "warning")
        else:
            self._main.action_quit()

    def get_default_screen(self) -> Screen[None]:
        """Return the main screen."""
        return self._main

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return Textual's filters, and the filter of the terminal's output."""
        return [*super().get_line_filters(), self._wall]

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Yield the palette's entries: every command that works where one is."""
        places = getattr(screen, "PLACES", ())
        for command in (*(one for place in places for one in commands(place)), *commands("app")):
            if command.id != "palette":
                keys = shown_keys(command, self.keymap)
                yield SystemCommand(
                    f"{command.label or command.help} ({keys})", command.help, partial(self._call, command)
                )

    async def _call(self, command: Command) -> None:
        """Do what the command's key would do."""
        for active in self.screen.active_bindings.values():
            if active.binding.id == command.id:
                await self.run_action(active.binding.action, active.node)
                return
        await self.run_action(command.action, self.screen)

    def action_toggle_theme(self) -> None:
        """Switch between dark and light."""
        dark, light = THEMES["dark"].name, THEMES["light"].name
        self.theme = light if self.theme == dark else dark

    def export_screenshot(self, *, title: str | None = None, simplify: bool = False) -> str:
        """Return the screen as SVG."""
        return drawn_as_shapes(super().export_screenshot(title=title, simplify=simplify))

    def action_screenshot(self, filename: str | None = None, path: str | None = None) -> None:
        """Save the screen as an SVG picture in the current folder, and say where."""
        try:
            place = Path(self.save_screenshot(filename, path)).absolute()
        except OSError as error:
            said = f"the picture cannot be saved: {error.strerror}; start from another folder"
            self._main.say(said, "error")
            self._tell_above(said, "error")
        else:
            self._main.say(f"saved: {place}", keep=True)
            self._tell_above(f"saved: {place}")

    def action_help(self) -> None:
        """Show all keys."""
        from fada_tui.tui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            assessor = self._main.workspace.open_runs.assessor
            self.push_screen(HelpScreen(self.keymap, self._app_context.facts(assessor)))
