"""What the keys of judging do, on each screen where answers are judged."""

from collections.abc import Awaitable, Callable
from functools import partial

from fada_tui.core.records import Verdict
from fada_tui.evaluation.assessment.edit import with_next_context
from fada_tui.tui.actions import judging, second_look
from fada_tui.tui.actions.workspace import Workspace


class JudgingActions:
    """The actions of the places "verdict" and "assess" that need no other screen.

    To be named after `Screen` among a screen's bases, which sets `workspace`.
    """

    workspace: Workspace

    def action_step(self, step: int) -> None:
        """Go to the next unassessed answer, or the previous one."""
        judging.step(self.workspace, step)

    def action_question(self, step: int) -> None:
        """Turn to another question of this image."""
        self.workspace.review.stay()
        if not self.workspace.review.turn(step) and self.workspace.review.filter.words:
            self.workspace.view.say("the filter lets no other answer about this image through; esc leaves it")
        self.workspace.view.draw()

    def action_thoughts(self) -> None:
        """Show what models thought before they answered, or hide it."""
        self.workspace.view.say(self.workspace.review.toggle_thoughts())
        self.workspace.view.draw()

    def action_copy_answer(self) -> None:
        """Copy the answer's text to the terminal's clipboard."""
        judging.copy_answer(self.workspace)

    async def once_named(self, doing: Callable[[], Awaitable[object]], unchanged: Callable[[], bool]) -> None:
        """Do what assesses, at once where the assessor has a name, else once it was given.

        Args:
            doing: what a key asked for, of the answer that it was meant for.
            unchanged: whether that answer is still the one that was meant.
        """
        if self.workspace.open_runs.assessor:
            await doing()
        else:
            self.workspace.view.ask_name(doing, unchanged)

    async def _assess_named(self, edit: judging.Edit) -> None:
        if places := judging.judged_here(self.workspace):
            doing = partial(judging.assess, self.workspace, edit, places)
            await self.once_named(doing, judging.unchanged(places))

    async def action_judge(self, verdict: Verdict | None) -> None:
        """Judge the current answer, and move on."""
        if verdict and not judging.in_sight(self.workspace):
            return
        if places := judging.judged_here(self.workspace):
            doing = partial(judging.judge, self.workspace, verdict, places)
            await self.once_named(doing, judging.unchanged(places))

    async def action_turn_context(self) -> None:
        """Turn the context flag on: yes, no, unset."""
        await self._assess_named(with_next_context)

    async def action_flag(self) -> None:
        """Flag the current answer for a second look, or remove the flag."""
        await self._assess_named(judging.with_flag_toggled)

    def action_second_look(self) -> None:
        """Go through the partial and flagged answers once more, or end that."""
        second_look.toggle(self.workspace)

    def action_judged_before(self) -> None:
        """Go to the answer judged last; again, to the one before it."""
        judging.back(self.workspace)

    async def action_undo(self) -> None:
        """Take back the last assessment and show where."""
        await judging.undo(self.workspace)

    async def action_redo(self) -> None:
        """Make it again and show where."""
        await judging.redo(self.workspace)
