"""Caches bounded by bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, Protocol, TypeVar


class Sized(Protocol):
    """Something that knows its bytes, such as a tensor or an array."""

    @property
    def nbytes(self) -> int:
        """Bytes it occupies."""
        ...


T = TypeVar("T", bound=Sized)


class ByteCache(Generic[T]):
    """Tensors or arrays by key under a byte budget; the least recently used leave first."""

    def __init__(self, budget: int):
        self._budget = budget
        self._size = 0
        self._items: OrderedDict[Hashable, T] = OrderedDict()

    @property
    def nbytes(self) -> int:
        """Bytes of all that is kept."""
        return self._size

    def get(self, key: Hashable) -> T | None:
        """What is kept under a key, now the most recently used, or None."""
        item = self._items.get(key)
        if item is not None:
            self._items.move_to_end(key)
        return item

    def __contains__(self, key: Hashable) -> bool:
        return key in self._items

    def put(self, key: Hashable, item: T) -> None:
        """Keep something; the newest is kept even if it is over the budget by itself."""
        if key in self._items:
            self._size -= self._items.pop(key).nbytes
        self._items[key] = item
        self._size += item.nbytes
        while self._size > self._budget and len(self._items) > 1:
            self._size -= self._items.popitem(last=False)[1].nbytes

    def discard(self, unwanted: Callable[[Hashable], bool]) -> None:
        """Forget what is kept under keys that are not wanted any more."""
        for key in [key for key in self._items if unwanted(key)]:
            self._size -= self._items.pop(key).nbytes

    def clear(self) -> None:
        """Forget everything."""
        self._items.clear()
        self._size = 0
