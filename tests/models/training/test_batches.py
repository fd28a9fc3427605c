from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from models.training.batches import Batches
from models.training.data import DataError, ImageSet
from models.training.forward import predict
from models.training.losses import loss
from models.training.plan import draw, largest_side
from models.training.reduction import reduce, reduction
from tests.models.training.pictures import CPU, TINY, images, noise, parts


@pytest.mark.parametrize("side", [48, 49, 61, 96, 123, 192, 384])
def test_the_reduction_is_pillows(rng, side):
    """On noise and on sharp edges, whose overshoots are cut."""
    crops = rng.integers(0, 256, (2, side, side, 3), dtype=np.uint8)
    crops[1] = np.where(crops[1] > 127, 255, 0)
    high = torch.from_numpy(crops).permute(0, 3, 1, 2).float()
    ours = reduce(high, reduction(side, 48)).permute(0, 2, 3, 1).numpy()
    for crop, low in zip(crops, ours, strict=True):
        pillow = np.asarray(Image.fromarray(crop).resize((48, 48), Image.Resampling.BICUBIC))
        assert np.abs(255 * low - pillow).max() <= 1.001
        assert np.mean(np.abs(255 * low - pillow) > 0.5) < 0.01  # and hardly ever even that


def test_a_plans_patches_are_crops_of_the_pictures_under_every_symmetry(rng):
    pictures = noise(rng)
    config = replace(TINY, batch=32, queries=4)
    plan = draw(config, images(pictures, config), 5)
    made = images(pictures, config)
    ramp = torch.arange(plan.side)
    seen = set()
    for start, down, across in zip(plan.start, plan.down, plan.across, strict=True):
        patch = made.read(int(start) + ramp[:, None] * int(down) + ramp * int(across)).numpy()
        number = int(np.searchsorted(made.starts, start, side="right")) - 1
        windows = np.lib.stride_tricks.sliding_window_view(
            pictures[number], (plan.side, plan.side), axis=(0, 1)
        )
        for code in range(8):
            turned = patch.transpose(1, 0, 2) if code & 4 else patch
            turned = turned[::-1] if code & 1 else turned
            turned = turned[:, ::-1] if code & 2 else turned
            if (windows == turned.transpose(2, 0, 1)).all(axis=(2, 3, 4)).any():
                seen.add(code)
                break
        else:
            pytest.fail("a patch that is no crop of its picture")
    assert seen == set(range(8))


def test_a_plan_depends_on_seed_and_iteration_alone(rng):
    made = images(noise(rng))
    one, two = draw(TINY, made, 7), draw(TINY, made, 7)
    assert all(np.array_equal(getattr(one, name), getattr(two, name)) for name in vars(one))
    assert not np.array_equal(one.queries, draw(TINY, made, 8).queries)
    assert not np.array_equal(one.start, draw(replace(TINY, seed=1), made, 7).start)


def test_parts_of_a_plan_make_the_whole(rng):
    made = images(noise(rng))
    whole = draw(TINY, made, 3)
    first, second = (draw(TINY, made, 3, part) for part in (slice(0, 2), slice(2, 4)))
    assert np.array_equal(np.concatenate([first.start, second.start]), whole.start)
    assert np.array_equal(np.concatenate([first.queries, second.queries], axis=1), whole.queries)


def test_scales_are_spread_evenly_and_sometimes_exactly_one(rng):
    config = replace(TINY, patch=48, unit_share=0.05, queries=1, batch=1)
    made = images(noise(rng, count=1, side=200), config)
    scales = np.array([draw(config, made, each).side / 48 for each in range(2000)])
    assert 0.03 < np.mean(scales == 1.0) < 0.08
    assert scales.min() == 1.0
    assert 3.95 < scales.max() <= 4.0
    assert abs(np.mean(scales[scales > 1.0]) - 2.5) < 0.1


WIDE = replace(TINY, unit_share=0.0, wide_share=0.3, wide_max=16.0, wide_side=130, queries=1)


def test_a_share_of_the_scales_lies_beyond_the_usual_ones_every_octave_alike(rng):
    assert largest_side(WIDE) == 130
    made = images(noise(rng, count=1, side=130), WIDE)
    scales = np.array([plan.side / plan.patch for plan in plans(WIDE, made, 2000)])
    beyond = scales[scales > 4.05]
    assert 0.26 < len(beyond) / len(scales) < 0.34
    assert 0.4 < np.mean(beyond < 8.0) < 0.6
    assert 15.5 < beyond.max() <= 16.3


