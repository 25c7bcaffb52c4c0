"""The worker over its real pipes: answers, cancelling, deadlines, refusals."""

import asyncio
import json
import os
import shutil
import signal
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import AutoModelForImageTextToText, AutoProcessor

from fada_tui.core.errors import ErrorKind, ModelLoadError
from fada_tui.core.protocol import (
    Cancelled,
    Delta,
    Finished,
    Idle,
    Item,
    Load,
    Loaded,
    Progress,
    Started,
    Work,
)
from fada_tui.core.records import Generation, ModelEntry, Result
from fada_tui.runs.worker_client.client import WorkerClient
from fada_tui.runs.worker_client.deadlines import Deadlines
from fada_tui.runs.worker_client.errors import WorkerDiedError
from fada_tui.runs.worker_client.pool import WorkerPool
from fada_tui.store import journal

QUESTION = "What anatomical structures can you see?"
MANY = tuple(f"{QUESTION} {number}" for number in range(10))
"""So many that not all are answered while a test stands still."""


pytestmark = pytest.mark.asyncio(loop_scope="module")
"""One loop for all, since a worker that goes on belongs to the loop that it was started in."""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def pool() -> AsyncIterator[WorkerPool]:
    """Keeps the worker of a test that left it idle for the next one: torch is imported once."""
    kept = WorkerPool()
    yield kept
    await kept.close()


@pytest_asyncio.fixture(loop_scope="module")
async def client(tmp_path: Path, pool: WorkerPool) -> AsyncIterator[WorkerClient]:
    """A worker that is up, without a model: the kept one, its model dropped, or a new one."""
    worker = WorkerClient(tmp_path / "worker.log", Deadlines(load=90, first_token=60, token=60))
    kept = pool.take("")
    other = Load(model=entry("/nowhere"), device="cpu", trust_remote_code=False, allow_pickle=False)
    if kept is None or await worker.take_over(kept, other) is None:
        await worker.start()
    yield worker
    if left := await worker.part():
        pool.keep(left)
    await worker.kill()


def entry(source: Path | str, **fields: object) -> ModelEntry:
    return ModelEntry(name="tiny", source=str(source), **fields)


async def start(client: WorkerClient, source: Path | str, **fields: object) -> Loaded:
    if client.hello is None:
        await client.start()
    command = Load(model=entry(source, **fields), device="cpu", trust_remote_code=False, allow_pickle=False)
    events = [event async for event in client.load(command)]
    assert isinstance(events[-1], Loaded)
    assert any(isinstance(event, Progress) and event.stage == "weights" for event in events)
    return events[-1]


def work(
    root: Path, tmp_path: Path, tokens: int = 12, questions: tuple[str, ...] = (QUESTION,), **how: object
) -> Work:
    names = sorted(str(path.relative_to(root)) for path in root.rglob("*.png"))
    return Work(
        root=str(root),
        journal=str(tmp_path / "journal.jsonl"),
        generation=Generation(max_new_tokens=tokens, do_sample=False, seed=0, **how),
        items=tuple(
            Item(image=Path(name).name, category="A", path=name, question_id=f"q{i}", question=text)
            for name in names
            for i, text in enumerate(questions)
        ),
    )


def plain_script(folder: Path, image: Path, tokens: int) -> tuple[list[int], str]:
    """The reference's code example, the prompt sliced off."""
    processor = AutoProcessor.from_pretrained(folder)
    model = AutoModelForImageTextToText.from_pretrained(folder)
    content = [
        {"type": "image", "image": Image.open(image).convert("RGB")},
        {"type": "text", "text": QUESTION},
    ]
    inputs = processor.apply_chat_template(
        [{"role": "user", "content": content}],
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
    )
    generated = model.generate(**inputs, max_new_tokens=tokens, do_sample=False)
    new = generated[0, inputs["input_ids"].shape[1] :].tolist()
    return new, processor.decode(new, skip_special_tokens=True)


