"""Questions put to a loaded model as the worker puts them, without the worker."""

from collections.abc import Callable, Sequence
from threading import Event

from PIL.Image import Image

from fada_tui.core.records import Generation
from fada_tui.worker.generation.interfaces import Answered, Answerer, Asked
from fada_tui.worker.loading.load import LoadedModel

TOKENS = 16


def asked(
    picture: Image,
    question: str,
    on_text: Callable[[str], object] = lambda _: None,
    on_prompt: Callable[[str], object] = lambda _: None,
    *,
    cancel: Event | None = None,
    tokens: int = TOKENS,
) -> Asked:
    """Return a question, answered greedily; pictures are told apart by their pixels."""
    return Asked(
        pixels=picture,
        image=str(hash(picture.tobytes())),
        question=question,
        generation=Generation(max_new_tokens=tokens, do_sample=False),
        seed=0,
        on_prompt=on_prompt,
        on_text=lambda text, _: on_text(text),
        on_thoughts=lambda *_: None,
        on_again=lambda *_: None,
        cancel=cancel or Event(),
    )


def ask_together(loaded: LoadedModel, batch: Sequence[Asked]) -> list[Answered]:
    """Return a batch's answers in its order; nothing of those that were cancelled."""
    assert isinstance(loaded.answerer, Answerer)
    answers: dict[int, Answered] = {}
    loaded.answerer.answer(batch, loaded.answerer.prepare(batch), answers.__setitem__)
    return [answers[place] for place in sorted(answers)]


def ask_alone(loaded: LoadedModel, one: Asked) -> Answered | None:
    """Return a single answer; `None` if it was cancelled."""
    return next(iter(ask_together(loaded, [one])), None)
