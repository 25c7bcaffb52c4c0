"""GIT: a question preceded by the class token, with nothing after it."""

from fada_tui.worker.adapters.prompting import Batch, Prepared, TextAdapter, prepared, without_system_prompt


class GitAdapter(TextAdapter):
    """The adapter for GIT, prompted as in its transformers documentation on question answering.

    A checkpoint that was trained on captions alone goes on from the question as from the start of a caption.
    """

    name = "git"
    architectures = ("GitForCausalLM",)

    def prepare(self, batch: Batch, system_prompt: str | None) -> Prepared:
        """Tokenise the questions, without the separator that would end them."""
        without_system_prompt(system_prompt, "GIT")
        prompts = [question for _, question in batch]
        inputs = self.processor.image_processor([image for image, _ in batch], return_tensors="pt")
        texts = [f"{self.tokenizer.cls_token}{question}" for question in prompts]
        inputs.update(
            self.tokenizer(
                texts, add_special_tokens=False, padding=True, padding_side="left", return_tensors="pt"
            )
        )
        inputs.pop("token_type_ids", None)
        return prepared(inputs, prompts, self.config)
