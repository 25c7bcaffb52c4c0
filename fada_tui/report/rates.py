"""How fast answers were made, one device by itself and several together."""

from collections.abc import Iterable, Sequence

from msgspec import UNSET

from fada_tui.core.records import Result


def rate(answered: Iterable[Result]) -> float | None:
    """Return tokens per second over all answers for which both are known."""
    known = [
        (result.tokens.generated, result.own_time)
        for result in answered
        if result.tokens.generated is not None and result.own_time is not None
    ]
    time = sum(seconds for _, seconds in known)
    return sum(tokens for tokens, _ in known) / time if time > 0 else None


def by_device(answered: Iterable[Result]) -> dict[str, list[float]]:
    """Return the seconds of each device's answers, in the order in which they were made."""
    times: dict[str, list[float]] = {}
    for result in answered:
        if (seconds := result.own_time) is not None:
            times.setdefault("" if result.device is UNSET else result.device, []).append(seconds)
    return times


def together(times: Iterable[Sequence[float]]) -> float | None:
    """Return the answers a second that several devices make at once, while all of them answer."""
    rates = [len(own) / sum(own) for own in times if sum(own) > 0]
    return sum(rates) if rates else None
