"""Two cards that are made of main memory: their tensors say where they lie, and refuse to meet others.

Torch lets Python be a backend. Here it computes with ordinary tensors, so that a model which is spread over
two such cards answers with the numbers that it has on the CPU, or fails as it would on real ones, where a
tensor has not been brought to the card of another. To import this module is for processes of their own: the
backend stays for good.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

NAME = "card"
CARDS = 2

aten = torch.ops.aten
_MOVES = {aten._to_copy.default, aten.copy_.default}
_INDEXING = {
    aten.index.Tensor,
    aten.index_put.default,
    aten.index_put_.default,
    aten._index_put_impl_.default,
}
"""Operations for which CUDA takes indices from main memory, too."""


class _Module:
    """What torch asks of a backend's module."""

    def is_available(self) -> bool:
        return True

    def is_initialized(self) -> bool:
        return True

    def device_count(self) -> int:
        return CARDS

    def current_device(self) -> int:
        return 0

    def _is_in_bad_fork(self) -> bool:
        return False

    def synchronize(self, *_: object) -> None:
        pass


_setup_privateuseone_for_python_backend(NAME, backend_module=_Module())


class OnCard(torch.Tensor):
    """A tensor on a card; `held` is where its numbers are."""

    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]
    held: torch.Tensor

    @staticmethod
    def __new__(
        cls: type, held: torch.Tensor, device: torch.device | None = None, requires_grad: bool = False
    ) -> "OnCard":
        if isinstance(held, OnCard):  # accelerate makes a parameter of it
            held._is_param = True
            return held
        one = torch.Tensor._make_wrapper_subclass(
            cls,
            held.size(),
            strides=held.stride(),
            storage_offset=held.storage_offset(),
            dtype=held.dtype,
            device=device,
        )
        one.held = held
        return one

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __repr__(self) -> str:  # type: ignore[override]
        return f"OnCard({self.held}, {self.device})"

    def data_ptr(self) -> int:
        return self.held.data_ptr()

    def tolist(self) -> Any:
        return self.held.tolist()

    def numpy(self, **_: object) -> Any:
        raise TypeError("a card's tensor has no array: move it to the CPU first")

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: object, args: Any = (), kwargs: Any = None) -> Any:
        return _computed(func, args, kwargs or {})


class Cards(TorchDispatchMode):
    """A context in which tensors can be made on cards."""

    def __init__(self) -> None:
        super().__init__()
        # The place of fake tensors: it is asked before torch looks for a device of its own.
        self._mode_key = torch._C._TorchDispatchModeKey.FAKE

    def __enter__(self) -> "Cards":
        self._before = torch._C._only_lift_cpu_tensors()
        torch._C._set_only_lift_cpu_tensors(True)
        super().__enter__()
        return self

    def __exit__(self, *details: Any) -> None:
        torch._C._set_only_lift_cpu_tensors(self._before)
        super().__exit__(*details)

    def __torch_dispatch__(self, func: Any, types: object, args: Any = (), kwargs: Any = None) -> Any:
        return _computed(func, args, kwargs or {})

    @classmethod
    def is_infra_mode(cls) -> bool:
        return True


def _computed(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    if torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), "CompositeImplicitAutograd"):
        with Cards():  # in inference mode torch leaves it to the backend to take such operations apart
            return func.decompose(*args, **kwargs)
    device = _device_of(func, args, tree_leaves((args, kwargs)))
    if (asked := kwargs.get("device")) is not None:
        asked = torch.device(asked)
        device = torch.device(NAME, asked.index or 0) if asked.type == NAME else None
        kwargs = {**kwargs, "device": torch.device("cpu")}
        kwargs.pop("pin_memory", None)
    held_args, held_kwargs = tree_map_only(OnCard, lambda one: one.held, (args, kwargs))
    found = func(*held_args, **held_kwargs)
    if device is None:
        return found
    known = {id(one.held): one for one in tree_leaves((args, kwargs)) if isinstance(one, OnCard)}
    return tree_map_only(torch.Tensor, _wrapper(known, device), found)


def _wrapper(known: dict[int, OnCard], device: torch.device) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return what puts a result on a card; one that was changed in place is the tensor that it was."""

    def wrapped(one: torch.Tensor) -> torch.Tensor:
        if isinstance(one, OnCard):
            return one
        return known[id(one)] if id(one) in known else OnCard(one, device)

    return wrapped


def _device_of(func: Any, args: Any, leaves: Iterable[Any]) -> torch.device | None:
    """Return the card of an operation's tensors; `None` for the CPU. Several are refused, as by CUDA."""
    if func is aten.copy_.default:
        return args[0].device if isinstance(args[0], OnCard) else None
    tensors = [one for one in leaves if isinstance(one, torch.Tensor)]
    cards = {one.device for one in tensors if isinstance(one, OnCard) and (one.dim() or func in _MOVES)}
    scalars = {one.device for one in tensors if isinstance(one, OnCard)}
    if func not in _MOVES:
        plain = any(not isinstance(one, OnCard) and one.dim() for one in tensors)
        if len(scalars) > 1 or (scalars and plain and func not in _INDEXING):
            places = ", ".join(sorted(str(one) for one in scalars))
            raise RuntimeError(
                f"{func}: expected all tensors to be on the same device, found {places}, cpu: {plain}"
            )
    return next(iter(cards or scalars), None)
