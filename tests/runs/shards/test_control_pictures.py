"""What shards said of the control pictures, in the run that is made of them."""

from pathlib import Path

from msgspec.structs import replace

from fada_tui.core.records import Run
from fada_tui.runs.shards.merging import CONTROLS_DIFFER, SIZES_DIFFER, merged
from tests.sharded import SHARDS, made


def shards_with(folder: Path, width: int, response: str) -> list[Run]:
    """Return shards of which the last one's control pictures are so wide, and answered so."""
    *others, last = [made(folder / shard[0], shard) for shard in SHARDS]
    pictures = tuple(replace(one, width=width, response=response) for one in last.controls or ())
    return [*others, replace(last, controls=pictures)]


def test_other_answers_about_pictures_of_another_size_accuse_no_machine(tmp_path: Path) -> None:
    for width, response, told in (
        (8, "Another.", (CONTROLS_DIFFER,)),
        (9, "Another.", (SIZES_DIFFER,)),
    ):
        runs = shards_with(tmp_path / str(width), width, response)
        run, remarks = merged(runs, "whole", [None] * 3)
        assert remarks == told
        assert run.controls == runs[0].controls
