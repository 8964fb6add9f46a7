"""Claims about space savings: every reading against arithmetic by hand, never against what was published."""

import csv
from importlib import resources

import pytest

from workbench.cli import main
from workbench.errors import ArgumentError
from workbench.ledger import Saving, findings, tensor
from workbench.ledger.claim import Claim
from workbench.ledger.reading import Reading
from workbench.ledger.table import entry
from workbench.types import Quantity

BY_HAND = {  # by the network and its row: each reading's numbers before and after
    ("tensor-alexnet", "add TCL (256,5,5), 4096 hidden units"): {
        # 6400·4096 + 4096² + 4096·1000; the same and 256² + 5² + 5²
        "5×5": (47_087_616, 47_153_202),
        # 9216·4096 + 4096² + 4096·1000; the same and 256² + 6² + 6²
        "6×6": (58_621_952, 58_687_560),
        # after it 6400·4096 + 4096² + 4096·1000 and 256² + 6·5 + 6·5
        "6×6 to 5×5": (58_621_952, 47_153_212),
        # and 4096 + 4096 + 1000 in both
        "6×6, biases": (58_631_144, 58_696_752),
        # 9216·4096 + 4096²; the same and 65608
        "6×6, hidden": (54_525_952, 54_591_560),
    },
    ("tensor-alexnet", "add TCL (200,5,5), 3276 hidden units"): {
        # 5000·3276 + 3276² + 3276·1000 and 256·200 + 5² + 5²
        "5×5": (47_087_616, 30_439_426),
        # 7200·3276 + 3276² + 3276·1000 and 256·200 + 6² + 6²
        "6×6": (58_621_952, 37_646_648),
        # 5000·3276 + 3276² + 3276·1000 and 256·200 + 6·5 + 6·5
        "6×6 to 5×5": (58_621_952, 30_439_436),
        # the one above it and 3276 + 3276 + 1000
        "6×6, biases": (58_631_144, 37_654_200),
    },
    ("tensor-alexnet", "replace a FC layer with TCL (256,5,5), 4096 hidden units"): {
        # 6400·4096 + 4096·1000 and 256² + 5² + 5²
        "5×5": (47_087_616, 30_375_986),
        # 9216·4096 + 4096·1000 and 256² + 6² + 6²
        "6×6": (58_621_952, 41_910_344),
        # 6400·4096 + 4096·1000 and 256² + 6·5 + 6·5
        "6×6 to 5×5": (58_621_952, 30_375_996),
        # 6400·4096 + 4096²; 6400·4096 and 256² + 5² + 5²
        "5×5, hidden": (42_991_616, 26_279_986),
    },
    ("tensor-vgg-19", "TCL (384,5,5), 3072 hidden units"): {
        # 25088·4096 + 4096² + 4096·1000; 9600·3072 + 3072² + 3072·1000 and 512·384 + 7·5 + 7·5
        "7×7": (123_633_664, 42_197_062),
    },
    ("tensor-resnet-101", "TRL rank (200,1,1,200)"): {
        "7×7": (2_048_000, 649_614)
    },  # 200² + 2048·200 + 14 + …
    ("tensor-resnet-101", "TRL rank (150,1,1,150)"): {"7×7": (2_048_000, 479_714)},
    ("tensor-resnet-101", "TRL rank (100,1,1,100)"): {
        "7×7": (2_048_000, 314_814),
        "7×7, biases": (2_049_000, 315_814),
    },
    ("tensor-resnet-101", "TRL rank (50,1,1,50)"): {"7×7": (2_048_000, 154_914)},
}


def found():
    return {(s.claim.id, s.claim.configuration.partition(";")[0]): s for s in tensor.examine()}


@pytest.mark.parametrize(("row", "readings"), BY_HAND.items(), ids=[row for _, row in BY_HAND])
def test_readings_are_those_of_arithmetic_by_hand(row, readings):
    saved = {reading.name: reading.saved for reading in found()[row].readings}
    for name, (before, after) in readings.items():
        assert saved[name] == pytest.approx(1 - after / before, abs=1e-12)