async def test_answers_equal_the_plain_script_and_are_journaled_first(
    client: WorkerClient, tiny: Path, images: Path, tmp_path: Path
) -> None:
    loaded = (await start(client, tiny)).model
    assert (loaded.architecture, loaded.adapter) == ("Idefics3ForConditionalGeneration", "chat")
    model = AutoModelForImageTextToText.from_pretrained(tiny)
    assert loaded.parameters == model.num_parameters()
    assert loaded.memory.weights == model.get_memory_footprint()

    results: list[Result] = []
    streamed = ""
    async for event in client.work(work(images, tmp_path)):
        match event:
            case Started():
                streamed = ""
            case Delta():
                streamed += event.text
            case Finished():
                written = [line.result for line in journal.read(tmp_path / "journal.jsonl").lines]
                assert written[len(results)] == event.result  # the worker may be ahead
                assert streamed.strip() == event.result.response
                results.append(event.result)
    assert len(results) == 4
    for result in results:
        tokens, text = plain_script(tiny, images / result.path, 12)
        assert result.response == text.strip()
        assert result.tokens.generated == len(tokens)
        assert result.finish == ("stop" if tokens[-1] == model.generation_config.eos_token_id else "length")
        assert result.tokens.image == 4
        assert result.prompt.startswith("<|im_start|>User:<image>" + QUESTION)
        timing = result.timing
        assert result.time == timing.generate > timing.first_token > 0
        assert timing.load > 0 and timing.preprocess > 0
        assert result.tokens.per_second == pytest.approx(len(tokens) / result.time)


async def test_sampling_is_seeded_by_item_not_by_order(
    client: WorkerClient, tiny: Path, images: Path, tmp_path: Path
) -> None:
    await start(client, tiny)
    whole = work(images, tmp_path)
    how = Generation(max_new_tokens=12, do_sample=True, temperature=1.5, seed=7)

    async def ask(items: tuple[Item, ...]) -> dict[str, str | None]:
        command = Work(root=whole.root, journal=whole.journal, generation=how, items=items)
        found = [event.result async for event in client.work(command) if isinstance(event, Finished)]
        return {result.path: result.response for result in found}

    forward, backward = await ask(whole.items), await ask(whole.items[::-1])
    assert forward == backward
    assert len(set(forward.values())) == 4


async def test_cancel_between_tokens_records_nothing(
    client: WorkerClient, tiny: Path, images: Path, tmp_path: Path
) -> None:
    await start(client, tiny)
    events = []
    async for event in client.work(work(images, tmp_path, tokens=900, questions=MANY)):
        events.append(event)
        if isinstance(event, Delta) and not any(isinstance(e, Cancelled) for e in events):
            await client.cancel()
    assert isinstance(events[-2], Cancelled)
    assert isinstance(events[-1], Idle)
    before = [event.result for event in events if isinstance(event, Finished)]
    assert len(before) < 4 * len(MANY), "it may make some before it hears"
    assert (events[-2].path, events[-2].question_id) not in {result.key for result in before}
    assert [line.result for line in journal.read(tmp_path / "journal.jsonl").lines] == before
    again = [e async for e in client.work(work(images, tmp_path)) if isinstance(e, Finished)]
    assert len(again) == 4


async def test_stop_after_item_finishes_the_one_at_hand(
    client: WorkerClient, tiny: Path, images: Path, tmp_path: Path
) -> None:
    await start(client, tiny)
    begun = finished = 0
    async for event in client.work(work(images, tmp_path, tokens=200, questions=MANY)):
        if isinstance(event, Started):
            begun += 1
            await client.stop_after_item()
        finished += isinstance(event, Finished)
    assert 1 <= finished == begun < 4 * len(MANY), "it may begin some before it hears"


async def test_a_worker_that_hangs_is_ended_at_the_deadline(tiny: Path, images: Path, tmp_path: Path) -> None:
    client = WorkerClient(tmp_path / "worker.log", Deadlines(load=90, first_token=60, token=60))
    await start(client, tiny)
    pid = client.pid
    assert pid
    with pytest.raises(WorkerDiedError, match="no sign of life for 1 s") as caught:
        async for event in client.work(work(images, tmp_path, tokens=900)):
            if isinstance(event, Started):
                client._deadlines = Deadlines(token=1.0)
            elif isinstance(event, Delta):
                os.kill(pid, signal.SIGSTOP)
    assert caught.value.kind == ErrorKind.TIMEOUT
    assert client.pid is None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_killed_worker_is_named_as_such(
    client: WorkerClient, tiny: Path, images: Path, tmp_path: Path
) -> None:
    await start(client, tiny)
    with pytest.raises(WorkerDiedError, match="SIGKILL") as caught:
        async for event in client.work(work(images, tmp_path, tokens=900)):
            if isinstance(event, Delta) and client.pid:
                os.kill(client.pid, signal.SIGKILL)
    assert caught.value.kind == ErrorKind.WORKER_DIED


