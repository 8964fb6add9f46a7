import builtins

import numpy as np
import pytest

from workbench.datasets import digits


def test_has_the_promised_shapes_and_every_class():
    pytest.importorskip("sklearn")
    data = digits()
    assert data.train_images.shape == (1437, 8, 8)
    assert data.test_images.shape == (360, 8, 8)
    assert data.train_images.dtype == data.train_labels.dtype == np.uint8
    assert (data.train_images.min(), data.train_images.max()) == (0, 16)
    assert len(np.unique(data.train_labels)) == len(np.unique(data.test_labels)) == len(data.classes) == 10


def test_says_how_to_get_what_is_missing(monkeypatch):
    really_import = builtins.__import__

    def without_sklearn(name, *rest):
        if name.startswith("sklearn"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return really_import(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_sklearn)
    with pytest.raises(ImportError, match=r"scikit-learn is not installed: in .*pip install -e '\.\[data\]'"):
        digits()
