from collections import Counter

from workbench.datasets import imagenet_names


def test_a_thousand_classes_have_their_names():
    names = imagenet_names()
    assert len(names) == 1000
    assert [names[n] for n in (0, 282, 504, 872, 967, 999)] == [
        "tench",
        "tiger cat",
        "coffee mug",
        "tripod",
        "espresso",
        "toilet tissue",
    ]
    assert {name for name, count in Counter(names).items() if count > 1} == {"crane", "maillot"}
    assert all(name == name.strip() and name for name in names)