async def test_an_orphan_finishes_its_item_and_ends(tiny: Path, images: Path, tmp_path: Path) -> None:
    client = WorkerClient(tmp_path / "worker.log", Deadlines())
    await start(client, tiny)
    pid = client.pid
    assert pid
    async for event in client.work(work(images, tmp_path, tokens=300, questions=MANY)):
        if isinstance(event, Delta):
            client._process.hang_up()  # what the kernel does when the program dies
            break
    process = client._process
    assert process
    assert await asyncio.wait_for(process.wait(), 60) == 0
    written = len(journal.read(tmp_path / "journal.jsonl").lines)
    assert 1 <= written < 4 * len(MANY), "it may make some before it hears"


async def test_a_full_disk_stops_the_work_and_says_so(
    client: WorkerClient, tiny: Path, images: Path, tmp_path: Path
) -> None:
    await start(client, tiny)
    command = work(images, tmp_path)
    lost = Work(root=command.root, journal="/dev/full", generation=command.generation, items=command.items)
    events = [event async for event in client.work(lost)]
    assert "cannot write /dev/full: No space left" in events[-1].message
    assert not any(isinstance(event, Finished) for event in events)


async def test_images_that_cannot_be_read_are_results(
    client: WorkerClient, tiny: Path, images: Path, tmp_path: Path
) -> None:
    (images / "A" / "A_001.png").write_bytes(b"")
    (images / "A" / "A_002.png").unlink()
    (images / "A" / "A_003.png").write_text("not an image")
    await start(client, tiny)
    command = work(images, tmp_path)
    gone = Item(image="A_002.png", category="A", path="A/A_002.png", question_id="q0", question=QUESTION)
    command = Work(
        root=command.root,
        journal=command.journal,
        generation=command.generation,
        items=(gone, *command.items),
    )
    found = [event.result async for event in client.work(command) if isinstance(event, Finished)]
    kinds = {result.image: result.error.kind if result.error else None for result in found}
    assert kinds == {
        "A_001.png": ErrorKind.IMAGE_UNREADABLE,
        "A_002.png": ErrorKind.IMAGE_MISSING,
        "A_003.png": ErrorKind.IMAGE_UNREADABLE,
        "B_001.png": None,
        "B_002.png": None,
    }
    assert all(result.response is None and result.time is None for result in found if result.error)


async def test_a_question_with_the_image_placeholder_is_an_error_result(
    client: WorkerClient, tiny: Path, images: Path, tmp_path: Path
) -> None:
    await start(client, tiny)
    command = work(images, tmp_path, questions=("What is <image>?", QUESTION))
    found = [event.result async for event in client.work(command) if isinstance(event, Finished)]
    assert [bool(result.error) for result in found] == [True, False] * 4
    assert found[0].error.kind == ErrorKind.PROMPT


