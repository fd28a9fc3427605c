import math

import pytest
import torch

from models.training.muon import COLUMNS, LIKE_ADAM, MOMENTUM, QUINTIC, ROUNDS, ROWS, orthogonal
from tests.models.training.pictures import KINDS, brought_down, parts, stripes

MUON = KINDS["liif-muon"]


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("shape", [(16, 40), (40, 16), (32, 32)])
def test_singular_values_become_about_one_and_vectors_stay(shape, half):
    generator = torch.Generator().manual_seed(0)
    matrices = 1e-3 * torch.randn(3, *shape, generator=generator)
    found = orthogonal(matrices, half)
    assert found.dtype == torch.float32
    left, sizes, right = torch.linalg.svd(matrices, full_matrices=False)
    inside = left.transpose(1, 2) @ found @ right.transpose(1, 2)
    values = inside.diagonal(dim1=1, dim2=2)
    # Next to nothing, as square matrices of random numbers have it, needs more rounds.
    some = values[sizes > 0.02 * sizes.norm(dim=1, keepdim=True)]
    assert len(some) > 40
    assert 0.5 < float(some.min()) <= float(some.max()) < 1.3
    rest = inside - torch.diag_embed(values)
    assert float(rest.abs().max()) < (0.03 if half else 1e-4)


def test_nothing_to_learn_moves_nothing():
    assert orthogonal(torch.zeros(2, 16, 32), half=False).eq(0).all()


def literal(gradients: list[torch.Tensor]) -> torch.Tensor:
    """The last change of a matrix by its gradients so far, as published, in fp64."""
    momentum = torch.zeros_like(gradients[0], dtype=torch.float64)
    for gradient in gradients:
        momentum = MOMENTUM * momentum + (1 - MOMENTUM) * gradient
    x = MOMENTUM * momentum + (1 - MOMENTUM) * gradients[-1]
    x = x.flatten(1)
    x = x / x.norm()
    a, b, c = QUINTIC
    for _ in range(ROUNDS):
        gram = x @ x.T
        x = a * x + b * gram @ x + c * gram @ gram @ x
    return -LIKE_ADAM * math.sqrt(max(x.shape)) * x.view(gradients[0].shape)


def test_matrices_move_as_published_and_the_rest_is_adams():
    _, step, batches = parts(stripes(), clip=0.0, **MUON)
    parameters = list(step.network.parameters())
    own = [torch.nn.Parameter(each.detach().clone()) for each in parameters]
    adam = torch.optim.Adam(own, lr=1e-3)
    seen: list[list[torch.Tensor]] = [[] for _ in parameters]
    for iteration in range(3):
        before = [each.detach().clone() for each in parameters]
        step(batches.make(iteration), 1e-3, 0.5)
        for each, one, gradients in zip(parameters, own, seen, strict=True):
            one.grad = each.grad.clone()
            gradients.append(each.grad.double())
        adam.step()
    matrices = 0
    for each, old, one, gradients in zip(parameters, before, own, seen, strict=True):
        if each.ndim > 1 and each.shape[0] >= ROWS and each[0].numel() >= COLUMNS:
            matrices += 1
            moved = (each.detach() - old).double()
            assert torch.allclose(moved, 1e-3 * literal(gradients), atol=2e-6)
        else:
            assert torch.allclose(each, one, atol=1e-6)
    assert matrices == 2


def test_convolutions_are_matrices_of_as_many_rows_as_outputs():
    encoder = {"name": "edsr", "n_resblocks": 1, "n_feats": 16}
    _, step, batches = parts(stripes(), clip=0.0, **MUON, encoder=encoder)
    parameter = step.network.encoder.body[0].body[0].weight
    # The last layer begins at nought, so the trunk has gradients from the second step on.
    step(batches.make(0), 1e-3, 0.5)
    before = parameter.detach().clone()
    step(batches.make(1), 1e-3, 0.5)
    change = (parameter.detach() - before).flatten(1) / (1e-3 * LIKE_ADAM * 12)
    values = torch.linalg.svdvals(change)
    assert 0.5 < float(values.min()) <= float(values.max()) < 1.3


def test_it_learns():
    task = {"queries": 256, "scale_min": 2.0, "scale_max": 2.0, "unit_share": 0.0}
    assert brought_down(1e-2, **MUON, **task) < 0.7
