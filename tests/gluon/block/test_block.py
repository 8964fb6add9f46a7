"""Blocks: structure, names, hooks, files and casts."""

import numpy as np
import pytest

from workbench.errors import ArgumentError, NotInitializedError, ShapeError, SymbolFileError
from workbench.gluon import Block, Parameter, nn
from workbench.gluon.loss import L2Loss
from workbench.imperative import nd


class Net(Block):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.first = nn.Dense(3, in_units=2)
            self.second = nn.Dense(1, in_units=3)

    def forward(self, x):
        x = self.first(x)
        if x.sum().asscalar() > 0:  # a plain block may look at values
            x = x * 2
        return self.second(x)


def test_forward_is_ordinary_python():
    net = Net()
    net.initialize("ones")
    np.testing.assert_allclose(net(nd.ones((1, 2))).asnumpy(), [[12.0]])
    np.testing.assert_allclose(net(-nd.ones((1, 2))).asnumpy(), [[-6.0]])


def test_a_block_without_forward_says_so():
    with pytest.raises(NotImplementedError, match=r"Block must define forward\(self, x, \.\.\.\)"):
        Block()(nd.ones((1,)))


def test_an_argument_that_no_constructor_takes_is_said_with_the_nearest():
    with pytest.raises(
        ArgumentError, match=r"^Dense\(\) has no argument 'activaton'; it takes units, activation, .*"
    ):
        nn.Dense(10, activaton="relu")
    with pytest.raises(
        ArgumentError, match=r"L2Loss\(\) has no argument 'wieght'; .* Did you mean 'weight'\?$"
    ):
        L2Loss(wieght=2.0)
    with pytest.raises(
        ArgumentError, match=r"HybridSequential\(\) has no argument 'name'; it takes prefix, params\."
    ):
        nn.HybridSequential(name="net")


def test_names_follow_the_structure():
    net = Net(prefix="net_")
    assert list(net.collect_params()) == [
        "net_dense0_weight",
        "net_dense0_bias",
        "net_dense1_weight",
        "net_dense1_bias",
    ]
    assert net.name == "net"
    assert net.first.prefix == "net_dense0_"
    assert list(net._structural()) == ["first.weight", "first.bias", "second.weight", "second.bias"]


def test_top_level_names_count_up():
    one, two = nn.Dense(1), nn.Dense(1)
    assert int(two.name.removeprefix("dense")) == int(one.name.removeprefix("dense")) + 1


def test_some_layers_are_named_after_what_they_do():
    net = nn.Sequential(prefix="net_")
    with net.name_scope():
        net.add(nn.Conv2D(1, 1), nn.Conv1D(1, 1), nn.MaxPool2D(), nn.GlobalAvgPool2D(), nn.Activation("relu"))
    assert [b.name for b in net] == ["net_conv0", "net_conv1", "net_pool0", "net_pool1", "net_relu0"]


def test_blocks_without_a_prefix_count_with_their_parent():
    net = nn.Sequential(prefix="net_")
    with net.name_scope():
        for _ in range(2):
            part = nn.Sequential(prefix="")
            with part.name_scope():
                part.add(nn.Dense(1))
            net.add(part)
    assert [part[0].name for part in net] == ["net_dense0", "net_dense1"]


def test_collect_params_selects_by_pattern():
    net = Net(prefix="net_")
    assert list(net.collect_params(".*weight|net_dense1_bias")) == [
        "net_dense0_weight",
        "net_dense1_weight",
        "net_dense1_bias",
    ]


def test_two_parameters_of_one_name_are_refused():
    net = nn.Sequential(prefix="")
    net.add(nn.Dense(1, prefix="same_"), nn.Dense(1, prefix="same_"))
    with pytest.raises(ArgumentError, match="two different parameters are called 'same_weight'"):
        net.collect_params()


def test_parameters_are_shared_through_params():
    one = nn.Dense(2, in_units=2, prefix="a_")
    two = nn.Dense(2, in_units=2, prefix="b_", params=one.params)
    assert two.weight is one.weight
    both = nn.Sequential()
    both.add(one, two)
    assert list(both.collect_params()) == ["a_weight", "a_bias"]


