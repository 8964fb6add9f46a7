import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, mean_squared_error, root_mean_squared_error

from workbench.errors import ShapeError
from workbench.train import metric as metrics

ORACLES = {
    "mae": mean_absolute_error,
    "mse": mean_squared_error,
    "rmse": root_mean_squared_error,
}


@pytest.mark.parametrize("shape", [(7,), (7, 1), (7, 3)], ids=str)
@pytest.mark.parametrize("name", ORACLES)
def test_is_the_mean_over_batches(name, shape):
    rng = np.random.default_rng(0)
    made, values = metrics.create(name), []
    for _ in range(3):
        label, pred = rng.normal(size=shape), rng.normal(size=shape)
        made.update([label], [pred])
        # scikit-learn takes the root column by column; here it is taken once, over all
        values.append(ORACLES[name](label.ravel(), pred.ravel()))
    assert made.get()[0] == name
    np.testing.assert_allclose(made.get()[1], np.mean(values))


@pytest.mark.parametrize("name", ORACLES)
def test_a_column_is_a_vector(name):
    made = metrics.create(name)
    made.update([np.array([1.0, 2.0])], [np.array([[1.0], [2.0]])])
    assert made.get()[1] == 0


@pytest.mark.parametrize("name", ORACLES)
def test_nothing_is_broadcast(name):
    with pytest.raises(
        ShapeError, match=r"label of shape \(2,\) does not match prediction of shape \(2, 3\)"
    ):
        metrics.create(name).update([np.zeros(2)], [np.zeros((2, 3))])