def test_low_resolution_patches_shrink_where_the_high_ones_may_grow_no_more(rng):
    made = images(noise(rng, count=1, side=130), WIDE)
    wide = [plan for plan in plans(WIDE, made, 300) if plan.side > 4 * WIDE.patch]
    assert {plan.patch for plan in wide} == {8, 9, 10, 11, 12}
    assert max(plan.side for plan in wide) == 130
    for plan in wide:
        assert plan.patch == min(WIDE.patch, round(130 * plan.patch / plan.side))
        batch = Batches(made, WIDE).realise(plan)
        assert batch.image.shape == (WIDE.batch, 3, plan.patch, plan.patch)
        assert int(batch.index.max()) < WIDE.batch * plan.patch**2


def plans(config, made, count):
    return [draw(config, made, each) for each in range(count)]


def test_queries_reach_every_pixel_of_a_patch(rng):
    config = replace(TINY, queries=4096)
    plan = draw(config, images(noise(rng), config), 0)
    assert plan.queries.min() == 0
    assert plan.queries.max() == plan.side - 1


def test_queries_in_squares_are_neighbours(rng):
    config = replace(TINY, block=4)
    plan = draw(config, images(noise(rng), config), 0)
    rows, columns = plan.queries.reshape(2, config.batch, -1, 4, 4)
    assert (np.diff(rows, axis=2) == 1).all()
    assert (np.diff(rows, axis=3) == 0).all()
    assert (np.diff(columns, axis=3) == 1).all()
    assert plan.queries.max() < plan.side


@pytest.mark.parametrize("wide_share", [0.0, 1.0])
@pytest.mark.parametrize("iteration", range(6))
def test_coordinates_of_a_gradient_image_are_exact(iteration, wide_share):
    """Red tells the column, green the row: the truth at a query must be where the query is."""
    picture = np.zeros((100, 120, 3), dtype=np.uint8)
    picture[..., 0] = np.arange(120)
    picture[..., 1] = np.arange(100)[:, None]
    made = images([picture])
    config = replace(TINY, unit_share=0.0, wide_share=wide_share, wide_max=11.0, wide_side=90)
    plan = draw(config, made, iteration)
    batch = Batches(made, config).realise(plan)
    scale, patch = plan.side / plan.patch, plan.patch
    within = (batch.index % patch**2).double()
    latent = torch.stack([within // patch, within % patch], dim=-1) + 0.5
    place = (latent + batch.offset.double()) * scale - 0.5  # in pixels of the crop
    assert torch.allclose(place, place.round(), atol=1e-4)
    assert torch.equal(place.round(), place[:1].round().expand(4, -1, -1))
    owner = (batch.index[0] // patch**2).numpy()
    y, x = place[0].round().long().numpy().T
    source = plan.start[owner] + y * plan.down[owner] + x * plan.across[owner]
    truth = ((batch.truth + 1) * 127.5).round().numpy()
    assert np.array_equal(truth[:, 0], source % 120)
    assert np.array_equal(truth[:, 1], source // 120)
    assert float(batch.step) == pytest.approx(1 / scale)
    assert torch.allclose(batch.weight.sum(0), torch.ones(len(y)))


def test_at_scale_one_the_patch_is_the_picture(rng):
    made = images(noise(rng))
    config = replace(TINY, unit_share=1.0)
    plan = draw(config, made, 0)
    batch = Batches(made, config).realise(plan)
    ramp = torch.arange(plan.side)
    first = made.read(
        int(plan.start[0]) + ramp[:, None] * int(plan.down[0]) + ramp * int(plan.across[0])
    )
    assert torch.equal((batch.image[0] * 255).round().byte(), first.permute(2, 0, 1))
    assert float(batch.weight.max(0).values.min()) == 1.0  # every query lies on one pixel


def test_a_constant_image_has_no_loss():
    """The residual form begins as bilinear interpolation, which shows a constant as it is."""
    picture = np.full((64, 64, 3), (10, 100, 250), dtype=np.uint8)
    config, step, batches = parts([picture])
    for iteration in range(4):
        batch = batches.make(iteration)
        value = loss(predict(step.network, batch), batch.truth, len(batch.image), config).detach()
        assert float(value) < 1e-6


def test_pictures_that_are_too_small_are_left_out(rng):
    made = ImageSet([*noise(rng, 1, 40), *noise(rng, 2, 64)], largest_side(TINY), CPU)
    assert (len(made), made.skipped) == (2, 1)
    with pytest.raises(DataError, match="none of the 3 pictures has 48 pixels"):
        images(noise(rng, 3, 40))
