"""Which results are no independent ones."""

from fada_tui.core.records import FileFacts
from fada_tui.evaluation.clusters import clusters
from tests.examples import result


def grouped(*results: object) -> list[int]:
    """The cluster of each result, numbered as they come."""
    names = clusters(results)  # type: ignore[arg-type]
    return [list(dict.fromkeys(names)).index(name) for name in names]


def test_all_that_was_asked_of_an_image_is_one_cluster_and_so_are_frames_of_a_file() -> None:
    assert grouped(result("A/a.png", "q1"), result("A/b.png", "q1"), result("A/a.png", "q2")) == [0, 1, 0]
    assert grouped(result("A/a.dcm#1"), result("A/a.dcm#12"), result("B/a.dcm#1")) == [0, 0, 1]


def test_files_with_the_same_bytes_or_pixels_are_one() -> None:
    same = FileFacts(size=1, sha256="f")
    assert grouped(
        result("A/a.png", file=same), result("B/b.png", file=same, sha256="p"), result("C/c.png", sha256="p")
    ) == [0, 0, 0]


def test_images_of_one_patient_are_one_whatever_their_files_are() -> None:
    assert grouped(
        result("A/a.png", patient="P1"),
        result("B/b.png", patient="P1"),
        result("B/c.png", patient="P2"),
        result("B/d.png"),
        result("B/e.png", patient=""),
    ) == [0, 0, 1, 2, 3]
