import pytest

from workbench.errors import ArgumentError
from workbench.ledger.families import READ_AS, published
from workbench.ledger.memory import NETWORKS, claims
from workbench.networks.families import family


@pytest.mark.parametrize("name", [each for each in NETWORKS if each.startswith("mxnet-resnet")])
def test_a_claim_is_read_as_the_network_that_the_ledger_recomputes(name):
    of, sizes = READ_AS[name]
    made, ledger = family(of).make(**sizes), NETWORKS[name]()
    assert made.shapes == ledger.shapes
    assert len(made.symbol.nodes) == len(ledger.symbol.nodes)


def test_every_claim_is_read_and_its_sizes_can_be_chosen():
    for claim in claims():
        of, sizes = READ_AS[claim.id]
        assert family(of).complete(sizes) == sizes


def test_claims_stand_beside_networks_of_their_sizes_at_any_length():
    found = list(published("resnet", {"layers": 200, "image": 224, "batch": 32}))
    assert {(each.claim.id, each.length, each.same) for each in found} == {
        ("slides-resnet", 998, False),
        ("paper-resnet", 998, False),
        ("mxnet-resnet-200", 200, True),
        ("mxnet-resnet-998", 998, False),
    }
    assert {each.claim.published.kind for each in found} == {"published"}
    assert list(published("resnet", {"layers": 200, "image": 224, "batch": 64})) == []
    assert list(published("mlp", {"depth": 8, "width": 8, "batch": 8})) == []
    wide = {"steps": 32, "layers": 4, "hidden": 1024, "batch": 64}
    assert [(each.claim.id, each.length) for each in published("lstm", wide)] == [("mxnet-lstm-1024", 1000)]
    with pytest.raises(ArgumentError, match="no family of networks 'vgg'"):
        list(published("vgg", {}))
