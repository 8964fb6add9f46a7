import pytest
from lab import ROOT
from notebook import copied, open_address, open_widget, picture, violations, write_notebook

from workbench.types import Quantity
from workbench.viz.quantity_text import write

pytestmark = pytest.mark.browser

LESSONS = sorted(path.name for path in (ROOT / "lessons").glob("01_*.ipynb"))
SAMPLE = """\
from sample_study import lenet_study
from workbench.types import Quantity
from workbench_widgets import StyleExplorer

study = lenet_study()
explorer = StyleExplorer(study=study)
explorer"""
FAILURE = "study.failure = ValueError('conv2 has 50 filters')"
CASES = [
    *((0, "B"), (1023, "B"), (1024, "B"), (5e9, "B"), (0, "s"), (3.2e-8, "s"), (0.0123456, "s"), (61, "s")),
    *((0.99951, "s"), (1.5e12, "FLOP"), (2.5e10, "B/s"), (1234567, "1"), (0.04567, "1"), (12.345, "%")),
]
FIGURES = [
    Quantity(value, unit, "predicted", "a case", f"case {index}") for index, (value, unit) in enumerate(CASES)
]


@pytest.mark.parametrize("notebook", ["sample.ipynb", *LESSONS])
def test_the_cut_moves_by_keyboard_and_the_trace_with_it(page, lab, theme, notebook):
    if notebook == "sample.ipynb":
        write_notebook(lab.folder / notebook, SAMPLE)
    explorer = open_widget(page, lab, ".wb-style", notebook)
    stem = notebook.partition(".")[0]
    assert violations(page, ".wb-style") == []
    picture(page, f"{stem}-start-{theme}")

    trace, slider = explorer.locator(".wb-trace"), explorer.get_by_role("slider")
    slider.focus()
    slider.press("Home")
    if not trace.is_visible():  # the lesson has measured this cut already
        explorer.get_by_role("button", name="Measure this cut").click()
    trace.wait_for(timeout=120_000)
    described = trace.get_attribute("aria-label")
    bars = trace.get_by_role("option").count()
    assert bars == explorer.locator(".wb-hull").count()

    slider.focus()
    slider.press("ArrowRight")
    explorer.locator(f".wb-trace:not([aria-label={described!r}])").wait_for(timeout=120_000)
    assert trace.get_by_role("option").count() < bars
    assert trace.locator(".wb-before").count() == bars
    picture(page, f"{stem}-moved-{theme}")
    assert violations(page, ".wb-style") == []


def test_a_step_marks_the_same_operation_on_both_sides(page, lab):
    write_notebook(lab.folder / "step.ipynb", SAMPLE)
    explorer = open_widget(page, lab, ".wb-style", "step.ipynb")
    sides = [explorer.locator(f"{side} [aria-selected=true]") for side in (".wb-code", ".wb-graph")]
    explorer.get_by_role("button", name="Step one operation").click()
    for side in sides:
        side.and_(explorer.locator("[data-value='1']")).wait_for()
    sides[1].focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    for side in sides:
        side.and_(explorer.locator("[data-value='4']")).wait_for()
    assert "tanh2" in explorer.locator(".wb-sentence").inner_text()


@pytest.mark.parametrize("theme", ["light"], indirect=True)
def test_keys_stay_in_the_explorer_and_the_kernels_errors_reach_it(page, lab):
    write_notebook(lab.folder / "keys.ipynb", SAMPLE.replace("explorer =", f"{FAILURE}\nexplorer ="))
    explorer = open_widget(page, lab, ".wb-style", "keys.ipynb")
    for focusable in (explorer.get_by_role("slider"), explorer.locator(".wb-code [aria-selected=true]")):
        focusable.focus()
        page.keyboard.press("b")
    assert page.locator(".jp-Notebook .jp-Cell").count() == 1

    explorer.get_by_role("button", name="Measure this cut").click()
    explorer.get_by_text("ValueError: conv2 has 50 filters").wait_for(timeout=30_000)
    assert violations(page, ".wb-style") == []


