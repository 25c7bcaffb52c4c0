import random
from collections.abc import Sequence
from typing import Any

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from msgspec.structs import replace

from fada_tui.core.file_names import encode_name
from fada_tui.core.records import (
    Assessment,
    AutoScore,
    Environment,
    Failure,
    FileFacts,
    Generation,
    Gpu,
    ImageFound,
    ModelEntry,
    ModelFacts,
    Question,
    QuestionReferences,
    References,
    Result,
    Run,
    Score,
    Selection,
    Tool,
)
from fada_tui.report.comparison import compared, render_comparison
from fada_tui.report.markdown import fenced, inline, name, quoted, visible
from fada_tui.report.summary import render, render_summary
from tests.examples import result, run

HOSTILE = """# Heading
Setext
===
```
fence
````
~~~
| a | b |
|---|---|
| 1 | 2 |

<script>alert(1)</script> <!-- comment
\x1b]52;c;YQ==\x07\x1b[2J\x9b \u202eevil\u2066 [/INST] [x](http://a.b) ![i](j) https://www.a.b a@b.c

[x]: http://a.b
- list
1. list
> quote
    code
---
$x$ &lt; **b** _i_ ~~s~~ \\
"""


def tame(text: str) -> str:
    """A text of as many lines and paragraphs, of words alone."""
    lines = enumerate(visible(text).split("\n"))
    return "\n".join(f"word{number}" if line.strip() else " " for number, line in lines)


def tokens(page: str) -> list[Token]:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(page)


def structure(page: str) -> list[tuple[Any, ...]]:
    """What the page's text cannot change unless it is taken for Markdown."""

    def shape(parsed: Sequence[Token]) -> list[tuple[Any, ...]]:
        return [(token.type, token.tag, token.level, shape(token.children or ())) for token in parsed]

    return shape(tokens(page))


def everywhere(text: str, shown: str) -> Run:
    """A run that has a hostile text wherever a text can be, and a name wherever a name can."""
    auto = AutoScore(
        rubric=shown,
        context=True,
        context_terms=(shown,),
        maternal_terms=(shown,),
        category_terms=(shown,),
        other_categories=(shown,),
        score=0.5,
    )
    verdict = Assessment(verdict="partial", assessor=shown, note=shown, tags=(shown,), context=True)
    several = tuple(
        Result(
            image=shown,
            category=shown,
            question=text,
            response=text,
            time=1.0,
            path=f"{shown}/{shown}",
            question_id=question,
            prompt=text,
            auto=auto,
            assessments=(verdict,),
        )
        for question in ("q1", shown)
    )
    failed = replace(several[0], path="x", response=None, error=Failure(kind=shown, message=shown))
    return Run(
        id=shown,
        status="failed",
        started=shown,
        tool=Tool(name=shown, version=shown),
        environment=Environment(
            python=shown, torch=shown, platform=shown, cpu=shown, gpus=(Gpu(index=0, name=shown),)
        ),
        model=ModelFacts(
            name=shown,
            source=shown,
            revision=shown,
            adapter=shown,
            architecture=shown,
            dtype=shown,
            quantization=shown,
            device=shown,
            license=shown,
        ),
        generation=Generation(max_new_tokens=1, system_prompt=shown),
        questions=(Question(id="q1", text=text), Question(id=shown, text=text)),
        dataset=replace(run().dataset, name=shown, root=shown, selection=Selection(categories=(shown,))),
        results=(*several, failed),
        error=Failure(kind=shown, message=shown),
    )


def whole(text: str, shown: str) -> str:
    hostile = everywhere(text, shown)
    other = replace(hostile, id="other", status="complete", model=ModelFacts(name=f"o{shown}"))
    entries = [ModelEntry(name=f"n{shown}", source="s", order=1)]
    page = render_summary(hostile, [compared(other)], entries, entries[0])
    return page + render_comparison([hostile, other], "md")


def test_a_hostile_answer_keeps_the_pages_structure() -> None:
    hostile = run(results=(result(response=HOSTILE), result("A/b.png")))
    harmless = run(results=(result(response=tame(HOSTILE)), result("A/b.png")))
    assert structure(render_summary(hostile, [], [], None)) == structure(
        render_summary(harmless, [], [], None)
    )


def test_hostile_text_in_every_place_keeps_the_pages_structure() -> None:
    one_line = HOSTILE.replace("\n", " ")
    expected = structure(whole(tame(HOSTILE), "name"))
    for shown in (one_line, *(line for line in HOSTILE.split("\n") if line.strip())):
        assert structure(whole(HOSTILE, shown)) == expected, shown


def many(text: str, shown: str) -> Run:
    """So many answers, with references and scores, that they stand on a page of their own."""
    hostile = everywhere(text, shown)
    score = Score(kind=shown, value=0.5, matched=(shown,), missed=(shown, shown), extra=(shown,))
    some = tuple(
        replace(
            one,
            path=f"{shown}/{number}",
            category=shown if number % 2 else f"{shown} {shown}",
            reference=text,
            other_references={shown: text},
            score=score,
        )
        for number in range(35)
        for one in hostile.results
    )
    asked = tuple(replace(one, short=shown, score=shown) for one in hostile.questions)
    row = QuestionReferences(question_id=shown, heading=shown, matched=1, of=2, unmatched=1)
    references = References(
        name=shown, sha256=shown, matched=1, of=2, unmatched=(shown,), questions=(row,), remarks=(shown,)
    )
    changed = ImageFound(path=shown, state="changed", file=FileFacts(size=1, sha256=shown), at=shown)
    return replace(
        hostile, questions=asked, results=some, references=references, images_found=(changed, changed)
    )


