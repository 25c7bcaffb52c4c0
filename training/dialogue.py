"""The embedded model's questions, in many wordings, and the right answers about a phantom."""

from collections.abc import Mapping
from dataclasses import dataclass

from fada_tui.config.questions import load_questions
from training.phantoms import CATEGORIES, Phantom

CANONICAL: Mapping[str, str] = {question.id: question.text for question in load_questions("demo")}
"""The question set `demo`: its texts by id."""

OTHER = "other"
"""The id of questions that the model cannot answer."""

SPECIAL_TOKENS = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<global-img>",
    "<fake_token_around_image>",
    "<image>",
    "<end_of_utterance>",
)
"""SmolVLM's, as far as one tile needs them."""

CHAT_TEMPLATE = (
    "<|im_start|>{% for message in messages %}{{ message['role'] | capitalize }}"
    "{% if message['content'][0]['type'] == 'image' %}{{ ':' }}{% else %}{{ ': ' }}{% endif %}"
    "{% for line in message['content'] %}{% if line['type'] == 'text' %}{{ line['text'] }}"
    "{% elif line['type'] == 'image' %}{{ '<image>' }}{% endif %}{% endfor %}<end_of_utterance>\n{% endfor %}"
    "{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}"
)
"""SmolVLM's: `User:` before an image, `User: ` before text."""

_VIEW_NAMES = {
    "Abdomen": "an axial view of the fetal abdomen",
    "Aorta": "a sagittal view of the fetal aorta",
    "Brain": "an axial view of the fetal brain",
    "Femur": "a long-axis view of the fetal femur",
    "Heart": "a four-chamber view of the fetal heart",
    "Cervix": "a sagittal view of the maternal cervix",
}
_PLANES = {
    "Abdomen": "The plane is an axial section of the fetal abdomen.",
    "Aorta": "The plane is a sagittal section of the fetal aorta.",
    "Brain": "The plane is an axial section of the fetal head with the brain.",
    "Femur": "The plane is a long-axis section of the fetal femur.",
    "Heart": "The plane is the four-chamber view of the fetal heart.",
    "Cervix": "The plane is a sagittal section of the maternal cervix.",
}
_PLANE_VALUES = {
    "Abdomen": "axial abdomen",
    "Aorta": "sagittal aorta",
    "Brain": "axial brain",
    "Femur": "long-axis femur",
    "Heart": "four-chamber heart",
    "Cervix": "sagittal cervix",
}
_QUALITIES = {
    "good": "The image quality is good: borders are sharp and fluid is black.",
    "fair": "The image quality is fair: there is some noise.",
    "poor": "The image quality is poor: noise hides fine detail.",
}
_UNABLE = "I can only tell the structures, the plane, whether it is fetal, the stomach side and the quality."

