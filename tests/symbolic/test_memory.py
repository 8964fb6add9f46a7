"""Plans of a user's own network, and training by them in every style."""

import copy
import pickle  # noqa: TID251 - what another process of the same program is handed

import numpy as np
import pytest

import workbench as mx
from workbench.errors import ArgumentError, BudgetError, DTypeError, ShapeError
from workbench.memory.schedule import Schedule
from workbench.memory.stages import Stages

SHAPES = {"data": (8, 16)}


def network(depth=6, dropout=0.3):
    out = mx.sym.Variable("data")
    for i in range(depth):
        out = mx.sym.FullyConnected(out, num_hidden=16, name=f"fc{i}")
        out = mx.sym.BatchNorm(out, name=f"bn{i}", fix_gamma=False)
        out = mx.sym.Activation(out, act_type="tanh", name=f"tanh{i}")
        out = mx.sym.Dropout(out, p=dropout, name=f"drop{i}")
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(out, num_hidden=4, name="last"), name="softmax")


def trained(plan):
    """Outputs, gradients and states after one forward and backward in float64."""
    net = network()
    types = dict.fromkeys(net.list_inputs(), "float64")
    executor = net.simple_bind(type_dict=types, plan=plan, **SHAPES)
    rng = np.random.default_rng(0)
    for name, array in executor.arg_dict.items():
        drawn = rng.integers(0, 4, array.shape) if name == "softmax_label" else rng.normal(size=array.shape)
        array[:] = mx.nd.array(drawn, dtype="float64")
    mx.random.seed(5)
    executor.forward(is_train=True)
    executor.backward()
    found = {**executor.grad_dict, **executor.aux_dict, "output": executor.outputs[0]}
    return {name: array.asnumpy() for name, array in found.items() if array is not None}


def test_an_executor_trains_by_a_plan_as_without():
    types = dict.fromkeys(network().list_inputs(), "float64")
    plan = mx.memory.plan(network(), SHAPES, "chen", dtypes=types)
    plain, planned = trained(None), trained(plan)
    assert planned.keys() == plain.keys() - {"data", "softmax_label"}
    for name, array in planned.items():
        np.testing.assert_allclose(array, plain[name], rtol=1e-6, atol=1e-12, err_msg=name)


def test_a_plan_needs_less_and_says_what_it_costs():
    none, chen = (mx.memory.plan(network(), SHAPES, s) for s in ("none", "chen"))
    assert none.recomputed.value == 0
    assert chen.feature_maps.value < none.feature_maps.value
    assert 0 < chen.extra_forwards <= 1
    assert {q.kind for q in (chen.peak, chen.feature_maps, chen.recomputed)} == {"predicted"}
    assert repr(chen).startswith("Plan(chen: ")


def fitted(plan):
    rng = np.random.default_rng(1)
    data, label = rng.normal(size=(40, 16)).astype("float32"), rng.integers(0, 4, 40)
    mx.random.seed(2)
    module = mx.mod.Module(network(dropout=0.0), plan=plan)
    module.fit(mx.io.NDArrayIter(data, label, 8), num_epoch=1, optimizer_params={"learning_rate": 0.01})
    return {name: array.asnumpy() for name, array in module.get_params()[0].items()}


def test_a_module_trains_by_a_plan():
    plain, planned = fitted(None), fitted("chen")
    for name, array in planned.items():
        np.testing.assert_allclose(array, plain[name], rtol=1e-4, atol=1e-6, err_msg=name)


def stepped(plan):
    mx.random.seed(3)
    net = mx.gluon.nn.HybridSequential()
    for _ in range(4):
        net.add(mx.gluon.nn.Dense(16, activation="relu"), mx.gluon.nn.BatchNorm(), mx.gluon.nn.Dropout(0.5))
    net.initialize(mx.init.Xavier())
    net.hybridize(plan=plan)
    trainer = mx.gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
    for batch in (8, 8, 5):
        with mx.autograd.record():
            loss = (net(mx.nd.random.normal(shape=(batch, 16))) ** 2).mean()
        loss.backward()
        trainer.step(batch)
    return [p.data().asnumpy() for p in net.collect_params().values()]


