"""Answering one item: decode, ask, and make a result of what comes, be it an error."""

import hashlib
import logging
import os
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from threading import Event

from msgspec import UNSET, Struct

from fada_tui.errors import ErrorKind, FadaError, ImageError
from fada_tui.file_names import decode_name
from fada_tui.images.decode import DecodedImage, decode
from fada_tui.protocol import BegunAgain, Delta, Item, Message
from fada_tui.records import Failure, Generation, Result, ResultMemory, Timing
from fada_tui.worker import devices
from fada_tui.worker.answering import Answered, Answerer, Asked, LoadedModel

log = logging.getLogger("fada_tui.worker")

CUDA_FAULT_EXIT = 70
"""Exit status after a fault that leaves the CUDA context unusable; the client starts a new worker."""


class Answer(Struct, frozen=True):
    """A finished result and what the run, not the result, records of its making."""

    result: Result
    torch_peak_reserved: int | None


class Engine:
    """Answers items with one loaded model; several at once only where it runs behind a server."""

    def __init__(self, loaded: LoadedModel) -> None:
        self._answerer = loaded.answerer
        self._memory = devices.PeakMemory(loaded.device)

    def answer(
        self,
        item: Item,
        root: str,
        generation: Generation,
        send: Callable[[Message], None],
        cancel: Event,
    ) -> Answer | None:
        """Answer one item; `None` if it was cancelled. Whatever fails becomes the result's error.

        Args:
            item: the image and the question.
            root: the data set's root, to which the item's path is relative.
            generation: how to generate.
            send: takes the deltas.
            cancel: set to stop between two tokens.
        """
        self._memory.reset()
        attempt = _Attempt(self._answerer, self._memory, item, generation, send, cancel)
        try:
            result = attempt.run(root)
            if result is not None and result.error and result.error.kind == ErrorKind.OUT_OF_MEMORY:
                devices.release()
                result = attempt.run(root)
        except Exception as error:
            if not devices.is_fault(error):
                raise
            log.exception("the device is in an unusable state")
            os._exit(CUDA_FAULT_EXIT)
        if result is None:
            return None
        return Answer(result, self._memory.reserved)


class _Attempt:
    """One try at one item."""

    def __init__(
        self,
        answerer: Answerer,
        memory: devices.PeakMemory,
        item: Item,
        generation: Generation,
        send: Callable[[Message], None],
        cancel: Event,
    ) -> None:
        self._answerer = answerer
        self._memory = memory
        self._item = item
        self._generation = generation
        self._send = send
        self._cancel = cancel
        self._prompt: str | None = None

    def run(self, root: str) -> Result | None:
        started = time.perf_counter()
        self._prompt = None
        try:
            image = decode(Path(decode_name(root)) / decode_name(self._item.path))
        except ImageError as error:
            return self._failed(error.kind, str(error))
        loaded = time.perf_counter()
        try:
            answered = self._answerer.answer(self._asked(image))
        except Exception as error:
            if devices.is_fault(error):
                raise
            return self._failed(*self._explained(error), image)
        return None if answered is None else self._result(image, answered, load_seconds=loaded - started)

    def _asked(self, image: DecodedImage) -> Asked:
        return Asked(
            pixels=image.pixels,
            question=self._item.question,
            generation=self._generation,
            seed=self._seed(image.sha256),
            on_prompt=self._saw_prompt,
            on_text=self._send_delta,
            on_again=self._send_again,
            cancel=self._cancel,
        )

    def _explained(self, error: Exception) -> tuple[ErrorKind, str]:
        if devices.is_out_of_memory(error):
            advice = "lower --max-new-tokens or use --quantization"
            return ErrorKind.OUT_OF_MEMORY, f"{_first_line(error)}; {advice}"
        log.error("%s: %s", self._item.path, traceback.format_exc())
        kind = getattr(error, "kind", None)
        if isinstance(error, FadaError) and isinstance(kind, ErrorKind):
            return kind, str(error)
        kind = ErrorKind.PROMPT if self._prompt is None else ErrorKind.INFERENCE_ERROR
        return kind, f"{type(error).__name__}: {_first_line(error)}"

    def _result(self, image: DecodedImage, answered: Answered, load_seconds: float) -> Result:
        return self._record(
            image,
            response=answered.response,
            time=answered.generate,
            timing=Timing(
                load=load_seconds,
                preprocess=answered.preprocess,
                first_token=answered.first_token,
                generate=answered.generate,
            ),
            tokens=answered.tokens,
            finish=answered.finish,
            memory=ResultMemory(torch_peak_allocated=self._memory.allocated),
            ranking=UNSET if answered.ranking is None else answered.ranking,
        )

    def _seed(self, sha256: str) -> int:
        """By the item too, so that an answer doesn't depend on which were asked before it."""
        text = f"{self._generation.seed or 0} {sha256} {self._item.question_id}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])

    def _saw_prompt(self, prompt: str) -> None:
        self._prompt = prompt

    def _send_delta(self, text: str, tokens: int) -> None:
        item = self._item
        self._send(Delta(path=item.path, question_id=item.question_id, text=text, tokens=tokens))

    def _send_again(self, reason: str, wait: float) -> None:
        item = self._item
        self._send(BegunAgain(path=item.path, question_id=item.question_id, reason=reason, wait=wait))

    def _failed(self, kind: ErrorKind, message: str, image: DecodedImage | None = None) -> Result:
        return self._record(image, finish="error", error=Failure(kind=kind, message=message))

    def _record(self, image: DecodedImage | None, **fields: object) -> Result:
        item = self._item
        if image:
            fields |= {"sha256": image.sha256, "width": image.width, "height": image.height}
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


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [""])[0]
