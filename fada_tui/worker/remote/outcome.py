"""What is wrong with an answer that has ended: refused, filtered, failed, or empty."""

from fada_tui.core.errors import ErrorKind
from fada_tui.core.secrets import quoted
from fada_tui.worker.remote.answer import Reading
from fada_tui.worker.remote.errors import LONGEST, ServerFault, ServerRefusal

_FILTERED = (
    "content_filter",
    "content_filtered",
    "safety",
    "image_safety",
    "recitation",
    "prohibited_content",
    "blocklist",
    "spii",
    "sensitive",
    "guardrail_intervened",
    "error_toxic",
    "refusal",
)
_FAILED = {
    **dict.fromkeys(
        ("abort", "aborted", "cancel", "cancelled", "canceled", "timeout"), "the server broke the answer off"
    ),
    **dict.fromkeys(
        ("error", "network_error", "insufficient_system_resource"), "the server failed in mid-answer"
    ),
}
"""Reasons for an end that may not come again, in words."""

_REPEATED = "repetition"


def check(reading: Reading, place: str, *, cut: bool = False) -> None:
    """Raise the error for an answer that is none though it has ended.

    Args:
        reading: of the answer.
        place: the server's name in messages.
        cut: it was broken off here, far beyond its limit.

    Raises:
        ServerFault: another try may help.
        ServerRefusal: it would end in the same way.
    """
    reason = reading.reason or ""
    if reading.refusal:
        said = quoted(reading.refusal, LONGEST)
        raise ServerRefusal(ErrorKind.REFUSAL, f"{place}: the model refused to answer: {said}")
    if reason in _FILTERED:
        raise ServerRefusal(ErrorKind.REFUSAL, f"{place}: its filter stopped the answer ({reason})")
    if reason == _REPEATED:
        message = f"{place}: the model repeated itself, and the server stopped it (finish reason '{reason}')"
        raise ServerRefusal(ErrorKind.INFERENCE_ERROR, message)
    if reason in _FAILED:
        message = f"{place}: {_FAILED[reason]} (finish reason '{reason}')"
        raise ServerFault(ErrorKind.INFERENCE_ERROR, message)
    told = reading.told
    if (reading.whole or cut) and not told.answer and not told.thoughts and not reading.thought_tokens:
        # Sampling is seeded or greedy: what is empty once is so again.
        counted = "" if reading.generated is None else f", after {reading.generated} tokens"
        ended = "broken off far beyond its limit" if cut else "no finish reason"
        shown = f"finish reason '{quoted(reason, LONGEST)}'" if reason else ended
        message = f"{place}: it sent an empty answer ({shown}{counted})"
        raise ServerRefusal(ErrorKind.INFERENCE_ERROR, message)
