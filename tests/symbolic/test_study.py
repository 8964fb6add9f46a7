import json
import re
import threading
from itertools import chain
from types import SimpleNamespace

import numpy as np
import pytest

from workbench.errors import ArgumentError, ShapeError
from workbench.gluon import nn
from workbench.runtime.compile import cache
from workbench.symbolic import sym
from workbench.symbolic.measurement import kernels
from workbench.symbolic.sample import sample_inputs
from workbench.symbolic.study import study

SHAPES = {"data": (4, 5)}


@pytest.fixture
def mixed_study(mixed):
    return study(mixed, SHAPES)


def levels(study):
    return range(len(study.levels))


def measured(study, level):
    return study.measure(level, lambda part: None, lambda: False)


def test_cuts_go_from_every_operation_to_one_segment(mixed_study):
    assert mixed_study.levels == [
        {"label": "every op", "segments": 38},
        {"label": "every 2 ops", "segments": 19},
        {"label": "every 4 ops", "segments": 10},
        {"label": "every 8 ops", "segments": 5},
        {"label": "each phase", "segments": 3},
        {"label": "one segment", "segments": 1},
    ]


def test_every_cut_runs_every_operation_once_except_what_the_passes_drop(mixed_study):
    ids = list(range(len(mixed_study.nodes)))
    *cuts, last = levels(mixed_study)
    for level in cuts:
        assert list(chain(*mixed_study.segments(level))) == ids
    left = list(chain(*mixed_study.segments(last)))
    assert left == [node["id"] for node in mixed_study.nodes if node["fate"] == "kept"]


def test_what_the_passes_did_is_told_with_its_reason(mixed_study):
    fates = {n["name"]: (n["fate"], n["fate_note"]) for n in mixed_study.nodes if n["fate"] != "kept"}
    assert fates == {
        "by_one": ("removed", "changes nothing"),
        "right": ("merged", "computes the same as left"),
        "constant": ("removed", "only operations that are gone read it"),
        "tanh_of_it": ("folded", "does not depend on any input: computed once"),
    }


def test_all_cuts_give_the_same_step(mixed_study):
    inputs = sample_inputs(mixed_study.step, mixed_study.device)
    first, *others = [program.run(inputs) for program in mixed_study.programs]
    for other in others:
        for one, same in zip(first, other, strict=True):
            np.testing.assert_allclose(same, one, rtol=1e-5, atol=1e-6)


def test_less_can_be_seen_the_longer_the_segments(mixed_study):
    assert mixed_study.visible(0) == list(range(len(mixed_study.nodes)))
    names = [mixed_study.nodes[i]["name"] for i in mixed_study.visible(levels(mixed_study)[-1])]
    assert names == ["softmax", *(f"{p}_update" for p in mixed_study.step.params)]
    counts = [len(mixed_study.visible(level)) for level in levels(mixed_study)]
    assert counts == sorted(counts, reverse=True)


def test_what_a_segment_hands_out_only_as_a_state_can_not_be_printed(mixed_study):
    one = levels(mixed_study)[-1]
    assert "bn" in [node["name"] for node in mixed_study.nodes]
    assert "bn" not in [mixed_study.nodes[i]["name"] for i in mixed_study.visible(one)]


def test_a_node_says_where_it_comes_from(lenet):
    nodes = {node["name"]: node for node in study(lenet, {"data": (2, 1, 28, 28)}).nodes}
    conv = nodes["conv"]
    assert conv["phase"] == "forward"
    assert conv["inputs"] == []
    assert conv["args"] == ["data", "conv_weight", "conv_bias"]
    assert (conv["shape"], conv["dtype"], conv["bytes"]) == ([2, 4, 24, 24], "float32", 2 * 4 * 24 * 24 * 4)
    assert conv["flops"] >= 2 * (2 * 4 * 24 * 24) * 25  # a multiplication and an addition a tap
    assert re.fullmatch(r"conftest\.py:\d+", conv["source"])
    assert nodes["pool"]["inputs"] == [nodes["tanh"]["id"]]
    assert nodes["conv_backward"]["phase"] == "backward"
    assert nodes["fc_weight_update"]["phase"] == "update"


def test_predictions_and_measurements_are_paired_by_name(mixed_study):
    for level in (0, levels(mixed_study)[-1]):
        predicted = {q.name: q for q in mixed_study.figures(level)}
        found = {q.name: q for q in measured(mixed_study, level).figures}
        assert {q.kind for q in predicted.values()} == {"predicted"}
        assert {q.kind for q in found.values()} == {"measured"}
        assert predicted["work"].unit == found["work"].unit == "FLOP"
        assert "XLA's cost analysis of the compiled segments" in found["work"].how
        assert str(mixed_study.device) in found["work"].how
        for name in ("dispatches", "bytes across cuts"):
            assert predicted[name].value == found[name].value
        assert predicted["peak bytes"].unit == found["peak bytes"].unit == "B"
        low, high = found["step time"].spread
        assert 0 < low <= found["step time"].value <= high


def test_a_measurement_traces_every_segment_in_order(mixed_study):
    level = 2
    trace = measured(mixed_study, level).trace
    assert [event["segment"] for event in trace] == list(range(10))
    starts = [event["start_s"] for event in trace]
    assert starts[0] == 0.0
    assert starts == sorted(starts)
    assert all(event["duration_s"] > 0 for event in trace)
    pieces = mixed_study.programs[level].pieces
    assert [e["bytes_in"] for e in trace] == [sum(t.nbytes for t in p.segment.inputs) for p in pieces]


