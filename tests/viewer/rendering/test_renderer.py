"""The renderer: what it says to a request, and how little it evaluates for it."""

from __future__ import annotations

import gc
import itertools
import math
import weakref

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.backend import Backend
from models.checkpoints import CheckpointError
from models.samplers.base import Coverage, Picture, Sampler
from models.samplers.gradient import GradientSampler
from models.samplers.grid import TILE, Grid, Region, Tile
from models.samplers.interpolation import Nearest, bicubic, lanczos
from tests.models.nets import CPUS_OWN, sampler_of, small_liif
from tests.viewer.imaging.conftest import P3, SRGB_CURVE, matrix_profile
from tests.viewer.rendering.fakes import (
    BACKEND,
    CPU,
    TILE_SAMPLES,
    Fake,
    Shop,
    frame_of,
    grid_of,
    moved,
    noise,
    patches_of,
    rendered,
    request_of,
    scene_of,
    windows_of,
)
from viewer.imaging.colour import to_display
from viewer.rendering.checker import DARK, LIGHT
from viewer.rendering.colour_maps import colours
from viewer.rendering.display import Display
from viewer.rendering.messages import (
    Failed,
    Finished,
    LayerRequest,
    Patches,
    Request,
    SamplerSpec,
    Scene,
)
from viewer.rendering.quality import BATCH_BUDGET, PREVIEW_BUDGET, Cost
from viewer.rendering.renderer import Renderer
from viewer.rendering.tiling import coarser

PICTURE = noise(60, 40)

LACKS = "x lacks memory; what is kept is given back"
"""What is logged before a layer is tried again."""


@pytest.fixture
def renderer() -> Renderer:
    return Renderer(BACKEND)


@pytest.fixture
def scene() -> Scene:
    return scene_of(PICTURE)


def samples_of(grid: Grid) -> int:
    """Samples of all tiles of a grid: they are evaluated whole."""
    return len(grid.tiles()) * TILE_SAMPLES


# -- the pixels ---------------------------------------------------------------------------

GRIDS = [
    grid_of(64, 64),
    grid_of(100, 70, 33, 21),
    grid_of(150, 90, -20, -30, scale=3.7, phase=0.3),  # beyond the picture's borders
    grid_of(1, 130, 5, 7),
    grid_of(60, 40, scale=1.0),
    grid_of(30, 20, scale=0.5),  # the reduced source
    grid_of(129, 65, 4000, 2000, scale=100.0),
]
PROFILE = matrix_profile(P3, (SRGB_CURVE,) * 3)


@pytest.mark.parametrize("profile", [None, PROFILE], ids=["sRGB", "P3"])
@pytest.mark.parametrize("grid", GRIDS)
def test_the_patches_of_a_request_make_exactly_the_sampled_picture(renderer, grid, profile):
    scene = scene_of(PICTURE, profile)
    assert scene.transform.identity == (profile is None)
    layers = {"a": "nearest", "b": "bicubic", "c": "lanczos"}
    messages = rendered(renderer, request_of(scene, grid, layers))
    for layer, make in (("a", Nearest), ("b", bicubic), ("c", lanczos)):
        frame = frame_of(messages, layer)
        assert frame.complete
        assert frame.grid == grid
        samples = make(PICTURE, CPU).sample(grid).numpy()
        np.testing.assert_array_equal(frame.pixels, to_display(samples, None, scene.transform))


@pytest.mark.parametrize("grid", [GRIDS[1], GRIDS[2], GRIDS[5]])
def test_so_do_those_of_a_network(monkeypatch, renderer, scene, grid):
    network = small_liif("wdsr", residual=True)
    monkeypatch.setattr(
        "viewer.rendering.kept_samplers.make_sampler",
        lambda name, picture, *_: sampler_of(network, picture, side=24),  # noqa: ARG005
    )
    messages = rendered(renderer, request_of(scene, grid, {"b": "liif"}, shown=0.0))
    samples = sampler_of(network, PICTURE, side=24).sample(grid).numpy()
    np.testing.assert_array_equal(
        frame_of(messages, "b").pixels, to_display(samples, None, scene.transform)
    )


@pytest.mark.parametrize("colour_map", ["grey", "inferno"])
def test_a_gradient_map_has_its_colours_and_no_profile(renderer, colour_map):
    scene, grid = scene_of(PICTURE, PROFILE), GRIDS[1]
    spec = SamplerSpec("gradient:bicubic", gain=2.0, colour_map=colour_map)
    messages = rendered(renderer, request_of(scene, grid, [LayerRequest("ga", spec, 1.0)]))
    level = GradientSampler(bicubic(PICTURE, CPU), 2.0).sample(grid).numpy()[..., 0]
    shown = frame_of(messages, "ga").pixels
    expected = colours(colour_map)[np.floor(level * 255 + 0.5).astype(int)]
    np.testing.assert_array_equal(shown[..., 2::-1], expected)
    assert (shown[..., 3] == 255).all()


