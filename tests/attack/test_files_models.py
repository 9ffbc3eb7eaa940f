"""A model file that was replaced together with its hash is read by a child first, and harms nobody."""

import hashlib
import os

import pandas as pd
import pytest

from models.lifecycle import registry
from models.lifecycle.registry import ModelFileError
from tests.attack.test_files import eats


def crashes(content):
    os.abort()


def wrong(content):
    raise KeyError("model.json")


def right(content):
    return content.decode()


def kept(home, content):
    (home / "models").mkdir(exist_ok=True)
    (home / "models" / "a.zip").write_bytes(content)
    return pd.Series({"file": "a.zip", "sha256": hashlib.sha256(content).hexdigest()})


@pytest.mark.parametrize(("unpack", "times"), [(eats, 1), (crashes, 2), (wrong, 1)])
def test_a_replaced_model_that_harms_its_reader_is_a_sentence(home, unpack, times):
    row = kept(home, unpack.__name__.encode())
    for _again in range(times):
        with pytest.raises(ModelFileError, match=r"a\.zip is not the one that was kept"):
            registry.load(home, row, unpack)


def test_a_model_that_a_child_can_read_is_read(home):
    assert registry.load(home, kept(home, b"a model"), right) == "a model"
