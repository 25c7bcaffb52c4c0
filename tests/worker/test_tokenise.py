"""Texts as tokens: by the worker over its pipes, by tokenizers of both kinds, and by none."""

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from transformers import AutoTokenizer, ByT5Tokenizer

from fada_tui.core.protocol import Load
from fada_tui.core.records import ModelEntry
from fada_tui.runs.worker_client.client import WorkerClient
from fada_tui.runs.worker_client.deadlines import Deadlines
from fada_tui.worker.generation.tokenise import tokenised

TEXTS = ("The fetal head,\n two  spaces and an é.", "", " 漢 ")


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[WorkerClient]:
    worker = WorkerClient(tmp_path / "worker.log", Deadlines(load=90, first_token=60, token=60))
    yield worker
    await worker.kill()


def of(tokenizer: Any) -> Any:
    return SimpleNamespace(tokenizer=tokenizer)


async def test_the_worker_splits_texts_by_the_loaded_model_s_tokenizer(
    client: WorkerClient, tiny: Path
) -> None:
    await client.start()
    entry = ModelEntry(name="tiny", source=str(tiny))
    command = Load(model=entry, device="cpu", trust_remote_code=False, allow_pickle=False)
    async for _ in client.load(command):
        pass
    split = await client.tokenise(TEXTS)
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    assert split.ids == tuple(tuple(tokenizer(text, add_special_tokens=False)["input_ids"]) for text in TEXTS)
    assert [len(pieces) for pieces in split.pieces] == [len(ids) for ids in split.ids]
    assert split.ids[0] and split.ids[1] == ()
    assert await client.tokenise(TEXTS[:1]) == tokenised(of(tokenizer), TEXTS[:1])


def test_pieces_make_up_the_text_and_parts_of_a_character_have_names(demo: Any) -> None:
    split = tokenised(of(demo), ("a  head é", "a\n\nhead"))
    ids, pieces = split.ids[0], split.pieces[0]
    names = demo.convert_ids_to_tokens(list(ids))
    assert names[-2:] == ["Ã", "©"]  # é in two bytes: the first has the character, the second its name
    assert pieces[-2:] == ("é", "©")
    assert "".join(pieces[:-1]) == "a  head é"
    assert "".join(split.pieces[1]) == "a\n\nhead"


@pytest.fixture
def demo() -> Any:
    from fada_tui.core.paths import demo_weights

    return AutoTokenizer.from_pretrained(demo_weights())


def test_a_tokenizer_without_offsets_names_its_tokens_one_by_one() -> None:
    slow = ByT5Tokenizer()
    assert not slow.is_fast
    split = tokenised(of(slow), ("ab",))
    assert split.pieces == (("a", "b"),) and len(split.ids[0]) == 2


def test_without_a_tokenizer_that_works_there_are_no_tokens() -> None:
    nothing = SimpleNamespace()
    assert tokenised(nothing, ("a",)).ids == ()
    assert tokenised(of(object()), ("a", "b")).pieces == ()
