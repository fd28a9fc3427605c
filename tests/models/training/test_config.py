from dataclasses import replace

import pytest

from models.networks.edsr import EDSR
from models.training.config import ConfigError, changed, from_table, load, names
from models.training.setup import fresh_network
from tests.models.training.pictures import TINY


@pytest.mark.parametrize("name", names())
def test_each_shipped_configuration_makes_its_model(name):
    config = load(name)
    network = fresh_network(config)
    assert config.name == name
    assert network.spec["args"].get("residual", False) == config.residual


def test_the_networks_are_those_of_the_published_sizes():
    count = {
        name: sum(each.numel() for each in fresh_network(load(name)).parameters())
        for name in names()
    }
    assert count["wdsr-liif"] == 331_699
    # The published file has two 1×1 convolutions more, of 24 numbers, which it does not use.
    assert count["edsr-baseline-liif"] == 1_567_323 - 24
    assert count["edsr-baseline-liif-div2k"] == 1_567_323 - 24
    assert (count["wdsr-x2"], count["wdsr-x4"]) == (299_564, 312_704)
    for name, published in (("wdsr-x2", 1_187_484), ("wdsr-x4", 1_200_624)):
        network = {key: each for key, each in load(name).network.items() if key != "narrow"}
        config = replace(load(name), network={**network, "wide": 128})
        assert sum(each.numel() for each in fresh_network(config).parameters()) == published
    # Less a layer stored twice, what paints the branch's map, and two kernels that never change.
    assert count["spsr-x4"] == 24_833_176 - (64 * 64 * 9 + 64) - (64 * 3 + 3) - 18
    assert count["metasr-wdsr"] == 360_848
    # The same trunk; decoders of 4 × 256 on 580 inputs, and of 3 → 256 → 1728.
    decoders = (580 + 1) * 256 + 3 * 257 * 256 + 257 * 3, 4 * 256 + 257 * 1728
    assert count["rdn-liif"] - decoders[0] == count["rdn-metasr"] - decoders[1]


def test_the_papers_recipe():
    config = load("edsr-baseline-liif-div2k")
    assert fresh_network(config).encoder.spec == EDSR().spec
    assert (config.batch, config.patch, config.queries) == (16, 48, 48 * 48)
    assert (config.scale_min, config.scale_max, config.unit_share) == (1, 4, 0)
    assert (config.learning_rate, config.schedule, config.iterations) == (1e-4, "step", 10**6)
    assert (config.residual, config.clip, config.ema, config.gradient_loss) == (False, 0, 0, 0)


def test_a_configuration_survives_a_checkpoint():
    assert from_table(TINY.to_json()) == TINY


def test_words_change_settings():
    config = changed(
        TINY, ["batch=8", "clip = 2", "deterministic=true", "out=a b", "encoder.n_feats=6"]
    )
    assert (config.batch, config.clip, config.deterministic) == (8, 2.0, True)
    assert config.out == "a b"
    assert config.encoder["n_feats"] == 6
    assert changed(TINY, ["hidden=[4, 5]", "validation_scales=2.5"]).hidden == (4, 5)


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("batch", "key=value"),
        ("bach=3", "'bach' is not known"),
        ("batch=many", "whole number"),
        ("batch=2.5", "whole number"),
        ("wide_share=2", "must lie in"),
        ("batch=0", "must lie in"),
        ("learning_rate=true", "a number"),
        ("learning_rate=nan", "must lie in"),
        ("deterministic=1", "true or false"),
        ("schedule=linear", "cosine or step"),
        ("loss=l2", "l1 or rms"),
        ("scale_min=5", "scale_min"),
        ("block=7", "block"),
        ("gradient_loss=0.1", "neighbouring"),
        ("hidden=[]", "widths"),
        ("hidden=wide", "list of numbers"),
        ("hidden=[inf]", "whole numbers"),
        ("hidden=[nan]", "whole numbers"),
        ("hidden=[16.5]", "whole numbers"),
        ("validation_scales=[]", "from 1 upward"),
        ("validation_scales=[2, nan]", "from 1 upward"),
        ("validation_scales=inf", "from 1 upward"),
        ("validation_scales=[0.5]", "from 1 upward"),
        (f"validation_scales=[{'9' * 400}]", "too large a number"),
        (f"learning_rate={'9' * 400}", "too large a number"),
        (f"batch={'9' * 5000}", "whole number"),
        (f"seed={'9' * 30}", "must lie in"),
        ("encoder=edsr", "table"),
        ("title=3", "a text"),
    ],
)
def test_what_cannot_be_is_one_sentence(word, text):
    with pytest.raises(ConfigError, match=text) as failure:
        changed(TINY, [word])
    assert "\n" not in str(failure.value)


def test_a_file_of_ones_own(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        'name="mine"\ntitle="Mine"\nencoder={name="edsr", n_feats=8}\nhidden=[8]\n',
        encoding="utf-8",
    )
    assert load(str(path)).spec["args"]["encoder_spec"] == {"name": "edsr", "args": {"n_feats": 8}}


def test_a_file_may_begin_with_a_mark(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('name="mine"\ntitle="Mine"\nencoder={name="edsr"}\nhidden=8', "utf-8-sig")
    assert load(str(path)).name == "mine"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, "neither a file nor one of"),
        ("name = ", "mine.toml"),
        ('name="mine"', "'title' is missing"),
        (b"\xff\xfe", "cannot be read"),
        (f"hidden = [{'9' * 5000}]", "mine.toml cannot be used"),
        (f"hidden = {'[' * 5000}", "mine.toml cannot be used"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path, content, text):
    path = tmp_path / "mine.toml"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigError, match=text) as failure:
        load(str(path))
    assert str(path) in str(failure.value)


@pytest.mark.parametrize(
    "encoder", [{"name": "vgg"}, {"name": "edsr", "n_feat": 3}, {"name": "edsr", "n_feats": 0}]
)
def test_an_encoder_that_is_not_there(encoder):
    with pytest.raises(ConfigError):
        fresh_network(replace(TINY, encoder=encoder))


def test_scales_beyond_the_usual_ones_must_lie_beyond_them():
    with pytest.raises(ConfigError, match="wide_max must lie between"):
        changed(TINY, ["wide_share=0.1", "wide_max=2"])


def test_patches_of_the_widest_scale_must_not_vanish():
    with pytest.raises(ConfigError, match="wide_side must be at least 8 times wide_max"):
        changed(TINY, ["wide_share=0.1", "wide_max=32", "wide_side=100"])
