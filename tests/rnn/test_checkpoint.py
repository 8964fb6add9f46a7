import numpy as np
import pytest

from tests.rnn.run import run
from workbench import rnn
from workbench.errors import NotSupportedError
from workbench.imperative import nd
from workbench.symbolic import sym


def test_fused_cells_write_what_unfused_cells_read(tmp_path):
    fused = rnn.FusedRNNCell(3, 2, prefix="f_")
    outputs, _ = fused.unroll(2, sym.Variable("data"))
    _, values = run(outputs, data=(1, 2, 4))
    args = {"f_parameters": nd.array(values["f_parameters"]), "out_bias": nd.ones((2,))}
    save = rnn.do_rnn_checkpoint(fused, str(tmp_path / "net"), period=2)
    save(0, outputs, args, {})
    assert not list(tmp_path.iterdir())
    save(1, outputs, args, {})
    symbol, packed, aux = rnn.load_rnn_checkpoint(fused, str(tmp_path / "net"), 2)
    assert symbol.list_arguments() == outputs.list_arguments()
    assert (packed.keys(), aux) == (args.keys(), {})
    np.testing.assert_array_equal(packed["f_parameters"].asnumpy(), values["f_parameters"])
    _, unfused, _ = rnn.load_rnn_checkpoint([fused.unfuse()], str(tmp_path / "net"), 2)
    assert unfused["f_l1_h2h_weight"].shape == (12, 3)


def test_the_old_name_of_unroll():
    cell = rnn.RNNCell(3)
    with pytest.warns(UserWarning, match="the old name of cell.unroll"):
        outputs, _ = rnn.rnn_unroll(cell, 2, sym.Variable("data"))
    assert len(outputs) == 2
    with (
        pytest.warns(UserWarning, match="old name"),
        pytest.raises(NotSupportedError, match="makes no inputs"),
    ):
        rnn.rnn_unroll(cell, 2)
