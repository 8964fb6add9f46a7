import statistics

import pytest
from notebook import copied, open_address, open_widget, picture, violations, write_notebook

from workbench.viz.quantity_text import write

pytestmark = pytest.mark.browser

ROOT = ".wb-contraction"
OWN = """\
import numpy as np
from workbench_widgets import ContractionExplorer

tensor = np.random.default_rng(0).normal(size=(12, 5, 4)).cumsum(0)
explorer = ContractionExplorer(tensor, outputs=90{more})
{wait}
explorer"""
STUDY = """\
from workbench_widgets import ContractionExplorer

ContractionExplorer(study={study!r})"""
ANSWERS = """\
explorer.ranks = [3, 2, 2]
print(*(f"{v.name}|{f.name}|{f.value}|{f.unit}" for v in explorer.variants for o in ("left_to_right", "best", "greedy")
        for f in v.figures(v.tree(o))), sep="\\n")"""
# A drag of 60 steps: to each new rank, until the browser has painted what follows from it.
REDRAW = """
async (handle) => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const box = handle.ownerSVGElement.getBoundingClientRect();
  const at = handle.querySelector("circle").getBoundingClientRect();
  const send = (type, y) => handle.dispatchEvent(
    new PointerEvent(type, { pointerId: 1, clientX: at.x + 7, clientY: at.y + 7 + y, bubbles: true, buttons: 1 }));
  handle.setPointerCapture = () => {};
  handle.hasPointerCapture = () => true;
  const times = [];
  let before = handle.getAttribute("aria-valuenow");
  for (let step = 0; step < 60; step += 1) {
    const start = performance.now();
    send("pointermove", ((step * 37) % 80) - 40);
    await frame();  // the widget has drawn,
    await frame();  // and by the next frame the browser has painted it
    times.push(performance.now() - start);
    if (handle.getAttribute("aria-valuenow") === before) times.pop();
    before = handle.getAttribute("aria-valuenow");
  }
  return times;
}
"""


def open_own(page, lab, name, more="", wait="explorer.wait()"):
    write_notebook(lab.folder / name, OWN.format(more=more, wait=wait))
    return open_widget(page, lab, ROOT, name)


def handle(explorer, mode):
    return explorer.locator(f"[role=slider][data-mode='{mode}']")


def settled(explorer):
    explorer.page.locator(f"{ROOT}[data-settled=true]").wait_for(timeout=30_000)


def cells(explorer, name):
    return explorer.locator(f"[data-variant={name}] td").all_inner_texts()


def test_ranks_are_dragged_by_mouse_and_moved_by_keyboard(page, lab, theme):
    explorer = open_own(page, lab, "drag.ipynb")
    assert violations(page, ROOT) == []
    first = handle(explorer, 0)
    assert first.get_attribute("aria-valuetext") == "6 of 12"
    before = cells(explorer, "tucker")

    grip = first.locator("circle").last.bounding_box()
    x, y = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + 20, steps=4)
    page.mouse.move(x, y + 200, steps=4)
    page.mouse.up()
    explorer.locator("[data-mode='0'][aria-valuenow='1']").wait_for()
    settled(explorer)
    assert cells(explorer, "tucker") != before
    assert "ranks=(1, 3, 2)" in explorer.locator(".wb-call").inner_text()

    for key, rank in (
        ("ArrowUp", 2),
        ("ArrowRight", 3),
        ("PageUp", 4),
        ("ArrowDown", 3),
        ("End", 12),
        ("Home", 1),
    ):
        page.keyboard.press(key)
        assert first.get_attribute("aria-valuenow") == str(rank)
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    assert handle(explorer, 1).get_attribute("aria-valuetext") == "5 of 5"
    page.keyboard.press("b")
    assert page.locator(".jp-Notebook .jp-Cell").count() == 1
    assert "the dense layer behind it" in explorer.locator(".wb-sentence").inner_text()
    settled(explorer)
    picture(page, f"contraction-own-{theme}")
    assert violations(page, ROOT) == []


@pytest.mark.parametrize("theme", ["light"], indirect=True)
def test_figures_of_the_browser_are_those_of_the_core(page, lab):
    write_notebook(lab.folder / "same.ipynb", OWN.format(more="", wait="explorer.wait()"), ANSWERS)
    explorer = open_widget(page, lab, ROOT, "same.ipynb")
    lines = page.locator(".jp-OutputArea-output pre").last.inner_text().split("\n")
    core = iter([line.split("|") for line in lines])
    settled(explorer)
    for name in ("tcl", "trl", "cp", "tucker", "tt"):
        for order in ("left_to_right", "best", "greedy"):
            explorer.get_by_label("Order", exact=True).select_option(order)
            expected = [write(float(value), unit) for _, _, value, unit in (next(core) for _ in range(4))]
            assert cells(explorer, name)[:4] == expected


