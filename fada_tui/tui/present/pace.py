"""How far a session has come, how quickly answers are judged in it, and what that leaves: in words."""

from fada_tui.evaluation.assessment.order import Progress
from fada_tui.tui.state.judging_session import JudgingSession


def pace_text(session: JudgingSession, progress: Progress) -> str:
    """Return goal, pace and the time that is left, as far as they are known.

    Args:
        session: of the assessor.
        progress: how far what is looked at is judged.
    """
    parts = [f"goal {session.judged} of {session.goal}"] if session.goal else []
    if (pace := session.pace) is not None:
        parts.append(f"{pace:.0f} s an answer" if pace >= 2 else f"{pace:.1f} s an answer")
        if left := session.left(progress.total - progress.judged):
            parts.append(_duration(pace * left))
    return " · ".join(parts)


def _duration(seconds: float) -> str:
    if seconds < 60:
        return "under a minute"
    minutes = round(seconds / 60)
    return f"about {minutes} min" if minutes < 100 else f"about {seconds / 3600:.1f} h"