def test_a_network_as_it_was_saves_nothing_by_any_reading():
    baseline = found()["tensor-alexnet", "baseline, 4096 hidden units"]
    assert {reading.saved for reading in baseline.readings} == {0.0}
    assert baseline.ratio is None
    assert "–  reproduced" in entry(baseline)


def test_verdicts():
    assert [(s.counted, s.verdict) for s in tensor.examine()] == [
        ("5×5", "reproduced"),
        ("6×6", "reproduced"),
        ("6×6", "near"),
        ("6×6 to 5×5", "not reproduced"),
        *[("7×7", "reproduced")] * 5,
    ]


def saving(published, saved, note=""):
    places = len(published.partition(".")[2])
    figure = Quantity(float(published), "%", "published", "")
    claim = Claim("a-network", "a source", "Net", "a layer", "%", "space savings", figure, note, places)
    return Saving(claim, (Reading("plain", "in words", saved), Reading("other", "", 0.5)))


@pytest.mark.parametrize(
    ("published", "saved", "verdict"),
    [
        ("68.2", 0.68154, "reproduced"),  # rounded
        ("68.2", 0.6828, "reproduced"),  # cut off
        ("68.2", 0.6831, "near"),
        ("68.2", 0.6814, "near"),
        ("-0.11", -0.00118, "reproduced"),
        ("-0.11", -0.00121, "near"),
        ("44.45", 0.4544, "near"),
        ("44.45", 0.4546, "not reproduced"),
    ],
)
def test_a_verdict_follows_from_the_printed_digits(published, saved, verdict):
    assert saving(published, saved).verdict == verdict


def test_an_entry_says_how_far_it_is_and_what_other_readings_give():
    assert entry(saving("44.45", 0.48, "a note")).splitlines() == [
        "a-network         plain                 44.45 %         48.00 %    1.08  not reproduced",
        "    a source: Net, a layer",
        "    counted: in words",
        "    3.55 points above; next nearest: other 50.00 %; a note",
    ]


def test_the_row_of_the_replaced_layer_is_not_reproduced_and_shows_the_nearest_readings():
    told = " ".join(
        entry(found()["tensor-alexnet", "replace a FC layer with TCL (256,5,5), 4096 hidden units"]).split()
    )
    assert "44.45 % 48.18 % 1.08 not reproduced" in told
    assert "next nearest: 6×6 to 5×5, biases 48.18 %, 5×5, hidden 38.87 %" in told
    assert "no reading that was found gives the figure" in told


def test_every_claim_is_published_and_its_accuracy_stands_beside_it():
    claims = tensor.claims()
    text = resources.files("workbench.ledger").joinpath(tensor.FILE).read_text(encoding="utf-8")
    assert len(claims) == len(list(csv.DictReader(text.splitlines()))) == 9
    assert {c.id for c in claims} == set(tensor.NETWORKS)
    assert all(c.published.kind == "published" and c.published.how for c in claims)
    assert claims[0].configuration == "baseline, 4096 hidden units; accuracy 56.29 %, published"
    assert all(s.predicted.kind == "predicted" and s.predicted.how for s in tensor.examine())


def test_findings_of_all_parts_are_chosen_by_the_beginning_of_a_name():
    assert [f.claim.id for f in findings("tensor-r")] == ["tensor-resnet-101"] * 4
    assert len(tensor.claims("tensor-vgg", "tensor-alex")) == 5
    with pytest.raises(ArgumentError) as caught:
        findings("tensors")
    assert str(caught.value).startswith("the ledger has no claims about 'tensors'. Did you mean 'tensor-")
    assert "slides-lstm" in str(caught.value)


def test_savings_come_before_what_takes_minutes():
    first = next(iter(findings()))
    assert isinstance(first, Saving)


def test_the_command_prints_the_savings_alone(capsys):
    assert main(["ledger", "tensor"]) == 0
    told = capsys.readouterr().out
    assert told.count("reproduced\n") == 8
    assert "MB" not in told
