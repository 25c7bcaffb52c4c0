"""Answering one item: decode, prompt, generate with streaming, measure."""

import hashlib
import logging
import os
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from threading import Event

import torch
from msgspec import Struct
from transformers import StoppingCriteria, StoppingCriteriaList

from fada_tui.errors import ErrorKind, ImageError
from fada_tui.images.decode import DecodedImage, decode
from fada_tui.protocol import Delta, Item, Message
from fada_tui.records import Failure, Finish, Generation, Result, ResultMemory, Timing, Tokens, decode_name
from fada_tui.worker import devices
from fada_tui.worker.adapters.chat import Prepared
from fada_tui.worker.loading import LoadedModel
from fada_tui.worker.streaming import TextStreamer

log = logging.getLogger("fada_tui.worker")

CUDA_FAULT_EXIT = 70
"""Exit status after a fault that leaves the CUDA context unusable; the client starts a new worker."""


class Answer(Struct, frozen=True):
    """A finished result and what the run, not the result, records of its making."""

    result: Result
    torch_peak_reserved: int | None


class _Cancelled(StoppingCriteria):
    """Stops generation between two tokens once asked to."""

    def __init__(self, asked: Event) -> None:
        self._asked = asked

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **kwargs: object) -> torch.Tensor:
        return torch.full((input_ids.shape[0],), self._asked.is_set(), device=input_ids.device)


class Engine:
    """Answers items with one loaded model."""

    def __init__(self, model: LoadedModel) -> None:
        self._model = model
        self._memory = devices.PeakMemory(model.device)

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
        attempt = _Attempt(self._model, item, generation, send, cancel)
        try:
            result = attempt.run(root)
            if result is not None and result.error and result.error.kind == ErrorKind.OUT_OF_MEMORY:
                devices.release()
                result = attempt.run(root)
        except torch.AcceleratorError:
            log.exception("the device is in an unusable state")
            os._exit(CUDA_FAULT_EXIT)
        if result is None:
            return None
        return Answer(result, self._memory.reserved)


class _Attempt:
    """One try at one item."""

    def __init__(
        self,
        model: LoadedModel,
        item: Item,
        generation: Generation,
        send: Callable[[Message], None],
        cancel: Event,
    ) -> None:
        self._model = model
        self._item = item
        self._generation = generation
        self._send = send
        self._cancel = cancel

    def run(self, root: str) -> Result | None:
        started = time.perf_counter()
        try:
            image = decode(Path(decode_name(root)) / decode_name(self._item.path))
        except ImageError as error:
            return self._failed(error.kind, str(error))
        loaded = time.perf_counter()
        seen: dict[str, object] = {"sha256": image.sha256, "width": image.width, "height": image.height}
        try:
            return self._generate(image, seen, load_seconds=loaded - started)
        except torch.AcceleratorError:
            raise
        except Exception as error:
            if devices.is_out_of_memory(error):
                advice = "lower --max-new-tokens or use --quantization"
                return self._failed(ErrorKind.OUT_OF_MEMORY, f"{_first_line(error)}; {advice}", seen)
            log.error("%s: %s", self._item.path, traceback.format_exc())
            kind = ErrorKind.PROMPT if "prompt" not in seen else ErrorKind.GENERATION
            return self._failed(kind, f"{type(error).__name__}: {_first_line(error)}", seen)

    def _generate(self, image: DecodedImage, seen: dict[str, object], load_seconds: float) -> Result | None:
        model, adapter = self._model.model, self._model.adapter
        begun = time.perf_counter()
        prepared = adapter.prepare([(image.pixels, self._item.question)], self._generation.system_prompt)
        inputs = prepared.inputs.to(self._model.device, dtype=self._model.dtype)
        seen["prompt"] = prepared.prompts[0]
        preprocessed = time.perf_counter()

        streamer = TextStreamer(adapter.tokenizer, self._send_delta)
        self._seed(image.sha256)
        with torch.inference_mode():
            model.generate(
                **inputs,
                **self._sampling(),
                max_new_tokens=self._generation.max_new_tokens,
                streamer=streamer,
                stopping_criteria=StoppingCriteriaList([_Cancelled(self._cancel)]),
            )
        ended = time.perf_counter()
        if self._cancel.is_set():
            return None
        return self._result(prepared, streamer, seen, load_seconds, begun, preprocessed, ended)

    def _result(
        self,
        prepared: Prepared,
        streamer: TextStreamer,
        seen: dict[str, object],
        load_seconds: float,
        begun: float,
        preprocessed: float,
        ended: float,
    ) -> Result:
        seconds = ended - preprocessed
        count = len(streamer.tokens)
        first = streamer.first_token_at
        return self._record(
            **seen,
            response=self._model.adapter.read(streamer.tokens),
            time=seconds,
            timing=Timing(
                load=load_seconds,
                preprocess=preprocessed - begun,
                first_token=None if first is None else first - preprocessed,
                generate=seconds,
            ),
            tokens=Tokens(
                prompt=int(prepared.inputs["input_ids"].shape[1]),
                generated=count,
                per_second=count / seconds if seconds > 0 else None,
                image=prepared.image_tokens[0],
            ),
            finish=self._finish(streamer.tokens),
            memory=ResultMemory(torch_peak_allocated=devices.PeakMemory(self._model.device).allocated),
        )

    def _finish(self, tokens: list[int]) -> Finish:
        ends = self._model.model.generation_config.eos_token_id
        ends = ends if isinstance(ends, list) else [ends]
        return "stop" if tokens and tokens[-1] in ends else "length"

    def _sampling(self) -> dict[str, object]:
        if not self._generation.do_sample:
            return {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}
        asked = {"temperature": self._generation.temperature, "top_p": self._generation.top_p}
        return {"do_sample": True, **{name: value for name, value in asked.items() if value is not None}}

    def _seed(self, sha256: str) -> None:
        """Seed by the item too, so that an answer doesn't depend on which were asked before it."""
        text = f"{self._generation.seed or 0} {sha256} {self._item.question_id}"
        torch.manual_seed(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]))

    def _send_delta(self, text: str, tokens: int) -> None:
        item = self._item
        self._send(Delta(path=item.path, question_id=item.question_id, text=text, tokens=tokens))

    def _failed(self, kind: ErrorKind, message: str, seen: dict[str, object] | None = None) -> Result:
        return self._record(**(seen or {}), finish="error", error=Failure(kind=kind, message=message))

    def _record(self, **fields: object) -> Result:
        item = self._item
        return Result(
            image=item.image,
            category=item.category,
            question=item.question,
            path=item.path,
            question_id=item.question_id,
            **fields,  # type: ignore[arg-type]
        )


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [""])[0]
