"""Symbol files: what is written reads back, MXNet's files are read, and a hostile file is refused with its place."""

import copy
import json

import numpy as np
import pytest

from workbench import nd, sym
from workbench.errors import ShapeError, SymbolFileError

# As MXNet 1.x writes it: attributes as text under "attrs", num_args, an integer dtype, unknown extras.
MXNET_1X = {
    "nodes": [
        {"op": "null", "name": "data", "attrs": {"__dtype__": "0", "__shape__": "(0, 1, 6, 6)"}, "inputs": []},
        {"op": "null", "name": "conv_weight", "attrs": {"__lr_mult__": "2.0"}, "inputs": []},
        {
            "op": "Convolution", "name": "conv", "inputs": [[0, 0, 0], [1, 0, 0]],
            "attrs": {"kernel": "(3, 3)", "num_filter": "2", "no_bias": "True", "layout": "None", "pad": "(1, 1)"},
        },
        {"op": "null", "name": "bn_gamma", "attrs": {"__init__": "[\"One\", {}]"}, "inputs": []},
        {"op": "null", "name": "bn_beta", "inputs": []},
        {"op": "null", "name": "bn_moving_mean", "inputs": []},
        {"op": "null", "name": "bn_moving_var", "inputs": []},
        {
            "op": "BatchNorm", "name": "bn", "attrs": {"eps": "1e-05", "fix_gamma": "False", "momentum": "0.9"},
            "inputs": [[2, 0, 0], [3, 0, 0], [4, 0, 0], [5, 0, 1], [6, 0, 1]],
        },
        {"op": "Activation", "name": "act", "attrs": {"act_type": "relu"}, "inputs": [[7, 0, 0]]},
        {"op": "Concat", "name": "cat", "attrs": {"num_args": "2", "dim": "1"}, "inputs": [[8, 0, 0], [2, 0, 0]]},
        {
            "op": "Pooling", "name": "pool", "inputs": [[9, 0, 0]],
            "attrs": {"kernel": "(2, 2)", "stride": "(2, 2)", "pool_type": "avg", "pooling_convention": "valid"},
        },
        {"op": "Flatten", "name": "flat", "inputs": [[10, 0, 0]]},
        {"op": "null", "name": "fc_weight", "inputs": []},
        {"op": "null", "name": "fc_bias", "inputs": []},
        {
            "op": "FullyConnected", "name": "fc", "attrs": {"num_hidden": "3", "flatten": "true", "no_bias": "0"},
            "inputs": [[11, 0, 0], [12, 0, 0], [13, 0, 0]],
        },
        {"op": "null", "name": "label", "inputs": []},
        {"op": "SoftmaxOutput", "name": "softmax", "attrs": {"grad_scale": "1"}, "inputs": [[14, 0, 0], [15, 0, 0]]},
    ],
    "arg_nodes": [0, 1, 3, 4, 5, 6, 12, 13, 15],
    "node_row_ptr": list(range(18)),
    "heads": [[16, 0, 0]],
    "attrs": {"mxnet_version": ["int", 10901]},
}  # fmt: skip

# Before MXNet 1.0: the operator's attributes under "param", the user's, without underscores, under "attr".
MXNET_OLD = {
    "nodes": [
        {"op": "null", "param": {}, "name": "data", "inputs": [], "backward_source_id": -1},
        {
            "op": "null", "param": {}, "name": "fc_weight", "inputs": [], "backward_source_id": -1,
            "attr": {"lr_mult": "0.5"},
        },
        {"op": "null", "param": {}, "name": "fc_bias", "inputs": [], "backward_source_id": -1},
        {
            "op": "FullyConnected", "param": {"no_bias": "False", "num_hidden": "4"}, "name": "fc",
            "inputs": [[0, 0], [1, 0], [2, 0]], "backward_source_id": -1, "attr": {"ctx_group": "dev1"},
        },
    ],
    "arg_nodes": [0, 1, 2],
    "heads": [[3, 0]],
}  # fmt: skip


def test_a_file_of_mxnet_1x_is_read():
    net = sym.load_json(json.dumps(MXNET_1X))
    assert net.list_arguments() == [
        "data", "conv_weight", "bn_gamma", "bn_beta", "fc_weight", "fc_bias", "label",
    ]  # fmt: skip
    assert net.list_auxiliary_states() == ["bn_moving_mean", "bn_moving_var"]
    arguments, outputs, _ = net.infer_shape(data=(5, 1, 6, 6))
    assert arguments[1] == (2, 1, 3, 3)
    assert outputs == [(5, 3)]
    assert net.infer_type()[0][0] is np.float32
    assert net.attr_dict()["conv_weight"]["lr_mult"] == "2.0"
    executor = net.simple_bind(data=(5, 1, 6, 6))
    np.testing.assert_allclose(executor.forward()[0].asnumpy(), np.full((5, 3), 1 / 3), rtol=1e-6)