def test_a_hybridized_block_trains_by_a_plan_whatever_the_batch():
    for planned, plain in zip(stepped("chen"), stepped(None), strict=True):
        np.testing.assert_allclose(planned, plain, rtol=1e-4, atol=1e-6)


def test_a_plan_for_other_shapes_is_planned_again():
    plan = mx.memory.plan(network(), SHAPES, "chen")
    executor = network().simple_bind(plan=plan, data=(5, 16))
    executor.forward(is_train=True)
    executor.backward()
    assert executor.grad_dict["fc0_weight"].shape == (16, 16)


def test_backward_once_more_gives_the_same_gradients():
    executor = network(dropout=0.0).simple_bind(plan="chen", grad_req="write", **SHAPES)
    for array in executor.arg_dict.values():
        array[:] = mx.nd.random.normal(shape=array.shape)
    executor.forward(is_train=True)
    executor.backward()
    first = executor.grad_dict["fc0_weight"].asnumpy()
    executor.backward()
    np.testing.assert_allclose(executor.grad_dict["fc0_weight"].asnumpy(), first, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"strategy": "chn"},
            ArgumentError,
            r"strategy='chn': there is none of that name. Did you mean 'chen'\?",
        ),
        ({"strategy": "none", "k": 3}, ArgumentError, "strategy 'none' has no option 'k'"),
        ({"budget": "lots"}, ArgumentError, "a budget is a size of a byte or more.*got 'lots'"),
        ({"shapes": {"dat": (1, 16)}}, ArgumentError, "no input 'dat'.*Did you mean 'data'"),
        ({"shapes": {"data": (1, 16), "fc0_weight": (3, 3)}}, ShapeError, "fc0"),
        ({"dtypes": {"dat": "float16"}}, ArgumentError, "no input 'dat'.*Did you mean 'data'"),
        ({"dtypes": {"data": "float99"}}, DTypeError, "unknown dtype 'float99'"),
        ({"shapes": {"data": 8}}, ArgumentError, "the shape of 'data' must be a tuple of integers, got 8"),
        ({"shapes": [8, 16]}, ArgumentError, r"plan.*: shapes must be a dict or None, got \[8, 16\]"),
        ({"wanted": ["fc9_weight"]}, ArgumentError, "no argument 'fc9_weight' to differentiate by"),
        ({"wanted": [3]}, ArgumentError, "wanted must be text, a sequence of texts or None, got"),
        ({"strategy": ["chen"]}, ArgumentError, "strategy must be text, a function or None, got"),
        (
            {"strategy": "revolve", "checkpoints": 1.5},
            ArgumentError,
            "checkpoints must be a whole number, 0 or",
        ),
    ],
)
def test_a_wrong_argument_of_plan_is_named(arguments, error, message):
    with pytest.raises(error, match=message):
        mx.memory.plan(network(), **{"shapes": SHAPES, **arguments})


def test_what_is_no_plan_is_refused_before_anything_is_made():
    with pytest.raises(ArgumentError, match="strategy='chn'"):
        network().simple_bind(plan="chn", **SHAPES)
    for wrong in [1], mx.memory.Plan, object():
        with pytest.raises(ArgumentError, match="plan=… takes a plan, the name of a strategy"):
            mx.mod.Module(network(), plan=wrong)
    with pytest.raises(ArgumentError, match="the strategy '<lambda>' must take a workload, a budget"):
        network().simple_bind(plan=lambda work: work, **SHAPES)
    with pytest.raises(ArgumentError, match=r"memory.plan\(\) needs a network"):
        mx.memory.plan(3)


def test_binding_allocates_nothing():
    wide = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2**20, name="wide")
    executor = wide.simple_bind(plan="none", data=(64, 2**18))  # 1 TiB of weights, and as much of gradients
    assert executor.arg_dict["wide_weight"].shape == (2**20, 2**18)
    assert all(array._storage.cell.array is None for array in executor.arg_dict.values())
    assert executor.arg_dict["wide_bias"][:3].asnumpy().tolist() == [0, 0, 0]


def test_a_plan_places_every_value_in_one_arena():
    plan = mx.memory.plan(network(), SHAPES, "none")
    none, shared = plan.arena("none"), plan.arena()
    assert shared.size < none.size
    assert shared.live.max() == plan.feature_maps.value
    assert shared.size >= shared.live.max()