@pytest.mark.parametrize("theme", ["light"], indirect=True)
def test_an_order_is_switched_and_the_tree_is_stepped_through(page, lab):
    explorer = open_own(page, lab, "order.ipynb", ", variant='trl', order='left_to_right'")
    work = explorer.get_by_role("row", name="work predicted")
    written = work.locator("b").inner_text()
    explorer.get_by_label("Order", exact=True).select_option("best")
    sentence = explorer.locator(".wb-sentence")
    assert f"TRL, cheapest: {written} before, now " in sentence.inner_text()
    explorer.get_by_role("cell", name=written).first.wait_for()  # before
    assert work.locator("b").inner_text() != written

    explorer.get_by_role("button", name="Before the first step").click()
    assert "Nothing is contracted yet" in sentence.inner_text()
    explorer.get_by_role("button", name="One step on").click()
    assert "Step 1 of 5 multiplies " in sentence.inner_text()
    explorer.locator(".wb-tree [aria-selected=true]").focus()
    page.keyboard.press("ArrowDown")
    assert "Step 2 of 5 multiplies " in sentence.inner_text()
    assert explorer.locator(".wb-join.wb-future").count() == 3

    explorer.get_by_label("Order", exact=True).select_option("limited")
    settled(explorer)
    assert "TRL, within 50.0 % of the cheapest order's temporary memory: " in sentence.inner_text()
    explorer.get_by_label("Limit").select_option("0.25")
    settled(explorer)
    assert "slices one after the other (predicted)" in sentence.inner_text()
    assert "limit=0.25" in explorer.locator(".wb-call").inner_text()
    assert violations(page, ROOT) == []


@pytest.mark.parametrize("theme", ["light"], indirect=True)
def test_times_are_measured_and_published_rows_tell_their_source(page, lab):
    explorer = open_own(page, lab, "times.ipynb")
    explorer.get_by_role("button", name="Measure times").click()
    explorer.get_by_text("Measured, cheapest: TCL ").wait_for(timeout=120_000)
    assert all(cells(explorer, name)[4].endswith("s") for name in ("tcl", "trl", "cp", "tucker", "tt"))
    points = explorer.locator(".wb-savings").get_by_role("option")
    assert points.count() == 8
    lanes = explorer.locator(".wb-savings text", has_text="TCL").all_text_contents()
    assert lanes == ["TCL", "AlexNet TCL", "VGG-19 TCL"]
    points.last.focus()
    page.keyboard.press("End")
    assert "TRL rank (50,1,1,50)" in explorer.locator(".wb-sentence").inner_text()
    assert "published: Kossaifi et al." in explorer.locator(".wb-sentence").inner_text()
    explorer.get_by_role("button", name="Error of CP").click()
    assert (
        "measured of the tensor, by alternating least squares"
        in explorer.locator(".wb-sentence").inner_text()
    )
    assert violations(page, ROOT) == []


@pytest.mark.parametrize("theme", ["light"], indirect=True)
def test_a_link_restores_what_was_chosen(page, lab):
    explorer = open_own(page, lab, "link.ipynb")
    handle(explorer, 0).focus()
    page.keyboard.press("End")
    explorer.get_by_role("button", name="tensor train", exact=True).click()
    explorer.get_by_label("Order", exact=True).select_option("greedy")
    call = explorer.locator(".wb-call").inner_text()
    assert "ranks=(12, 3, 2), outputs=90, variant='tt', order='greedy'" in call
    link = copied(page, explorer, "Copy as link")
    page.goto("about:blank")
    again = open_address(page, lab.address("link.ipynb") + link[link.index("#") :], ROOT)
    again.locator("[data-mode='0'][aria-valuenow='12']").wait_for()
    settled(again)
    assert again.locator(".wb-call").inner_text() == call


def test_a_photograph_is_redrawn_while_a_rank_is_dragged(page, lab, theme):
    write_notebook(lab.folder / "photo.ipynb", STUDY.format(study="image"))
    explorer = open_widget(page, lab, ROOT, "photo.ipynb")
    explorer.locator(".wb-errors[aria-label*='Tucker']").wait_for(timeout=120_000)
    explorer.get_by_role("button", name="Stop").click()
    explorer.get_by_text("fitting was stopped").wait_for(timeout=120_000)
    times = sorted(handle(explorer, 0).evaluate(REDRAW))
    assert len(times) > 40
    settled(explorer)
    picture(page, f"contraction-photo-{theme}")
    median, late = statistics.median(times), times[round(0.95 * (len(times) - 1))]
    print(
        f"\ndrag to redraw, {len(times)} ranks, {theme}: median {median:.0f} ms, 95th percentile {late:.0f} ms"
    )
    assert violations(page, ROOT) == []


def test_another_tensor_is_chosen(page, lab, theme):
    write_notebook(lab.folder / "studies.ipynb", STUDY.format(study="kernel"))
    explorer = open_widget(page, lab, ROOT, "studies.ipynb")
    explorer.get_by_role("heading", name="EfficientNet-Lite0: first kernel (32, 3, 9)").wait_for()
    explorer.get_by_label("Tensor", exact=True).select_option("alexnet")
    explorer.get_by_role("heading", name="AlexNet: activation (256, 5, 5)").wait_for(timeout=60_000)
    explorer.locator(".wb-errors[aria-label*='Tucker']").wait_for(timeout=240_000)
    handle(explorer, 0).focus()
    page.keyboard.press("PageDown")
    settled(explorer)
    explorer.get_by_role("button", name="TRL", exact=True).click()
    assert "study='alexnet', ranks=(102, 3, 3), outputs=4096" in explorer.locator(".wb-call").inner_text()
    picture(page, f"contraction-alexnet-{theme}")
    assert violations(page, ROOT) == []