def test_a_file_of_before_mxnet_1_0_is_read():
    net = sym.load_json(json.dumps(MXNET_OLD))
    assert net.infer_shape(data=(2, 3))[1] == [(2, 4)]
    assert net.attr("num_hidden") == "4"
    assert net.attr("ctx_group") == "dev1"
    assert net.attr_dict()["fc_weight"]["lr_mult"] == "0.5"


def example():
    x = sym.var("x", shape=(2, 3), dtype="float64", lr_mult=2.0)
    conv = sym.FullyConnected(x, num_hidden=4, name="fc", attr={"mood": "calm"})
    parts = sym.split(conv, num_outputs=2, name="parts")
    low = sym.clip(parts[0], a_min=-float("inf"), a_max=0.5, name="low")
    return sym.Group(
        [sym.concat(low, parts[1] * 0.1, dim=1, name="cat"), sym.sum(conv, axis=(0, 1), name="all")]
    )


def test_what_is_written_reads_back_and_computes_the_same(tmp_path):
    net = example()
    net.save(tmp_path / "net.json")
    again = sym.load(tmp_path / "net.json")
    assert again.tojson() == net.tojson()
    assert again.attr_dict() == net.attr_dict()
    assert again.list_outputs() == net.list_outputs()
    rng = np.random.default_rng(0)
    shapes = dict(zip(net.list_arguments(), net.infer_shape()[0], strict=True))
    given = {n: nd.array(rng.normal(size=s), dtype="float64") for n, s in shapes.items()}
    for a, b in zip(net.eval(**given), again.eval(**given), strict=True):
        np.testing.assert_array_equal(a.asnumpy(), b.asnumpy())


def broken(change):
    data = json.loads(example().tojson())
    change(data)
    return json.dumps(data)


def node(data, name):
    return next(n for n in data["nodes"] if n["name"] == name)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        (example().tojson()[:-200], "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("null", "expected an object, got NoneType"),
        ("[]", "expected an object, got list"),
        ("{}", "the file needs 'nodes' as list, got None"),
        ('{"nodes": {}}', "the file needs 'nodes' as list"),
        ('{"nodes": []}', "the file needs 'heads' as list"),
        ('{"nodes": [], "heads": []}', "'heads' is empty"),
        ('{"nodes": [], "heads": [[0, 0, 0]]}', "heads refers to .0, 0, 0., not to one of the 0 nodes"),
        ('{"nodes": [7], "heads": [[0, 0, 0]]}', "node 0 needs 'name' as str"),
        (broken(lambda d: d["nodes"][3].pop("op")), "node 3 needs 'op' as str, got None"),
        (broken(lambda d: d["nodes"][3].update(name=5)), "node 3 needs 'name' as str, got 5"),
        (broken(lambda d: d["nodes"][3].update(inputs="x")), "'fc'.* needs 'inputs' as list"),
        (
            broken(lambda d: d["nodes"][3].update(op="os.system")),
            r"node 3 .os.system 'fc'.: no operator 'os.system'",
        ),
        (broken(lambda d: d["nodes"][3].update(op="FullyConected")), "Did you mean 'FullyConnected'"),
        (
            broken(lambda d: d["nodes"][3]["attrs"].update(num_hidden="four")),
            "'num_hidden' must be int, got 'four'",
        ),
        (broken(lambda d: d["nodes"][3]["attrs"].update(num_hidden=4)), "needs its attributes as text"),
        (broken(lambda d: d["nodes"][3]["attrs"].pop("num_hidden")), r"node 3 .*needs 'num_hidden'"),
        (
            broken(lambda d: d["nodes"][3]["attrs"].update(num_hiden="4")),
            "no argument 'num_hiden'.*Did you mean",
        ),
        (broken(lambda d: d["nodes"][3]["attrs"].update(num_hidden="__import__('os')")), "must be int"),
        (broken(lambda d: d["nodes"][3]["attrs"].update(num_hidden="(" * 5000)), "must be int"),
        (broken(lambda d: d["nodes"][3]["attrs"].update(num_hidden="9" * 9000)), "must be int"),
        (broken(lambda d: d["nodes"][3].update(attrs=[])), None),
        (broken(lambda d: d["nodes"][3].update(attrs=["x"])), "needs its attributes as text"),
        (broken(lambda d: d["nodes"][3]["inputs"].append([0, 0, 0])), "'fc'.* takes 3 inputs, got 4"),
        (
            broken(lambda d: d["nodes"][3].update(inputs=[[3, 0, 0]] * 3)),
            "'fc'.* refers to .3, 0, 0., not to one",
        ),
        (
            broken(lambda d: d["nodes"][3].update(inputs=[[5, 0, 0]] * 3)),
            "not to one of the 3 nodes before it",
        ),
        (
            broken(lambda d: d["nodes"][3].update(inputs=[[-1, 0, 0]] * 3)),
            "not to one of the 3 nodes before it",
        ),
        (broken(lambda d: d["nodes"][3].update(inputs=[[10**400, 0, 0]] * 3)), "not to one of the 3 nodes"),
        (broken(lambda d: d["nodes"][3].update(inputs=[[1e300, 0, 0]] * 3)), "not to one of the 3 nodes"),
        (broken(lambda d: d["nodes"][3].update(inputs=[[True, 0, 0]] * 3)), "not to one of the 3 nodes"),
        (
            broken(lambda d: d["nodes"][3].update(inputs=[[0, 1, 0]] * 3)),
            "asks for output 1 of 'x', which has 1",
        ),
        (broken(lambda d: d.update(heads=[[99, 0, 0]])), "heads refers to .99, 0, 0."),
        (broken(lambda d: d.update(heads=[[3, 7, 0]])), "heads asks for output 7 of 'fc', which has 1"),
        (broken(lambda d: d.update(heads="all")), "needs 'heads' as list, got 'all'"),
        (
            broken(lambda d: node(d, "x")["attrs"].update(__shape__="(a, b)")),
            "'x'.*'__shape__' must be tuple",
        ),
        (broken(lambda d: node(d, "x")["attrs"].update(__shape__="(2.5,)")), "node 0 .null 'x'."),
        (broken(lambda d: node(d, "x")["attrs"].update(__dtype__="99")), "unknown dtype '99'"),
        ('{"nodes": NaN, "heads": []}', "needs 'nodes' as list, got nan"),
    ],
)
def test_a_corrupt_or_hostile_file_is_refused_with_its_place(text, message):
    if message is None:
        message = "needs 'num_hidden'"
    with pytest.raises(SymbolFileError, match=message):
        sym.load_json(text)


