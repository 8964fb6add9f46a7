import pytest

from workbench.errors import ArgumentError
from workbench.networks.families import FAMILIES, family
from workbench.networks.growth import exponent, growth


@pytest.mark.parametrize("name", FAMILIES)
def test_the_defaults_are_sizes_of_the_family(name):
    found = family(name)
    assert found.complete({}) == {size.name: size.default for size in found.sizes}
    assert found.depth in found.complete({})
    for length in found.series:
        found.complete({found.depth: length})


def test_a_network_is_made_of_the_sizes_chosen():
    found = family("mlp")
    network = found.make(**found.complete({"depth": 3, "width": 5, "batch": 2}))
    assert repr(network) == "Network(MLP, 3 layers of 5)"
    assert family("resnet").make(layers=50, image=32, batch=2).shapes["data"] == (2, 3, 32, 32)


@pytest.mark.parametrize(
    ("name", "chosen", "text"),
    [
        (
            "mlp",
            {"dept": 3},
            "Deep MLP: there is no size 'dept'; there are depth, width, batch. Did you mean 'depth'",
        ),
        ("mlp", {"depth": 0}, "depth=0: hidden layers is a whole number, of 1 to 2000"),
        ("mlp", {"depth": 2.5}, "depth=2.5: hidden layers is a whole number"),
        ("mlp", {"depth": True}, "depth=True: hidden layers is a whole number"),
        ("resnet", {"layers": 51}, "layers=51: layers is a whole number, of 50, 101, 152, 200, 998"),
    ],
)
def test_a_size_that_is_none_is_refused(name, chosen, text):
    with pytest.raises(ArgumentError, match=text):
        family(name).complete(chosen)


def test_a_family_that_is_none_is_refused():
    with pytest.raises(
        ArgumentError, match=r"no family of networks 'mlq'; there are mlp, resnet, lstm.*'mlp'"
    ):
        family("mlq")


def test_memory_grows_with_the_length_and_less_where_more_is_recomputed():
    grown = [*growth(family("mlp"), {"width": 32, "batch": 64}, ["none", "chen"])]
    assert [each.length for each in grown[::2]] == list(family("mlp").series)
    powers = {}
    for strategy in ("none", "chen"):
        own = [each for each in grown if each.plan.planner.name == strategy]
        values = [each.plan.feature_maps.value for each in own]
        powers[strategy] = exponent([each.length for each in own], values)
    assert powers["none"] == pytest.approx(1.0, abs=0.1)
    assert powers["chen"] == pytest.approx(0.5, abs=0.1)


def test_growth_stops_when_asked():
    assert [*growth(family("mlp"), {}, ["none"], lambda: True)] == []


def test_the_power_of_a_law_is_found():
    assert exponent([2, 8, 32], [3 * n**0.5 for n in (2, 8, 32)]) == pytest.approx(0.5)