def without_tensor(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    del tensors["model.connector.modality_projection.proj.weight"]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def with_tensor(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    tensors["model.extra.weight"] = torch.zeros(2)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def with_other_shape(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    tensors["model.connector.modality_projection.proj.weight"] = torch.zeros(3, 3)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def truncated(folder: Path) -> None:
    data = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(data[: len(data) // 2])


def too_large(folder: Path) -> None:
    """A header that promises far more than any machine has, over a file of holes."""
    length = 1 << 42
    header = {"w": {"dtype": "F32", "shape": [length // 4], "data_offsets": [0, length]}}
    data = json.dumps(header).encode()
    with (folder / "model.safetensors").open("wb") as file:
        file.write(struct.pack("<Q", len(data)) + data)
        file.truncate(8 + len(data) + length)


def without_processor(folder: Path) -> None:
    (folder / "processor_config.json").unlink()


def without_template(folder: Path) -> None:
    (folder / "chat_template.jinja").unlink()


def without_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def as_pickle(folder: Path) -> None:
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


def of_another_family(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config |= {"architectures": ["BlipForQuestionAnswering"], "model_type": "blip"}
    (folder / "config.json").write_text(json.dumps(config))


def of_its_own_code(folder: Path) -> None:
    config = {"architectures": ["Own"], "model_type": "own", "auto_map": {"AutoConfig": "configuration.Own"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "configuration.py").write_text("raise SystemExit('this code must not run')\n")


def with_broken_config(folder: Path) -> None:
    (folder / "config.json").write_text("{")


REFUSALS = [
    (without_tensor, ErrorKind.WEIGHTS_MISMATCH, r"1 weights missing \(such as model\.connector"),
    (with_tensor, ErrorKind.WEIGHTS_MISMATCH, r"1 weights unexpected \(such as model\.extra"),
    (with_other_shape, ErrorKind.WEIGHTS_MISMATCH, "size|shape|mismatch"),
    (truncated, ErrorKind.WEIGHTS_MISMATCH, "damaged"),
    (too_large, ErrorKind.OUT_OF_MEMORY, r"needs 4398\.0 GB .* a smaller model"),
    (without_processor, ErrorKind.PROCESSOR_MISSING, "no processor"),
    (without_template, ErrorKind.NO_CHAT_TEMPLATE, "no chat template"),
    (without_config, ErrorKind.NOT_FOUND, "config.json"),
    (as_pickle, ErrorKind.PICKLE_REFUSED, "--allow-pickle"),
    (of_another_family, ErrorKind.PROMPT, "tiny cannot be asked: "),
    (of_its_own_code, ErrorKind.REMOTE_CODE_NEEDED, "--trust-remote-code tiny"),
    (with_broken_config, ErrorKind.ARCHITECTURE_UNKNOWN, "configuration"),
]


async def test_what_cannot_be_loaded_is_refused_with_the_reason(
    client: WorkerClient, tiny: Path, tmp_path: Path
) -> None:
    for number, (damage, kind, words) in enumerate(REFUSALS):
        folder = tmp_path / f"damaged{number}"
        shutil.copytree(tiny, folder)
        damage(folder)
        command = Load(model=entry(folder), device="cpu", trust_remote_code=False, allow_pickle=False)
        with pytest.raises(ModelLoadError, match=words) as caught:
            async for _ in client.load(command):
                pass
        assert caught.value.kind == kind, damage.__name__
        assert "\n" not in str(caught.value), damage.__name__
    command = Load(model=entry(tiny), device="cpu", trust_remote_code=False, allow_pickle=False)
    assert isinstance([event async for event in client.load(command)][-1], Loaded)


async def test_no_such_device_and_no_such_adapter(client: WorkerClient, tiny: Path) -> None:
    for command, words in (
        (Load(model=entry(tiny), device="cuda:9", trust_remote_code=False, allow_pickle=False), "cuda:9"),
        (
            Load(
                model=entry(tiny, adapter="blip2"), device="cpu", trust_remote_code=False, allow_pickle=False
            ),
            "no adapter 'blip2'; there are: .*chat",
        ),
        (
            Load(
                model=entry(tiny, adapter="blip-2"), device="cpu", trust_remote_code=False, allow_pickle=False
            ),
            "'blip-2' does not prompt Idefics3ForConditionalGeneration",
        ),
    ):
        with pytest.raises(ModelLoadError, match=words):
            async for _ in client.load(command):
                pass


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
async def test_precision_as_asked(client: WorkerClient, tiny: Path, dtype: str) -> None:
    assert (await start(client, tiny, dtype=dtype)).model.dtype == dtype


def with_template_that_drops(folder: Path, what: str) -> None:
    """A chat template that leaves out the image, or the system's turn."""
    template = (folder / "chat_template.jinja").read_text()
    kept = {
        "image": template.replace("<image>", ""),
        "system": "{% for message in messages if message['role'] != 'system' %}"
        "{% for part in message['content'] %}"
        "{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}"
        "{% endfor %}{% endfor %}",
    }[what]
    assert kept != template
    (folder / "chat_template.jinja").write_text(kept)


@pytest.mark.parametrize(
    ("what", "kind", "words"),
    [
        ("image", ErrorKind.IMAGE_IGNORED, "leaves the image out"),
        ("system", ErrorKind.PROMPT, "drops the system prompt"),
    ],
)
async def test_what_would_fail_for_each_image_is_refused_before_loading(
    client: WorkerClient, tiny: Path, tmp_path: Path, what: str, kind: ErrorKind, words: str
) -> None:
    folder = tmp_path / what
    shutil.copytree(tiny, folder)
    with_template_that_drops(folder, what)
    (folder / "model.safetensors").write_bytes(b"never read")
    await client.start()
    command = Load(
        model=entry(folder),
        device="cpu",
        trust_remote_code=False,
        allow_pickle=False,
        system_prompt="Answer briefly.",
    )
    with pytest.raises(ModelLoadError, match=words) as caught:
        async for _ in client.load(command):
            pass
    assert caught.value.kind == kind