_REWORDED: Mapping[str, tuple[str, ...]] = {
    "structures": (
        "What anatomical structures are visible in this ultrasound image?",
        "Which anatomical structures can you see in this image?",
        "What anatomical structures are shown?",
        "Which structures are visible?",
        "What structures do you see?",
        "What can you see in this ultrasound image?",
        "What do you see in this image?",
        "What does this image show?",
        "What is shown in this picture?",
        "What is in this image?",
        "Describe this image.",
        "Describe this ultrasound image.",
        "Describe the image in detail.",
        "Can you describe this image?",
        "List the anatomical structures.",
        "Name the structures in this ultrasound.",
        "Identify the anatomy in this scan.",
        "Identify the anatomical structures in this fetal ultrasound image.",
        "Which organs can be seen?",
        "Which parts of the anatomy are visible in this scan?",
    ),
    "plane": (
        "Which anatomical plane is shown in this image?",
        "What plane is this?",
        "Which plane is this?",
        "Which plane does this ultrasound image show?",
        "Which standard plane is it?",
        "Which standard fetal ultrasound plane does this image show?",
        "What is the scan plane?",
        "What is the imaging plane of this ultrasound?",
        "Which view is this?",
        "What view is shown?",
        "Name the plane.",
        "Identify the standard plane in this image.",
        "Which part of the body is shown?",
        "Which section of the fetus is this?",
    ),
    "fetal": (
        "Is this fetal?",
        "Is it a fetal image?",
        "Is this a fetal ultrasound?",
        "Is this image of a fetus?",
        "Does this image show a fetus?",
        "Does this show fetal anatomy?",
        "Is this fetal or maternal anatomy?",
        "Is the anatomy fetal or maternal?",
        "Is this the fetus or the mother?",
        "Is this a fetal ultrasound image? Answer yes or no, and say what in the image tells you.",
        "Does this ultrasound show the fetus or the mother?",
        "Fetal or maternal?",
    ),
    "stomach": (
        "Which side is the stomach on?",
        "Which side is the stomach?",
        "On which side is the stomach?",
        "Where is the stomach?",
        "Where is the stomach in this image?",
        "Is the stomach on the left or on the right?",
        "Is the stomach left or right?",
        "Can you see the stomach, and on which side?",
        "Where does the stomach bubble lie?",
        "On what side of the picture does the stomach lie?",
        "Left or right: where is the stomach?",
        "Tell me the side of the stomach.",
    ),
    "quality": (
        "What is the image quality?",
        "How is the image quality?",
        "Is the image quality good?",
        "How good is this image?",
        "How good is the quality of this ultrasound image?",
        "How good is the quality of this ultrasound image, and what limits it?",
        "Rate the image quality.",
        "Rate the quality of this image.",
        "Is the quality good, fair or poor?",
        "Assess the quality of this scan.",
        "Is this a good image?",
        "Is the image noisy?",
    ),
    OTHER: (
        "Which fetal measurements could be taken in this image?",
        "How is the fetus oriented in this image, and which side is its left?",
        "Does anything in this ultrasound image look abnormal?",
        "Does anything in this ultrasound image look abnormal? Describe only what you can see.",
        "Is there any abnormality?",
        "What is the gestational age?",
        "How old is the fetus?",
        "Is it a boy or a girl?",
        "What is the diagnosis?",
        "How many weeks is this?",
        "Which machine took this image?",
        "What is the length of the bone?",
        "What is your name?",
        "Tell me a joke.",
    ),
}


@dataclass(frozen=True)
class Wording:
    """One way of asking one of the questions."""

    question: str
    """An id of the set `demo`, or `OTHER`."""
    text: str


def wordings() -> tuple[Wording, ...]:
    """Return every wording the model is trained on, the canonical ones first."""
    canonical = [Wording(name, text) for name, text in CANONICAL.items()]
    reworded = [Wording(name, text) for name, texts in _REWORDED.items() for text in texts]
    return (*canonical, *reworded)


def answer(question: str, shown: Phantom) -> str:
    """Return the right answer to a question (an id of the set `demo`, or `OTHER`) about a phantom.

    Raises:
        ValueError: there is no such question.
    """
    match question:
        case "structures":
            return f"This is {_VIEW_NAMES[shown.category]} showing the {_listed(shown.structures)}."
        case "plane":
            return _PLANES[shown.category]
        case "fetal" if shown.is_fetal:
            return f"Yes, this is a fetal ultrasound image: it shows the fetal {shown.category.lower()}."
        case "fetal":
            return "No, this is a maternal ultrasound image: it shows the mother's cervix."
        case "stomach" if shown.stomach_side:
            return f"The stomach is on the {shown.stomach_side} side of the image."
        case "stomach":
            return "The stomach is not visible in this plane."
        case "quality":
            return _QUALITIES[shown.quality]
        case "other":
            return _UNABLE
    raise ValueError(f"no question '{question}': choose one of {', '.join(CANONICAL)}, {OTHER}")


def reference(question: str, shown: Phantom) -> str:
    """Return what a phantom shows as a reference gives it: items, or a value, of the set `demo`.

    Raises:
        ValueError: there is no such question.
    """
    match question:
        case "structures":
            return ", ".join(shown.structures)
        case "plane":
            return _PLANE_VALUES[shown.category]
        case "fetal":
            return "yes" if shown.is_fetal else "no"
        case "stomach":
            return shown.stomach_side or "not visible"
        case "quality":
            return shown.quality
    raise ValueError(f"no question '{question}': choose one of {', '.join(CANONICAL)}")


def plane_named(text: str) -> str | None:
    """Return the category that an answer names, or None if it names none or several."""
    named = [category for category in CATEGORIES if category.lower() in text.lower()]
    if "Aorta" in named and len(named) > 1:
        # The heart's answers may name the descending aorta, too.
        named.remove("Aorta")
    return named[0] if len(named) == 1 else None


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
