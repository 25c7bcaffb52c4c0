import pytest
from msgspec.structs import replace

from fada_tui.core.notes_fields import merged
from fada_tui.core.notes_text import Outline, entries, list_text, numbered, outline, stands_alone
from fada_tui.core.records import Notes

FILE = """a preface

# tiny Test Results

**Date**: today

## Analysis

### **Strengths**:
1. **quick**
2. small

### Weaknesses
- blind

### Comparison

| a |
|---|

Conclusions
-----------
### Suitability
- none

```text
## Recommendation
```

## 4. Technical note

### Strength

3. late

## Recommendation

## Files
"""


def test_fields_are_taken_by_headings_and_the_rest_is_named() -> None:
    assert outline(FILE) == Outline(
        fields={
            "strengths": "1. **quick**\n2. small\n\n3. late",
            "weaknesses": "- blind",
            "conclusion": "### Suitability\n- none\n\n```text\n## Recommendation\n```",
            "technical": "",
            "recommendation": "",
        },
        rest=("the text before the first heading", '"tiny Test Results"', '"Comparison"'),
    )


def test_nothing_of_a_text_is_lost() -> None:
    found = outline(
        "# Conclusion\r\n\r\n    code\r\n\r\n## Why\r\n<b>x</b>\r\n[r]: http://a\r\n\r\n# Other\r\ny"
    )
    assert found.fields == {"conclusion": "    code\n\n## Why\n<b>x</b>\n[r]: http://a"}
    assert found.rest == ('"Other"',)
    assert outline("") == Outline({}, ())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("quick\nsmall", ("quick", "small")),
        ("1. **a**\n2. b", ("**a**", "b")),
        ("- a\n- b\n\nc", ("a", "b", "c")),
        ("* a\n  more\n\n  - deeper\n* b", ("a\nmore\n\n- deeper", "b")),
        ("### Speed\n- a\n\n```\ncode\n\nx\n```\n", ("### Speed", "a", "```\ncode\n\nx\n```")),
        ("a\n[r]: http://b\n\n[s]: http://c\n- ", ("a", "[r]: http://b", "[s]: http://c")),
        ("10. a\n    b", ("a\nb",)),
        ("", ()),
    ],
)
def test_a_list_is_taken_apart_and_edited_again(text: str, found: tuple[str, ...]) -> None:
    assert entries(text) == found
    assert entries(list_text(found)) == found


def test_entries_become_items_again() -> None:
    assert numbered(10, "a\n\nb") == "10. a\n\n    b"
    assert [stands_alone(text) for text in ("a", "# a", "```\na", "1. a", "", "> a")] == [
        False, True, True, False, False, True
    ]  # fmt: skip


def test_notes_of_two_are_one_and_no_text_of_either_is_lost() -> None:
    seen = Notes(strengths=("sharp",), conclusion="none yet", recommendation="wait")
    mine = replace(seen, strengths=("sharp", "quick"), conclusion="good", technical="2 GPUs")
    there = replace(seen, strengths=("sharp", "short"), conclusion="fair", recommendation="test")
    assert merged(seen, mine, there) == Notes(
        strengths=("sharp", "short", "quick"),
        conclusion="fair\n\ngood",
        recommendation="test",
        technical="2 GPUs",
    )
    assert merged(seen, mine, seen) == mine and merged(seen, seen, there) == there
    assert merged(seen, Notes(), seen) == Notes(), "what was taken out stays out"
    assert merged(seen, mine, mine) == mine
