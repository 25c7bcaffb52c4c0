from pathlib import Path

from tests.tui.test_workspace import begun, save_run


async def test_the_images_that_the_filter_shows_are_those_of_the_folder(tmp_path: Path) -> None:
    save_run(tmp_path)
    workspace, _ = await begun(tmp_path)
    review = workspace.review
    assert review.gallery is not None and review.filtered_images() == ()
    review.filter_by("category:brain")
    review.refilter()
    found = review.filtered_images()
    assert {image.category for image in found} == {"Brain"} and len(found) == 4
    review.filter_by("category:nothing-is-called-so")
    review.refilter()
    assert review.filtered_images() == ()
    review.filter_by("category:brain")
    review.refilter()
    review.root = tmp_path
    assert review.filtered_images() == (), "of a run about other images"
