"""DiffusionGemma: prompted as a chat, it generates blocks of tokens by denoising."""

from typing import Any

from fada_tui.core.errors import ErrorKind
from fada_tui.worker.adapters.chat import ChatAdapter
from fada_tui.worker.adapters.prompting import Batch, Prepared
from fada_tui.worker.adapters.templates import template


class DiffusionAdapter(ChatAdapter):
    """The adapter for DiffusionGemma.

    The noise is the seed's, and the temperatures are the checkpoint's. Blocks are whole: an answer without an
    end has as many tokens as the blocks that the most new tokens begin.
    """

    name = "diffusion"
    architectures = ("DiffusionGemmaForBlockDiffusion",)
    in_blocks = True

    @classmethod
    def lacks(cls, processor: Any) -> tuple[ErrorKind, str] | None:
        """Return an error if there is no chat template, the only way to prompt this model."""
        if template(processor):
            return None
        return (
            ErrorKind.NO_CHAT_TEMPLATE,
            "its processor has no chat template; choose an instruction-tuned checkpoint",
        )

    def prepare(self, batch: Batch, system_prompt: str | None) -> Prepared:
        """Render and tokenise a question.

        Raises:
            ImageIgnoredError: no image reached the prompt.
            ValueError: there are several questions, which would get other noise than each alone, or what the
                chat template cannot have.
        """
        if len(batch) > 1:
            raise ValueError("DiffusionGemma answers questions one by one: use --batch-size 1")
        return super().prepare(batch, system_prompt)
