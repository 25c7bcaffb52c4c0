"""What the footer shows: the commands that do something now, in the order of their use. Pure."""

from collections.abc import Iterable, Mapping

from fada_tui.tui.state.views import KeyState

_NEEDS: Mapping[str, tuple[str, ...]] = {
    "answer": (
        "assess.correct",
        "assess.partial",
        "assess.incorrect",
        "assess.context",
        "assess.flag",
        "assess.tags",
        "assess.note",
    ),
    "verdict": ("assess.clear",),
    "changed": ("assess.anyway",),
    "undo": ("undo",),
    "redo": ("redo",),
    "judged": ("judged_before", "second_look"),
    "to_judge": ("next", "previous"),
    "several": ("question.next", "question.previous"),
    "thoughts": ("thoughts",),
    "text": ("answer.copy",),
    "long": ("answer.scroll_down", "answer.scroll_up", "answer.beginning", "answer.end"),
    "running": ("stop",),
    "waits": ("queue",),
    "follows": ("follow",),
    "resumable": ("restart",),
    "image": ("zoom", "path", "filter", "picture.window"),
    "viewer": ("picture.viewer",),
    "filtered": ("filter.leave",),
    "run": ("models_on_image", "summary", "export", "blind", "answers"),
    "runs": ("runs", "comparison"),
    "closer": (
        "zoom.out",
        "zoom.fit",
        "zoom.left",
        "zoom.down",
        "zoom.up",
        "zoom.right",
        "window.left",
        "window.down",
        "window.up",
        "window.right",
    ),
    "viewed": ("window.reset",),
}
"""What of a `KeyState` commands need to do something; those that aren't named always do."""


def idle(state: KeyState) -> frozenset[str]:
    """Return the ids of the commands that would do nothing now, or what another does that is shown."""
    lacking = (names for need, names in _NEEDS.items() if not getattr(state, need))
    again = ("picture.window",) if state.window else ()
    return frozenset((*(name for names in lacking for name in names), *again))


_ORDER = (
    "window.back",
    "window.reset",
    "window.narrower",
    "window.brighter",
    "window.gamma_down",
    "window.invert",
    "window.in",
    "window.left",
    "assess.correct",
    "assess.partial",
    "assess.incorrect",
    "assess.anyway",
    "column.left",
    "undo",
    "assess.clear",
    "next",
    "zoom.back",
    "filter.leave",
    "assess.tags",
    "assess.note",
    "assess.context",
    "column.image_before",
    "column.zoom",
    "column.back",
    "zoom.in",
    "zoom.fit",
    "zoom.left",
    "zoom.words",
    "zoom",
    "picture.window",
    "arrange",
    "stop",
    "queue",
    "run",
    "restart",
    "follow",
    "question.next",
    "judged_before",
    "assess.flag",
    "images.open",
    "models.open",
    "images.mark",
    "models.mark",
    "models.needs",
    "pane.next",
    "models_on_image",
    "filter",
    "answer.scroll_down",
    "answer.beginning",
    "answers",
    "pane.fill",
    "pane.larger",
    "pane.fold",
    "redo",
    "second_look",
    "thoughts",
    "answer.copy",
    "summary",
    "runs",
    "comparison",
    "export",
    "blind",
    "quit",
    "path",
    "picture.viewer",
    "assessor",
    "images.down",
    "models.down",
    "answer.down",
    "palette",
    "theme",
)
_RANKS = {name: rank for rank, name in enumerate(_ORDER)}


def by_use(names: Iterable[str]) -> list[str]:
    """Return commands' ids in the order of their use; those that nothing is known of before the last ones."""
    unknown = _RANKS["redo"] - 0.5
    return sorted(names, key=lambda name: _RANKS.get(name, unknown))
