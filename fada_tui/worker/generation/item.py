"""The processing of one item to a result: asked, answered, or failed."""

import hashlib
import logging
import traceback
from collections.abc import Callable
from pathlib import Path
from threading import Event

from msgspec import UNSET, UnsetType

from fada_tui.core.errors import ErrorKind, FadaError, reason
from fada_tui.core.file_names import decode_name
from fada_tui.core.image_error import ImageError
from fada_tui.core.protocol import BegunAgain, Delta, Item, Message
from fada_tui.core.records import Failure, Finish, Generation, Result, ResultMemory, Thoughts, Timing
from fada_tui.images.decode import DecodedImage, decode
from fada_tui.worker import devices
from fada_tui.worker.generation.interfaces import Answered, Asked

log = logging.getLogger("fada_tui.worker")


class ItemAttempt:
    """An attempt to answer an item.

    Args:
        item: the image and the question.
        generation: how to generate.
        memory: measures the device's peaks.
        send: takes the deltas.
        cancel: set to stop between two tokens.
        threads: returns the number that torch computes with; `None` if the model does not run on the CPU.
    """

    def __init__(
        self,
        item: Item,
        generation: Generation,
        memory: devices.PeakMemory,
        send: Callable[[Message], None],
        cancel: Event,
        threads: Callable[[], int] | None = None,
    ) -> None:
        self.item = item
        self._generation = generation
        self._memory = memory
        self._send = send
        self._cancel = cancel
        self._threads = threads
        self._image: DecodedImage | None = None
        self._load_seconds: float | None = None
        self._prompt: str | None = None

    def see(self, image: DecodedImage, seconds: float) -> None:
        """Record the item's image, and the seconds that reading and decoding it took."""
        self._image = image
        self._load_seconds = seconds

    def asked(self) -> Asked:
        """Return the question as it is asked, once its image is decoded."""
        assert self._image is not None
        return Asked(
            pixels=self._image.pixels,
            image=self._image.sha256,
            question=self.item.question,
            generation=self._generation,
            seed=self._seed(self._image.sha256),
            on_prompt=self._saw_prompt,
            on_text=self._send_delta,
            on_thoughts=self._send_thoughts,
            on_again=self.send_again,
            cancel=self._cancel,
        )

    def answered(self, answer: Answered) -> Result:
        """Return an answer as the item's result; one that is nothing but thoughts is an error."""
        thoughts = UNSET if answer.thoughts is None else answer.thoughts
        outcome: dict[str, object] = {
            "response": answer.response,
            "time": answer.generate,
            "finish": answer.finish,
        }
        if thoughts and not answer.response and answer.ranking is None:
            message = without_answer(thoughts, answer.finish, self._generation)
            error = Failure(kind=ErrorKind.ONLY_THOUGHTS, message=message)
            outcome = {"finish": "error", "error": error}
        return self._record(
            **outcome,
            thoughts=thoughts,
            timing=Timing(
                load=self._load_seconds,
                preprocess=answer.preprocess,
                first_token=answer.first_token,
                generate=answer.generate,
                share=UNSET if answer.share is None else answer.share,
            ),
            tokens=answer.tokens,
            batch_size=self._batch_size(answer),
            threads=self._threads() if self._threads else UNSET,
            memory=ResultMemory(torch_peak_allocated=self._memory.allocated),
            ranking=UNSET if answer.ranking is None else answer.ranking,
        )

    def failed(self, error: Exception) -> Result:
        """Return an error as the item's result."""
        kind, message = self._explained(error)
        return self._record(finish="error", error=Failure(kind=kind, message=message))

    def send_again(self, reason: str, wait: float, *, server_down: bool = False) -> None:
        """Report that the item is asked again in some seconds, and its text so far is void."""
        item = self.item
        self._send(
            BegunAgain(
                path=item.path,
                question_id=item.question_id,
                reason=reason,
                wait=wait,
                server_down=server_down,
            )
        )

    def _explained(self, error: Exception) -> tuple[ErrorKind, str]:
        if isinstance(error, ImageError):
            return error.kind, str(error)
        if devices.is_out_of_memory(error):
            advice = "lower --max-new-tokens or use --quantization"
            return ErrorKind.OUT_OF_MEMORY, f"{reason(error)}; {advice}"
        log.error("%s: %s", self.item.path, "".join(traceback.format_exception(error)))
        kind = getattr(error, "kind", None)
        if isinstance(error, FadaError) and isinstance(kind, ErrorKind):
            return kind, str(error)
        kind = ErrorKind.PROMPT if self._prompt is None else ErrorKind.INFERENCE_ERROR
        return kind, reason(error, named=True)

    def _batch_size(self, answer: Answered) -> int | UnsetType:
        """Return the size of its batch, left out in a run of single answers."""
        if answer.batch_size is None or self._generation.batch_size in (1, None):
            return UNSET
        return answer.batch_size

    def _seed(self, sha256: str) -> int:
        """Return a seed that depends on the item, so that an answer doesn't depend on those before it."""
        text = f"{self._generation.seed or 0} {sha256} {self.item.question_id}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])

    def _saw_prompt(self, prompt: str) -> None:
        self._prompt = prompt

    def _send_delta(self, text: str, tokens: int) -> None:
        item = self.item
        self._send(Delta(path=item.path, question_id=item.question_id, text=text, tokens=tokens))

    def _send_thoughts(self, text: str, tokens: int) -> None:
        item = self.item
        self._send(
            Delta(path=item.path, question_id=item.question_id, text=text, tokens=tokens, thought=True)
        )

    def _record(self, **fields: object) -> Result:
        item, image = self.item, self._image
        if image:
            fields |= {"sha256": image.sha256, "width": image.width, "height": image.height}
            fields |= {} if image.file is None else {"file": image.file}
            fields |= {} if image.dicom is None else {"dicom": image.dicom}
        return Result(
            image=item.image,
            category=item.category,
            question=item.question,
            path=item.path,
            question_id=item.question_id,
            prompt=self._prompt,
            **fields,  # type: ignore[arg-type]
        )


def without_answer(thoughts: Thoughts, finish: Finish | None, generation: Generation) -> str:
    """Return why there is no answer after thoughts, and what to do: which limit to raise, if one cut them."""
    off = [] if generation.thinking == "off" else ["try --thinking off"]
    took = thoughts.tokens
    if finish != "length":
        advice = " or ".join([*off, "put the question in other words"])
        return f"it thought{f' ({took:,} tokens)' if took is not None else ''} and gave no answer; {advice}"
    most = generation.max_thinking_tokens
    if most is UNSET or (took is not None and took < most):
        limit = f"raise --max-new-tokens ({generation.max_new_tokens})"
    else:
        limit = f"raise --max-thinking-tokens ({most})"
    count = "all" if took is None else f"{took:,}"
    return f"thoughts took {count} tokens and left none for an answer; {', or '.join([limit, *off])}"


def read_image(root: str, path: str) -> DecodedImage:
    """Decode an item's image; raises `ImageError`.

    Args:
        root: the data set's folder, as `file_names.encode_name` writes it.
        path: relative to it, likewise.
    """
    return decode(Path(decode_name(root)) / decode_name(path))