def my_strategy(workload, budget=None):
    stages = Stages(workload)
    return stages.segmented(range(2, len(stages), 2))


def test_a_strategy_of_ones_own_is_used_and_judged():
    plan = mx.memory.plan(network(), SHAPES, my_strategy)
    assert repr(plan).startswith("Plan(my_strategy: ")
    assert plan.recomputed.value > 0
    with pytest.raises(BudgetError, match=r"the strategy 'my_strategy' was given .* its schedule takes"):
        mx.memory.plan(network(), SHAPES, my_strategy, budget=plan.peak.value - 1)
    with pytest.raises(ArgumentError, match="the strategy 'list' must give a Schedule, it gave list"):
        mx.memory.plan(network(), SHAPES, type("list", (), {"__call__": lambda *_: [], "__name__": "list"})())
    with pytest.raises(ArgumentError, match="the schedule's forward groups never run bn0"):
        mx.memory.plan(network(), SHAPES, lambda *_: Schedule((), 0))


def test_the_front_is_what_nothing_beats():
    found = mx.memory.pareto(network(), SHAPES)
    best = [c.plan for c in found if not c.dominated]
    assert {"none", "chen", "chain"} <= {c.plan.planner.name for c in found}
    assert [p.feature_maps.value for p in best] == sorted(p.feature_maps.value for p in best)
    assert [p.recomputed.value for p in best] == sorted((p.recomputed.value for p in best), reverse=True)
    assert best[-1].recomputed.value == 0
    with pytest.raises(ArgumentError, match=r"there is no 'chian'. Did you mean 'chain'\?"):
        mx.memory.pareto(network(), SHAPES, ["chian"])


def test_a_budget_without_a_strategy_takes_the_cheapest_that_fits():
    none = mx.memory.plan(network(), SHAPES, "none")
    assert mx.memory.plan(network(), SHAPES, budget=none.peak.value).recomputed.value == 0
    tight = mx.memory.plan(network(), SHAPES, budget=int(none.peak.value - none.feature_maps.value * 0.3))
    assert tight.peak.value <= tight.planner.budget
    with pytest.raises(BudgetError, match="least"):
        mx.memory.plan(network(), SHAPES, budget=1000)


def test_an_arena_counts_what_operations_take_while_they_run():
    plan = mx.memory.plan(network(depth=2), SHAPES, "none")
    plain, counted = plan.arena(), plan.arena(workspace=True)
    assert plain.by_kind["workspace"].max() == 0
    found = [plan.network.workspace[number] for number in plan.schedule]
    assert counted.by_kind["workspace"].tolist() == found
    assert max(found) > 0


def test_a_plan_is_predicted_and_measured_side_by_side():
    figures = mx.memory.measure(mx.memory.plan(network(), SHAPES, "chen"), run=True)
    assert [q.kind for q in figures] == ["predicted", "predicted", "measured", "measured"]
    calibrated, assigned, live = (q.value for q in figures[1:])
    assert assigned == pytest.approx(calibrated, rel=0.1)
    assert live == pytest.approx(calibrated, rel=0.1)


def test_a_plan_of_another_network_is_not_run_on_this_one():
    data = mx.sym.Variable("data")
    nets = [
        mx.sym.SoftmaxOutput(
            mx.sym.FullyConnected(mx.sym.Activation(data, act_type=kind), num_hidden=3, name="fc"),
            name="softmax",
        )
        for kind in ("relu", "tanh")
    ]
    plan = mx.memory.plan(nets[0], {"data": (4, 5)}, "none")
    outputs = []
    for net, given in ((nets[1], plan), (nets[1], None)):
        executor = net.simple_bind(plan=given, data=(4, 5))
        mx.random.seed(0)
        executor.arg_dict["data"][:] = mx.nd.random.normal(shape=(4, 5))
        executor.arg_dict["fc_weight"][:] = mx.nd.random.normal(shape=(3, 5))
        outputs.append(executor.forward(is_train=True)[0].asnumpy())
    np.testing.assert_allclose(outputs[0], outputs[1], rtol=1e-6)