@pytest.mark.long
def test_hostile_text_keeps_the_structure_of_the_details_and_the_first_screen() -> None:
    def both(text: str, shown: str) -> list[tuple[Any, ...]]:
        made = render(many(text, shown), [], [], None)
        assert made.details is not None
        return structure(made.summary) + structure(made.details)

    expected = both(tame(HOSTILE), "name")
    for shown in (
        HOSTILE.replace("\n", " "),
        "# a",
        "- a",
        "1. a",
        "> a",
        "```",
        "| a | b |",
        "[x](y)",
        "===",
    ):
        assert both(HOSTILE, shown) == expected, shown


@pytest.mark.long
def test_random_marks_of_markdown_keep_the_pages_structure() -> None:
    dice = random.Random(1)
    marks = [*"`*_[]()<>#~|&!+-=:.\\\"'$1a @^{}", "\t", "\x1b", "\u202e", "\u3000", "é", "```", "www.", "<a>"]
    for _ in range(60):
        shown = "".join(dice.choices(marks, k=dice.randint(1, 12)))
        shown = shown if shown.strip() else "x"
        text = f"{shown}\n\n{''.join(dice.choices([*marks, chr(10)], k=40))}\nend"
        assert structure(whole(text, shown)) == structure(whole(tame(text), "name")), (shown, text)


def test_no_character_that_acts_on_a_terminal_is_left_in_a_page() -> None:
    text = whole(HOSTILE, HOSTILE)
    assert not [character for character in visible(text) if character not in text]
    assert visible(text) == text
    assert "␛\\]52;c;YQ==␇" in text
    assert "⟨U+202E⟩evil" in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\x1b.png", "a␊b␛.png"),
        ("a|b`c.png", "a\\|b\\`c.png"),
        (" a  b ", "␠a ␠b␠"),
        (encode_name("\udcff.png"), "\\\\xff.png"),
        ("", "(no name)"),
        ("Abodomen_001.png", "Abodomen_001.png"),
        ("_a_b_", "\\_a_b\\_"),
    ],
)
def test_names_show_every_character_on_one_line(text: str, shown: str) -> None:
    assert name(text) == shown


def test_rendered_prose_reads_as_it_was_written() -> None:
    for line in HOSTILE.split("\n"):
        rendered = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(f"x {inline(line)}")
        content = "".join(child.content for child in rendered[1].children or ())
        assert content == " ".join(["x", *visible(line).split()])


def quoted_text(text: str) -> str:
    """What a reader sees of an answer that is quoted as a block, line by line."""
    parsed = tokens("\n".join(["- a", *quoted("Response", text), "- b"]))
    inside = [token for token in parsed if token.type == "inline" and token.level == 4]
    kinds = {token.type for token in parsed} | {
        child.type for token in inside for child in token.children or ()
    }
    assert kinds <= {
        *(
            f"{kind}_{end}"
            for kind in ("bullet_list", "list_item", "paragraph", "blockquote")
            for end in ("open", "close")
        ),
        *("inline", "text", "hardbreak"),
    }, kinds
    assert [token.type for token in parsed].count("list_item_open") == 3
    return "\n\n".join(
        "".join("\n" if child.type == "hardbreak" else child.content for child in token.children or ())
        for token in inside
    )


def test_a_quoted_answer_has_its_lines_and_paragraphs_and_nothing_of_it_is_live() -> None:
    said = [" ".join(line.split()) for line in visible(HOSTILE).split("\n")]
    read = [" ".join(line.split()) for line in quoted_text(HOSTILE).split("\n")]
    assert [line for line in read if line] == [line for line in said if line]
    assert quoted_text("a\n  - b\n\n\nc") == "a\n\u00a0\u00a0- b\n\nc"
    assert quoted_text("a\\\nb\n\nc\\") == "a\\\nb\n\nc\\"


@pytest.mark.parametrize(
    "line", ["===", "---", ":-:", "--", "-|-", "+ x", "1) x", "\t# x", "> x", "=", ": x"]
)
def test_no_line_of_an_answer_begins_a_block(line: str) -> None:
    assert quoted_text(f"Title\n{line}\nend").split("\n")[1].split() == line.split()


def test_a_long_answer_wraps_in_any_viewer() -> None:
    for text in ("word " * 400, "word " * 400 + "\n" + "word " * 400):
        assert not [token for token in tokens("\n".join(quoted("Response", text))) if token.type == "fence"]


def test_a_fence_is_longer_than_any_in_the_text_and_keeps_it_exact() -> None:
    text = "a\n`````\n  b"
    block = fenced(text, indent=2)
    assert block[0] == "  ``````text"
    parsed = tokens("- x\n\n" + "\n".join(block))
    assert [token.content for token in parsed if token.type == "fence"] == [text + "\n"]
