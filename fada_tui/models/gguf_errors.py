"""Reasons why a folder of GGUF files cannot be served, each in one line: before loading and on loading."""

from collections.abc import Sequence

NAMED = 3
"""Maximum number of names in a message."""

FOR_LLAMA_CPP = (
    "GGUF files are for llama.cpp: name a folder with one model and its projector (mmproj…), and add "
    "--engine llama.cpp, or take the repository that they were made from"
)


def for_llama_cpp(where: str) -> str:
    """Return the message: a folder of GGUF files is not read by transformers, nor by another engine."""
    return (
        f"{where} holds GGUF files, which are for llama.cpp: add --engine llama.cpp, or take the repository "
        "that they were made from"
    )


def no_gguf(name: str, where: str) -> str:
    """Return the message: llama.cpp is to serve what is no GGUF file.

    Args:
        name: the model.
        where: its folder, or in words where its files are.
    """
    return (
        f"{name}: llama.cpp reads GGUF files, and {where} holds none: name a folder with one model and its "
        "projector, or leave --engine out"
    )


def models(where: str, names: Sequence[str]) -> str:
    """Return the message: a folder of GGUF files holds no model, or several of which none is named.

    Args:
        where: the folder.
        names: of the models.
    """
    if not names:
        return f"{where} holds a projector and no model: put the model's GGUF file beside it"
    return (
        f"{where} holds {len(names)} models ({_some(names)}): name a folder with one of them and its "
        "projector, made of links if you like"
    )


def projectors(where: str, names: Sequence[str]) -> str:
    """Return the message: a folder of GGUF files has no projector, or several; arguments as above."""
    if not names:
        return (
            f"{where} has no projector (mmproj….gguf), without which its model sees no image: put the one "
            "beside it that was made with the model"
        )
    return (
        f"{where} holds {len(names)} projectors ({_some(names)}): name a folder with the model and one of "
        "them, made of links if you like"
    )


def incomplete(where: str, missing: Sequence[str]) -> str:
    """Return the message: parts of a model in several GGUF files are not there; `missing` names them."""
    return f"{where} lacks {_some(missing)}, parts of its model: download it again"


def _some(names: Sequence[str]) -> str:
    """Return the first names, and how many there are besides."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
