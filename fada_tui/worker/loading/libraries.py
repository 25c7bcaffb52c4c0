"""Versions of torch and transformers, and their import, which takes seconds."""

import gc
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from msgspec import Struct

from fada_tui.core.errors import reason
from fada_tui.models import load_errors
from fada_tui.models.installed import other_build_of_torchvision


class Versions(Struct, frozen=True):
    """The installed versions."""

    torch: str
    transformers: str
    cuda: str | None
    """Version of CUDA with which torch was built."""


def installed() -> Versions:
    """Return the installed versions, without importing anything.

    Raises:
        ImportError: one of the two is not.
    """
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        raise ImportError("torch is not installed")
    said = importlib.util.spec_from_file_location("torch_version", Path(spec.origin).with_name("version.py"))
    assert said is not None and said.loader is not None
    module = importlib.util.module_from_spec(said)
    said.loader.exec_module(module)
    return Versions(torch=module.__version__, transformers=version("transformers"), cuda=module.cuda)


def not_imported(name: str, error: BaseException) -> str:
    """Return why torch or transformers could not be imported, on one line.

    Args:
        name: the model that they were to load.
        error: as it was raised; transformers says the reason in its cause alone.
    """
    if fault := other_build_of_torchvision():
        return load_errors.other_build(name, fault)
    while error.__cause__ is not None:
        error = error.__cause__
    why = reason(error, named=True)
    return f"{name}: torch and transformers cannot be imported: {why} (worker.log has more)"


@contextmanager
def importing() -> Iterator[None]:
    """Disable garbage collection within this context, and exclude the imported objects from it for good.

    Some 600,000 objects come with torch and transformers. Searching them over and over while they come takes
    a quarter of the import's time, and later a pause for each full collection.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
