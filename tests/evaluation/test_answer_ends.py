import random

import pytest

from fada_tui.evaluation.answer_ends import Repetition, in_mid_sentence, repetition

SENTENCE = "The fetal head is seen in a transverse view. "

LOOPS = [
    ("The image shows " + "the " * 30, Repetition(1, 30)),
    ("heart and lungs, " * 20, Repetition(3, 20)),
    (f"A head. {SENTENCE * 4}", Repetition(9, 4)),
    (f"A head. {SENTENCE * 4}The fetal head is se", Repetition(9, 4)),
    ("\n".join(f"{number}. The fetal head" for number in range(1, 9)), Repetition(3, 8)),
    ("- **Head**: seen\n" * 6, Repetition(2, 6)),
    ("No " * 7 + "no no.", Repetition(1, 9)),
    ("hahahahahahahahahahahahahahahahahaha", Repetition(2, 18, "character")),
    ("It is!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!", Repetition(1, 40, "character")),
    ("胎" * 60, Repetition(1, 60, "character")),
    ("word " * 5 + "the heart " * 5_000, Repetition(2, 1_000)),
]
LEGITIMATE = [
    "",
    "...",
    "A heart.",
    "This is a very, very, very good image.",
    "Yes. Yes. Yes.",
    "1. Heart: normal\n2. Liver: normal\n3. Spine: normal\n4. Brain: normal\n5. Kidneys: normal",
    "| Structure | Seen |\n|---|---|\n| Heart | yes |\n| Liver | yes |\n| Spine | yes |\n| Brain | yes |",
    "BPD 12 mm, 13 mm, 14 mm, 15 mm, 16 mm, 17 mm, 18 mm, 19 mm",
    "A title\n" + "-" * 80,
    "A title\n" + "=" * 80,
    "| a | b |\n|" + "---|" * 60,
    f"{SENTENCE}Its midline is straight. {SENTENCE}Its midline is straight.",
    f"{SENTENCE * 5}The rest of the image is too dark to tell anything at all.",
    "floccinaucinihilipilification pneumonoultramicroscopicsilicovolcanoconiosis",
    "left kidney, right kidney, left lung, right lung, left ventricle, right ventricle, left atrium",
]


@pytest.mark.parametrize(("text", "found"), LOOPS)
def test_a_loop_at_the_end_is_found(text: str, found: Repetition) -> None:
    assert repetition(text) == found


@pytest.mark.parametrize("text", LEGITIMATE)
def test_lists_tables_and_emphasis_are_no_loops(text: str) -> None:
    assert repetition(text) is None


def test_the_shortest_period_is_what_a_plain_search_finds() -> None:
    dice = random.Random(3)
    for _ in range(2_000):
        words = [dice.choice("ab") for _ in range(dice.randint(8, 14))]
        lengths = [
            length
            for length in range(1, len(words) // 3 + 1)
            for covered in (_covered(words, length), _covered(words[:-1], length))
            if covered >= 8 and covered >= 3 * length
        ]
        found = repetition(" ".join(words))
        assert (found is not None) == bool(lengths), words


def _covered(words: list[str], length: int) -> int:
    """Words at the end that are each the same as the one `length` before."""
    covered = length
    while covered < len(words) and words[-1 - covered] == words[-1 - covered + length]:
        covered += 1
    return covered


BROKEN_OFF = [
    "The image shows a human heart in a cross-sectional view, with its chambers. It lies in the centre of "
    "the image. The vena cava and the aorta",
    "The heart is shown here, and in it:\n\n1. **Chambers**:\n   - **Atria**: The heart has two atria, which "
    "are above.\n   - **Ventricles**: The heart has two ventricles, which are",
    "This is an image of a fetus at about twenty weeks in which one can see the head with the midline, and "
    "the cavum that lies",
]
ENDED = [
    "",
    "A fetal head",
    "Transverse view of the fetal head at the level of the thalami",
    'The image shows a heart in a view of four chambers, and the lungs beside it. It is "good enough."',
    "The image shows a heart in a view of four chambers, and the lungs beside it, **as they should be.**",
    "In this image of a fetus at about twenty weeks the following can be seen. These are:\n- the head\n- the "
    "spine\n- the heart",
    "In this image of a fetus at about twenty weeks the following can be seen well:\n\n| a | b |\n|---|---|\n"
    "| the fetal head and the midline of it | yes |",
    "In this image of a fetus at about twenty weeks these can be seen well: ```\nthe head\n```",
    "这张图像显示胎儿头部的横切面，可以看到中线结构和透明隔腔。" * 3,
]


@pytest.mark.parametrize("text", BROKEN_OFF)
def test_an_answer_without_an_end_stops_in_mid_sentence(text: str) -> None:
    assert in_mid_sentence(text)


@pytest.mark.parametrize("text", ENDED)
def test_an_answer_with_an_end_and_a_phrase_do_not(text: str) -> None:
    assert not in_mid_sentence(text)
