"""Claims, verdicts, and how they are written."""

from functools import partial

import pytest

from workbench import networks
from workbench.cli import main
from workbench.errors import ArgumentError
from workbench.ledger import Claim, Finding, claims, examine
from workbench.ledger import memory as about_memory
from workbench.ledger.accounting import ACCOUNTINGS
from workbench.ledger.table import entry
from workbench.types import Quantity

SMALL = {
    name: partial(networks.unrolled_lstm, layers=1, hidden=4, steps=3, batch=2, embed=3, inputs=2, outputs=5)
    if "lstm" in name
    else partial(networks.resnet, (1, 1), image=(3, 16, 16), batch=2, classes=3, base=2)
    for name in about_memory.NETWORKS
}


def finding(predicted, published=100.0, unit="MB", note=""):
    claim = Claim(
        "a-network",
        "a source",
        "Net",
        "of a size",
        unit,
        "sharing",
        Quantity(published, "B", "published", ""),
        note,
    )
    how = ACCOUNTINGS["sharing"].how
    return Finding(claim, Quantity(predicted, "B", "predicted", how), {})


@pytest.mark.parametrize(
    ("predicted", "verdict"),
    [
        (100, "reproduced"),
        (110, "reproduced"),
        (90, "reproduced"),
        (111, "near"),
        (70, "near"),
        (130, "near"),
        (69, "not reproduced"),
        (131, "not reproduced"),
    ],
)
def test_a_verdict_follows_from_the_tolerances(predicted, verdict):
    assert finding(predicted).verdict == verdict


def test_the_reason_says_how_far_and_what_is_known():
    assert finding(150).reason == "50% more than published"
    assert finding(100.3).reason == "as published"
    assert (
        finding(75, note="the batch is not said").reason == "25% less than published; the batch is not said"
    )


def test_the_headline_claims_are_there():
    found = {(c.id, c.accounting): c.published.value for c in claims()}
    assert found["slides-resnet", "no sharing"] == 130e9
    assert found["slides-resnet", "sublinear"] == 4e9
    assert found["slides-lstm", "no sharing"] == 270e9
    assert found["slides-lstm", "sublinear"] == 2.5e9
    assert found["paper-resnet", "sharing"] == 48e9
    assert found["mxnet-resnet-998", "sharing"] == 66348 * 2**20
    assert all(c.published.kind == "published" and c.published.how for c in claims())
    assert {c.accounting for c in claims()} == set(ACCOUNTINGS)
    assert {c.id for c in claims()} == set(about_memory.NETWORKS)


def test_claims_are_chosen_by_the_beginning_of_a_name():
    assert {c.id for c in claims("mxnet-lstm")} == {"mxnet-lstm", "mxnet-lstm-1024"}
    with pytest.raises(ArgumentError) as caught:
        claims("slide-resnet")
    assert str(caught.value).startswith(
        "the ledger has no claims about 'slide-resnet'. Did you mean 'slides-resnet'? It has slides-resnet, "
    )


def test_every_claim_is_recomputed_as_it_counts():
    found = list(examine(claims(), SMALL))
    assert [f.claim for f in found] == claims()
    for each in found:
        assert each.predicted.kind == "predicted"
        assert each.predicted.how == ACCOUNTINGS[each.claim.accounting].how
        assert each.predicted.value > 0
    size = {f.claim.accounting: f.predicted.value for f in found if f.claim.id == "mxnet-resnet-998"}
    assert size["in place"] > size["sharing"] > size["sublinear"]


def test_the_thousand_layers_of_the_claims_are_998():
    assert about_memory.NETWORKS["slides-resnet"]().name == "ResNet, 998 layers"
    assert about_memory.NETWORKS["mxnet-resnet-200"]().name == "ResNet, 200 layers"


def test_an_entry_sets_the_two_figures_side_by_side():
    assert entry(finding(75 * 2**20, 100 * 2**20, "MiB", "a note")).splitlines() == [
        "a-network         sharing               100 MiB          75 MiB    0.75  near",
        "    a source: Net, of a size",
        "    counted: values take turns in one arena, by best fit",
        "    25% less than published; a note",
    ]


def test_the_command_prints_what_is_asked_for(monkeypatch, capsys):
    monkeypatch.setattr("workbench.ledger.memory.NETWORKS", SMALL)
    assert main(["ledger", "paper"]) == 0
    told = capsys.readouterr().out
    assert told.splitlines()[0].split() == [
        "network",
        "counted",
        "published",
        "predicted",
        "ratio",
        "verdict",
    ]
    assert told.count("arXiv 1604.06174 abstract: ResNet, 1000 layers") == 2


def test_the_command_refuses_a_name_it_does_not_know(capsys):
    assert main(["ledger", "papper"]) == 1
    assert "workbench ledger: the ledger has no claims about 'papper'" in capsys.readouterr().err
