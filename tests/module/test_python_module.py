import numpy as np
import pytest

from workbench.errors import ArgumentError, AutogradError, NotInitializedError, NotWrittenError, ShapeError
from workbench.imperative import nd
from workbench.module import Module, PythonLossModule, PythonModule, SequentialModule
from workbench.symbolic import sym
from workbench.train import io, metric


def softmax_gradient(scores, labels):
    """Of the cross-entropy, as SoftmaxOutput has it, in plain NumPy."""
    x = scores.asnumpy()
    p = np.exp(x - x.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    p[np.arange(len(p)), labels.asnumpy().astype(int)] -= 1
    return p


def test_a_python_loss_trains_as_the_built_in_one(net, batches):
    one = Module(net())
    hidden = net().get_internals()["fc2_output"]
    chain = SequentialModule().add(Module(hidden, label_names=None))
    chain.add(PythonLossModule(grad_func=softmax_gradient), take_labels=True, auto_wiring=True)
    for module in (one, chain):
        module.bind(batches().provide_data, batches().provide_label)
        module.init_params()
    chain.set_params(*one.get_params())
    for module in (one, chain):
        module.init_optimizer(optimizer_params={"learning_rate": 0.3})
        for batch in batches():
            module.forward_backward(batch)
            module.update()
    for name, array in one.get_params()[0].items():
        np.testing.assert_allclose(
            chain.get_params()[0][name].asnumpy(), array.asnumpy(), rtol=1e-4, atol=1e-6, err_msg=name
        )
    assert chain.output_names == ["pyloss_output"]
    assert chain.get_outputs()[0].shape == (16, 3)


def loss(**options):
    module = PythonLossModule("mine", grad_func=lambda scores, labels: scores - labels, **options)
    module.bind([("data", (2, 3))], [("softmax_label", (2, 3))], inputs_need_grad=True)
    module.init_params()
    return module


def test_scores_go_through_and_their_gradient_comes_back():
    module = loss()
    assert module.output_shapes == [("mine_output", (2, 3))]
    assert (module.data_shapes, module.label_shapes) == ([("data", (2, 3))], [("softmax_label", (2, 3))])
    module.forward(io.DataBatch([nd.ones((2, 3)) * 3], [nd.ones((2, 3))]))
    assert (module.get_outputs()[0].asnumpy() == 3).all()
    module.backward()
    assert (module.get_input_grads()[0].asnumpy() == 2).all()
    module.init_optimizer()
    module.update()
    seen = metric.create("mse")
    module.update_metric(seen, [nd.ones((2, 3))])
    assert seen.get()[1] == 4
    assert [dict(arrays) for arrays in module.get_params()] == [{}, {}]


def test_steps_out_of_order_are_named():
    module, batch = loss(), io.DataBatch([nd.ones((2, 3))], [nd.ones((2, 3))])
    with pytest.raises(NotWrittenError, match=r"get_outputs\(\) needs forward\(\) first"):
        module.get_outputs()
    with pytest.raises(NotWrittenError, match=r"get_input_grads\(\) needs backward\(\) first"):
        module.get_input_grads()
    with pytest.raises(ArgumentError, match=r"forward\(\): the batch lacks 'softmax_label'"):
        module.forward(io.DataBatch([nd.ones((2, 3))]))
    module.forward(batch, is_train=False)
    with pytest.raises(AutogradError, match=r"backward\(\) needs forward\(is_train=True\)"):
        module.backward()
    module.forward(batch)
    with pytest.raises(ArgumentError, match="a loss is where gradients begin"):
        module.backward([nd.ones((2, 3))])
    plain = PythonLossModule()
    plain.bind([("data", (2, 3))], [("softmax_label", (2,))])
    with pytest.raises(NotInitializedError, match="inputs_need_grad=True"):
        plain.get_input_grads()


def test_a_gradient_that_does_not_fit_is_refused():
    module = PythonLossModule(grad_func=lambda scores, labels: np.ones(2))
    module.bind([("data", (2, 3))], [("softmax_label", (2,))])
    module.forward(io.DataBatch([nd.ones((2, 3))], [nd.ones((2,))]))
    with pytest.raises(ShapeError, match=r"grad_func gave shape \(2,\), the scores have \(2, 3\)"):
        module.backward()
    nothing = PythonLossModule()
    nothing.bind([("data", (2, 3))], [("softmax_label", (2,))])
    nothing.forward(io.DataBatch([nd.ones((2, 3))], [nd.ones((2,))]))
    with pytest.raises(ArgumentError, match="PythonLossModule needs grad_func"):
        nothing.backward()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"data_names": ["a", "b"]}, "has one input and one label"),
        ({"grad_func": 3}, "grad_func must be a function of scores and labels, got 3"),
    ],
)
def test_wrong_losses_are_refused(options, text):
    with pytest.raises(ArgumentError, match=text):
        PythonLossModule(**options)


def test_a_module_of_ones_own():
    class Doubled(PythonModule):
        def _compute_output_shapes(self):
            return [("doubled_output", self._data_shapes[0].shape)]

        def forward(self, data_batch, is_train=None):
            self.out = data_batch.data[0] * 2

        def get_outputs(self, merge_multi_context=True):
            return [self.out]

        def backward(self, out_grads=None):
            self.grad = out_grads[0] * 2

        def get_input_grads(self, merge_multi_context=True):
            return [self.grad]

    square = Module(sym.square(sym.Variable("data"), name="square"), label_names=None)
    chain = SequentialModule().add(Doubled(["data"], None, ["doubled_output"])).add(square, auto_wiring=True)
    chain.bind([("data", (2,))], inputs_need_grad=True)
    chain.init_params()
    chain.forward(io.DataBatch([nd.array([1, 3])]))
    assert chain.get_outputs()[0].asnumpy().tolist() == [4, 36]
    chain.backward([nd.ones((2,))])
    assert chain.get_input_grads()[0].asnumpy().tolist() == [8, 24]
