import random
from collections.abc import Iterator, Sequence

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from fada_tui.core.records import Notes, Run, decode_run, encode_run
from fada_tui.report.exports import export_run
from fada_tui.report.notes import listed, to_html, written
from fada_tui.report.summary import render_summary
from tests.examples import result, run

TECHNICAL = """## Use
- goes through `AutoProcessor`, with `{"type": "image"}`

### Code
```python
x = a < b  # ![not](http://an.image)
```"""
NOTES = Notes(
    strengths=("**Speed**: fast", "1. uses `SVC`", "plain"),
    weaknesses=("*slow*",),
    conclusion="### Suitability\n- ❌ **Not recommended**: x\n\n### Value\n1. shows it\n2. and *that*",
    recommendation="**Go on** with another\n\n| a | b |\n|---|---|\n| 1 | `2` |",
    technical=TECHNICAL,
)


def tokens(text: str) -> list[Token]:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)


def every(of: Sequence[Token]) -> Iterator[Token]:
    for token in of:
        yield token
        yield from every(token.children or ())


def headings(text: str) -> list[tuple[str, str]]:
    found = tokens(text)
    return [
        (found[index].tag, found[index + 1].content)
        for index, token in enumerate(found)
        if token.type == "heading_open" and token.level == 0
    ]


def page(notes: Notes) -> str:
    return render_summary(run(status="complete", results=(result(),), notes=notes), [], [], None)


def section(text: str, heading: str) -> str:
    """What a parser makes of the part of a page under a heading, up to the next of level 2."""
    part = text.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return str(MarkdownIt("commonmark").enable("table").render(part))


def test_a_persons_markdown_stays_markdown() -> None:
    text = page(NOTES)
    analysis = section(text, "Analysis")
    assert "<li><strong>Speed</strong>: fast</li>\n<li>uses <code>SVC</code></li>\n<li>plain</li>" in analysis
    assert "<li><em>slow</em></li>" in analysis
    conclusions = section(text, "Conclusions")
    assert "<h3>Suitability</h3>\n<ul>\n<li>❌ <strong>Not recommended</strong>: x</li>" in conclusions
    assert "<ol>\n<li>shows it</li>\n<li>and <em>that</em></li>\n</ol>" in conclusions
    recommendation = section(text, "Recommendation")
    assert "<p><strong>Go on</strong> with another</p>" in recommendation
    assert "<td><code>2</code></td>" in recommendation
    technical = section(text, "Technical Notes")
    assert "<h3>Use</h3>" in technical and "<h4>Code</h4>" in technical
    assert "<code>{&quot;type&quot;: &quot;image&quot;}</code>" in technical
    code = next(token for token in tokens(text) if token.info == "python")
    assert code.content == "x = a < b  # ![not](http://an.image)\n"


def test_technical_notes_are_absent_where_there_are_none() -> None:
    without = run(notes=Notes(conclusion="fine"))
    assert b"technical" not in encode_run(without)
    assert decode_run(encode_run(without)).notes == without.notes
    with_them = run(notes=NOTES)
    assert decode_run(encode_run(with_them)).notes == NOTES
    assert "### Settings" not in page(without.notes)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("# a\n\n## b", "### a\n\n#### b"),
        ("a\n===\n\nb #\n---", "### a\n\n#### b # #"),
        ("##### a\n\n# b", "###### a\n\n### b"),
        ("> # a\n\n- # b", "> ### a\n\n- ### b"),
        ("#### a", "#### a"),
        ("```\n# a\n```", "```\n# a\n```"),
    ],
)
def test_headings_go_below_the_sections(text: str, shown: str) -> None:
    assert "\n".join(written(text, below=2)) == shown


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<div>\n# x\n</div>",
        "a <b onclick=x>c</b> `<i>`",
        "<!-- never ended\n\n# x",
        "- <details>\n  <summary>x",
        "| a |\n|---|\n| b \\| <i> |",
        "[a](\n<div>)",
        "<?php\n",
        "> " * 30 + "<script>",
        "a\n<hr>\n===",
    ],
)
def test_raw_html_is_text(text: str) -> None:
    shown = written(text, below=2)
    assert not [token for token in every(tokens("\n".join(shown))) if token.type.startswith("html")]
    for word in ("script", "onclick", "details", "<?php"):
        assert (word in text) == (word in "\n".join(shown).replace("\\<", "<"))


