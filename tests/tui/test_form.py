from typing import Any

import pytest
from msgspec.structs import replace

from fada_tui.config.questions import DEFAULT_QUESTION, load_questions
from fada_tui.config.schema import SETTINGS
from fada_tui.config.settings import Settings
from fada_tui.core.records import ModelEntry, PlannedImage, Resolution
from fada_tui.images.frames import frame_name
from fada_tui.tui.new_run.fields import hints, image_rows
from fada_tui.tui.new_run.form import (
    FIELDS,
    Form,
    Offer,
    as_loaded,
    faults,
    first_form,
    image_counts,
    meaningless,
    questions,
    request,
    toggled_model,
    with_typed,
)
from fada_tui.tui.state.image_tree import Tree

IMAGES = tuple(
    PlannedImage(image=f"{n}.png", category=category, path=f"{category}/{n}.png")
    for category, count in (("Brain", 5), ("Heart", 2), ("heart", 3))
    for n in range(count)
)


def offer(settings: Settings | None = None, **fields: Any) -> Offer:
    fields.setdefault("marked", ())
    return Offer(
        settings=settings or Settings(),
        models={name: ModelEntry(name=name, source=name) for name in ("a", "b", "c")},
        trusted=frozenset("b"),
        tree=Tree(IMAGES),
        sets={"fada": tuple(question.text for question in load_questions("fada"))},
        **fields,
    )


def form(given: Offer, **changes: Any) -> Form:
    typed = {name: text for name, text in changes.items() if name in FIELDS}
    chosen = {name: value for name, value in changes.items() if name not in FIELDS}
    first = first_form(given, ("a",))
    return replace(first, **chosen, typed={**first.typed, **typed})


def test_defaults_make_the_settings_they_came_from() -> None:
    settings = Settings(
        model=("a",),
        category=("Brain",),
        per_category=2,
        limit=9,
        question=("One?", "Two\nlines?"),
        max_new_tokens=7,
        temperature=0.12345678,
        top_p=0.5,
        thinking="on",
        max_thinking_tokens=400,
        seed=3,
        batch_size="auto",
        longest_edge=512,
        max_tiles=4,
        shuffle=-4,
        system_prompt="You are\na sonographer.",
        dtype="bfloat16",
        quantization="4bit",
        device="cuda:1",
        references=("a;b.csv", "c.xlsx"),
        rubric="mine.toml",
        control=True,
    )
    made = request(form(offer(settings)), offer(settings))
    assert (made.settings, made.images) == (settings, None)
    plain = Settings(model=("a",))
    assert request(form(offer(plain)), offer(plain)).settings == plain


def test_a_resolution_is_loaded_as_typed_and_each_model_has_its_own_where_there_is_none() -> None:
    entry = ModelEntry(name="a", source="a", longest_edge=1024)
    there = offer(Settings(longest_edge=768))
    assert as_loaded(entry, form(there), there.settings).longest_edge == 768
    assert as_loaded(entry, form(there, longest_edge=" 512 "), there.settings).longest_edge == 512
    none = form(there, longest_edge="", max_tiles="3")
    assert as_loaded(entry, none, there.settings).asked_resolution == Resolution(
        longest_edge=1024, max_tiles=3
    )
    assert request(none, there).settings.longest_edge is None


def test_marked_images_are_chosen_at_first_and_exactly_those() -> None:
    there = offer(marked=IMAGES[3:5])
    first = form(there)
    assert first.images == "marked"
    assert image_counts(with_typed(first, "per_category", "1"), there)["marked"] == 2
    assert request(first, there).images == IMAGES[3:5]


def test_images_that_the_filter_shows_are_offered_where_there_is_a_filter_and_are_exactly_those() -> None:
    there = offer(filtered=IMAGES[2:6], filter="category:heart")
    first = form(there)
    assert first.images == "all" and "filtered" not in [row.key for row in image_rows(first, offer())]
    row = next(row for row in image_rows(first, there) if row.key == "filtered")
    assert (row.label, row.tail) == ("Filtered: category:heart", "4")
    chosen = with_typed(replace(first, images="filtered"), "limit", "1")
    assert request(chosen, there).images == IMAGES[2:6] and not faults(chosen, there)
    assert hints(chosen, there)["limit"] == "not used"
    assert faults(chosen, offer(filter="x")) == {"images": "the filter shows no image"}


def test_counts_follow_categories_and_bounds() -> None:
    there = offer()
    chosen = form(there, images="categories", categories=frozenset({"heart"}))
    assert image_counts(chosen, there) == {"all": 10, "filtered": 0, "marked": 0, "categories": 5}
    some = with_typed(chosen, "per_category", "2")
    assert image_counts(some, there) == {"all": 6, "filtered": 0, "marked": 0, "categories": 4}
    assert image_counts(with_typed(some, "limit", "3"), there)["all"] == 3
    assert request(some, there).settings.category == ("Heart",)
    assert request(replace(some, images="all"), there).settings.category == ()
    assert request(some, there).settings.per_category == 2


