"""How fast answers were made, one device by itself and several together."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec import UNSET

from fada_tui.core.records import Result

_ROUNDING = 1e-9


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


def while_all_answer(times: Mapping[str, Sequence[float]], lost: Collection[str]) -> list[Sequence[float]]:
    """Return of each device the seconds of those answers that were made while all devices answered.

    Devices begin one after another, as each has loaded the model, and end together, since work is handed out
    in small pieces. So all of them answered for as long before the end as the one that answered least. Those
    made before say nothing of that time, as workers on the CPU take from each other.

    Args:
        times: the seconds of each device's answers, in the order in which they were made.
        lost: devices that were given up, which did not answer at the end; all that they made is returned.
    """
    least = min((sum(own) for name, own in times.items() if name not in lost), default=0.0)
    return [own if name in lost else _last(own, least) for name, own in times.items()]


def _last(own: Sequence[float], seconds: float) -> Sequence[float]:
    """Return the answers that were being made in the last so many seconds of a device's answering."""
    total, number = 0.0, 0
    while number < len(own) and total < seconds - _ROUNDING:
        number += 1
        total += own[-number]
    return own[len(own) - number :]


def together(times: Iterable[Sequence[float]]) -> float | None:
    """Return the answers a second that several devices make at once, while all of them answer."""
    rates = [len(own) / sum(own) for own in times if sum(own) > 0]
    return sum(rates) if rates else None
