"""Whether an image is the one that was asked about: by its bytes, in older runs by its pixels."""

import pytest

from fada_tui.core.image_identity import ImageIdentity, compare, described, identity_of
from fada_tui.core.records import FileFacts
from tests.examples import result

OLD = FileFacts(size=10, sha256="a" * 64)
NEW = FileFacts(size=1200, sha256="b" * 64)
SAME_SIZE = FileFacts(size=10, sha256="c" * 64)


@pytest.mark.parametrize(
    ("asked", "found", "state"),
    [
        ((OLD, "p"), (OLD, "p"), "as_asked"),
        ((OLD, "p"), (NEW, "q"), "changed"),
        ((OLD, "p"), (SAME_SIZE, "p"), "changed"),
        ((OLD, "p"), (OLD, "q"), "as_asked"),
        ((OLD, "p"), (None, None), "as_asked"),
        ((None, "p"), (NEW, "p"), "as_asked"),
        ((None, "p"), (NEW, "q"), "decodes_differently"),
        ((None, "p"), (NEW, None), "as_asked"),
    ],
)
def test_what_has_become_of_an_image(
    asked: tuple[FileFacts | None, str | None], found: tuple[FileFacts | None, str | None], state: str
) -> None:
    before = ImageIdentity(file=asked[0], sha256=asked[1])
    assert compare(before, ImageIdentity(file=found[0], sha256=found[1])) == state


def test_changes_in_words() -> None:
    asked = ImageIdentity(file=OLD, sha256="p")
    assert described("a.png", asked, ImageIdentity(file=NEW, sha256="q")) == (
        "a.png was changed since it was asked about, from 10 to 1,200 bytes"
    )
    assert described("a.png", asked, ImageIdentity(file=SAME_SIZE, sha256="p")) == (
        "a.png was changed since it was asked about; its pixels are the same"
    )
    older = ImageIdentity(sha256="p")
    assert described("a.png", older, ImageIdentity(file=NEW, sha256="q")) == (
        "a.png decodes differently than when it was asked about"
    )


def test_results_say_what_their_image_was() -> None:
    assert identity_of(result()) is None
    assert identity_of(result(sha256="p")) == ImageIdentity(sha256="p")
    assert identity_of(result(sha256="p", file=OLD)) == ImageIdentity(file=OLD, sha256="p")
