"""How near answers are to references in meaning: cosines of embeddings by a sentence-transformers model.

A process of its own, `python -m fada_tui.worker.similarity`: one JSON object comes in, one goes out.

In: `model` (hub id or folder), `questions`: a list of `id`, `answers` and `references` (pairs, in the same
order) and `commonest` (the model's own most frequent answer, or `null`). Out: `questions`: a list of `id`,
`cosines` (of the pairs), `majority` (the reference that is nearest to all references) and `commonest`, each
with its mean cosine; or `error`.
"""

import json
import os
import sys
from typing import Any

import msgspec

from fada_tui.core.errors import reason
from fada_tui.core.json_data import decode_json


def main() -> None:
    """Answer the request on stdin."""
    request = decode_json(sys.stdin.buffer.read(), msgspec.json.Decoder(dict[str, Any]))
    # Whatever libraries print must not come between the answer's bytes.
    answer, sys.stdout = sys.stdout, sys.stderr
    try:
        told = _told(request)
    except Exception as error:
        told = {"error": reason(error)}
    json.dump(told, answer)
    answer.flush()


def _told(request: dict[str, Any]) -> dict[str, Any]:
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        why = "it needs the package sentence-transformers: pip install 'fada-tui[similarity]'"
        return {"error": why}
    model = SentenceTransformer(
        request["model"], trust_remote_code=False, model_kwargs={"use_safetensors": True}
    )
    return {"questions": [_of_question(model, question) for question in request["questions"]]}


def _of_question(model: Any, question: dict[str, Any]) -> dict[str, Any]:
    answers, references = question["answers"], question["references"]
    commonest = question["commonest"]
    texts = sorted({*answers, *references, *(() if commonest is None else (commonest,))})
    vectors = model.encode(
        texts, batch_size=64, show_progress_bar=False, convert_to_numpy=True, normalize_embeddings=True
    )
    of = dict(zip(texts, vectors, strict=True))
    # A text's mean cosine to all references is its cosine to their mean, not normalised.
    centre = sum(of[text] for text in references) / len(references)
    nearest = max(sorted(set(references)), key=lambda text: float(of[text] @ centre))
    return {
        "id": question["id"],
        "cosines": [float(of[a] @ of[r]) for a, r in zip(answers, references, strict=True)],
        "majority": {"answer": nearest, "value": float(of[nearest] @ centre)},
        "commonest": None
        if commonest is None
        else {"answer": commonest, "value": float(of[commonest] @ centre)},
    }


if __name__ == "__main__":
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    main()