@pytest.mark.parametrize(
    "image",
    [
        "![x](http://a.b/c.png)",
        "![x](//a.b/c.png)",
        "![x](&#x68;ttps://a.b/c.png 'title')",
        "![x\ny](<https://a.b/c.png>)",
        "![x][r]\n\n[r]: https://a.b/c.png",
        "[![x](http://a.b/c.png)](http://d)",
        "![x](data:image/png;base64,AAAA)",
        "![x](/etc/c.png)",
        "| ![x](http://a.b/c.png) | ![y](http://a.b/c.png) |\n|---|---|",
    ],
)
def test_a_remote_image_is_not_shown_and_said_so(image: str) -> None:
    text = "\n".join(written(f"<before>\n\n{image}", below=2))
    assert not [token for token in every(tokens(text)) if token.type == "image"]
    assert "⟨remote image not shown: x" in text


def test_a_local_image_and_links_stay() -> None:
    text = "![a plot](plot.png) beside [a page](https://a.b) and <https://c.d>"
    assert written(text, below=2) == [text]
    assert written("![a][b]\n\n[b]: c.png", below=2) == ["![a](<c.png>)", "", "[b]: c.png"]


def test_an_image_is_not_taken_from_another_field() -> None:
    text = page(Notes(conclusion="![x][r]", recommendation="[r]: https://a.b/c.png"))
    assert not [token for token in every(tokens(text)) if token.type == "image"]


def test_lists_keep_what_is_no_item_and_go_on_counting() -> None:
    entries = ("first\n\nmore of it", "# Speed", "```\ncode", "second", "| a |\n|---|\n| b |")
    shown = "\n".join(listed(entries, ["fact (computed)"], below=3))
    html = str(MarkdownIt("commonmark").enable("table").render(shown))
    assert "<p>more of it</p>\n</li>" in html
    assert '<h4>Speed</h4>\n<pre><code>code\n</code></pre>\n<ol start="2">\n<li>second</li>' in html
    assert html.endswith('</table>\n<ol start="3">\n<li>fact (computed)</li>\n</ol>\n')


@pytest.mark.long
def test_notes_stay_within_their_sections() -> None:
    dice = random.Random(2)
    marks = [
        "`",
        "```",
        "~~~",
        "# ",
        "\n",
        "\n\n",
        "<",
        ">",
        "<div>",
        "<!--",
        "![",
        "[r]",
        "](http://a)",
        "|",
        "---",
    ]
    marks += ["- ", "1. ", "    ", "===", "\\", "a", "*", "$", "&lt;", "[r]: http://a", "\t", "<a", "\x1b"]
    marks += ["|", "---", "\u2028", "[r]: c.png"]
    expected = headings(page(Notes(strengths=("a",), weaknesses=("a",), conclusion="a", technical="a")))
    ours = [heading for heading in expected if heading[0] in ("h1", "h2")]
    for _ in range(150):
        one, other = ("x" + "".join(dice.choices(marks, k=dice.randint(1, 14))) for _ in "ab")
        text = page(Notes(strengths=(one, other), weaknesses=(other,), conclusion=one, technical=other))
        found = [heading for heading in headings(text) if heading[0] in ("h1", "h2")]
        assert found == ours, (one, other)
        assert text.split("## Files Generated")[-1] == page(Notes()).split("## Files Generated")[-1]
        bad = [
            token for token in every(tokens(text)) if token.type.startswith("html") or token.type == "image"
        ]
        assert not [token for token in bad if token.attrs.get("src") != "r"], (one, other)


def test_a_models_answer_changes_nothing_beside_a_persons_notes() -> None:
    def shapes(answer: str) -> list[tuple[str, str]]:
        one = run(
            status="complete", results=(result(response=answer),), notes=Notes(conclusion="![x][r] [r]")
        )
        return headings(render_summary(one, [], [], None))

    assert shapes("# x\n\n[r]: https://a.b/c.png\n<div>") == shapes("a\n\nb\nc")


def exported(notes: Notes) -> str:
    one: Run = run(status="complete", results=(result(),), notes=notes)
    return export_run(one, "html")


def test_the_html_export_has_the_notes() -> None:
    html = exported(NOTES)
    assert "<h2>Strengths</h2>\n<ol>\n<li><strong>Speed</strong>: fast</li>" in html
    assert "<h2>Conclusions</h2>\n<h3>Suitability</h3>\n<ul>" in html
    assert "<h2>Technical Notes</h2>\n<h3>Use</h3>" in html
    assert "<h2>" not in exported(Notes())


def test_notes_bring_no_html_into_the_export() -> None:
    html = exported(
        Notes(conclusion="<script>x</script> ![y](http://a/b.png) [z](javascript:x) ![here](c.png)")
    )
    assert "<script" not in html and "<img" not in html and "href" not in html
    assert "&lt;script&gt;" in html
    assert "remote image not shown: y, http://a/b.png" in html and "⟨image: here⟩" in html
    assert to_html(["a"]) == "<p>a</p>\n"
