from dataclasses import replace

import pytest

from models.training import forms
from models.training.config import ConfigError, changed, from_table
from models.training.setup import fresh_network
from models.training.tasks import TASKS
from tests.models.training.pictures import KINDS, TINY


def test_every_form_has_a_task():
    assert set(forms.FORMS) == set(TASKS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_configuration_makes_its_network_and_survives_a_checkpoint(kind):
    config = replace(TINY, **KINDS[kind])
    assert from_table(config.to_json()) == config
    assert fresh_network(config).spec["name"] == config.model


@pytest.mark.parametrize(
    ("kind", "word", "text"),
    [
        ("liif", "model=srcnn", "'srcnn' is not known; known are liif, metasr, wdsr"),
        ("liif", "network.factor=2", "network is for a fixed scale"),
        ("liif", "pixel_loss=2", "for networks of a fixed scale"),
        ("liif", "branch_loss=0.5", "for networks of a fixed scale"),
        ("metasr", "gradient_loss=0.1", "neighbouring"),
        ("metasr", "residual=true", "no residual form"),
        ("metasr", "hidden=[8, 8]", "one hidden layer"),
        ("metasr", "hidden=[]", "widths"),
        ("wdsr-a", "wide_share=0.1", "wide_share needs a continuous model"),
        ("wdsr-a", "block=4", "whole patches"),
        ("wdsr-a", "residual=true", "no residual form"),
        ("wdsr-a", "hidden=[8]", "encoder and hidden are for continuous models"),
        ("wdsr-a", "network.factor=5", "must be 2, 3 or 4"),
        ("wdsr-a", "network={}", "'network' is missing"),
        ("wdsr-a", "network=3", "a table"),
        ("wdsr-a", "branch_loss=0.5", "only spsr has"),
        ("liif", "adversarial=0.1", "need whole patches"),
        ("metasr", "gradient_adversarial=0.1", "need whole patches"),
        ("wdsr-judged", "critic_width=0", "must lie in"),
        ("spsr", "network.factor=2", "the scale 4 alone"),
        ("spsr", "network.n_feats=wide", "not a width"),
        ("spsr", "hidden=[8]", "encoder and hidden are for continuous models"),
    ],
)
def test_what_does_not_fit_a_kind_is_one_sentence(kind, word, text):
    with pytest.raises(ConfigError, match=text) as failure:
        changed(replace(TINY, **KINDS[kind]), [word])
    assert "\n" not in str(failure.value)


def test_an_argument_that_a_network_does_not_have():
    config = changed(replace(TINY, **KINDS["wdsr-a"]), ["network.width=3"])
    with pytest.raises(ConfigError, match="the network has no 'width'"):
        fresh_network(config)
