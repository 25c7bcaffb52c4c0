"""Why an engine ended, found in what it printed."""

import pytest

from fada_tui.runs.engines.last_words import message_of, port_was_taken, reason_in

JUNK = (
    "resource_tracker.py:254: UserWarning: resource_tracker: There appear to be 1 leaked semaphore objects",
    "  warnings.warn('resource_tracker: There appear to be %d '",
    "nanobind: leaked 514 functions!",
    ' - leaked function "get_num_args"',
)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (("ValueError: rank 128 is greater than 16", *JUNK), "ValueError: rank 128 is greater than 16"),
        (
            (
                "pydantic_core._pydantic_core.ValidationError: 1 validation error for ModelConfig",
                "  Value error, max_model_len (4096) is greater than 512",
                "    For further information visit https://errors.example/",
            ),
            "Value error, max_model_len (4096) is greater than 512",
        ),
        (
            ("usage: vllm serve [options]", "vllm: error: unrecognized arguments: --frobnicate 3"),
            "vllm: error: unrecognized arguments: --frobnicate 3",
        ),
        (
            ("(EngineCore pid=8) ERROR 11-27 08:00:28 [core.py:17] RuntimeError: Worker failed", *JUNK),
            "RuntimeError: Worker failed",
        ),
        (
            (
                "(VllmWorker-0 pid=2) ERROR 11-27 08:18:06 [executor.py:953] ValueError: 19 GiB are too few",
                "(EngineCore pid=8) ERROR 11-27 08:18:12 [core.py:10] Exception: See trace for root cause.",
                "RuntimeError: Engine core failed. See root cause above. Failed core proc(s): {}",
            ),
            "ValueError: 19 GiB are too few",
        ),
        (("RuntimeError: it failed: see root cause above",), "RuntimeError: it failed: see root cause above"),
        (("0.00.051 I loading", "0.00.082 E srv  load: no such file"), "srv  load: no such file"),
        (("one", "two", "three", "four"), "two | three | four"),
        ((), ""),
    ],
)
def test_the_error_is_found_above_what_libraries_leave(lines: tuple[str, ...], reason: str) -> None:
    assert reason_in(lines) == reason


def test_a_port_that_somebody_took_is_known() -> None:
    assert port_was_taken(["INFO", "OSError: [Errno 98] Address already in use", *JUNK])
    assert not port_was_taken(JUNK)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "(APIServer pid=8) INFO 11-27 07:54:26 [model.py:733] Resolved architecture",
            "Resolved architecture",
        ),
        ("(Worker-0 pid=2) WARNING 11-27 07:54:42 [vllm.py:725] Using V1", "Using V1"),
        ("[2026-11-27 08:00:28 TP0] Load weight begin.", "Load weight begin."),
        ("[transformers] no torchvision", "[transformers] no torchvision"),
        ("0.00.082.571 I srv  llama_server: model loaded", "srv  llama_server: model loaded"),
        ("INFO:     Application startup complete.", "INFO:     Application startup complete."),
        (
            "(APIServer pid=8) INFO 11-27 07:54:26 [utils.py:3] ",
            "(APIServer pid=8) INFO 11-27 07:54:26 [utils.py:3] ",
        ),
        ("", ""),
    ],
)
def test_what_a_line_says_comes_behind_who_says_it(line: str, message: str) -> None:
    assert message_of(line) == message