@pytest.mark.parametrize("theme", ["light"], indirect=True)
def test_figures_are_written_alike_in_python_and_in_the_browser(page, lab):
    setting = SAMPLE.replace("explorer =", f"study.more = {FIGURES!r}\nexplorer =")
    write_notebook(lab.folder / "figures.ipynb", setting)
    explorer = open_widget(page, lab, ".wb-style", "figures.ipynb")
    for figure in FIGURES:
        row = explorer.get_by_role("row").filter(has=page.get_by_text(figure.name, exact=True))
        assert row.locator("b").inner_text() == write(figure.value, figure.unit)


@pytest.mark.parametrize("theme", ["light"], indirect=True)
def test_many_figures_are_not_covered_and_lines_of_code_not_cut(page, lab):
    page.set_viewport_size({"width": 1400, "height": 1000})
    setting = SAMPLE.replace("explorer =", f"study.more = {FIGURES!r}\nexplorer =")
    write_notebook(lab.folder / "many.ipynb", setting)
    explorer = open_widget(page, lab, ".wb-style", "many.ipynb")
    edges = explorer.locator(".wb-loss, .wb-figures").evaluate_all(
        "panes => panes.map((pane) => pane.getBoundingClientRect().bottom)"
    )
    foot = explorer.locator(".wb-foot").evaluate("foot => foot.getBoundingClientRect().top")
    assert max(edges) < foot
    for pane in explorer.locator(".wb-code, .wb-right").all():
        assert pane.evaluate("pane => pane.scrollWidth <= pane.clientWidth")


def test_a_wide_graph_fits_its_pane_and_can_be_had_in_full_size(page, lab, theme):
    write_notebook(lab.folder / "wide.ipynb", SAMPLE.replace("study=study", "study=study, cut=2"))
    explorer = open_widget(page, lab, ".wb-style", "wide.ipynb")
    pane, code = explorer.locator(".wb-graph-pane"), explorer.locator(".wb-code")
    over = "pane => pane.scrollWidth - pane.clientWidth"
    assert pane.evaluate(over) == 0
    code.locator("[aria-selected=true]").focus()
    page.keyboard.press("End")  # a node at the other side

    whole, full = (explorer.get_by_role("button", name=name) for name in ("Whole graph", "Full size"))
    full.click()
    assert pane.evaluate(over) > 0
    node, edges = explorer.locator(".wb-node[aria-selected=true]").bounding_box(), pane.bounding_box()
    assert edges["x"] <= node["x"] < edges["x"] + edges["width"]
    picture(page, f"wide-full-{theme}")
    assert violations(page, ".wb-style") == []
    whole.click()
    pressed = [button.get_attribute("aria-pressed") for button in (whole, full)]
    assert pressed == ["true", "false"]
    assert pane.evaluate("pane => pane.scrollHeight - pane.clientHeight") == 0
    whole.click()
    assert pane.evaluate(over) == 0
    picture(page, f"wide-fit-{theme}")


@pytest.mark.parametrize("theme", ["light"], indirect=True)
def test_a_link_restores_the_cut_and_the_step(page, lab):
    write_notebook(lab.folder / "link.ipynb", SAMPLE)
    explorer = open_widget(page, lab, ".wb-style", "link.ipynb")
    explorer.get_by_role("slider").press("End")
    explorer.get_by_role("button", name="Step one operation").click()
    call = explorer.locator(".wb-call").inner_text()
    link = copied(page, explorer, "Copy as link")

    page.goto("about:blank")
    again = open_address(page, lab.address("link.ipynb") + link[link.index("#") :], ".wb-style")
    again.locator(".wb-code [aria-selected=true]").and_(again.locator("[data-value='1']")).wait_for()
    assert again.locator(".wb-call").inner_text() == call