def test_a_planned_block_goes_back_as_often_as_it_is_asked():
    net = mx.gluon.nn.HybridSequential()
    net.add(mx.gluon.nn.Dense(5, activation="tanh", in_units=3), mx.gluon.nn.Dropout(0.5))
    net.initialize()
    net.hybridize(plan="none")
    with mx.autograd.record():
        loss = net(mx.nd.ones((4, 3))).sum()
    loss.backward(retain_graph=True)
    weight = next(iter(net.collect_params().values()))
    first = weight.grad().asnumpy()
    loss.backward()
    np.testing.assert_array_equal(weight.grad().asnumpy(), first)


def test_a_plan_reports_what_it_keeps():
    none, chen = (mx.memory.plan(network(), SHAPES, s) for s in ("none", "chen"))
    assert set(chen.kept) < set(none.kept)
    assert "tanh0" in none.kept
    assert f"values of {len(chen.kept)} of " in chen.report()
    assert "strategy         chen" in chen.report()


def test_outputs_given_twice_add_their_gradients():
    y = mx.sym.tanh(mx.sym.Variable("data"), name="y")
    found = []
    for plan in None, "chen":
        executor = mx.sym.Group([y, y]).simple_bind(plan=plan, data=(2, 3))
        executor.arg_dict["data"][:] = 0.5
        executor.forward(is_train=True)
        executor.backward([mx.nd.ones((2, 3)), mx.nd.ones((2, 3)) * 2])
        found.append(executor.grad_dict["data"].asnumpy())
    np.testing.assert_allclose(found[1], found[0], rtol=1e-6)


def test_a_network_with_nothing_to_run_takes_nothing():
    plan = mx.memory.plan(mx.sym.Variable("data") * 1, {"data": (2, 3)}, "none")
    assert plan.feature_maps.value == 0


def test_shapes_of_numpy_integers_count_as_any():
    side = np.int32(40_000)
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    found = mx.memory.plan(net, {"data": (side, side)}, "none").peak.value
    assert found == mx.memory.plan(net, {"data": (40_000, 40_000)}, "none").peak.value > 2**32


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"match_range": "x"}, "Plan.arena(): match_range must be a number, 1 or more, got 'x'"),
        ({"colours": 1.5}, "Plan.arena(): colours must be a whole number, 1 or more, got 1.5"),
        ({"workspace": 3}, "Plan.arena(): workspace must be True or False, got 3"),
        (
            {"match_rang": 3},
            "Plan.arena(): got an unexpected keyword argument 'match_rang'. Did you mean 'match_range'?",
        ),
        ({"sharing": "shar"}, "allocate(plan='shar'): there is none of that name. Did you mean 'share'?"),
    ],
)
def test_a_wrong_argument_of_arena_is_named(arguments, text):
    with pytest.raises(ArgumentError) as caught:
        mx.memory.plan(network(), SHAPES).arena(**arguments)
    assert str(caught.value).startswith(text)


def test_a_front_and_a_measurement_refuse_what_does_not_fit():
    with pytest.raises(
        ArgumentError, match=r"pareto\(\): strategies must be a sequence of texts or None, got 3"
    ):
        mx.memory.pareto(network(), SHAPES, 3)
    plan = mx.memory.plan(network(), SHAPES)
    with pytest.raises(ArgumentError, match=r"measure\(\): process must be True or False, got 3"):
        mx.memory.measure(plan, process=3)
    with pytest.raises(ArgumentError, match=r"measure\(\): plan must be a Plan, got 'chen'"):
        mx.memory.measure("chen")


def test_a_planner_says_what_makes_a_plan_of_a_symbol():
    with pytest.raises(
        ArgumentError, match=r"takes a network with its gradients, got <Symbol .*memory.plan\("
    ):
        mx.memory.planner("chen").plan(network())


def test_a_plan_is_itself_when_copied_and_the_same_when_pickled():
    plan = mx.memory.plan(network(), SHAPES, "chen", mirror="cheap")
    assert copy.copy(plan) is plan
    assert copy.deepcopy(plan) is plan
    assert {plan: 1}[plan] == 1
    back = pickle.loads(pickle.dumps(plan))  # noqa: S301
    assert (back.planner, back.schedule) == (plan.planner, plan.schedule)
    assert hash(back.planner) == hash(plan.planner)
    assert back.network.written == plan.network.written
    assert back.peak == plan.peak
    executor = network().simple_bind(plan=back, **SHAPES)
    assert np.isfinite(executor.forward(is_train=True)[0].asnumpy()).all()
