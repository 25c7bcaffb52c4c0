import pytest

from fada_tui.evaluation.categories import meaning


@pytest.mark.parametrize("folder", ["Cervical", "cervical", " CERVICAL ", "Cervical_"])
def test_a_folder_means_what_its_alias_says(folder: str) -> None:
    assert meaning(folder, {"Cervical": "Cervix"}) == "Cervix"


def test_a_folder_without_an_alias_means_its_own_name() -> None:
    assert meaning("Heart", {"Cervical": "Cervix"}) == "Heart"
    assert meaning("Heart", {}) == "Heart"


def test_two_folders_can_have_each_other_s_names() -> None:
    swapped = {"Heart": "Aorta", "Aorta": "Heart"}
    assert [meaning(name, swapped) for name in ("Heart", "Aorta")] == ["Aorta", "Heart"]
