"""plot_network: a source and a drawing that hold every node, in words too, for any page."""

import xml.etree.ElementTree as ElementTree

import pytest

import workbench as mx
from workbench import sym
from workbench.errors import ArgumentError, NotSupportedError

SVG = "{http://www.w3.org/2000/svg}"


def network():
    net = sym.Convolution(sym.var("data"), kernel=(3, 3), stride=(2, 2), num_filter=4, name="conv")
    net = sym.Pooling(sym.BatchNorm(net, name="bn"), kernel=(2, 2), pool_type="avg", name="pool<1>")
    net = sym.FullyConnected(sym.Activation(net, act_type="relu", name="act"), num_hidden=10, name="fc")
    return sym.SoftmaxOutput(net, name="softmax")


def test_the_source_has_nodes_edges_and_shapes():
    plot = mx.viz.plot_network(
        network(), "net", shape={"data": (1, 3, 9, 9)}, node_attrs={"fixedsize": "false"}
    )
    assert plot.source.startswith('digraph "net" {\n\tnode [shape="box" style="rounded" fixedsize="false"]\n')
    assert '\t"conv" [label="conv\\nConvolution\\n3x3/2x2, 4" color="#e15759"]\n' in plot.source
    assert '\t"conv" -> "bn" [label="4x4x4"]\n' in plot.source
    assert '"fc" -> "softmax" [label="10"]' in plot.source
    assert "weight" not in plot.source
    everything = mx.viz.plot_network(network(), hide_weights=False).source
    assert '"conv_weight" -> "conv"' in everything
    assert '"bn_moving_mean" -> "bn"' in everything


def test_the_drawing_has_a_box_and_a_text_for_every_node_and_takes_its_ink_from_the_page():
    plot = mx.viz.plot_network(network(), shape={"data": (1, 3, 9, 9)}, dtype={"data": "float32"})
    root = ElementTree.fromstring(plot.svg)
    texts = [t.text for t in root.iter(f"{SVG}text")]
    assert root.get("role") == "img"
    assert {"data", "conv", "3x3/2x2, 4", "pool<1>", "softmax", "4x4x4 float32"} <= set(texts)
    assert len(list(root.iter(f"{SVG}rect"))) == 8
    assert {t.get("fill") for t in root.iter(f"{SVG}text")} == {"currentColor"}
    assert "conv (Convolution, 3x3/2x2, 4) reads data." in root.find(f"{SVG}desc").text
    assert (
        plot.svg
        == mx.viz.plot_network(network(), shape={"data": (1, 3, 9, 9)}, dtype={"data": "float32"}).svg
    )
    assert "overflow:auto" in plot._repr_html_()


def test_it_is_saved_as_a_picture_or_as_source(tmp_path):
    plot = mx.viz.plot_network(network(), "net")
    assert plot.render(tmp_path / "drawn").read_text() == plot.svg
    assert plot.save(tmp_path / "net.gv").read_text() == plot.source
    with pytest.raises(NotSupportedError, match=r"save\('net.pdf'\): the workbench draws .svg"):
        plot.save(tmp_path / "net.pdf")


def test_nodes_of_one_name_stay_apart():
    net = sym.Group([sym.tanh(sym.var("x"), name="act"), sym.tanh(sym.var("y"), name="act")])
    assert [box.name for box in mx.viz.plot_network(net).boxes] == ["x", "act (1)", "y", "act (2)"]


def test_mistakes_are_named():
    with pytest.raises(ArgumentError, match="symbol must be a Symbol, got 'net'"):
        mx.viz.plot_network("net")
    with pytest.raises(ArgumentError, match="no argument 'image'"):
        mx.viz.plot_network(network(), shape={"image": (1,)})
    with pytest.raises(NotSupportedError, match="save_format='bmp'"):
        mx.viz.plot_network(network(), save_format="bmp")


def test_where_lines_part_the_labels_stand_at_their_ends():
    data = sym.var("data")
    net = sym.Group([sym.tanh(data, name="left"), sym.tanh(data, name="right")])
    root = ElementTree.fromstring(mx.viz.plot_network(net, shape={"data": (1, 7)}).svg)
    texts = list(root.iter(f"{SVG}text"))
    ends = {t.text: float(t.get("x")) for t in texts if t.text in ("left", "right")}
    assert sorted(float(t.get("x")) for t in texts if t.text == "7") == [x + 5 for x in sorted(ends.values())]


def test_a_wide_picture_scrolls_before_it_is_too_small_to_read():
    root = ElementTree.fromstring(mx.viz.plot_network(network()).svg)
    assert root.get("style") == f"min-width:{0.75 * float(root.get('width')):.0f}px"
