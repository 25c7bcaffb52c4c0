"""Reasons why a model finds no room, on one line with the remedy."""

from collections.abc import Sequence


def too_large(name: str, needed: float, place: str, free: float) -> str:
    """Return the message: the weights alone do not fit into memory.

    Args:
        name: the model.
        needed: bytes of its weights.
        place: the device that they were to go to, as torch names it.
        free: bytes free there.
    """
    return (
        f"{name} needs {needed / 1e9:.1f} GB for its weights alone and {place} has {free / 1e9:.1f} GB free: "
        f"{smaller(place)}"
    )


def too_large_for_cards(
    name: str,
    needed: float,
    cards: Sequence[tuple[str, int]],
    room: float,
    problem: str,
    instead: Sequence[str],
) -> str:
    """Return the message: the weights alone fit on no card, and the model cannot be spread over all of them.

    Args:
        name: the model.
        needed: bytes of its weights.
        cards: each as torch names it, with the bytes free there.
        room: bytes of weights that all cards together can take, with what a model at work needs beside them.
        problem: in words, why it is not spread over them.
        instead: options with which it would fit.
    """
    free = ", ".join(f"{card} has {size / 1e9:.1f} GB free" for card, size in cards)
    if len(cards) > 1:
        free += f", together room for {room / 1e9:.1f} GB, {problem}"
    advice = f"try {' or '.join(instead)}" if instead else "choose a smaller model, or more or larger cards"
    return f"{name} needs {needed / 1e9:.1f} GB for its weights alone, and {free}: {advice}"


def cannot_spread(name: str, where: str, why: str) -> str:
    """Return the message: a model was spread over several devices, and its class wants one."""
    return (
        f"{name} cannot answer where it is spread over {where}, since its class is written for one device: "
        f"{why}; try --quantization 4bit, a smaller --dtype, or --device cpu"
    )


def no_room(name: str, place: str, why: str) -> str:
    """Return the message: memory ran out while the weights were loaded; arguments as for `too_large`."""
    return f"{name} does not fit into {place}'s memory: {why}; {smaller(place)}"


def smaller(place: str) -> str:
    """Return advice on using less memory. Quantised weights need CUDA."""
    if place.startswith("cuda"):
        return "try --quantization 4bit, a smaller --dtype, or --device auto, for several GPUs together"
    return "try --dtype bfloat16, a smaller model, or a machine with more memory"
