"""What batches are made of: sizes, order, shares of time, padding, memory; who is suspected of a loss."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pytest
import torch
from PIL import Image
from transformers import DynamicCache

from fada_tui.core.protocol import Item
from fada_tui.runs.recovery import Recovery, Tries
from fada_tui.worker import devices
from fada_tui.worker.devices import PeakMemory
from fada_tui.worker.generation.batch_size import GROWTH, MOST, BatchSize
from fada_tui.worker.generation.decoding import Sharing
from fada_tui.worker.generation.ordering import Line, shape_of
from fada_tui.worker.generation.padding import along_text, gathered, is_plain, padded

GIB = 2**30


def test_a_size_of_its_own_grows_with_what_fits() -> None:
    size = BatchSize("auto")
    assert size.now == 1
    size.answered(1, [(GIB, 100 * GIB)])
    assert size.now == GROWTH, "no further at once, whatever fits"
    size.answered(4, [(4 * GIB, 11 * GIB)])
    assert size.now == 11
    size.answered(11, [(12 * GIB, 6 * GIB)])
    assert size.now == 5, "memory has become less"
    size.answered(5, [(5 * GIB, GIB // 2)])
    assert size.now == 1
    for _ in range(9):
        size.answered(size.now, [(0, GIB)])
    assert size.now == MOST


def test_a_size_of_its_own_goes_on_from_the_last_piece_of_work() -> None:
    assert BatchSize("auto", None, 16).now == 16
    assert BatchSize("auto", 4, 16).now == 4, "a worker died of more"
    assert BatchSize(8, None, 16).now == 8 and BatchSize(None, None, 16).now == 1


def test_a_size_is_halved_where_memory_ran_out_and_keeps_to_it() -> None:
    size = BatchSize("auto")
    for _ in range(9):
        size.answered(size.now, [(1, GIB)])
    size.failed(20)
    assert size.now == 10
    size.answered(10, [(1, GIB)])
    assert size.now == 10
    size.failed(3)
    assert size.now == 1
    size.failed(1)
    size.answered(1, [(1, GIB)])
    assert size.now == 1

    fixed = BatchSize(8)
    fixed.answered(8, [(1, GIB)])
    assert fixed.now == 8
    fixed.failed(8)
    fixed.answered(4, [(1, GIB)])
    assert fixed.now == 4


@pytest.mark.parametrize(
    ("asked", "at_most", "first"), [(None, None, 1), (8, None, 8), (8, 2, 2), (2, 8, 2), ("auto", 1, 1)]
)
def test_a_size_begins_with_what_is_asked_or_allowed(asked: object, at_most: int | None, first: int) -> None:
    size = BatchSize(asked, at_most)  # type: ignore[arg-type]
    assert size.now == first
    size.answered(first, [(1, GIB)])
    assert size.now == (GROWTH if asked == "auto" and at_most is None else first)


def items(*images: tuple[str, int]) -> list[Item]:
    """So many questions about each image."""
    return [
        Item(image=path, category="A", path=path, question_id=f"q{number}", question="?")
        for path, questions in images
        for number in range(questions)
    ]


def taken(line: Line, *sizes: int) -> list[str]:
    return [" ".join(item.path + item.question_id[1:] for item in line.take(size)) for size in sizes]


def by_width(widths: dict[str, int]) -> Callable[[str], tuple[int, int]]:
    return lambda path: (widths[path], 100)


def test_an_images_questions_stay_together() -> None:
    line = Line(items(("a", 2), ("b", 2), ("c", 1), ("d", 5), ("e", 1)), by_width({}), window=1)
    assert taken(line, 3, 3, 4, 4, 4) == ["a0 a1", "b0 b1 c0", "d0 d1 d2 d3", "d4 e0", ""]


def test_images_of_one_shape_come_together_within_a_window() -> None:
    widths = {"a": 50, "b": 200, "c": 50, "d": 200, "e": 50}
    asked = items(*((path, 1) for path in widths))
    assert taken(Line(asked, by_width(widths), window=4), 2, 2, 2) == ["a0 c0", "b0 d0", "e0"]
    assert taken(Line(asked, by_width(widths), window=64), 5) == ["a0 c0 e0 b0 d0"]
    assert taken(Line(asked, by_width(widths), window=1), 5) == ["a0 b0 c0 d0 e0"]


def test_a_batch_that_is_put_back_comes_next_in_smaller_ones() -> None:
    line = Line(items(("a", 2), ("b", 1), ("c", 3), ("d", 1)), by_width({}), window=1)
    line.put_back(line.take(3))
    assert taken(line, 2, 2) == ["a0 a1", "b0"]
    line.put_back(line.take(2))
    assert taken(line, 1, 1, 1, 1, 1) == ["c0", "c1", "c2", "d0", ""]


def test_shapes_are_those_of_files(tmp_path: Path) -> None:
    Image.new("RGB", (30, 20)).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_text("no image")
    assert shape_of(str(tmp_path), "a.png") == (30, 20)
    assert shape_of(str(tmp_path), "b.png") == shape_of(str(tmp_path), "gone.png") == (0, 0)
    line = Line(items(("gone.png", 1), ("a.png", 1)), lambda path: shape_of(str(tmp_path), path), window=2)
    assert len(line.take(2)) == 2


def test_time_is_shared_among_those_at_it() -> None:
    sharing = Sharing(3, begun=10.0)
    assert sharing.leave(13.0) == 1.0
    assert sharing.leave(15.0) == 2.0
    assert sharing.leave(19.0) == 6.0
    together = Sharing(2, begun=0.0)
    assert (together.leave(4.0), together.leave(4.0)) == (2.0, 2.0)


def test_rows_are_filled_on_the_left() -> None:
    rows = padded([torch.tensor([1, 2, 3]), torch.tensor([4])], fill=9)
    assert rows.tolist() == [[1, 2, 3], [9, 9, 4]]
    inputs = {"input_ids": rows[:1], "attention_mask": rows[:1], "pixel_values": torch.zeros(1, 3, 2, 2)}
    assert along_text(inputs) == {"input_ids", "attention_mask"}


def cache_of(rows: int, tokens: int, first: float) -> DynamicCache:
    """A cache of two layers whose numbers are all different."""
    cache = DynamicCache()
    for layer in range(2):
        count = rows * 2 * tokens * 4
        keys = torch.arange(first + layer * 1000, first + layer * 1000 + count).reshape(rows, 2, tokens, 4)
        cache.update(keys, -keys, layer)
    return cache


def test_caches_are_put_together_row_by_row() -> None:
    long, short = cache_of(2, 3, 1.0), cache_of(1, 2, 500.0)
    assert is_plain(long) and not is_plain(None)
    whole = gathered([long, short], [(0, 1), (1, 0), (0, 1)])
    assert whole.get_seq_length() == 3
    for layer in range(2):
        for part, sign in (("keys", 1), ("values", -1)):
            made = getattr(whole.layers[layer], part)
            old = [getattr(cache.layers[layer], part) for cache in (long, short)]
            assert made.shape == (3, 2, 3, 4)
            assert torch.equal(made[0], old[0][1]) and torch.equal(made[2], made[0])
            assert torch.equal(made[1, :, 1:], old[1][0])
            assert not made[1, :, 0].any() and (sign * made[0] > 0).all()
    alone = gathered([short], [(0, 0), (0, 0)])
    for made in (whole, alone):
        made.layers[0].keys.zero_()
    assert short.layers[0].keys.all() and long.layers[0].keys.all(), "what is kept must not be written over"


def test_main_memory_that_a_batch_took_is_seen() -> None:
    memory, size = PeakMemory(("cpu",)), 300_000_000
    memory.reset()
    assert memory.usage[0].taken < size / 2
    kept = torch.ones(size, dtype=torch.uint8)
    del kept
    assert size * 0.9 < memory.usage[0].taken < size * 1.5, "the peak, though it is free again"
    memory.reset()
    assert memory.usage[0].taken < size / 2, "an old peak is forgotten"
    assert memory.usage[0].free > 0
    assert memory.allocated is memory.reserved is None


def begun(recovery: Recovery, asked: list[Item]) -> None:
    for item in asked:
        recovery.began(item)


def test_the_tightest_of_several_devices_decides() -> None:
    size = BatchSize("auto")
    size.answered(1, [(GIB, 100 * GIB), (GIB, 3 * GIB)])
    assert size.now == 3
    size.answered(3, [(GIB, 100 * GIB), (0, GIB)])
    assert size.now == 12, "a device of which nothing was taken limits nothing"


def test_workers_that_share_main_memory_share_what_is_free() -> None:
    (alone,), (shared,) = PeakMemory(("cpu",)).usage, PeakMemory(("cpu",), shares=10).usage
    assert shared.free < alone.free / 4, "a tenth, though others take and free memory meanwhile"


class Cuda:
    """Two cards as torch tells of them."""

    held: ClassVar = {"cuda:0": 8 * GIB, "cuda:1": 3 * GIB}
    peak: ClassVar = {"cuda:0": 9 * GIB, "cuda:1": 5 * GIB}
    left: ClassVar = {"cuda:0": 10 * GIB, "cuda:1": 2 * GIB}

    def reset_peak_memory_stats(self, device: str) -> None:
        assert device in self.held

    def memory_allocated(self, device: str) -> int:
        return self.held[device]

    def memory_reserved(self, device: str) -> int:
        return self.held[device] + GIB

    def max_memory_allocated(self, device: str) -> int:
        return self.peak[device]

    def max_memory_reserved(self, device: str) -> int:
        return self.peak[device] + GIB


def test_a_card_that_cannot_be_used_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def free(device: str) -> int:
        if device == "cuda:1":
            raise RuntimeError("CUDA error: all CUDA-capable devices are busy or unavailable")
        return GIB

    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    monkeypatch.setattr(devices, "free_memory", free)
    assert [card.name for card in devices.cards()] == ["cuda:0", "cuda:2"]


def test_memory_is_measured_on_each_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "_torch", lambda: SimpleNamespace(cuda=Cuda()))
    monkeypatch.setattr(devices, "free_memory", Cuda.left.__getitem__)
    memory = PeakMemory(("cuda:0", "cuda:1"))
    memory.reset()
    assert memory.on_gpu
    assert (memory.allocated, memory.reserved) == (14 * GIB, 16 * GIB)
    share = devices.GPU_MEMORY_SHARE
    assert memory.usage == ((GIB, int(11 * GIB * share)), (2 * GIB, int(3 * GIB * share)))


def test_a_lost_batch_is_asked_one_by_one_and_others_in_smaller_batches() -> None:
    recovery, asked = Recovery(), items(("a", 4), ("b", 4))
    begun(recovery, asked[:4])
    recovery.finished(asked[0].key)
    assert recovery.died({asked[0].key}) == []
    assert recovery.suspects(asked[1:]) == asked[1:4]
    assert recovery.at_most == 2
    begun(recovery, asked[1:2])
    assert recovery.died({asked[0].key}) == asked[1:2], "it was alone"
    assert recovery.at_most == 2


def test_of_several_devices_one_alone_makes_no_item_an_error() -> None:
    tries, (item,) = Tries(), items(("a", 1))
    one, other = Recovery(tries, "cuda:0"), Recovery(tries, "cuda:1")
    for _ in range(3):
        begun(one, [item])
        assert one.died(set(), others_work=True) == [], "the device may be to blame"
    begun(other, [item])
    assert other.died(set(), others_work=True) == [item]


def test_the_last_of_a_batch_is_suspected_too() -> None:
    """A worker may have died of the number, though the others had ended."""
    recovery, asked = Recovery(), items(("a", 4), ("b", 4))
    begun(recovery, asked[:4])
    for item in asked[:3]:
        recovery.finished(item.key)
    done = {item.key for item in asked[:3]}
    assert recovery.died(done) == []
    assert (recovery.at_most, recovery.suspects(asked)) == (2, [asked[3]])
    begun(recovery, [asked[3]])
    recovery.finished(asked[3].key)
    begun(recovery, asked[4:5])
    assert recovery.died({*done, asked[3].key}) == []
    assert recovery.at_most == 2 and recovery.suspects(asked[4:]) == [], "one that was alone is no suspect"