def over_board(samples: np.ndarray, alpha: np.ndarray, grid: Grid, factor: int) -> np.ndarray:
    """Premultiplied samples over a board that hangs on the lattice, in exact integers."""
    shown = to_display(samples, alpha, scene_of(PICTURE).transform).astype(np.int64)
    row = (np.arange(grid.rows) + grid.window.row) * factor // 8
    column = (np.arange(grid.columns) + grid.window.column) * factor // 8
    light = (row[:, None] + column[None, :]) % 2 == 0
    under = np.where(light, LIGHT, DARK)[..., None] * (255 - shown[..., 3:])
    result = np.minimum(shown[..., :3] + (2 * under + 255) // 510, 255)
    return np.concatenate([result, np.full_like(result[..., :1], 255)], axis=-1)


@pytest.mark.parametrize("factor", [1, 2, 4, 8])
def test_transparent_pictures_lie_over_a_board_that_moves_with_them(renderer, factor):
    picture = noise(60, 40, alpha=True)
    fine = grid_of(150, 90, 41, -37, scale=8.0)
    grid = fine if factor == 1 else coarser(fine, factor)
    scene = scene_of(picture)
    renderer.sampler(scene, SamplerSpec("bicubic"))
    renderer._costs["bicubic"] = Cost(0.9 * PREVIEW_BUDGET * factor**2 / samples_of(fine))
    messages = rendered(renderer, request_of(scene, fine, {"a": "bicubic"}, shown=0.0))
    frame = frame_of(messages, "a", factor)
    assert frame.grid == grid
    alpha = Picture(np.repeat(picture.alpha[..., None], 3, axis=2))
    samples = bicubic(picture, CPU).sample(grid).numpy()
    cover = bicubic(alpha, CPU).sample(grid).numpy()[..., 0]
    np.testing.assert_array_equal(frame.pixels, over_board(samples, cover, grid, factor))


def test_a_preview_s_tiles_are_not_taken_for_those_of_a_lower_zoom(renderer):
    """At 8× a preview of every eighth sample has the lattice of 1×, but another board."""
    picture = noise(2400, 40, alpha=True)
    scene, fine = scene_of(picture), grid_of(150, 90, scale=8.0)
    plain = grid_of(150, 40, scale=1.0)
    assert coarser(fine, 8).lattice == plain.lattice
    renderer.sampler(scene, SamplerSpec("bicubic"))
    renderer._costs["bicubic"] = Cost(0.9 * PREVIEW_BUDGET * 64 / samples_of(fine))
    rendered(renderer, request_of(scene, fine, {"a": "bicubic"}, shown=0.0, moving=True))
    after = rendered(renderer, request_of(scene, plain, {"a": "bicubic"}))
    fresh = rendered(Renderer(BACKEND), request_of(scene, plain, {"a": "bicubic"}))
    np.testing.assert_array_equal(frame_of(after, "a").pixels, frame_of(fresh, "a").pixels)


def test_sides_of_a_transparent_picture_have_their_own_alpha(renderer):
    """Nearest shows whole pixels over the board, bicubic beside it soft ones."""
    picture = noise(60, 40, alpha=True)
    grid = grid_of(150, 90, 41, -37, scale=8.0)
    sides = {"a": "nearest", "b": "bicubic"}
    messages = rendered(renderer, request_of(scene_of(picture), grid, sides))
    alpha = Picture(np.repeat(picture.alpha[..., None], 3, axis=2))
    for side, make in (("a", Nearest), ("b", bicubic)):
        samples = make(picture, CPU).sample(grid).numpy()
        cover = make(alpha, CPU).sample(grid).numpy()[..., 0]
        shown = frame_of(messages, side).pixels
        np.testing.assert_array_equal(shown, over_board(samples, cover, grid, 1))


def test_alpha_that_found_no_room_at_first_is_not_forgotten(renderer, monkeypatch):
    """The picture before was opaque: without alpha, what is transparent would be black."""
    picture, grid = noise(60, 40, alpha=True), grid_of(150, 90, scale=3.0)
    rendered(renderer, request_of(scene_of(PICTURE), grid, {"a": "bicubic"}))
    scene, left = scene_of(picture), [torch.OutOfMemoryError("CUDA out of memory")]

    def uploaded(*arguments: object) -> Coverage:
        if left:
            raise left.pop()
        return Coverage(*arguments)

    monkeypatch.setattr("viewer.rendering.renderer.Coverage", uploaded)
    messages = rendered(renderer, request_of(scene, grid, {"a": "bicubic"}))
    assert isinstance(messages[-1], Finished)
    fresh = rendered(Renderer(BACKEND), request_of(scene, grid, {"a": "bicubic"}))
    np.testing.assert_array_equal(frame_of(messages, "a").pixels, frame_of(fresh, "a").pixels)


# -- previews -----------------------------------------------------------------------------

WIDE = grid_of(640, 448, scale=32.0)  # 70 tiles


def factors_of(messages: list, layer: str) -> list[int]:
    return [m.factor for m in messages if isinstance(m, Patches) and m.layer == layer]


@pytest.mark.parametrize(
    ("tiles_in_budget", "factor"), [(100, 1), (75, 1), (40, 2), (10, 4), (2, 8), (0.1, 8)]
)
def test_the_preview_is_as_fine_as_the_budget_allows(shop, renderer, tiles_in_budget, factor):
    scene = scene_of(PICTURE)
    _measured(shop, renderer, scene, "x", PREVIEW_BUDGET / (tiles_in_budget * TILE_SAMPLES))
    request = request_of(scene, WIDE, {"a": "x"}, moving=True, shown=0.0)
    messages = rendered(renderer, request)
    assert set(factors_of(messages, "a")) == {factor}
    frame = frame_of(messages, "a", factor)
    assert frame.complete
    assert frame.grid == (WIDE if factor == 1 else coarser(WIDE, factor))
    assert not any(isinstance(m, Finished) for m in messages)


def _measured(shop: Shop, renderer: Renderer, scene: Scene, name: str, seconds: float) -> None:
    """Let the renderer find out what a sampler's sample costs, far away from everything."""
    renderer.sampler(scene, SamplerSpec(name))
    shop.made[name].seconds = seconds
    for row in range(20):
        away = grid_of(64, 64, 900 * TILE, row * TILE, scale=64.0)
        rendered(renderer, request_of(scene, away, {"a": name}))
    assert renderer.seconds_per_sample(name) == pytest.approx(seconds, rel=1e-3)
    shop.made[name].forget()


def test_a_preview_has_the_pixels_of_its_own_grid(shop, renderer, scene):
    _measured(shop, renderer, scene, "x", PREVIEW_BUDGET / (10 * TILE_SAMPLES))
    frame = frame_of(rendered(renderer, request_of(scene, WIDE, {"a": "x"}, shown=0.0)), "a", 4)
    samples = Fake(PICTURE, "x").sample(coarser(WIDE, 4)).numpy()
    np.testing.assert_array_equal(frame.pixels, to_display(samples, None, scene.transform))


@pytest.mark.parametrize("moving", [False, True])
@pytest.mark.parametrize(("shown", "helps"), [(0.0, True), (0.16, True), (0.2, False), (1, False)])
def test_a_preview_that_would_be_no_finer_than_what_is_shown_is_left_out(
    shop, renderer, scene, shown, helps, moving
):
    _measured(shop, renderer, scene, "x", PREVIEW_BUDGET / (10 * TILE_SAMPLES))
    request = request_of(scene, WIDE, {"a": "x"}, shown=shown, moving=moving)
    found = factors_of(rendered(renderer, request), "a")
    assert (4 in found) == helps
    assert (1 in found) == (not moving)  # while it moves, full quality would only be too late


def test_a_preview_comes_before_full_quality(shop, renderer, scene):
    _measured(shop, renderer, scene, "x", PREVIEW_BUDGET / (10 * TILE_SAMPLES))
    found = factors_of(rendered(renderer, request_of(scene, WIDE, {"a": "x"}, shown=0.0)), "a")
    assert found == sorted(found, reverse=True)
    assert set(found) == {4, 1}


@pytest.mark.parametrize(("scale", "factor"), [(32.0, 8), (4.0, 4), (3.0, 2), (2.0, 2), (1.5, 1)])
def test_a_preview_never_falls_into_the_reduction(shop, renderer, scene, scale, factor):
    """Beyond one source pixel a sample every sampler shows the same: that is no preview of any."""
    grid = grid_of(200, 150, scale=scale)
    _measured(shop, renderer, scene, "x", 50 * PREVIEW_BUDGET / samples_of(grid))
    found = factors_of(rendered(renderer, request_of(scene, grid, {"a": "x"}, shown=0.0)), "a")
    assert max(found) == factor
    moving = request_of(scene, moved(grid, 1000, 0), {"a": "x"}, shown=0.0, moving=True)
    assert set(factors_of(rendered(renderer, moving), "a")) == ({factor} if factor > 1 else set())


def _encoded_for(shop: Shop, renderer: Renderer, scene: Scene, seconds: float, parts: int) -> Fake:
    """A fake of which the renderer knows how long so many parts of the feature map took."""
    _measured(shop, renderer, scene, "x", PREVIEW_BUDGET / (10 * TILE_SAMPLES))
    fake, steps = shop.made["x"], 2
    away = grid_of(TILE, TILE, 900 * TILE, 900 * TILE, scale=64.0)
    fake.encoder_seconds = seconds / steps
    fake.needs = dict.fromkeys(windows_of(away), steps)
    fake.shared = {window: [Tile(part, 0) for part in range(parts)] for window in fake.needs}
    rendered(renderer, request_of(scene, away, {"a": "x"}))
    return fake


def _left_out(renderer: Renderer, request: Request, fake: Fake, factor: int) -> int:
    """How many tiles a preview goes without, one of which has to be encoded for."""
    coarse = coarser(WIDE, factor)
    fake.needs = {coarse.tiles()[0].window: 2}
    previews = patches_of(rendered(renderer, request), "a", factor)
    return len(coarse.tiles()) - sum(len(each.patches) for each in previews)


@pytest.mark.parametrize(
    ("seconds", "parts", "moving", "left_out"),
    [(2.0, 1, False, 1), (2.0, 1, True, 0), (2e-3, 1, False, 0), (2.0, 10, False, 0)],
)
def test_at_rest_no_preview_waits_for_a_slow_encoder(
    shop, renderer, scene, seconds, parts, moving, left_out
):
    """What is encoded already has its preview; the rest is soon shown as it will be."""
    fake = _encoded_for(shop, renderer, scene, seconds, parts)
    request = request_of(scene, WIDE, {"a": "x"}, shown=0.0, moving=moving)
    assert _left_out(renderer, request, fake, 4) == left_out


@pytest.mark.parametrize("another", ["file", "scene"])
def test_of_another_encoder_or_picture_a_preview_expects_nothing(shop, renderer, scene, another):
    _encoded_for(shop, renderer, scene, 2.0, 1)
    if another == "file":
        shop.changed["x"] = " trained on"
    else:
        scene = scene_of(noise(60, 40, seed=9))
    spec = SamplerSpec("x", opening=1)
    renderer.sampler(scene, spec)
    request = request_of(scene, WIDE, [LayerRequest("a", spec, 0.0)])
    assert _left_out(renderer, request, shop.made["x"], 2) == 0


def test_known_tiles_need_no_preview(shop, renderer, scene):
    _measured(shop, renderer, scene, "x", PREVIEW_BUDGET / (10 * TILE_SAMPLES))
    rendered(renderer, request_of(scene, WIDE, {"a": "x"}, shown=1.0))
    messages = rendered(renderer, request_of(scene, WIDE, {"a": "x"}, shown=0.0, moving=True))
    assert factors_of(messages, "a") == [1]
    assert frame_of(messages, "a").complete


def test_the_preview_of_each_sampler_keeps_its_own_factor(shop, renderer, scene):
    """A cheap side beside a dear one must not make the dear one's preview flutter."""
    _measured(shop, renderer, scene, "cheap", 1e-12)
    just_over = 1.1 * PREVIEW_BUDGET / (70 * TILE_SAMPLES) * 4  # factor 2 takes 1.1 budgets
    _measured(shop, renderer, scene, "dear", just_over)
    layers = {"a": "cheap", "b": "dear"}
    renderer._factors["dear"] = 2
    for step in range(3):
        grid = moved(WIDE, step * 6400, 0)
        found = rendered(renderer, request_of(scene, grid, layers, shown=0.0, moving=True))
        assert set(factors_of(found, "a")) == {1}
        assert set(factors_of(found, "b")) == {2}


# -- full quality -------------------------------------------------------------------------


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.integers(-300, 300),
            st.integers(-300, 300),
            st.sampled_from([4.0, 4.3, 32.0]),
            st.booleans(),
            st.sampled_from([0.0, 0.1, 0.5, 1.0]),
            st.integers(0, 12),
        ),
        max_size=4,
    ),
    st.sampled_from([0.0, 1e-8, 1e-6, 1e-4]),
    st.floats(0.0, 1.0),
)
def test_full_quality_is_always_reached_at_rest(shop, path, seconds, shown):
    """Whatever was begun and dropped before, and whatever is on screen."""
    scene, renderer = scene_of(PICTURE), Renderer(BACKEND)
    for name in ("x", "y"):
        renderer.sampler(scene, SamplerSpec(name))
        shop.made[name].seconds = seconds
    layers = {"a": "x", "b": "y"}
    for generation, (dx, dy, scale, moving, seen, steps) in enumerate(path):
        grid = grid_of(150, 100, dx, dy, scale=scale)
        request = request_of(scene, grid, layers, generation=generation, moving=moving, shown=seen)
        dropped = renderer.render(request, lambda _: None)
        for _ in itertools.islice(dropped, steps):
            pass
        dropped.close()
    grid = grid_of(150, 100, -13, 27, scale=4.3)
    messages = rendered(renderer, request_of(scene, grid, layers, generation=99, shown=shown))
    for layer, name in layers.items():
        samples = Fake(PICTURE, name).sample(grid).numpy()
        frame = frame_of(messages, layer)
        assert frame.complete
        np.testing.assert_array_equal(frame.pixels, to_display(samples, None, scene.transform))
    assert isinstance(messages[-1], Finished)
    assert [m for m in messages if isinstance(m, Finished)] == [messages[-1]]


