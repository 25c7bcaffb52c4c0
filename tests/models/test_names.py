from pathlib import Path

import pytest

from fada_tui.models.names import named_like
from fada_tui.models.registry import load_registry

LIST = """
[[model]]
name = "SmolVLM-500M"
source = "HuggingFaceTB/SmolVLM-500M-Instruct"
[[model]]
name = "Twin-1B"
source = "org/twin-1b-chat"
[[model]]
name = "Twin 1B"
source = "org/twin-1b-it"
[[model]]
name = "Qwen2.5-VL-3B"
source = "Qwen/Qwen2.5-VL-3B-Instruct"
"""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("SmolVLM-500M", "SmolVLM-500M"),
        ("smolvlm_500m", "SmolVLM-500M"),
        ("SmolVLM-500M-Instruct", "SmolVLM-500M"),
        ("SMOLVLM 500M", "SmolVLM-500M"),
        ("HuggingFaceTB/SmolVLM-500M-Instruct", "SmolVLM-500M"),
        ("huggingfacetb/smolvlm-500m", "SmolVLM-500M"),
        ("qwen2.5-vl-3b-instruct", "Qwen2.5-VL-3B"),
        ("qwen25-vl-3b", None),
        ("somebody/SmolVLM-500M-Instruct", None),
        ("SmolVLM-500M-Base", None),
        ("SmolVLM", None),
        ("Twin-1B", "Twin-1B"),
        ("twin1b", None),
        ("twin-1b-it", "Twin 1B"),
        ("", None),
        ("-", None),
    ],
)
def test_a_model_of_the_list_is_found_however_its_name_is_written(
    tmp_path: Path, text: str, name: str | None
) -> None:
    (tmp_path / "models.toml").write_text(LIST)
    registry = load_registry(tmp_path / "none.toml", shipped=tmp_path / "models.toml")
    found = named_like(text, registry)
    assert (found and found.name) == name
