"""What the keys of a picture's window, gamma and zoom do, wherever a picture is."""

from abc import abstractmethod
from typing import Literal

from msgspec.structs import replace
from textual.dom import DOMNode
from textual.widgets import Input, TextArea

from fada_tui.tui.keymap import command_of
from fada_tui.tui.state.picture_view import PictureView
from fada_tui.tui.state.views import NoticeKind
from fada_tui.tui.terminal.graphics.tone import Tone
from fada_tui.tui.terminal.graphics.view import AS_IT_IS, View
from fada_tui.tui.widgets.canvas import OFF, Canvas

YOURS = "only you see pictures this way: the model saw the image as it is"
STAYS = "pictures stay like this; W, then r, shows them as they are"
WHOLE = "all of the picture is seen: + makes it larger"


class PictureKeys(DOMNode):
    """The actions of a screen with one picture; a base after `Screen`, whose styles come by the first base.

    The keys of the place "window" come before all others while it is open. They are no screen above this
    one: a picture beneath another screen is drawn in half blocks, whatever the terminal can.
    """

    @property
    @abstractmethod
    def picture_view(self) -> PictureView:
        """How pictures are looked at."""

    @abstractmethod
    def show_view(self) -> None:
        """Show the picture as it is looked at now, and the keys that do something then."""

    @abstractmethod
    def say(self, text: str, kind: NoticeKind = "info") -> None:
        """Show a line above the keys."""

    @property
    def picture_hidden(self) -> str:
        """Why no picture is to be seen; empty where one is."""
        return OFF if self.query_one(Canvas).is_off else ""

    def on_screen_resume(self) -> None:
        """Show the picture as it was looked at on the screen above."""
        if self.query(Canvas):
            self.show_view()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the keys to others while the place is closed, and to what is typed in."""
        if action == "while_open":
            return self.picture_view.open and not isinstance(self.app.focused, Input | TextArea)
        return super().check_action(action, parameters)

    async def action_while_open(self, name: str) -> None:
        """Do what a command does."""
        await self.app.run_action(command_of(name).action, self)

    def action_toggle_window(self) -> None:
        """Let the keys of the place work, or no longer."""
        if not self.picture_view.open and (hidden := self.picture_hidden):
            self.say(hidden, "warning")
            return
        if self.picture_view.open:
            self.action_close_window()
        else:
            self.picture_view.open = True
            self.show_view()

    def action_close_window(self) -> None:
        """No longer let the keys of the place work."""
        self.picture_view.open = False
        self.show_view()
        if self.picture_view.changed and not self.picture_view.told_stays:
            self.picture_view.told_stays = True
            self.say(STAYS)

    def action_tone(self, what: Literal["wider", "brighter", "gamma_by"], step: int) -> None:
        """Change the window, its level, or gamma by a step."""
        tone = self.picture_view.view.tone
        changes = {"wider": tone.wider, "brighter": tone.brighter, "gamma_by": tone.gamma_by}
        self._change_tone(changes[what](step))

    def action_invert(self) -> None:
        """Exchange black and white."""
        self._change_tone(self.picture_view.view.tone.inverted())

    def _change_tone(self, tone: Tone) -> None:
        self._change_view(replace(self.picture_view.view, tone=tone))
        self._tell_once()

    def action_zoom(self, step: int) -> None:
        """Make the picture a step larger or smaller."""
        self._change_view(self.picture_view.view.zoomed(step, self.query_one(Canvas).image))
        if self.picture_view.open:
            self._tell_once()

    def action_fit(self) -> None:
        """Show all of the picture."""
        self._change_view(replace(self.picture_view.view, closer=None))

    def action_pan(self, right: int, down: int) -> None:
        """Move the visible part of the picture."""
        canvas, view = self.query_one(Canvas), self.picture_view.view
        if view.closer is None and self.picture_view.open:
            self.say(WHOLE)
        elif canvas.image is not None and (seen := canvas.seen) is not None:
            self._change_view(view.panned(right, down, seen, canvas.image))

    def action_reset_view(self) -> None:
        """See pictures as they are."""
        self._change_view(AS_IT_IS)

    def _change_view(self, view: View) -> None:
        self.picture_view.view = view
        self.show_view()

    def _tell_once(self) -> None:
        """Say once that the model saw something else."""
        if self.picture_view.changed and not self.picture_view.told:
            self.picture_view.told = True
            self.say(YOURS)