@pytest.mark.usefixtures("shop")
def test_the_last_patches_say_that_all_is_done(renderer, scene):
    messages = rendered(renderer, request_of(scene, WIDE, {"a": "x"}))
    found = patches_of(messages, "a")
    counts = list(itertools.accumulate(len(patches.patches) for patches in found))
    assert [patches.done for patches in found] == counts
    assert {patches.total for patches in found} == {70}
    assert counts[-1] == 70


def test_the_time_until_the_end_is_told(shop, renderer, scene):
    renderer.sampler(scene, SamplerSpec("x"))
    shop.made["x"].seconds = 1e-5
    messages = rendered(renderer, request_of(scene, WIDE, {"a": "x"}, generation=7))
    assert messages[-1].generation == 7
    assert messages[-1].seconds == pytest.approx(70 * TILE_SAMPLES * 1e-5)


@pytest.mark.usefixtures("shop")
def test_every_message_bears_the_generation(renderer, scene):
    layers = {"a": "x", "b": "bad"}
    messages = rendered(renderer, request_of(scene, WIDE, layers, generation=23, shown=0.0))
    assert {message.generation for message in messages} == {23}


# -- reuse --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dx", "dy"), [(0, 0), (1, 0), (63, -1), (-40, 70), (640, 0), (-200, -300)]
)
def test_after_a_pan_only_new_tiles_are_evaluated(shop, renderer, scene, dx, dy):
    rendered(renderer, request_of(scene, WIDE, {"a": "x"}))
    shop.made["x"].forget()
    panned = moved(WIDE, dx, dy)
    messages = rendered(renderer, request_of(scene, panned, {"a": "x"}, generation=2))
    seen = {window for _, window in shop.made["x"].seen}
    assert seen == set(windows_of(panned)) - set(windows_of(WIDE))
    assert len(shop.made["x"].seen) == len(seen)
    frame = frame_of(messages, "a")
    assert frame.complete
    samples = Fake(PICTURE, "x").sample(panned).numpy()
    np.testing.assert_array_equal(frame.pixels, to_display(samples, None, scene.transform))


