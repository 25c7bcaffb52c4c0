"""Folders of GGUF files: which is the model, which its projector, and what their headers say."""

from pathlib import Path

import pytest

from fada_tui.core.errors import ErrorKind
from fada_tui.core.records import ModelEntry
from fada_tui.models.gguf import GgufFiles, gguf_files, in_folder, parts_of, read_header, refusal
from fada_tui.models.hub_cache import is_here
from tests.gguf_files import write_gguf


@pytest.mark.parametrize(
    ("names", "models", "projectors", "missing"),
    [
        (("a-Q8_0.gguf", "mmproj-a.gguf", "README.md"), ("a-Q8_0.gguf",), ("mmproj-a.gguf",), ()),
        (("A.GGUF", "a.mmproj-Q8.gguf"), ("A.GGUF",), ("a.mmproj-Q8.gguf",), ()),
        (("b.gguf", "a.gguf"), ("a.gguf", "b.gguf"), (), ()),
        (
            ("a-00001-of-00002.gguf", "a-00002-of-00002.gguf", "mmproj.gguf"),
            ("a-00001-of-00002.gguf",),
            ("mmproj.gguf",),
            (),
        ),
        (
            ("a-00002-of-00003.gguf", "mmproj.gguf"),
            (),
            ("mmproj.gguf",),
            ("a-00001-of-00003.gguf", "a-00003-of-00003.gguf"),
        ),
        (("a-00001-of-99999.gguf",), ("a-00001-of-99999.gguf",), (), ()),
    ],
)
def test_which_file_is_what(
    names: tuple[str, ...], models: tuple[str, ...], projectors: tuple[str, ...], missing: tuple[str, ...]
) -> None:
    assert gguf_files(names) == GgufFiles(models, projectors, missing)


def test_a_folder_of_such_files_is_a_model_that_is_here(tmp_path: Path) -> None:
    entry = ModelEntry(name="tiny", source=str(tmp_path))
    assert not is_here(entry)
    write_gguf(tmp_path / "a.gguf")
    assert is_here(entry)
    assert in_folder(tmp_path) == GgufFiles(("a.gguf",), ())
    assert in_folder(tmp_path / "gone") is None


def test_a_checkpoint_and_a_folder_without_such_files_are_none() -> None:
    assert gguf_files(("config.json", "model.gguf")) is None
    assert gguf_files(("model.safetensors",)) is None


@pytest.mark.parametrize(
    ("files", "kind", "words"),
    [
        (GgufFiles(("a.gguf",), ("p.gguf",)), None, ()),
        (GgufFiles((), ("p.gguf",)), ErrorKind.WEIGHTS_MISMATCH, ("/f holds a projector and no model",)),
        (
            GgufFiles(("a.gguf", "b.gguf"), ("p.gguf",)),
            ErrorKind.WEIGHTS_MISMATCH,
            ("/f holds 2 models (a.gguf, b.gguf)", "name a folder with one of them"),
        ),
        (GgufFiles(("a.gguf",), ()), ErrorKind.PROCESSOR_MISSING, ("/f has no projector (mmproj",)),
        (
            GgufFiles(("a.gguf",), ("p.gguf", "q.gguf")),
            ErrorKind.PROCESSOR_MISSING,
            ("/f holds 2 projectors (p.gguf, q.gguf)",),
        ),
        (
            GgufFiles((), (), ("a-00001-of-00002.gguf",)),
            ErrorKind.WEIGHTS_MISMATCH,
            ("/f lacks a-00001-of-00002.gguf, parts of its model",),
        ),
    ],
)
def test_what_cannot_be_served_is_said_in_one_line(
    files: GgufFiles, kind: ErrorKind | None, words: tuple[str, ...]
) -> None:
    found = refusal("m", "/f", files, llama_cpp=True)
    assert (found and found.kind) == kind
    for word in words:
        assert found is not None and word in found.message and "\n" not in found.message


def test_only_llama_cpp_reads_them_and_reads_nothing_else() -> None:
    files = GgufFiles(("a.gguf",), ("p.gguf",))
    others = refusal("m", "/f", files, llama_cpp=False)
    assert others and others.message.startswith("/f holds GGUF files, which are for llama.cpp: add --engine")
    assert refusal("m", "/f", None, llama_cpp=False) is None
    none = refusal("m", "/f", None, llama_cpp=True)
    assert none and none.message.startswith("m: llama.cpp reads GGUF files, and /f holds none: ")


def test_the_files_of_a_model_in_parts() -> None:
    names = ("a-00001-of-00002.gguf", "a-00002-of-00002.gguf", "mmproj.gguf")
    assert parts_of("a-00001-of-00002.gguf", names) == names[:2]
    assert parts_of("b.gguf", names) == ("b.gguf",)


def test_what_a_header_says(tmp_path: Path) -> None:
    file = write_gguf(
        tmp_path / "a.gguf",
        tensors=7,
        general_architecture="llama",
        general_type="model",
        general_file_type=15,
        general_tags=["image", "text"],
        general_license="apache-2.0",
        general_sizes=[1, 2, 3],
        general_bad="\x1b[31m",
        **{"general.name": "Tiny", "llama.context_length": 8192},
    )
    found = read_header(file)
    assert (found.architecture, found.kind, found.quantization) == ("llama", "model", "Q4_K_M")
    assert (found.name, found.license, found.context, found.tensors) == ("Tiny", "apache-2.0", 8192, 7)


def test_a_header_that_is_cut_or_lies_says_what_it_can(tmp_path: Path) -> None:
    file = write_gguf(tmp_path / "a.gguf", general_architecture="llama", general_type="model")
    whole = file.read_bytes()
    for length in range(24, len(whole)):
        file.write_bytes(whole[:length])
        assert read_header(file).architecture in (None, "llama")
    file.write_bytes(whole[:24] + b"\xff" * 64)
    assert read_header(file).architecture is None


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is no GGUF file"),
        (b"PK\x03\x04", "is no GGUF file"),
        (b"GGUF\x03", "unpack"),
        (b"GGUF" + b"\x09" + bytes(40), "of version 9"),
    ],
)
def test_what_is_no_gguf_file_is_said_in_one_line(data: bytes, said: str, tmp_path: Path) -> None:
    file = tmp_path / "a.gguf"
    file.write_bytes(data)
    with pytest.raises(ValueError, match=said) as refused:
        read_header(file)
    assert "\n" not in str(refused.value)


def test_a_folder_by_such_a_name_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="it is a folder"):
        read_header(tmp_path)
