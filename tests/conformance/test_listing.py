"""The page of families: whole, true to the suite, and long enough."""

from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES as NAMES

from fada_tui.models.architectures import UNSUPPORTED
from tests.conformance.elsewhere import NOT_CONSTRUCTIBLE
from tests.conformance.listing import PAGE, page, stands
from tests.conformance.test_families import FAMILIES

ENOUGH = 40
"""Families that must run without any other package."""


def test_every_family_stands_somewhere() -> None:
    assert sorted(set(NAMES) - set(stands())) == []
    assert sorted(NOT_CONSTRUCTIBLE.keys() - NAMES.keys()) == []


def test_no_family_stands_in_two_places() -> None:
    run = {family.model_type for family in FAMILIES.values()}
    refused = {name for name, architecture in NAMES.items() if architecture in UNSUPPORTED}
    assert run & refused == set()
    assert (run | refused) & NOT_CONSTRUCTIBLE.keys() == set()


def test_enough_families_run() -> None:
    """Of the 97 that transformers 5.23 lists, and the forms beside them."""
    listed = [where for where, _, _ in stands().values() if where.startswith("run")]
    here = [family for family in FAMILIES.values() if family.needs is None]
    assert len(listed) >= 90
    assert len(here) >= ENOUGH


def test_the_page_is_the_one_that_the_suite_writes() -> None:
    assert PAGE.read_text() == page(), "write it again: python -m tests.conformance.listing"