@pytest.mark.usefixtures("shop")
def test_known_tiles_come_first_at_once_and_are_marked(renderer, scene):
    rendered(renderer, request_of(scene, WIDE, {"a": "x"}))
    panned = moved(WIDE, 100, 0)
    found = patches_of(rendered(renderer, request_of(scene, panned, {"a": "x"}, generation=2)), "a")
    common = windows_of(WIDE) & windows_of(panned)
    assert found[0].known
    assert found[0].generation == 2
    assert len(found[0].patches) == found[0].done == common.total()
    assert not any(patches.known for patches in found[1:])


@pytest.mark.usefixtures("shop")
def test_nothing_is_said_of_known_tiles_where_there_are_none(renderer, scene):
    found = patches_of(rendered(renderer, request_of(scene, WIDE, {"a": "x"})), "a")
    assert found
    assert not any(patches.known for patches in found)


def test_an_abandoned_request_leaves_its_finished_tiles(shop, renderer, scene):
    steps = renderer.render(request_of(scene, WIDE, {"a": "x"}), lambda _: None)
    for _ in range(4):
        next(steps)
    steps.close()
    done = [window for _, window in shop.made["x"].seen]
    assert 0 < len(done) < 70
    rendered(renderer, request_of(scene, WIDE, {"a": "x"}))
    assert sorted(window for _, window in shop.made["x"].seen) == sorted(windows_of(WIDE))


def test_previews_are_kept_as_well(shop, renderer, scene):
    _measured(shop, renderer, scene, "x", PREVIEW_BUDGET / (10 * TILE_SAMPLES))
    request = request_of(scene, WIDE, {"a": "x"}, shown=0.0, moving=True)
    rendered(renderer, request)
    shop.made["x"].forget()
    found = patches_of(rendered(renderer, request), "a", 4)
    assert shop.made["x"].seen == []
    assert [patches.known for patches in found] == [True]


def test_samplers_share_no_tiles(shop, renderer, scene):
    messages = rendered(renderer, request_of(scene, WIDE, {"a": "x", "b": "y"}))
    assert not np.array_equal(frame_of(messages, "a").pixels, frame_of(messages, "b").pixels)
    assert len(shop.made["x"].seen) == len(shop.made["y"].seen) == 70


def test_the_reduced_picture_is_computed_once_for_all_samplers(renderer, scene):
    messages = rendered(renderer, request_of(scene, GRIDS[5], {"a": "bicubic", "b": "lanczos"}))
    assert patches_of(messages, "b")[0].known


def test_two_layers_of_one_sampler_share_them(shop, renderer, scene):
    messages = rendered(renderer, request_of(scene, WIDE, {"a": "x", "b": "x"}))
    assert len(shop.made["x"].seen) == 70
    assert patches_of(messages, "b")[0].known
    np.testing.assert_array_equal(frame_of(messages, "a").pixels, frame_of(messages, "b").pixels)


def test_another_scene_forgets_samplers_tiles_and_costs(shop, renderer, scene):
    rendered(renderer, request_of(scene, WIDE, {"a": "x"}))
    first = shop.made["x"]
    assert renderer.seconds_per_sample("x") is not None
    other = scene_of(noise(60, 40, seed=9))
    renderer.sampler(other, SamplerSpec("y"))
    assert renderer.seconds_per_sample("x") is None
    messages = rendered(renderer, request_of(other, WIDE, {"a": "x"}))
    assert shop.made["x"] is not first
    assert shop.made["x"].picture is other.source.picture
    assert not any(patches.known for patches in patches_of(messages, "a"))


@pytest.mark.usefixtures("shop")
def test_finished_tiles_stay_within_their_bytes(scene):
    renderer = Renderer(BACKEND, store=10 * TILE_SAMPLES * 4)
    rendered(renderer, request_of(scene, WIDE, {"a": "x"}))
    messages = rendered(renderer, request_of(scene, WIDE, {"a": "x"}))
    found = patches_of(messages, "a")
    assert len(found[0].patches) == 10
    assert frame_of(messages, "a").complete


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("alpha", [False, True])
def test_a_finished_tile_keeps_no_others_in_memory(renderer, alpha):
    """Of a batch in one array all would stay until the last of its tiles leaves."""
    scene = scene_of(noise(60, 40, alpha=alpha))
    messages = rendered(renderer, request_of(scene, WIDE, {"a": "x"}))
    assert max(len(patches.patches) for patches in patches_of(messages, "a")) > 1
    assert len(renderer._store._items) == len(WIDE.tiles())
    assert all(pixels.base is None for pixels in renderer._store._items.values())


@pytest.mark.parametrize("count", [2, 4, 8])
def test_the_samplers_of_all_layers_are_kept(shop, renderer, scene, count):
    """Else a grid of many would make and encode all anew in every view."""
    layers = {letter: f"sampler {letter}" for letter in "abcdefgh"[:count]}
    for generation in range(3):
        grid = moved(WIDE, generation * 64, 0)
        rendered(renderer, request_of(scene, grid, layers))
    assert sorted(shop.orders) == sorted(layers.values())


def test_the_last_ones_before_are_kept_and_older_ones_leave(shop, renderer, scene):
    for name in ("v", "w", "x", "y"):
        rendered(renderer, request_of(scene, WIDE, {"a": "always", "b": name}))
    rendered(renderer, request_of(scene, WIDE, {"a": "x", "b": "w"}))
    rendered(renderer, request_of(scene, WIDE, {"a": "always", "b": "v"}))
    assert shop.orders == ["always", "v", "w", "x", "y", "v"]


def opened(scene: Scene, opening: int) -> Request:
    """A model with its map, and another sampler, in a view."""
    layers = [
        LayerRequest("a", SamplerSpec("x", opening=opening), 1.0),
        LayerRequest("ga", SamplerSpec("gradient:x", 2.0, opening=opening), 1.0),
        LayerRequest("b", SamplerSpec("y"), 1.0),
    ]
    return request_of(scene, WIDE, layers)


