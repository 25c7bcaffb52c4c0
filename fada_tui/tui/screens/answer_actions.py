"""The keys that scroll an answer, for the screens that show some."""

from textual.dom import DOMNode

from fada_tui.tui.widgets.answer_text import AnswerText


class AnswerActions(DOMNode):
    """Actions of a screen with answers; a base after `Screen`, whose styles come by the first base.

    Of several answers they move the one with the focus.
    """

    @property
    def _answer_text(self) -> AnswerText:
        texts = self.query(AnswerText)
        return next((text for text in texts if text is self.screen.focused), texts.first())

    def action_scroll_answer(self, lines: int) -> None:
        """Scroll the answer by some lines."""
        self._answer_text.scroll_relative(y=lines, animate=False)

    def action_answer_edge(self, edge: str) -> None:
        """Show the answer's beginning or end."""
        self._answer_text.show_edge(edge)