def test_compile_time_is_that_of_the_segments_needed_even_when_cached(mixed_study):
    first, second = [
        next(q for q in measured(mixed_study, 3).figures if q.name == "compile time") for _ in range(2)
    ]
    assert first == second
    segments = set(mixed_study.programs[3].segments)
    assert first.value == pytest.approx(sum(cache.get(segment).compile_s for segment in segments))


def test_progress_goes_from_little_to_all(mixed_study):
    parts = []
    mixed_study.measure(3, parts.append, lambda: False)
    assert parts == sorted(parts)
    assert 0 < parts[0] < parts[-1] == 1.0


@pytest.mark.parametrize("after", [0, 1, 8, 15])
def test_a_measurement_stops_between_two_parts_when_cancelled(mixed_study, after):
    parts = []
    assert mixed_study.measure(3, parts.append, lambda: len(parts) >= after) is None
    assert len(parts) == after


def test_two_threads_can_measure_at_once(mixed_study):
    found = {}
    threads = [
        threading.Thread(target=lambda level=level: found.update({level: measured(mixed_study, level)}))
        for level in (0, 4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {level: len(m.trace) for level, m in found.items()} == {0: 38, 4: 3}


def test_everything_told_is_json(mixed_study):
    run = measured(mixed_study, 4)
    told = [mixed_study.nodes, mixed_study.code, mixed_study.levels, run.trace]
    told += [
        [mixed_study.segments(i), mixed_study.visible(i), mixed_study.call(i)] for i in levels(mixed_study)
    ]
    assert json.loads(json.dumps(told)) == told


def test_the_call_recreates_the_state(lenet, monkeypatch):
    shapes = {"data": (2, 1, 28, 28)}
    assert study(lenet, shapes).call(3) == "StyleExplorer(net, shapes={'data': (2, 1, 28, 28)}, cut=3)"
    monkeypatch.setattr("__main__.my_lenet", lenet, raising=False)
    named = study(lenet)
    assert named.title == "my_lenet"
    assert named.call(0) == "StyleExplorer(my_lenet, cut=0)"


def test_a_network_is_called_by_what_holds_its_symbol_or_by_its_end(lenet, monkeypatch):
    shapes = {"data": (2, 1, 28, 28)}
    assert study(lenet, shapes).title == "network ending in softmax"
    fc = sym.FullyConnected(sym.var("data"), num_hidden=2)
    several = sym.Group([sym.SoftmaxOutput(fc), sym.MakeLoss(fc)])
    assert study(several, {"data": (2, 3)}).title == "network of several outputs"
    monkeypatch.setattr("__main__.wide", SimpleNamespace(symbol=lenet), raising=False)
    held = study(lenet, shapes)
    assert held.title == "wide.symbol"
    assert held.call(0) == "StyleExplorer(wide.symbol, shapes={'data': (2, 1, 28, 28)}, cut=0)"


def test_without_shapes_data_is_a_batch_of_images_or_what_the_network_states(lenet):
    assert study(lenet).nodes[0]["shape"] == [64, 4, 24, 24]
    fc = sym.FullyConnected(sym.var("data", shape=(3, 7)), num_hidden=2, name="fc")
    assert study(sym.SoftmaxOutput(fc, name="softmax")).nodes[0]["shape"] == [3, 2]


def test_a_module_is_studied_by_its_symbol(lenet):
    assert study(SimpleNamespace(symbol=lenet)).nodes[0]["name"] == "conv"


def test_a_gluon_block_gets_a_loss():
    net = nn.HybridSequential(prefix="small_")
    net.add(nn.Dense(8, activation="relu"), nn.Dense(3))
    net.initialize()
    block = study(net, SHAPES)
    assert [node["op"] for node in block.nodes][-1] == "sgd_update"
    assert "SoftmaxOutput" in [node["op"] for node in block.nodes]
    assert len(block.step.params) == 4
    assert {node["source"] for node in block.nodes} == {""}  # no line of the user's made these
    assert measured(block, 0) is not None


@pytest.mark.parametrize("network", ["lenet", None, 3, dict])
def test_what_is_no_network_is_refused(network):
    with pytest.raises(ArgumentError, match="a study needs a network: a Symbol with a loss, a Module"):
        study(network)


def test_a_block_that_computes_at_once_is_refused():
    with pytest.raises(ArgumentError, match="function called with a Symbol gave float, not a Symbol"):
        study(lambda data: 1.0)


def test_missing_and_wrong_shapes_are_named():
    scores = sym.FullyConnected(sym.var("images"), num_hidden=3, name="fc")
    net = sym.SoftmaxOutput(scores, name="softmax")
    with pytest.raises(ArgumentError, match=r"'images'.* give it: shapes=\{'images'"):
        study(net)
    with pytest.raises(ShapeError, match="softmax"):
        study(net, {"images": (4, 5), "softmax_label": (3,)})


def test_kernels_are_what_computes():
    hlo = """HloModule m

%fused (p: f32[2]) -> f32[2] {
  %p = f32[2]{0} parameter(0)
  ROOT %t = f32[2]{0} tanh(%p)
}

ENTRY %main (a: f32[2]) -> (f32[2], f32[2]) {
  %a = f32[2]{0} parameter(0)
  %b = f32[2]{0} bitcast(%a)
  %f = f32[2]{0} fusion(%b), kind=kLoop, calls=%fused
  %c = (f32[2]{0}, u8[8]{0}) custom-call(%f), custom_call_target="gemm"
  %g = f32[2]{0} get-tuple-element(%c), index=0
  ROOT %r = (f32[2]{0}, f32[2]{0}) tuple(%f, %g)
}
"""
    assert kernels(hlo) == 2
