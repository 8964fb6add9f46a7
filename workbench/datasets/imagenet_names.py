"""What the thousand outputs of a network trained on ImageNet stand for.

The classes of the ImageNet Large Scale Visual Recognition Challenge 2012 are synsets of WordNet 3.0, sets of words with
one meaning, and a network's outputs are in the order of their numbers (``n01440764``, ``n01443537``, …).  A class is
named here by the first word of its synset.

Source: O. Russakovsky et al., "ImageNet Large Scale Visual Recognition Challenge", arXiv:1409.0575. WordNet's licence
stands in `imagenet_names-NOTICE.txt` beside the words.
"""

from importlib import resources


def imagenet_names() -> tuple[str, ...]:
    """Return the 1,000 names, by class number.

    Two words name two classes each: "crane" a bird (134) and a machine (517), "maillot" two bathing suits (638, 639).
    """
    path = resources.files("workbench.datasets") / "imagenet_names.txt"
    return tuple(path.read_text("utf-8").splitlines())
