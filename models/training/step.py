"""One step of training: forward, backward, optimiser, running mean; eager or as a CUDA graph."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from models.backend import Backend
from models.networks.network import Network
from models.training.adam import adam
from models.training.config import Config
from models.training.ema import Average
from models.training.group import Group
from models.training.muon import Muon
from models.training.patches import Pair
from models.training.rivals import rivals_of
from models.training.tasks import task_of

WARM = 4
"""Steps that run as they are before one is captured: libraries choose their kernels in them."""


class Step:
    """Trains a network batch by batch. Nothing in a step waits for the device.

    Attributes:
        network: what is trained, in fp32.
        task: what it is taught.
        average: its running mean.
        optimiser: Adam, or Muon.
        rivals: discriminators that take a step of their own after it, or None.
        total: ``[]`` fp32, sum of the losses since it was last set to zero.
        notes: sentences about what could not be used and was done in another way.
    """

    def __init__(self, network: Network, config: Config, backend: Backend, group: Group):
        device = backend.device
        self.network = network.to(device).train()
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.task = task_of(config)
        self.task.extras.to(device)
        self.task.finish = torch.zeros((), device=device)
        self.average = Average(self.network)
        self.notes: list[str] = []
        self._config, self._backend, self._group = config, backend, group
        self._parameters = [*self.network.parameters(), *self.task.extras.parameters()]
        on_cuda = device.type == "cuda"
        self._share = torch.zeros((), device=device)
        self.total = torch.zeros((), device=device)
        self.optimiser: torch.optim.Optimizer = (
            Muon(self._parameters, device, backend.precision != torch.float32)
            if config.optimiser == "muon"
            else adam(self._parameters, device)
        )
        self.rivals = rivals_of(config, self.task.largest_side, backend, group)
        self._predict: Callable[[Network, Pair], Tensor] = self.task.predict
        if config.compile:
            self._predict = torch.compile(self.task.predict, dynamic=False)
        self._compiled = config.compile
        # What makes CUDA repeatable, and what joins processes, may not be captured.
        self._graph = on_cuda and config.graph and not config.deterministic and group.size == 1
        self._stream: torch.cuda.Stream | None = None
        self._captured: torch.cuda.CUDAGraph | None = None
        self._static: Pair | None = None
        self._seen = 0

    def __call__(self, batch: Pair, rate: float, decay: float, finish: bool = False) -> None:
        """Take a step at a learning rate, by RMS where it is to `finish` the run.

        The running mean's decay is that of this step.
        """
        self.optimiser.param_groups[0]["lr"].fill_(rate)
        if self.rivals is not None:
            self.rivals.optimiser.param_groups[0]["lr"].fill_(rate)
        self._share.fill_(1.0 - decay)
        self.task.finish.fill_(float(finish))
        if self._graph:
            self._replay(batch)
        else:
            self._work(batch)

    def _work(self, batch: Pair) -> None:
        for parameter in self._parameters:
            parameter.grad = None
        predicted = self._forward(batch)
        value = self.task.loss(predicted, batch)
        if self.rivals is not None:
            value = value + self.rivals.worth(predicted[:, :3], batch.truth)
        value.backward()  # type: ignore[no-untyped-call]
        gradients = [each.grad for each in self._parameters if each.grad is not None]
        value = value.detach()
        self._group.mean_([*gradients, value])
        if self._config.clip:
            torch.nn.utils.clip_grad_norm_(self._parameters, self._config.clip)
        self.optimiser.step()
        self.average.update(self._share)
        if self.rivals is not None:
            self.rivals.learn(predicted[:, :3].detach(), batch.truth)
        self.total += value

    def _forward(self, batch: Pair) -> Tensor:
        half = self._backend.precision != torch.float32
        # Each weight is used once a step, so a cache of their casts would only hold memory.
        with torch.autocast(
            self._backend.device.type, self._backend.precision, half, cache_enabled=False
        ):
            if not self._compiled or not self._usual(batch):
                return self.task.predict(self.network, batch)
            try:
                return self._predict(self.network, batch)
            except Exception as error:  # the compiler's own errors are of many kinds
                self.notes.append(f"torch.compile cannot be used here ({_brief(error)})")
                self._predict, self._compiled = self.task.predict, False
                return self._predict(self.network, batch)

    def _usual(self, batch: Pair) -> bool:
        """Whether patches have the usual side, for which alone a step is captured and compiled."""
        return batch.image.shape[-1] == self._config.patch

    def _replay(self, batch: Pair) -> None:
        if not self._usual(batch):
            # A wide scale's smaller patches, which the graph does not know: now and then.
            self._on_the_side(batch)
            return
        if self._static is None:
            self._static = batch.clone()
        self._static.copy_(batch)
        self._seen += 1
        if self._seen <= WARM:
            self._on_the_side(self._static)
            return
        if self._captured is None and not self._capture(self._static):
            self._work(batch)
            return
        assert self._captured is not None
        self._captured.replay()

    def _on_the_side(self, batch: Pair) -> None:
        """A step on a stream of its own, as capturing asks of the steps before it."""
        current = torch.cuda.current_stream()
        if self._stream is None:
            self._stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        self._stream.wait_stream(current)
        with torch.cuda.stream(self._stream):
            self._work(batch)
        current.wait_stream(self._stream)

    def _capture(self, batch: Pair) -> bool:
        """Record a step without taking it. Says whether it could be done."""
        # Gradients must be made inside the graph's own memory.
        for parameter in self._parameters:
            parameter.grad = None
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph, stream=self._stream):
                self._work(batch)
        except Exception as error:
            self.notes.append(f"CUDA graphs cannot be used here ({_brief(error)})")
            self._graph = False
            torch.cuda.synchronize()
            return False
        self._captured = graph
        return True


def _brief(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:120]}" if lines else type(error).__name__