def test_a_model_that_is_opened_again_shows_its_new_weights(shop, renderer, scene):
    before = rendered(renderer, opened(scene, 1))
    old = weakref.ref(shop.made.pop("x"))
    shop.changed["x"] = " trained on"
    after = rendered(renderer, opened(scene, 2))
    for layer in ("a", "ga"):
        shown = [frame_of(messages, layer).pixels for messages in (before, after)]
        assert not np.array_equal(*shown)
    assert [patches.known for patches in patches_of(after, "b")] == [True]
    assert renderer._store.nbytes == 3 * len(WIDE.tiles()) * TILE_SAMPLES * 4
    gc.collect()
    assert old() is None


def test_an_older_request_does_not_bring_the_old_weights_back(shop, renderer, scene):
    rendered(renderer, opened(scene, 2))
    shop.changed["x"] = " trained on"
    rendered(renderer, opened(scene, 1))
    assert shop.orders == ["x", "y"]


def test_a_model_that_is_opened_again_unchanged_costs_nothing(shop, renderer, scene):
    rendered(renderer, opened(scene, 1))
    shop.made["x"].forget()
    del shop.made["x"]
    messages = rendered(renderer, opened(scene, 2))
    assert not shop.made["x"].seen
    for layer in ("a", "ga", "b"):
        assert [patches.known for patches in patches_of(messages, layer)] == [True]


@pytest.mark.usefixtures("shop")
def test_a_model_that_is_broken_when_opened_again_is_reported(renderer, scene, monkeypatch):
    rendered(renderer, opened(scene, 1))

    def broken(*_: object) -> Sampler:
        raise CheckpointError("x is damaged")

    monkeypatch.setattr("viewer.rendering.kept_samplers.make_sampler", broken)
    messages = rendered(renderer, opened(scene, 2))
    failures = [message for message in messages if isinstance(message, Failed)]
    assert [(each.layer, each.reason) for each in failures] == [
        ("a", "x is damaged"),
        ("ga", "x is damaged"),
    ]


# -- gradient maps ------------------------------------------------------------------------


def map_request(scene: Scene, grid: Grid, spec: SamplerSpec) -> Request:
    return request_of(scene, grid, [LayerRequest("ga", spec, 1.0)])


def test_another_gain_or_colour_map_costs_no_inner_samples(shop, renderer, scene):
    grid = grid_of(300, 200)
    shown = []
    for gain, colour_map in ((1.0, "grey"), (3.0, "grey"), (3.0, "viridis"), (1.0, "grey")):
        spec = SamplerSpec("gradient:x", gain, colour_map)
        shown.append(frame_of(rendered(renderer, map_request(scene, grid, spec)), "ga").pixels)
    assert len(shop.made["x"].seen) == len(grid.tiles())
    assert not np.array_equal(shown[0], shown[1])
    assert not np.array_equal(shown[1], shown[2])
    np.testing.assert_array_equal(shown[0], shown[3])


def test_a_map_and_its_picture_share_one_sampler(shop, renderer, scene):
    layers = [LayerRequest("a", SamplerSpec("x")), LayerRequest("ga", SamplerSpec("gradient:x"))]
    rendered(renderer, request_of(scene, grid_of(64, 64), layers))
    assert shop.orders == ["x"]


@pytest.mark.skipif(CPUS_OWN != "LLVM", reason="torch's operations may round samples apart")
def test_a_map_beside_its_picture_is_made_of_the_tiles_that_are_shown(monkeypatch, renderer, scene):
    """LIIF's samples are dear: for the map only lines at the view's border are decoded."""
    made = sampler_of(small_liif("wdsr", residual=True), PICTURE)
    monkeypatch.setattr("viewer.rendering.kept_samplers.make_sampler", lambda *_: made)
    evaluate, asked = made._evaluate, []

    def noted(lattice, windows):
        asked.extend(windows)
        return evaluate(lattice, windows)

    monkeypatch.setattr(made, "_evaluate", noted)
    grid = grid_of(3 * TILE, 2 * TILE)
    both = {"b": "liif", "gb": "gradient:liif"}
    messages = rendered(renderer, request_of(scene, grid, both))
    tiles = [each for each in asked if each.columns == each.rows == TILE]
    assert sorted(tiles) == sorted(windows_of(grid))
    others = sum(each.columns * each.rows for each in asked if each not in tiles)
    assert others < 2 * (TILE + 2) ** 2, "one with its border, to compare, and some lines"
    shown = frame_of(messages, "gb").pixels
    alone = Renderer(BACKEND)
    messages = rendered(alone, request_of(scene, grid, {"gb": "gradient:liif"}))
    np.testing.assert_array_equal(frame_of(messages, "gb").pixels, shown)
    rendered(renderer, request_of(scene, grid, {"b": "nearest"}))
    assert made.kept is None, "they take memory, and time to be put there"


@pytest.mark.skipif(CPUS_OWN != "LLVM", reason="torch's operations may round samples apart")
@pytest.mark.parametrize("moving", [False, True])
def test_such_a_map_has_no_preview_that_would_have_to_be_decoded(
    monkeypatch, renderer, scene, moving
):
    """It is cheap by what it is made of; on a lattice of its own it costs as much as LIIF."""
    made = sampler_of(small_liif("wdsr", residual=True), PICTURE)
    monkeypatch.setattr("viewer.rendering.kept_samplers.make_sampler", lambda *_: made)
    near, view = grid_of(3 * TILE, 2 * TILE), grid_of(5 * TILE, 4 * TILE, scale=8.0)
    layers = [
        LayerRequest("b", SamplerSpec("liif"), 0.0),
        LayerRequest("gb", SamplerSpec("gradient:liif"), 0.0),
    ]
    rendered(renderer, request_of(scene, near, layers))
    renderer._costs["liif"].seconds = 8 * PREVIEW_BUDGET / (20 * TILE_SAMPLES)
    renderer._costs["gradient:liif"].seconds = 1.5 * PREVIEW_BUDGET / (20 * TILE_SAMPLES)
    sent = rendered(renderer, request_of(scene, view, layers, moving=moving))
    factors = {
        layer: {each.factor for each in sent if isinstance(each, Patches) and each.layer == layer}
        for layer in ("b", "gb")
    }
    assert factors == ({"b": {4}, "gb": {4}} if moving else {"b": {4, 1}, "gb": {1}})


def test_cheap_maps_do_not_make_a_batch_of_dear_ones_too_large(shop, renderer, scene):
    """Maps whose samples were kept cost nothing; the next new ones cost all of their sampler."""
    renderer.sampler(scene, SamplerSpec("x"))
    shop.made["x"].seconds = seconds = 0.05 / TILE_SAMPLES
    for gain in range(1, 12):
        rendered(renderer, map_request(scene, WIDE, SamplerSpec("gradient:x", float(gain))))
    request = map_request(scene, moved(WIDE, 6400, 0), SamplerSpec("gradient:x", 11.0))
    grown = (TILE + 2) ** 2 * seconds
    assert _longest_step(shop, renderer, request) <= 4 * max(grown, BATCH_BUDGET["cpu"])


