"""A plugin for vLLM: what the embedded model says up to the first comma counts as its thoughts.

It has no thoughts of its own, and here are real ones, told apart by vLLM as it tells those of any model.
"""

from vllm.reasoning import ReasoningParserManager
from vllm.reasoning.deepseek_r1_reasoning_parser import DeepSeekR1ReasoningParser


@ReasoningParserManager.register_module("until_comma")
class UntilComma(DeepSeekR1ReasoningParser):
    """Thoughts that nothing begins, and a comma ends."""

    @property
    def start_token(self) -> str:
        """A token that the model does not say."""
        return "<image>"

    @property
    def end_token(self) -> str:
        return ","
