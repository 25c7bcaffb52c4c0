"""Lists of devices: what they mean, and what is refused in words."""

import pytest

from fada_tui.core.device_list import device_list, is_cpu, loaded_on


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("all", ()),
        ("0", ("cuda:0",)),
        ("0,1", ("cuda:0", "cuda:1")),
        ("cuda:3, 1", ("cuda:3", "cuda:1")),
        ("cpu*2", ("cpu:0", "cpu:1")),
        ("0,cpu*1", ("cuda:0", "cpu:0")),
        ("cpu*12", tuple(f"cpu:{number}" for number in range(12))),
    ],
)
def test_a_list_means_workers_by_their_devices(text: str, names: tuple[str, ...]) -> None:
    assert device_list(text) == names


@pytest.mark.parametrize(
    "text", ["", " ", ",", "0,", "all,0", "cpu", "cpu:0", "cpu*", "gpu", "cuda", "cuda:x", "-1", "1-3", "٣"]
)
def test_anything_else_is_refused_with_what_is_expected(text: str) -> None:
    with pytest.raises(ValueError, match=r"^expected all, numbers of GPUs as 0,1, or cpu\*2"):
        device_list(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0,0", "cuda:0 is there twice"),
        ("1,cuda:01", "cuda:1 is there twice"),
        ("cpu*1,cpu*2", "cpu:0 is there twice"),
        ("cpu*0", "from 1 to 256"),
        ("cpu*257", "from 1 to 256"),
    ],
)
def test_none_and_one_twice_are_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        device_list(text)


def test_workers_on_the_cpu_load_on_the_one_cpu() -> None:
    assert (loaded_on("cpu:1"), loaded_on("cuda:1")) == ("cpu", "cuda:1")
    assert is_cpu("cpu:1") and not is_cpu("cuda:1")
