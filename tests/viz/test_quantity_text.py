import pytest

from workbench.types import Quantity
from workbench.viz.quantity_text import write, write_quantity


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0, "B", "0 B"),
        (1023, "B", "1023 B"),
        (1536, "B", "1.50 KiB"),
        (-(2**31), "B", "-2.00 GiB"),
        (2.0**70, "B", "1048576 PiB"),
        (0, "s", "0 s"),
        (0.0123456, "s", "12.3 ms"),
        (3.2e-8, "s", "32.0 ns"),
        (61, "s", "61.0 s"),
        (1.5e12, "FLOP", "1.50 TFLOP"),
        (2.5e10, "FLOP/s", "25.0 GFLOP/s"),
        (1234567, "1", "1,234,567"),
        (1.15, "1", "1.15"),
        (12.345, "%", "12.3 %"),
        (999.6, "examples/s", "1000 examples/s"),
        (67034.2, "examples/s", "67,034 examples/s"),
    ],
)
def test_a_value_is_written_with_three_digits_and_its_prefix(value, unit, text):
    assert write(value, unit) == text


def test_a_spread_stands_behind_the_value():
    once = Quantity(0.002, "s", "measured", "one run", "step time")
    often = Quantity(0.002, "s", "measured", "ten runs", "step time", (0.0019, 0.0025))
    assert write_quantity(once) == "2.00 ms"
    assert write_quantity(often) == "2.00 ms (1.90 ms to 2.50 ms)"
