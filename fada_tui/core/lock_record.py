"""What a lock's file says: who holds it, and whether he is still there."""

import os
import stat
import time
from typing import Literal, TypeAlias

import msgspec
from msgspec import Struct

from fada_tui.core.json_data import MalformedError, decode_json
from fada_tui.core.process import Machine, Process, identify, this_machine

ABANDONED_SECONDS = 600.0
"""Age without a touch from which a lock of another machine counts as abandoned, where there is no `flock`."""

_RECORD_BYTES = 512
"""The record is padded to this, so that one write replaces another."""

_LONGEST_RECORD = 65536
"""That of some hundred workers."""

Means: TypeAlias = Literal["flock", "file"]
"""What makes a file a lock: `flock`, or that it is there."""


class Holder(Struct, frozen=True, omit_defaults=True):
    """Who holds a lock."""

    by: Means
    key: str
    """Differs for each time that it was taken."""
    machine: Machine
    program: Process | None = None
    """`None` once it was released, where its file could not be removed."""
    worker: Process | None = None
    """A process that goes on writing when the program is gone."""
    others: tuple[Process, ...] = ()
    """Further such processes."""

    @property
    def workers(self) -> tuple[Process, ...]:
        """All processes that go on writing when the program is gone."""
        return ((self.worker,) if self.worker else ()) + self.others

    @property
    def living_workers(self) -> tuple[Process, ...]:
        """Those of them that are known to run: on this machine."""
        return tuple(one for one in self.workers if one.lives) if self.is_here else ()

    @property
    def is_here(self) -> bool:
        """Whether its processes are of this machine, and can be asked after."""
        return self.machine == this_machine()

    @property
    def words(self) -> str:
        """Who it is, as messages name it."""
        if self.program is None:
            return "another program"
        if not self.program_lives and (left := self.living_workers):
            return f"process {left[0].pid}, the worker of a program that is gone"
        return f"process {self.program.pid}" + ("" if self.is_here else f" on {self.machine.host}")

    def is_program_of(self, other: "Holder") -> bool:
        """Whether its program holds another lock, too."""
        return (self.machine, self.program) == (other.machine, other.program)

    @property
    def program_lives(self) -> bool:
        """Whether its program is known to run: on this machine."""
        return self.is_here and self.program is not None and self.program.lives

    @property
    def worker_lives(self) -> bool:
        """Whether any of its workers is known to run: on this machine."""
        return bool(self.living_workers)

    @property
    def is_gone(self) -> bool:
        """Whether it is known that none of its processes runs."""
        if self.program is None or self.machine.ended_before(this_machine()):
            return True
        return self.is_here and not self.program_lives and not self.worker_lives


class LockFile(Struct, frozen=True):
    """A lock's file as another program sees it."""

    holder: Holder | None
    """`None` if it does not say: it is being made, or of an older version."""
    age: float
    """Seconds since it was touched."""

    @property
    def is_known(self) -> bool:
        """Whether its holder's processes are known to run, or not to."""
        return self.holder is not None and (self.holder.is_here or self.holder.is_gone)

    @property
    def is_held(self) -> bool:
        """Whether it is held, where there is no `flock` to tell."""
        if self.holder is not None and self.is_known:
            return not self.holder.is_gone
        return self.age < ABANDONED_SECONDS

    @property
    def is_held_by_file(self) -> bool:
        """Whether a program that has no `flock` for it holds it."""
        return self.holder is not None and self.holder.by == "file" and self.is_held


def ourselves(by: Means) -> Holder:
    """Return this program as the holder of a lock that it takes now."""
    return Holder(by=by, key=os.urandom(8).hex(), machine=this_machine(), program=identify(os.getpid()))


_holders: msgspec.json.Decoder[Holder] = msgspec.json.Decoder(Holder)


def read(descriptor: int) -> LockFile:
    """Read a lock's open file."""
    status = os.fstat(descriptor)
    holder = _holder(descriptor) if stat.S_ISREG(status.st_mode) else None
    return LockFile(holder, time.time() - status.st_mtime)


def write(descriptor: int, holder: Holder) -> None:
    """Write who holds a lock into its open file; raises `OSError`."""
    data = msgspec.json.encode(holder).ljust(_RECORD_BYTES - 1) + b"\n"
    os.pwrite(descriptor, data, 0)
    os.ftruncate(descriptor, len(data))


def _holder(descriptor: int) -> Holder | None:
    try:
        return decode_json(os.pread(descriptor, _LONGEST_RECORD, 0), _holders)
    except (MalformedError, OSError):
        return None
