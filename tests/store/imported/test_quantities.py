import pytest

from fada_tui.core.errors import UsageError
from fada_tui.store.imported.quantities import count, moment, size


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [
        ("1.02GB", 1_020_000_000),
        ("1.02 gb", 1_020_000_000),
        ("2GiB", 2**31),
        ("1024", 1024),
        ("500 MB", 5 * 10**8),
    ],
)
def test_sizes(text: str, bytes_: int) -> None:
    assert size("--memory", text) == bytes_


@pytest.mark.parametrize(
    ("text", "number"),
    [("0.51B", 510_000_000), ("510M", 510_000_000), ("507482304", 507_482_304), ("507,482,304", 507_482_304)],
)
def test_numbers(text: str, number: int) -> None:
    assert count("--parameters", text) == number


@pytest.mark.parametrize(
    "text", ["", "much", "-1", "0", "1.2.3", "1 XB", "nan", "9e99", "1e99999GB", "1,02GB", "0,512B"]
)
def test_what_is_no_quantity_is_refused_with_the_option(text: str) -> None:
    for read, option in ((size, "--memory"), (count, "--parameters")):
        with pytest.raises(UsageError, match=option):
            read(option, text)


def test_moments() -> None:
    assert moment("2025-10-02") == "2025-10-02"
    assert moment("2025-10-02T13:05") == "2025-10-02T13:05:00Z"
    assert moment("2025-10-02T13:05:00+02:00") == "2025-10-02T11:05:00Z"
    assert moment("October 2") is None and moment("") is None
    assert moment("0001-01-01T00:00+14:00") is None