def test_a_pickle_is_not_even_looked_at(tmp_path):
    evil = b"cbuiltins\nexec\n(S\"raise SystemExit('ran')\"\ntR."
    for name, data in {"text": evil, "binary": b"\x80\x04" + evil}.items():
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(SymbolFileError, match=r"not JSON|not a text file"):
            sym.load(path)
        with pytest.raises(SymbolFileError, match="is not a parameter file"):
            nd.load(path)
    with pytest.raises(SymbolFileError, match="expected JSON text, got bytes"):
        sym.load_json(evil)


def test_a_very_deep_graph_is_written_and_read():
    net = sym.var("x")
    for _ in range(5000):
        net = sym.relu(net)
    assert sym.load_json(net.tojson()).list_arguments() == ["x"]


def test_huge_sizes_are_refused_when_they_are_inferred_not_allocated():
    text = broken(lambda d: d["nodes"][3]["attrs"].update(num_hidden=str(10**30)))
    with pytest.raises(
        ShapeError, match=r"FullyConnected 'fc' with data .*num_hidden=1000000000000000000000000000000"
    ):
        sym.load_json(text).infer_shape(x=(2, 3))


def test_a_long_chain_and_a_wide_graph_need_no_recursion():
    x = sym.var("x")
    chain = x
    for _ in range(20_000):
        chain = sym.tanh(chain)
    wide = sym.add_n(*[sym.tanh(x) for _ in range(5_000)])
    for net in (chain, wide):
        again = sym.load_json(net.tojson())
        assert again.infer_shape(x=(2, 3))[1] == [(2, 3)]
        assert len(again.graph.nodes) == len(net.graph.nodes)
        assert copy.deepcopy(net)(x=sym.var("y")).list_arguments() == ["y"]


def test_a_variables_dtype_is_written_as_mxnets_number():
    net = sym.relu(sym.var("x", dtype="float16"), name="act")
    row = json.loads(net.tojson())["nodes"][0]
    assert row["attrs"]["__dtype__"] == "2"
    assert sym.load_json(net.tojson()).infer_type()[1] == [np.float16]


def test_the_number_of_arguments_is_written_as_mxnet_needs_it():
    rows = json.loads(sym.Concat(sym.var("x"), sym.var("y"), name="both").tojson())["nodes"]
    assert rows[-1]["attrs"]["num_args"] == "2"
