"""What the keys of the main screen's arrangement do: judging or running, and how large which pane is."""

from textual.timer import Timer

from fada_tui.tui.actions import judging
from fada_tui.tui.actions.workspace import Workspace
from fada_tui.tui.screens.picture_keys import PictureKeys
from fada_tui.tui.state.picture_view import PictureView
from fada_tui.tui.widgets.panes import Panes

KEEPING_SECONDS = 5.0
"""How long until what is looked at is kept for the next session; whoever leaves keeps it at once."""


class DeskActions(PictureKeys):
    """The actions of a screen with panes; a base after `Screen`, whose styles come by the first base."""

    workspace: Workspace
    _keeping: Timer | None = None

    @property
    def panes(self) -> Panes:
        """The panes."""
        return self.query_one(Panes)

    @property
    def picture_view(self) -> PictureView:
        """How pictures are looked at."""
        return self.workspace.picture_view

    @property
    def picture_hidden(self) -> str:
        """Why no picture is to be seen; empty where one is."""
        if self.workspace.review.image is None:
            return "there is no image here"
        return super().picture_hidden if self.panes.has_picture else "the picture is hidden here; z shows it"

    def show_view(self) -> None:
        """Show the picture as it is looked at now, and the keys that do something then."""
        self.panes.look(self.picture_view.view, whole_told=self.picture_view.open)
        self.panes.show_idle(self.workspace.key_state())

    def arrange_itself(self) -> None:
        """Arrange the panes for judging, where there are answers to judge and nothing else was chosen."""
        review = self.workspace.review
        elsewhere = self.app.screen is not self.screen or self.panes.elsewhere or review.following
        if self.workspace.desk.opens(to_judge=review.comes_to_judge, elsewhere=elsewhere):
            self.panes.focus_pane("answer")

    def keep_soon(self) -> None:
        """Keep soon, for the next session, what is looked at now."""
        if self._keeping is None and self.workspace.kept_state.changed:
            self._keeping = self.set_timer(KEEPING_SECONDS, self._keep)

    def _keep(self) -> None:
        self._keeping = None
        self.workspace.view.background(self.workspace.kept_state.keep())

    def action_beside(self, step: int) -> None:
        """Go to the answer after this one in judging, or before it; else to the next pane."""
        if self.workspace.desk.arrangement == "judging":
            judging.walk(self.workspace, step)
        else:
            self.panes.turn(step)

    def action_arrange(self) -> None:
        """Turn to the other arrangement."""
        panes = self.panes
        if self.workspace.desk.choose() == "judging":
            panes.focus_pane("answer")
        else:
            panes.rearrange()

    def action_fill(self) -> None:
        """Give the focused pane the whole screen, or take it back."""
        self.workspace.desk.filled = not self.workspace.desk.filled
        self.panes.rearrange()

    def action_fold(self) -> None:
        """Fold the focused pane, or unfold it for good."""
        if said := self.panes.fold():
            self.workspace.view.say(said)
        self.keep_soon()

    def action_resize(self, step: int) -> None:
        """Make the focused pane a step larger, or smaller."""
        if said := self.panes.resize(step):
            self.workspace.view.say(said)
        self.keep_soon()
