"""Embeddings of answers and references: a real sentence-transformers model, made small and random."""

import importlib.util
from pathlib import Path

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.errors import UsageError
from fada_tui.core.records import Question, Run, Score, Scoring
from fada_tui.report.summary import render_summary
from fada_tui.runs.similarity import with_similarity
from tests.examples import error_result, result, run

pytestmark = [pytest.mark.worker, pytest.mark.long]

WORDS = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "routine",
    "follow",
    "up",
    "refer",
    "for",
    "a",
    "scan",
    "no",
    "action",
]


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved model of two layers."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("embedder")
    (folder / "vocab.txt").write_text("\n".join(WORDS))
    BertTokenizerFast(vocab_file=str(folder / "vocab.txt")).save_pretrained(folder / "bert")
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
    )
    BertModel(config).save_pretrained(folder / "bert")
    words = Transformer(str(folder / "bert"))
    model = SentenceTransformer(modules=[words, Pooling(words.get_embedding_dimension())])
    model.save_pretrained(str(folder / "whole"))
    return folder / "whole"


def advised(**fields: object) -> Run:
    by_words = Score(kind="text", value=0.5)
    results = (
        result("A/a.png", response="refer for a scan", reference="refer for a scan", score=by_words),
        result("A/b.png", response="refer for a scan", reference="routine follow up", score=by_words),
        result("A/c.png", response="no action", reference="routine follow up", score=by_words),
        replace(error_result("B/d.png"), reference="routine follow up"),
    )
    return run(
        questions=(Question(id="q1", text="text of q1", score="text"),),
        results=results,
        scoring=Scoring(rubric="fada", rubric_sha256="0", questions_sha256="0"),
        **fields,
    )


def test_cosines_are_the_models_own_and_stand_beside_the_words(embedder: Path) -> None:
    from sentence_transformers import SentenceTransformer

    compared = with_similarity(advised(), str(embedder))
    model = SentenceTransformer(str(embedder))
    texts = ["refer for a scan", "routine follow up", "no action"]
    refer, routine, nothing = model.encode(texts, normalize_embeddings=True)
    expected = [1.0, float(refer @ routine), float(nothing @ routine)]
    scores = [one.score for one in compared.results]
    assert [one.similarity for one in scores if one is not UNSET] == pytest.approx(expected, abs=1e-5)
    assert [one.value for one in scores if one is not UNSET] == [0.5, 0.5, 0.5]
    assert scores[3] is UNSET, "an error has no answer to compare"

    assert compared.scoring is not UNSET and compared.scoring.similarity is not UNSET
    (held,) = compared.scoring.similarity.questions
    centre = (refer + 2 * routine) / 3
    assert held.majority.answer == "routine follow up"
    assert held.majority.value == pytest.approx(float(routine @ centre), abs=1e-5)
    assert held.commonest is not None and held.commonest.answer == "refer for a scan"
    assert held.commonest.value == pytest.approx(float(refer @ centre), abs=1e-5)


def test_where_no_answer_comes_twice_none_is_the_commonest(embedder: Path) -> None:
    made = advised()
    compared = with_similarity(replace(made, results=made.results[1:]), str(embedder))
    assert compared.scoring is not UNSET and compared.scoring.similarity is not UNSET
    (held,) = compared.scoring.similarity.questions
    assert held.commonest is None and compared.scoring.figures[0].commonest is None
    assert "| similarity | 2 |" in render_summary(compared, [], [], None)


@pytest.mark.slow
def test_the_figure_stands_on_the_page_beside_the_words(embedder: Path) -> None:
    compared = with_similarity(advised(), str(embedder))
    assert compared.scoring is not UNSET
    (figure,) = compared.scoring.figures
    cosines = [one.score.similarity for one in compared.results if one.score is not UNSET]
    mean = sum(one for one in cosines if one is not UNSET) / 3
    assert figure.value == pytest.approx(mean) and figure.n == 3
    assert figure.low is not None and figure.high is not None and -1 <= figure.low <= mean <= figure.high <= 1
    page = render_summary(compared, [], [], None)
    (row,) = (line for line in page.splitlines() if line.startswith("| similarity |"))
    assert f"| 3 | {mean:.2f} (" in row and '"routine follow up"' in row
    assert f"by {embedder}" in page.replace("\\", "") and "| token F1 |" in page


def test_what_cannot_be_compared_is_said_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no answer has a score of the kind 'text'"):
        with_similarity(replace(advised(), results=(result(),)), str(tmp_path))
    with pytest.raises(UsageError, match=f"--similarity {tmp_path}: .") as told:
        with_similarity(advised(), str(tmp_path))
    assert "\n" not in str(told.value) and "Traceback" not in str(told.value)


def test_weights_that_are_pickled_are_refused(embedder: Path, tmp_path: Path) -> None:
    import shutil

    import torch
    from safetensors.torch import load_file

    pickled = tmp_path / "pickled"
    shutil.copytree(embedder, pickled)
    (weights,) = pickled.rglob("model.safetensors")
    torch.save(load_file(weights), weights.with_name("pytorch_model.bin"))
    weights.unlink()
    with pytest.raises(UsageError, match="--similarity"):
        with_similarity(advised(), str(pickled))


def test_it_is_there_in_the_test_extra() -> None:
    assert importlib.util.find_spec("sentence_transformers"), "pip install '.[test]'"