# -- order --------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [1, 4])
def test_tiles_are_evaluated_from_the_focus_outward(shop, renderer, scene, factor):
    fine, focus = grid_of(1500, 1200, 37, 11, scale=32.0), (900.0, 260.0)
    _measured(shop, renderer, scene, "x", 0.9 * PREVIEW_BUDGET * factor**2 / samples_of(fine))
    request = request_of(scene, fine, {"a": "x"}, shown=0.0, focus=focus, moving=True)
    rendered(renderer, request)
    grid = fine if factor == 1 else coarser(fine, factor)
    lattices = {lattice for lattice, _ in shop.made["x"].seen}
    assert lattices == {grid.lattice}
    middle = (fine.window.column + focus[0]) / factor, (fine.window.row + focus[1]) / factor
    away = [
        math.hypot(w.column + TILE / 2 - middle[0], w.row + TILE / 2 - middle[1])
        for _, w in shop.made["x"].seen
    ]
    assert len(away) > 9
    # A coarse grid begins up to a sample before the fine one.
    assert all(one <= other + 2.0 for one, other in itertools.pairwise(away))


@pytest.mark.usefixtures("shop")
def test_the_most_urgent_layer_comes_first(renderer, scene):
    messages = rendered(renderer, request_of(scene, WIDE, {"b": "y", "a": "x", "ga": "z"}))
    order = [message.layer for message in messages[:-1]]
    assert order == sorted(order, key=["b", "a", "ga"].index)
    assert set(order) == {"a", "b", "ga"}


def test_a_later_layer_is_not_even_made_before_its_turn(shop, renderer, scene):
    """To make one takes long: whatever came meanwhile is looked at before anything is shown."""
    said: list[object] = []
    steps = renderer.render(request_of(scene, WIDE, {"a": "x", "b": "y"}), said.append)
    next(steps)
    assert shop.orders == ["x"]
    assert said == shop.made["x"].seen == []
    steps.close()


# -- failures -----------------------------------------------------------------------------


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("bad", ["a", "b", "ga"])
def test_an_unusable_model_is_reported_and_the_other_layers_still_come(
    renderer, scene, caplog, bad
):
    layers = {"a": "x", "b": "y", "ga": "z"} | {bad: "bad model"}
    messages = rendered(renderer, request_of(scene, WIDE, layers, generation=5))
    failures = [message for message in messages if isinstance(message, Failed)]
    assert failures == [Failed(5, bad, "bad model", "bad model is no model; choose another")]
    for layer in {"a", "b", "ga"} - {bad}:
        assert frame_of(messages, layer).complete
    # "final" is not said of a view of which a side is missing.
    assert not any(isinstance(message, Finished) for message in messages)
    assert caplog.records == [], "it is no defect of the program"


@pytest.mark.usefixtures("shop")
def test_the_map_of_an_unusable_model_fails_under_its_own_name(renderer, scene):
    messages = rendered(renderer, request_of(scene, WIDE, {"ga": "gradient:bad", "a": "x"}))
    assert messages[0] == Failed(1, "ga", "gradient:bad", "bad is no model; choose another")
    assert frame_of(messages, "a").complete


def test_a_path_that_is_no_model_fails_in_a_sentence(renderer, scene):
    messages = rendered(renderer, request_of(scene, GRIDS[0], {"a": "missing/model.pth"}))
    assert len(messages) == 1
    assert isinstance(messages[0], Failed)
    assert "missing/model.pth" in messages[0].reason
    assert "\n" not in messages[0].reason


@pytest.mark.parametrize(
    ("error", "reason", "before"),
    [
        (RuntimeError("defect"), "unexpected RuntimeError: defect", []),
        (MemoryError(), "there is not enough memory", [LACKS]),
    ],
)
def test_a_defect_in_a_sampler_is_logged_reported_and_stops_its_layer_only(
    shop, renderer, scene, caplog, error, reason, before
):
    def fail() -> None:
        raise error

    renderer.sampler(scene, SamplerSpec("x"))
    shop.made["x"].during = fail
    messages = rendered(renderer, request_of(scene, WIDE, {"a": "x", "b": "y"}))
    assert isinstance(messages[0], Failed)
    assert (messages[0].layer, messages[0].sampler) == ("a", "x")
    assert messages[0].reason.startswith(reason)
    assert frame_of(messages, "b").complete
    assert not any(isinstance(message, Finished) for message in messages)
    assert [record.message for record in caplog.records] == [*before, "x failed"]
    *lines, failure = caplog.records
    assert failure.exc_info[1] is error
    assert not any(line.exc_info for line in lines), "a line is enough while there is hope"


def test_a_sampler_that_failed_once_may_work_the_next_time(shop, renderer, scene, caplog):
    def fail() -> None:
        raise ValueError("not now")

    renderer.sampler(scene, SamplerSpec("x"))
    shop.made["x"].during = fail
    rendered(renderer, request_of(scene, WIDE, {"a": "x"}))
    shop.made["x"].during = lambda: None
    messages = rendered(renderer, request_of(scene, WIDE, {"a": "x"}))
    assert frame_of(messages, "a").complete
    assert isinstance(messages[-1], Finished)
    assert len(caplog.records) == 1


def test_where_memory_is_short_all_that_is_kept_is_given_back_first(shop, renderer, scene, caplog):
    rendered(renderer, request_of(scene, WIDE, {"a": "x", "b": "y"}))
    further = moved(WIDE, 5 * TILE, 0)
    left = [torch.OutOfMemoryError("CUDA out of memory")]

    def short() -> None:
        if left:
            raise left.pop()

    shop.made["x"].during = short
    shop.orders.clear()
    messages = rendered(renderer, request_of(scene, further, {"a": "x", "b": "y"}))
    assert shop.orders == ["x", "y"]  # made anew, with nothing kept
    assert isinstance(messages[-1], Finished)
    assert not any(isinstance(message, Failed) for message in messages)
    assert frame_of(messages, "a").complete
    [line] = caplog.records
    assert (line.message, line.levelname, line.exc_info) == (LACKS, "WARNING", None)


# -- steps --------------------------------------------------------------------------------


@pytest.mark.usefixtures("shop")
def test_there_is_a_step_after_every_batch_and_every_step_of_an_encoder(renderer, scene):
    grid = grid_of(256, 64)
    fake = renderer.sampler(scene, SamplerSpec("x"))
    fake.needs = {tile.window: 3 for tile in grid.tiles()[2:]}
    work: list[int] = []
    for _ in renderer.render(request_of(scene, grid, {"a": "x"}), lambda _: None):
        work.append(fake.encoded + len(fake.batches))
    assert fake.encoded == 2 * 3
    assert sum(fake.batches) == 4
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(work))


