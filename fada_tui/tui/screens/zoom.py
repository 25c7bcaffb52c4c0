"""One picture on the whole screen, to look closer at parts of it and to judge the answer by them."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, ClassVar

from msgspec.structs import replace
from textual import on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.messages import Prune
from textual.screen import Screen
from textual.widgets import Static

from fada_tui.tui.actions.view import MainView
from fada_tui.tui.keymap import (
    WHILE_OPEN,
    bindings,
    bindings_below,
    bindings_while_open,
    command_of,
    commands,
)
from fada_tui.tui.present.cells import shortened
from fada_tui.tui.present.footer import idle
from fada_tui.tui.present.lines import FEWER_CELLS, NAME_CELLS
from fada_tui.tui.present.marks import counted
from fada_tui.tui.present.view_text import WHOLE, longest, view_texts
from fada_tui.tui.screens.answer_actions import AnswerActions
from fada_tui.tui.screens.layered import LayeredScreen
from fada_tui.tui.screens.picture_keys import PictureKeys
from fada_tui.tui.state.picture_view import PictureView
from fada_tui.tui.state.views import NoticeKind, ZoomView
from fada_tui.tui.terminal.graphics.detect import Detected
from fada_tui.tui.terminal.graphics.fit import Magnification, largest
from fada_tui.tui.terminal.graphics.loader import Loaded
from fada_tui.tui.terminal.graphics.tone import Tone
from fada_tui.tui.terminal.graphics.view import AS_IT_IS, View
from fada_tui.tui.terminal.sanitise import line
from fada_tui.tui.widgets.answer import question_line, score_lines, tags_and_note
from fada_tui.tui.widgets.answer_text import AnswerText
from fada_tui.tui.widgets.canvas import Canvas
from fada_tui.tui.widgets.keybar import KeyBar
from fada_tui.tui.widgets.notice import Notice
from fada_tui.tui.widgets.title import Title
from fada_tui.tui.widgets.verdicts import Verdicts

_IN_THE_ROW = frozenset({"assess.correct", "assess.partial", "assess.incorrect", "assess.context"})
"""Commands whose keys stand in the row of verdicts, too: a low terminal has no room to say them twice."""


class ZoomScreen(LayeredScreen[None], AnswerActions, PictureKeys):
    """The picture, larger and larger; pans where not all of it is seen.

    Beneath stands what is to be judged. The keys of judging do what they do on the screen below, and the
    picture goes with it. How closely is looked, and where, stays as it is from image to image and on the
    other screens: what is compared over a series stands at the same place.

    Args:
        graphics: how this terminal draws pictures.
        look: returns what is looked at now.
        below: the screen whose actions of the places "verdict" and "assess" the keys call.
        context: the name of the rubric's context flag.
        view: when it is drawn this is, too.
        picture_view: how pictures are looked at.
    """

    PLACES = ("verdict", "assess", "zoom", "window")
    SHOWN = ("verdict", "assess", "zoom", "app")
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings_below("verdict", "assess"),
        *bindings("zoom"),
        *bindings_while_open("window"),
    ]
    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    ZoomScreen {
        & > .words { height: auto; padding: 0 1; }
        & .question { height: 1; text-style: bold; text-wrap: nowrap; text-overflow: ellipsis; }
        & AnswerText { height: 3; }
        & .details { height: 1; color: $muted; text-wrap: nowrap; text-overflow: ellipsis; }
        &.-low AnswerText { height: 2; }
        &.-low .details { display: none; }
        &.-high AnswerText { height: 4; }
        &.-bare > .words { display: none; }
    }
    """

    def __init__(
        self,
        graphics: Detected,
        look: Callable[[], ZoomView],
        below: Screen[Any],
        context: str,
        view: MainView | None = None,
        picture_view: PictureView | None = None,
    ) -> None:
        super().__init__()
        self.VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-middle"), (30, "-high")]
        self._graphics = graphics
        self._look = look
        self._below = below
        self._flag = context
        self._view = view
        self._seen = ZoomView()
        self._image: tuple[int, int] | None = None
        """Width and height of the image, once they are known."""
        self._picture_view = picture_view or PictureView()

    def compose(self) -> ComposeResult:
        """Lay out the picture between its title and what is to be judged."""
        yield Title()
        yield Canvas(self._graphics)
        with Vertical(classes="words"):
            yield Static("", markup=False, classes="question")
            yield AnswerText(from_end=True)
            yield Static("", markup=False, classes="details")
            yield Verdicts()
        yield Notice()
        yield KeyBar(*self.SHOWN, steady=True)

    def on_mount(self) -> None:
        """Show what is looked at, from now on also when the main screen goes on."""
        self.query_one(AnswerText).can_focus = False  # its keys move the picture here
        self.draw()
        if self._view is not None:
            self._view.join(self)

    @on(Prune)
    def _leave_view(self) -> None:
        """No longer go with the main screen."""
        if self._view is not None:
            self._view.part(self)

    def on_resize(self) -> None:
        """Show as much as there is room for now."""
        self.call_after_refresh(self._say_title)
        self.call_after_refresh(self._draw_keys)

    # Showing

    def draw(self) -> None:
        """Show what is looked at now."""
        if self not in self.app.screen_stack:
            return  # it is going away
        before, self._seen = self._seen, self._look()
        if self._seen.image != before.image:
            self._image = None
        self.query_one(Notice).check()
        self._draw_picture()
        self._draw_words()

    def draw_answer(self) -> None:
        """Show the answer as far as it has come."""
        if self in self.app.screen_stack:
            self._seen = self._look()
            self._draw_words()

    def say(
        self,
        text: str,
        kind: NoticeKind = "info",
        *,
        keep: bool = False,
        holds: Callable[[], bool] | None = None,
    ) -> None:
        """Show a line above the keys."""
        self.query_one(Notice).tell(text, kind, keep=keep, holds=holds)

    def _draw_picture(self) -> None:
        seen = self._seen
        self.query_one(Canvas).show(seen.image, seen.neighbours, self.picture_view.view, seen.asked)
        self._draw_keys()
        self._say_title()

    def _draw_words(self) -> None:
        answer = self._seen.answer
        self.query_one(".question", Static).update(line(question_line(answer)), layout=False)
        self.query_one(AnswerText).show(
            answer.text,
            muted=answer.state in ("none", "waiting", "error"),
            before=answer.thoughts or "" if answer.thoughts_shown else "",
            marks=counted(answer.text, answer.marks),
        )
        said = [line(tags_and_note(answer.assessment)), *score_lines(answer).split("\n")]
        details = line("  ·  ").join(part for part in said if part.plain)
        self.query_one(".details", Static).update(details, layout=False)
        assessment, active = answer.assessment, answer.state == "answered"
        self.query_one(Verdicts).show(assessment.verdict, assessment.context, self._flag, active=active)
        self._draw_keys()

    def _draw_keys(self) -> None:
        looked, long = self.picture_view, self.query_one(AnswerText).is_long
        closer = looked.view.closer is not None
        state = replace(self._seen.keys, closer=closer, viewed=looked.changed, long=long)
        left_out = idle(state) | self._unknown_below()
        if self.has_class("-low") and not self.has_class("-bare"):
            left_out |= _IN_THE_ROW
        self.query_one(KeyBar).show(WHILE_OPEN if looked.open else self.SHOWN, left_out)

    def _unknown_below(self) -> frozenset[str]:
        """Ids of the commands that the screen below has not got."""
        of_below = (command for place in ("verdict", "assess") for command in commands(place))
        return frozenset(one.id for one in of_below if not has_action(self._owner(one.action), one.action))

    def _owner(self, action: str) -> Screen[Any]:
        return self if has_action(self, action) else self._below

    @on(Canvas.Arrived)
    def _arrived(self, event: Canvas.Arrived) -> None:
        if isinstance(event.answer, Loaded) and event.answer.request.path == self._seen.image:
            self._image = (event.answer.width, event.answer.height)
            self._say_title()

    @on(Canvas.Changed)
    def _image_changed(self, event: Canvas.Changed) -> None:
        self._below.post_message(Canvas.Changed(event.path))

    @on(Verdicts.Chosen)
    async def _verdict_clicked(self, event: Verdicts.Chosen) -> None:
        action = f"judge('{event.verdict}')" if event.verdict else "turn_context"
        await self._call_below(action)

    @property
    def picture_view(self) -> PictureView:
        """How pictures are looked at."""
        return self._picture_view

    def show_view(self) -> None:
        """Show the picture as it is looked at now, and the keys that do something then."""
        if self.is_mounted:
            self._draw_picture()

    def _say_title(self) -> None:
        seen, answer = self._seen, self._seen.answer
        several = answer.questions > 1 and answer.question
        parts = [
            shortened(seen.image.name, max(self.size.width // 2, NAME_CELLS)) if seen.image else "",
            self._toned(),
            f"question {answer.number} of {answer.questions}" if several else "",
            shortened(answer.model, NAME_CELLS),
            seen.progress,
            seen.mode,
            shortened(seen.assessor, FEWER_CELLS),
            *self._measures(),
        ]
        self.query_one(Title).say("  │  ".join(part for part in parts if part))

    def _toned(self) -> str:
        """Return how the picture is looked at, unless only closer, which the measures say."""
        view = self.picture_view.view
        if view == AS_IT_IS and self.picture_view.open:
            return WHOLE
        if view.tone == Tone():
            return ""
        closer = replace(view.closer, factor=self._factor(view.closer)) if view.closer else None
        texts = view_texts(View(view.tone, closer))
        return longest(texts, self.size.width // 2) or texts[-1]

    def _factor(self, closer: Magnification) -> float:
        return min(closer.factor, largest(self._image)) if self._image else closer.factor

    def _measures(self) -> list[str]:
        canvas, view = self.query_one(Canvas), self.picture_view.view
        if self._image is None:
            return []
        width, height = self._image
        if view.closer is None or not canvas.size:
            return [f"{width} × {height}", "all of it"]
        window = view.closer.window(self._image, *canvas.size, canvas.cell)
        at = f"{window.left:.0f}, {window.top:.0f}"
        seen = f"{window.width:.0f} × {window.height:.0f} at {at} of {width} × {height}"
        return [f"{self._factor(view.closer):.1f}×", seen] if view.tone == Tone() else [seen]

    # What the keys do

    async def action_below(self, name: str) -> None:
        """Do what a command does on the screen below."""
        await self._call_below(command_of(name).action)

    async def _call_below(self, action: str) -> None:
        with suppress(SkipAction):
            await self.app.run_action(action, self._owner(action))
        self.draw()

    def action_words(self) -> None:
        """Hide what stands beneath the picture, or show it."""
        self.toggle_class("-bare")
        self._draw_keys()

    def action_back(self) -> None:
        """Go back to the screen below."""
        self.dismiss(None)


def has_action(screen: Screen[Any], action: str) -> bool:
    """Whether a screen has the action that a command calls."""
    return hasattr(screen, f"action_{action.partition('(')[0]}")
