"""How many threads a model on the CPU is given."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import torch
from torch import nn

from fada_tui.core.protocol import Load
from fada_tui.core.records import ModelEntry, Result, Timing, Tokens
from fada_tui.worker.generation import threads
from fada_tui.worker.generation.threads import Threads, best, candidates, pace_of
from fada_tui.worker.loading import load as loading
from tests.conftest import Program, load, run_folders


@pytest.fixture(autouse=True)
def free(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody has set the number, and torch may take four."""
    before = torch.get_num_threads()
    for name in threads.FIXED_BY:
        monkeypatch.delenv(name, raising=False)
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(before)


def model() -> nn.Module:
    return nn.Sequential(nn.Linear(32, 64), nn.Linear(64, 32))


def work_that_takes(monkeypatch: pytest.MonkeyPatch, seconds: dict[int, float]) -> None:
    """Let the layers take so long with each number of threads."""
    monkeypatch.setattr(threads, "SECONDS", 0.0)
    monkeypatch.setattr(threads, "_passes", lambda part, rows: (0.0, seconds[torch.get_num_threads()]))


def result(seconds: float, tokens: int | None = 11, first: float | None = 0.0) -> Result:
    return Result(
        image="a.png",
        category="a",
        question="?",
        path="a.png",
        question_id="q",
        time=seconds,
        timing=Timing(first_token=first, generate=seconds),
        tokens=Tokens(generated=tokens),
    )


class Counted(Threads):
    """Counts how often the number is chosen."""

    chosen: tuple[int, ...] = ()

    def choose(self, together: int = 1) -> None:
        self.chosen = (*self.chosen, together)
        super().choose(together)


@pytest.mark.parametrize(
    ("most", "tried"), [(1, [1]), (2, [1, 2]), (6, [1, 2, 4, 6]), (16, [1, 2, 4, 8, 16])]
)
def test_powers_of_two_and_the_most_are_tried(most: int, tried: list[int]) -> None:
    assert candidates(most) == tried


def test_a_thread_more_must_be_worth_it() -> None:
    assert best({1: 1.0, 2: 0.95, 4: 0.9}) == 1
    assert best({1: 1.0, 2: 0.55, 4: 0.5}) == 2
    assert best({1: 1.0, 2: 7.0, 4: 30.0}) == 1


def test_the_number_that_is_fastest_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = Threads(model())
    work_that_takes(monkeypatch, {1: 4.0, 2: 2.0, 4: 1.0})
    chosen.choose()
    assert torch.get_num_threads() == chosen.now() == 4

    work_that_takes(monkeypatch, {1: 1.0, 2: 3.0, 4: 9.0})
    chosen.choose()
    assert torch.get_num_threads() == chosen.now() == 1

    work_that_takes(monkeypatch, {1: 2.0, 2: 1.0, 4: 1.0})
    chosen.choose()
    assert chosen.now() == 2


def test_real_layers_are_timed_and_computed_as_before() -> None:
    layers = model()
    given = torch.randn(3, 32)
    before = layers(given)
    Threads(layers).choose()
    assert torch.get_num_threads() in (1, 2, 4)
    assert torch.equal(layers(given), before)


@pytest.mark.parametrize("name", threads.FIXED_BY)
def test_a_number_that_a_person_set_stays(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "3")
    torch.set_num_threads(3)
    chosen = Threads(model())
    chosen.choose()
    assert chosen.now() == 3


def test_layers_that_cannot_be_timed_leave_torchs_number() -> None:
    class Odd(nn.Linear):
        def forward(self, input: torch.Tensor) -> torch.Tensor:
            raise TypeError("it wants two inputs")

    chosen = Threads(nn.Sequential(Odd(8, 8)))
    chosen.choose()
    chosen.choose()
    assert chosen.now() == 4


def test_a_model_without_such_layers_keeps_torchs_number() -> None:
    chosen = Threads(nn.Sequential(nn.ReLU()))
    chosen.choose()
    assert chosen.now() == 4


def test_it_is_chosen_anew_when_the_pace_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = Counted(model())
    work_that_takes(monkeypatch, {1: 2.0, 2: 1.5, 4: 1.0})
    chosen.choose()
    monkeypatch.setattr(chosen, "_not_before", 0.0)
    for seconds in (1.0, 1.2, 0.9):
        chosen.answered([result(seconds)], 1)
    assert chosen.chosen == (1,)

    work_that_takes(monkeypatch, {1: 2.0, 2: 15.0, 4: 40.0})
    chosen.answered([result(9.0)], 1)
    assert chosen.chosen == (1, 1)
    assert chosen.now() == 1

    chosen.answered([result(1.1)], 1)  # the pace from now on
    work_that_takes(monkeypatch, {1: 2.0, 2: 1.5, 4: 1.0})
    monkeypatch.setattr(chosen, "_not_before", 0.0)
    chosen.answered([result(0.6)], 1)
    assert chosen.now() == 4


def test_not_more_often_than_it_is_worth(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = Counted(model())
    work_that_takes(monkeypatch, {1: 2.0, 2: 1.5, 4: 1.0})
    chosen.choose()
    monkeypatch.setattr(chosen, "_not_before", float("inf"))
    for seconds in (1.0, 9.0, 1.0, 9.0):
        chosen.answered([result(seconds)], 1)
    assert chosen.chosen == (1,)


def test_batches_of_another_size_are_another_work(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = Counted(model())
    work_that_takes(monkeypatch, {1: 2.0, 2: 1.5, 4: 1.0})
    chosen.choose()
    for together in (1, 4, 5, 16):
        chosen.answered([result(1.0)] * together, together)
    assert chosen.chosen == (1, 4, 16)


@pytest.mark.parametrize(
    ("results", "pace"),
    [
        ([], None),
        ([result(3.0, tokens=21, first=1.0)], 0.1),
        ([result(1.0, tokens=11), result(3.0, tokens=11)], 0.3),
        ([result(3.0, tokens=2, first=1.0)], None),
        ([result(0.5, tokens=None, first=None)], 0.5),
    ],
)
def test_the_pace_of_a_batch_is_that_of_its_last_answer(
    results: Sequence[Result], pace: float | None
) -> None:
    assert pace_of(results) == pytest.approx(pace)


def test_the_next_model_is_not_bound_to_the_number_of_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "OWN", 4)
    torch.set_num_threads(1)
    found: list[int] = []
    monkeypatch.setattr(Threads, "choose", lambda chosen: found.append(chosen.now()))
    entry = ModelEntry(name="m", source=str(loading.EMBEDDED))
    loading.load(Load(model=entry, device="cpu", trust_remote_code=False, allow_pickle=False), print)
    assert found == [4]


def test_each_result_says_how_many(program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    program.batch("--limit", "2")
    (folder,) = run_folders(program.cwd)
    assert [one["threads"] for one in load(folder)["results"]] == [2, 2]
    assert "**Processor Threads**: 2" in (folder / "summary.md").read_text(encoding="utf-8")