@pytest.mark.usefixtures("shop")
def test_what_was_encoded_is_shown_before_more_is_encoded(renderer, scene):
    grid = grid_of(256, 256)
    fake = renderer.sampler(scene, SamplerSpec("x"))
    fake.needs = {tile.window: 1 for tile in grid.tiles()}
    shown: list[int] = []
    encoded: list[int] = []

    def emit(message: object) -> None:
        if isinstance(message, Patches):
            shown.append(len(message.patches))
            encoded.append(fake.encoded)

    for _ in renderer.render(request_of(scene, grid, {"a": "x"}), emit):
        pass
    assert shown == [1] * 16
    assert encoded == list(range(1, 17))


def _as_shown(renderer: Renderer, request: Request, fake: Fake) -> list[tuple[int, int]]:
    """The columns of tiles as they are shown, each with the steps that were encoded by then."""
    shown: list[tuple[int, int]] = []

    def emit(message: object) -> None:
        if isinstance(message, Patches):
            shown.extend((patch.left // TILE, fake.encoded) for patch in message.patches)

    for _ in renderer.render(request, emit):
        pass
    return shown


@pytest.mark.usefixtures("shop")
def test_what_needs_no_encoding_does_not_wait_for_it(renderer, scene):
    """Of four tiles the second from the focus alone has to be encoded for, in two steps."""
    grid = grid_of(4 * TILE, TILE)
    fake = renderer.sampler(scene, SamplerSpec("x"))
    fake.needs = {grid.tiles()[1].window: 2}
    shown = _as_shown(renderer, request_of(scene, grid, {"a": "x"}, focus=(1.0, 1.0)), fake)
    assert [column for column, _ in shown] == [0, 2, 3, 1]
    assert all(encoded < 2 for _, encoded in shown[:3])
    assert shown[3] == (1, 2)


@pytest.mark.usefixtures("shop")
def test_batches_stay_as_long_as_they_were_after_encoding(renderer, scene):
    grid = grid_of(20 * TILE, TILE)
    fake = renderer.sampler(scene, SamplerSpec("x"))
    windows = [tile.window for tile in grid.tiles()]
    fake.needs = dict.fromkeys(windows[7:], 2)
    fake.shared = {window: [Tile(8, 0)] for window in windows[8:]}
    rendered(renderer, request_of(scene, grid, {"a": "x"}, focus=(1.0, 1.0)))
    # Seven are there; the eighth and the ninth are encoded for, and with this one all the others.
    assert fake.batches == [1, 2, 4, 1, 1, 8, 3]


@pytest.mark.usefixtures("shop")
def test_tiles_that_share_what_is_encoded_come_with_it(renderer, scene):
    grid = grid_of(4 * TILE, TILE)
    fake = renderer.sampler(scene, SamplerSpec("x"))
    windows = [tile.window for tile in grid.tiles()]
    fake.needs = dict.fromkeys(windows, 3)
    left, right = Tile(0, 0), Tile(1, 0)
    fake.shared = dict(zip(windows, ([left], [right], [left], [left, right]), strict=True))
    shown = _as_shown(renderer, request_of(scene, grid, {"a": "x"}, focus=(1.0, 1.0)), fake)
    assert [column for column, _ in shown] == [0, 2, 1, 3]
    # Its first step tells that the third has to be encoded for.
    assert [encoded for _, encoded in shown[:3]] == [3, 4, 6]


def test_batches_grow_to_what_the_budget_allows(shop, renderer, scene):
    _measured(shop, renderer, scene, "x", BATCH_BUDGET["cpu"] / (10.5 * TILE_SAMPLES))
    rendered(renderer, request_of(scene, WIDE, {"a": "x"}))
    batches = shop.made["x"].batches
    assert batches[:4] == [1, 2, 4, 8]
    assert set(batches[4:-1]) == {10}
    assert sum(batches) == 70


def _longest_step(shop: Shop, renderer: Renderer, request: Request) -> float:
    before, steps = shop.clock.now, []
    for _ in renderer.render(request, lambda _: None):
        steps.append(shop.clock.now - before)
        before = shop.clock.now
    return max(steps)


def test_a_batch_is_never_longer_than_the_budget_by_much(shop, renderer, scene):
    """Even before anything was measured."""
    renderer.sampler(scene, SamplerSpec("x"))
    shop.made["x"].seconds = 0.02 / TILE_SAMPLES
    request = request_of(scene, WIDE, {"a": "x"})
    assert _longest_step(shop, renderer, request) <= 1.5 * BATCH_BUDGET["cpu"]


def test_a_few_cheap_tiles_make_no_long_batch_of_dear_ones(shop, renderer, scene):
    """As of a map of which some samples are kept."""
    seconds = BATCH_BUDGET["cpu"] / (4.5 * TILE_SAMPLES)
    _measured(shop, renderer, scene, "x", seconds)
    fake = shop.made["x"]
    fake.during = lambda: setattr(fake, "seconds", 0.0 if len(fake.seen) < 7 else seconds)
    request = request_of(scene, WIDE, {"a": "x"})
    assert _longest_step(shop, renderer, request) <= 1.5 * BATCH_BUDGET["cpu"]


def test_encoding_is_not_counted_as_a_cost_of_samples(shop, renderer, scene):
    fake = renderer.sampler(scene, SamplerSpec("x"))
    fake.seconds = 1e-6
    request = request_of(scene, grid_of(64, 64), {"a": "x"})
    fake.needs = dict.fromkeys(windows_of(request.grid), 5)
    for _ in renderer.render(request, lambda _: None):
        if fake.encoded and not fake.batches:
            shop.clock.now += 10.0  # a slow encoder
    assert fake.encoded == 5
    assert renderer.seconds_per_sample("x") == pytest.approx(1e-6)


def test_to_wait_for_pixels_is_a_cost_of_samples(shop, renderer, scene):
    """A GPU is asked for them in no time."""

    class Waiting(Display):
        def begin(self, sampler, lattice, tiles, *rest):
            ready = super().begin(sampler, lattice, tiles, *rest)

            def waited():
                shop.clock.now += 3e-6 * TILE_SAMPLES * len(tiles)
                return ready()

            return waited

    renderer._display = Waiting(CPU)
    renderer.sampler(scene, SamplerSpec("x"))
    shop.made["x"].seconds = 1e-6
    rendered(renderer, request_of(scene, WIDE, {"a": "x"}))
    assert renderer.seconds_per_sample("x") == pytest.approx(4e-6)


@pytest.mark.usefixtures("shop")
def test_on_a_gpu_a_tile_that_was_encoded_for_tells_no_cost(scene):
    """There the wait for a tile is also that for its encoding, which was only queued."""
    renderer = Renderer(Backend(torch.device("meta")))
    renderer._display = Display(CPU)
    fake = renderer.sampler(scene, SamplerSpec("x"))
    fake.seconds = 2e-6
    request = request_of(scene, grid_of(64, 64), {"a": "x"})
    fake.needs = dict.fromkeys(windows_of(request.grid), 5)
    renderer._coverage = Coverage(PICTURE, CPU)
    rendered(renderer, request)
    assert fake.encoded == 5
    assert renderer.seconds_per_sample("x") == Cost().seconds
    rendered(renderer, request_of(scene, grid_of(64, 64, 640), {"a": "x"}))
    assert renderer.seconds_per_sample("x") == pytest.approx(2e-6)


# -- samplers -----------------------------------------------------------------------------


def test_costs_are_told_by_name(shop, renderer, scene):
    assert renderer.seconds_per_sample("x") is None
    _measured(shop, renderer, scene, "x", 3e-6)
    _measured(shop, renderer, scene, "y", 1e-6)
    assert renderer.seconds_per_sample("x") == pytest.approx(3e-6, rel=1e-3)
    assert renderer.seconds_per_sample("nothing") is None


def test_the_cost_of_a_map_is_told_whatever_its_gain(shop, renderer, scene):
    renderer.sampler(scene, SamplerSpec("y"))
    shop.made["y"].seconds = 2e-6
    spec = SamplerSpec("gradient:y", gain=7.0, colour_map="magma")
    for row in range(20):
        rendered(renderer, map_request(scene, grid_of(64, 64, 0, row * TILE), spec))
    grown = (TILE + 2) ** 2 / TILE**2
    assert renderer.seconds_per_sample("gradient:y") == pytest.approx(2e-6 * grown, rel=1e-3)


@pytest.mark.usefixtures("shop")
def test_a_job_gets_the_sampler_of_the_open_picture_with_its_caches(renderer, scene):
    first = renderer.sampler(scene, SamplerSpec("x"))
    assert renderer.sampler_for(scene, SamplerSpec("x")) is first


def test_a_job_of_a_picture_that_was_left_gets_its_own(shop, renderer, scene):
    renderer.sampler(scene, SamplerSpec("x"))
    other = scene_of(noise(60, 40, seed=9))
    renderer.sampler(other, SamplerSpec("x"))
    current = shop.made["x"]
    late = renderer.sampler_for(scene, SamplerSpec("x"))
    assert late.picture is scene.source.picture
    # The open picture is not left for it.
    assert renderer.sampler(other, SamplerSpec("x")) is current


def test_before_anything_was_shown_a_job_s_picture_is_entered(shop, renderer, scene):
    sampler = renderer.sampler_for(scene, SamplerSpec("x"))
    assert renderer.sampler(scene, SamplerSpec("x")) is sampler
    assert shop.orders == ["x"]


def test_it_needs_no_network_to_show_a_region_of_the_reduced_source(renderer, scene):
    region = Region(10.0, 10.0, 20.0, 20.0)
    grid = Grid.for_scale(60, 40, 0.5, region)
    messages = rendered(renderer, request_of(scene, grid, {"a": "liif", "b": "bicubic"}))
    np.testing.assert_array_equal(frame_of(messages, "a").pixels, frame_of(messages, "b").pixels)


def test_the_fake_sampler_is_one(rng):
    """Fakes obey the law that tests build on: whole tiles give what `sample` gives."""
    fake: Sampler = Fake(PICTURE, "x")
    grid = grid_of(70, 70, int(rng.integers(100)), 5)
    assert torch.equal(fake.sample(grid), Fake(PICTURE, "x").sample(grid))


def test_the_end_tells_what_tells_networks_of_one_name_apart(shop, renderer, scene):
    layers = {"a": "x", "b": "y"}
    ended = rendered(renderer, request_of(scene, WIDE, layers))[-1]
    assert ended.keys == {"x": "x", "y": "y"}
    shop.changed["x"] = " trained on"
    ended = rendered(renderer, request_of(scene_of(noise(20, 16)), WIDE, layers))[-1]
    assert ended.keys == {"x": "x trained on", "y": "y"}


def test_the_end_tells_how_networks_were_decoded(monkeypatch, renderer, scene):
    made = {"liif": sampler_of(small_liif(), PICTURE), "bicubic": bicubic(PICTURE, CPU)}
    monkeypatch.setattr("viewer.rendering.kept_samplers.make_sampler", lambda name, *_: made[name])
    for scale, layers, path in (
        (4.0, {"a": "bicubic"}, ""),
        (0.5, {"a": "bicubic", "b": "liif"}, ""),  # reduced: none was, and none got ready for it
        (4.0, {"a": "bicubic", "b": "liif"}, CPUS_OWN),
        (4.0, {"a": "gradient:liif", "b": "bicubic"}, CPUS_OWN),
    ):
        grid = grid_of(20, 20, scale=scale)
        assert rendered(renderer, request_of(scene, grid, layers))[-1].path == path


# -- batches on their way -----------------------------------------------------------------


class Underway(Display):
    """A display with one batch on its way while the next is asked for, and notes of both."""

    def __init__(self) -> None:
        super().__init__(CPU)
        self.depth = 1
        self.notes: list[str] = []

    def begin(self, sampler, lattice, tiles, *rest):
        name = str(sum(note.startswith("ask") for note in self.notes))
        self.notes.append(f"ask {name}")
        ready = super().begin(sampler, lattice, tiles, *rest)

        def noted():
            self.notes.append(f"wait {name}")
            return ready()

        return noted


@pytest.fixture
def underway(renderer) -> Underway:
    renderer._display = Underway()
    return renderer._display


def test_a_batch_is_waited_for_while_the_next_is_computed(renderer, scene, underway):
    grid = grid_of(4 * TILE, 2 * TILE)
    messages = rendered(renderer, request_of(scene, grid, {"a": "bicubic"}))
    batches = sum(note.startswith("ask") for note in underway.notes)
    assert batches >= 3
    expected = ["ask 0"]
    for place in range(1, batches):
        expected += [f"ask {place}", f"wait {place - 1}"]
    assert underway.notes == [*expected, f"wait {batches - 1}"]
    frame = frame_of(messages, "a")
    assert frame.complete
    samples = bicubic(PICTURE, CPU).sample(grid).numpy()
    np.testing.assert_array_equal(frame.pixels, to_display(samples, None, scene.transform))


def test_what_is_on_its_way_is_shown_before_more_is_encoded(renderer, scene, shop, underway):
    grid = grid_of(2 * TILE, TILE)
    rendered(renderer, request_of(scene, grid_of(1, 1, -TILE), {"a": "x"}))  # makes the fake
    fake = shop.made["x"]
    fake.needs = {grid.tiles()[1].window: 2}
    fake.during = lambda: underway.notes.append("work")
    underway.notes.clear()
    messages = rendered(renderer, request_of(scene, grid, {"a": "x"}, focus=(1.0, 1.0)))
    encoding = ["work", "wait 0", "work"]
    assert underway.notes == ["ask 0", "work", *encoding, "ask 1", "work", "wait 1"]
    assert frame_of(messages, "a").complete