def test_a_child_can_be_replaced_by_a_block_only():
    net = Net()
    net.first = nn.Dense(4)
    assert net._children["first"] is net.first
    with pytest.raises(ArgumentError, match=r"Net\.first is a Dense and can't become a int"):
        net.first = 3


def test_a_parameter_set_as_attribute_is_collected():
    net = Block()
    net.scale = Parameter("scale", shape=(1,))
    assert list(net.collect_params()) == ["scale"]


def test_hooks_see_inputs_and_outputs_until_detached():
    net = nn.Dense(1, in_units=1)
    net.initialize("ones")
    seen = []
    before = net.register_forward_pre_hook(
        lambda block, inputs: seen.append(("before", inputs[0].asscalar()))
    )
    after = net.register_forward_hook(lambda block, inputs, out: seen.append(("after", out.asscalar())))
    net(nd.array([[3.0]]))
    assert seen == [("before", 3.0), ("after", 3.0)]
    before.detach()
    before.detach()
    with after:
        pass
    net(nd.array([[4.0]]))
    assert len(seen) == 2


def test_apply_visits_children_first():
    names = []
    net = Net(prefix="net_")
    assert net.apply(lambda block: names.append(block.name)) is net
    assert names == ["net_dense0", "net_dense1", "net"]


def test_parameters_survive_a_file(tmp_path):
    path = tmp_path / "net.params"
    one, two = Net(), Net()
    one.initialize("normal")
    one.save_parameters(path)
    two.load_parameters(path)
    x = nd.ones((2, 2))
    np.testing.assert_array_equal(one(x).asnumpy(), two(x).asnumpy())
    assert sorted(nd.load(path)) == ["first.bias", "first.weight", "second.bias", "second.weight"]


def test_half_precision_survives_a_file(tmp_path):
    for dtype in ("float16", "bfloat16"):
        net = nn.Dense(1, in_units=2, dtype=dtype)
        net.initialize("normal")
        value = net.weight.data().asnumpy()
        net.save_parameters(tmp_path / "net.params")
        net.initialize("zeros", force_reinit=True)
        net.load_parameters(tmp_path / "net.params")
        np.testing.assert_array_equal(net.weight.data().asnumpy(), value)


def test_loading_gives_deferred_parameters_their_shape(tmp_path):
    path = tmp_path / "net.params"
    one = nn.Dense(2, in_units=3)
    one.initialize()
    one.save_parameters(path)
    two = nn.Dense(2)
    two.initialize()
    two.load_parameters(path)
    assert two.weight.shape == (2, 3)
    np.testing.assert_array_equal(two.weight.data().asnumpy(), one.weight.data().asnumpy())


def test_full_names_load_too(tmp_path):
    path = tmp_path / "net.params"
    one = Net(prefix="net_")
    one.initialize("normal")
    one.collect_params().save(path)
    two = Net(prefix="net_")
    two.load_parameters(path)
    np.testing.assert_array_equal(two.first.weight.data().asnumpy(), one.first.weight.data().asnumpy())


def test_a_shared_parameter_can_be_written_once(tmp_path):
    path = tmp_path / "net.params"

    def pair():
        net = nn.Sequential()
        net.add(nn.Dense(2, in_units=2))
        net.add(nn.Dense(2, in_units=2, params=net[0].params))
        return net

    one, two = pair(), pair()
    one.initialize("normal")
    one.save_parameters(path, deduplicate=True)
    assert sorted(nd.load(path)) == ["0.bias", "0.weight"]
    two.load_parameters(path)
    np.testing.assert_array_equal(two[1].weight.data().asnumpy(), one[0].weight.data().asnumpy())


