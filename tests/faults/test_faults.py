"""A sample of the faults that `make faults` tries whole: the same ones each time."""

from collections.abc import Iterator

import pytest

from tests.faults.__main__ import table, try_scene, workshop
from tests.faults.place import Place
from tests.faults.scenes import SCENES, Scene

pytestmark = pytest.mark.long

SEED = 16

WITHOUT_A_WORKER = [scene for scene in SCENES if not scene.worker]
WITH_A_WORKER = [scene for scene in SCENES if scene.worker and not scene.slow]


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with workshop() as place:
        yield place


def nothing_is_lost(scene: Scene, place: Place, sample: int) -> None:
    figures = try_scene(scene, place, jobs=2, sample=sample, seed=SEED)
    count = figures.count()
    assert figures.failures() == []
    assert count["tried"] == sample and count["reached"] >= sample - 1
    assert count["calls"] >= 5 and count["possible"] > 5 * count["calls"]
    assert f"| {scene.name} | {count['calls']} |" in table([count])


@pytest.mark.parametrize("scene", WITHOUT_A_WORKER, ids=lambda scene: scene.name)
def test_whatever_fails_nothing_told_is_lost(scene: Scene, place: Place) -> None:
    nothing_is_lost(scene, place, 4)


@pytest.mark.worker
@pytest.mark.parametrize("scene", WITH_A_WORKER, ids=lambda scene: scene.name)
def test_whatever_fails_in_a_run_nothing_told_is_lost(scene: Scene, place: Place) -> None:
    nothing_is_lost(scene, place, 6)
