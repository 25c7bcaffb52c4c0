"""Workers on the CPU are told how many share its memory."""

from fada_tui.core.device_list import device_list
from fada_tui.runs.asking.seats import only_seat, seats


def test_workers_on_the_cpu_share_its_memory() -> None:
    assert [seat.shares for seat in seats(device_list("cpu*3"), images=9, cores=2)] == [3, 3, 3]
    assert [seat.shares for seat in seats(device_list("0,cpu*2"), images=9, cores=None)] == [1, 2, 2]
    assert [seat.shares for seat in seats(device_list("cpu*3"), images=1, cores=8)] == [1]
    assert only_seat("auto").shares == 1