def test_files_that_do_not_fit_are_refused_whole(tmp_path):
    path = tmp_path / "net.params"
    net = Net()
    net.initialize("ones")
    nd.save(path, {"first.weight": nd.zeros((3, 2)), "first.bias": nd.zeros((4,))})
    with pytest.raises(ArgumentError, match=r"has no value for parameter 'second.weight' \(2 missing\)"):
        net.load_parameters(path)
    with pytest.raises(ShapeError, match=r"has shape \(3,\), its value in .*net\.params \(4,\)"):
        net.load_parameters(path, allow_missing=True)
    np.testing.assert_array_equal(net.first.weight.data().asnumpy(), np.ones((3, 2)))
    nd.save(path, {"first.wait": nd.zeros((3, 2)), "first.weight": nd.zeros((3, 2))})
    with pytest.raises(
        ArgumentError, match=r"has 'first.wait', which is no parameter here.*Did you mean 'first.weight'"
    ):
        net.load_parameters(path, allow_missing=True)
    net.load_parameters(path, allow_missing=True, ignore_extra=True)
    np.testing.assert_array_equal(net.first.weight.data().asnumpy(), np.zeros((3, 2)))
    nd.save(path, [nd.zeros((1,))])
    with pytest.raises(SymbolFileError, match="holds a list of arrays, not parameters by name"):
        net.load_parameters(path)


def test_dtypes_are_converted_only_when_asked(tmp_path):
    path = tmp_path / "net.params"
    net = nn.Dense(1, in_units=1, use_bias=False)
    net.initialize("zeros")
    nd.save(path, {"weight": nd.ones((1, 1), dtype="float16")})
    with pytest.raises(TypeError, match=r"is float32, its value in .* float16; cast_dtype=True converts it"):
        net.load_parameters(path)
    net.load_parameters(path, cast_dtype=True)
    assert net.weight.dtype is np.float32
    net.load_parameters(path, cast_dtype=True, dtype_source="saved")
    assert net.weight.dtype is np.float16
    assert net.weight.data().asscalar() == 1


def test_saving_needs_values(tmp_path):
    with pytest.raises(NotInitializedError, match=r"has not been initialized: call .initialize"):
        Net().save_parameters(tmp_path / "net.params")


def test_cast_changes_every_parameter():
    net = Net()
    net.initialize("ones")
    net.cast("float64")
    assert {p.dtype for p in net.collect_params().values()} == {np.float64}
    assert net(nd.ones((1, 2), dtype="float64")).dtype is np.float64


def test_repr_shows_the_children():
    assert repr(Net()) == "Net(\n  (first): Dense(2 -> 3, linear)\n  (second): Dense(3 -> 1, linear)\n)"


def test_a_call_with_too_many_or_too_few_arguments_names_the_block():
    layer, loss = nn.Dense(3, in_units=4, prefix="fc_"), L2Loss(prefix="l2_")
    layer.initialize()
    x = nd.ones((2, 4))
    with pytest.raises(ArgumentError, match=r"Dense 'fc' takes \(x\), and was called with 2 arguments"):
        layer(x, x)
    with pytest.raises(
        ArgumentError, match=r"Dense 'fc' takes \(x, \*args\), and was called with 0 arguments"
    ):
        layer()
    with pytest.raises(ArgumentError, match=r"L2Loss 'l2' takes \(pred, label, .*called with 1 argument$"):
        loss(x)


def test_a_type_error_of_the_users_own_comes_through():
    class Mistaken(Block):
        def forward(self, x):
            return x + "one"

    with pytest.raises(TypeError, match="unsupported operand"):
        Mistaken()(nd.ones((2,)))


def test_a_block_does_not_hold_itself():
    outer, inner = nn.Sequential(), nn.Sequential()
    outer.add(inner)
    for block, child in ((outer, outer), (inner, outer)):
        with pytest.raises(ArgumentError, match=r"holds .*, and so can't be a child of it"):
            block.add(child)
    assert len(inner) == 0


def test_a_block_is_made_before_its_children():
    class Hasty(Block):
        def __init__(self):
            self.layer = nn.Dense(2)

    with pytest.raises(
        ArgumentError, match=r"Hasty.__init__\(\) must call super\(\).__init__\(\) before it sets 'layer'"
    ):
        Hasty()


def test_only_blocks_are_children_and_only_functions_hooks():
    with pytest.raises(ArgumentError, match=r"a child of .* must be a Block, got int 3"):
        nn.Sequential().add(3)
    with pytest.raises(ArgumentError, match="a hook is a function, got int 3"):
        nn.Sequential().register_forward_hook(3)
