import json
from pathlib import Path
from typing import Any

import pytest

from fada_tui.core.errors import ErrorKind
from fada_tui.core.json_data import DEEPEST
from fada_tui.models.checkpoint import CheckpointFiles, measure, read_folder
from fada_tui.models.documents import read_document
from fada_tui.models.installed import Adapters, Installed, transformers_tables
from fada_tui.models.obstacles import Candidate, obstacles

ODD: tuple[Any, ...] = (["idefics3"], {"a": 1}, 7, True, None)
"""Values where a text should be."""


def nested(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "7",
        nested(DEEPEST + 1),
        '{"a": ' + "[" * DEEPEST + "]" * DEEPEST + "}",
        nested(100_000),
    ],
    ids=["empty", "torn", "a list", "a number", "deep", "deep lists", "far too deep"],
)
def test_what_is_no_document(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.json"
    file.write_text(text)
    assert read_document(file) is None
    assert read_folder(tmp_path, "folder").config == {}
    assert measure(tmp_path) is None


def test_what_is_one(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    assert read_document(file) is None
    file.write_bytes(b"\xef\xbb\xbf" + nested(DEEPEST).encode())
    assert read_document(file) == json.loads(nested(DEEPEST))


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize(
    "key", ["model_type", "architectures", "auto_map", "quantization_config", "vision_config", "dtype"]
)
def test_a_configuration_with_values_of_odd_types_is_refused_in_words(key: str, odd: Any) -> None:
    here = Installed(transformers=transformers_tables(), adapters=Adapters(prompted=frozenset()))
    config = {"model_type": "idefics3", "architectures": ["Idefics3ForConditionalGeneration"], key: odd}
    images = {"image_processor_type": odd, "processor_class": odd}
    files = CheckpointFiles(
        origin="folder",
        sizes={"config.json": 1, "preprocessor_config.json": 1, "chat_template.jinja": 1},
        documents={"config.json": config, "preprocessor_config.json": images},
    )
    model = Candidate(name="m", where="m", files=files, here=here, trusted=False, allow_pickle=False)
    found = tuple(obstacles(model))
    if key == "model_type":
        assert found[0].kind == ErrorKind.ARCHITECTURE_UNKNOWN
