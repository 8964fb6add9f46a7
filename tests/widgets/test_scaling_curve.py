import pytest
from workbench_widgets.scaling_curve import Curves
from workbench_widgets.scaling_explorer import ScalingExplorer
from workbench_widgets.scaling_studies import machines, named


@pytest.fixture
def setup():
    return ScalingExplorer("alexnet", hosts=2, devices=2).setup


def test_bars_come_second_and_points_are_remembered(setup):
    curves = Curves()
    plain, barred = curves.draw(setup, named("alexnet"), machines()["p2"], lambda: False)
    assert [each["devices"] for each in plain["predicted"]] == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    assert all(each["spread"] is None for each in plain["predicted"])
    for before, point in zip(plain["predicted"][1:], barred["predicted"][1:], strict=True):
        low, high = point["spread"]
        assert low < point["value"] == before["value"] < high

    def never():
        pytest.fail("all points are known, so nothing is simulated")

    assert list(curves.draw(setup, named("alexnet"), machines()["p2"], never)) == [barred]


def test_a_curve_is_stopped_before_any_simulation(setup):
    asked = []

    def cancelled():
        asked.append(None)
        return len(asked) > 12  # nine points, and then inside the first bar

    curves = Curves()
    assert len(list(curves.draw(setup, named("alexnet"), machines()["p2"], cancelled))) == 1
    assert len(asked) == 13
    assert list(Curves().draw(setup, named("alexnet"), machines()["p2"], lambda: True)) == []