def test_a_question_set_keeps_its_name_and_own_questions_take_its_place() -> None:
    there = offer(Settings(questions="fada"))
    first = form(there)
    assert len(questions(first, there)) == 7
    assert request(first, there).settings.questions == "fada"
    own = request(replace(first, set=None, text=" One? \n\n Two?\n"), there).settings
    assert (own.questions, own.question) == (None, ("One?", "Two?"))
    usual = request(replace(first, set=None, text=DEFAULT_QUESTION.text), there).settings
    assert (usual.questions, usual.question) == (None, ())


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("models", [()]),
        ("max_new_tokens", ["", "0", "-1", "1.5", "x", "²", "1_0", "9" * 30]),
        ("temperature", ["", "x", "-0.1", "101", "nan", "inf"]),
        ("top_p", ["", "0", "1.1", "nan"]),
        ("thinking", ["", "x", "5", "true"]),
        ("max_thinking_tokens", ["0", "x", "1.5"]),
        ("seed", ["", "-1", "0.5"]),
        ("batch_size", ["", "0", "-1", "2.5", "Auto8"]),
        ("longest_edge", ["0", "x", "512px"]),
        ("max_tiles", ["0", "2.5"]),
        ("per_category", ["0", "x", "-2"]),
        ("limit", ["0", "x"]),
        ("text", ["", " \n ", "Same?\nSame?"]),
        ("images", ["marked", "categories"]),
    ],
)
def test_what_makes_no_sense_is_told_at_its_place(field: str, values: list[Any]) -> None:
    for value in values:
        found = faults(form(offer(), **{field: value}), offer())
        assert list(found) == [field], value
        if field in FIELDS:
            assert found[field] == SETTINGS[field].expected


def test_nothing_is_said_of_what_a_faulty_field_would_come_to() -> None:
    def said(**changes: str) -> tuple[str, str]:
        found = hints(form(offer(), **changes), offer())
        return found["temperature"], found["batch_size"]

    assert said() == ("not sampled", "one by one")
    assert said(batch_size=" 01 ") == ("not sampled", "one by one")
    assert said(batch_size="8", temperature="0.5") == ("sampled", "in batches")
    assert said(batch_size="auto") == ("not sampled", "as memory allows")
    assert said(batch_size="some", temperature=".") == ("sampled", "")


def test_zero_is_a_temperature_and_a_seed() -> None:
    assert not faults(form(offer(), temperature="0", seed="0", per_category=" 3 "), offer())


def test_fields_that_mean_nothing_for_the_marked_models_are_neither_wrong_nor_asked_for() -> None:
    models = {"a": ModelEntry(name="a", source="a"), "s": ModelEntry(name="s", source="http://h/v1#s")}
    there = replace(offer(Settings(batch_size=3, concurrency=5)), models=models)
    local, served, both = (form(there, models=chosen) for chosen in (("a",), ("s",), ("a", "s")))
    assert meaningless(local, there) == {"concurrency"}
    local_only = {"batch_size", "dtype", "quantization", "device", "devices", "engine"}
    assert meaningless(served, there) == local_only
    assert meaningless(both, there) == frozenset()
    assert meaningless(form(there, models=()), there) == {"concurrency"}
    wrong = {"batch_size": "0", "concurrency": "257"}
    for chosen, told in ((local, ["batch_size"]), (served, ["concurrency"]), (both, [*wrong])):
        faulty = replace(chosen, typed={**chosen.typed, **wrong})
        assert list(faults(faulty, there)) == told
    typed = replace(served, typed={**served.typed, "batch_size": "0", "concurrency": "7"})
    settings = request(typed, there).settings
    assert (settings.batch_size, settings.concurrency) == (3, 7)


def test_models_run_in_the_order_of_marking_and_trust_only_what_loads() -> None:
    there = offer(Settings(trust_remote_code=("b",)))
    marked = toggled_model(toggled_model(form(there), "c"), "b")
    assert request(marked, there).settings.model == ("a", "c", "b")
    assert request(marked, there).settings.trust_remote_code == ("b",)
    fewer = request(toggled_model(marked, "b"), there).settings
    assert (fewer.model, fewer.trust_remote_code) == (("a", "c"), ())


def test_bounds_count_files_and_what_is_counted_is_frames() -> None:
    frames = {"a.gif": 3, "b.gif": 1, "c.dcm": 5}
    images = [
        PlannedImage(
            image=frame_name(name, number), category=category, path=frame_name(f"{category}/{name}", number)
        )
        for category in ("Brain", "Heart")
        for name, count in frames.items()
        for number in range(1, count + 1)
    ]
    tree = Tree(images)
    assert tree.count(None, None, None) == 18
    assert tree.count(["heart"], None, None) == 9
    assert tree.count(None, 2, None) == 8
    assert tree.count(None, 2, 3) == 4 + 3
    assert tree.count(["heart"], 1, None) == 3
    assert tree.count([], 1, None) == 0
