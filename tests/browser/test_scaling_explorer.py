import json
import statistics
from urllib.parse import quote

import pytest
from notebook import copied, focused, open_address, open_widget, picture, violations, write_notebook

pytestmark = pytest.mark.browser

ROOT = ".wb-scaling"
PUBLISHED = """\
from workbench_widgets import ScalingExplorer

explorer = ScalingExplorer("alexnet")
explorer.wait()
explorer"""
OWN = """\
import time

from workbench.networks import deep_mlp
from workbench_widgets import ScalingExplorer, scaling_explorer

measure = scaling_explorer.measure


def patient(*_, cancelled, **__):  # the first measurement lasts until it is cancelled
    scaling_explorer.measure = measure
    while not cancelled():
        time.sleep(0.05)


scaling_explorer.measure = patient
net = deep_mlp(1, 8, batch=4, inputs=6)
explorer = ScalingExplorer(net.symbol, net.shapes, devices=2)
explorer.wait()
explorer"""
# From each new place of the slider until the browser has painted what follows from the kernel's answer.
REDRAW = """
async (slider) => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const sentence = document.querySelector(".wb-scaling .wb-sentence");
  const times = [];
  for (let step = 0; step < 20; step += 1) {
    const before = sentence.textContent;
    const start = performance.now();
    slider.value = String(1 + ((step * 5) % 16));
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    for (let n = 0; n < 3000 && sentence.textContent === before; n += 1) await frame();
    await frame();  // the widget drew in the frame before, and by this one the browser has painted it
    times.push(performance.now() - start);
  }
  return times;
}
"""


def open_explorer(page, lab, name, source):
    write_notebook(lab.folder / name, source)
    return open_widget(page, lab, ROOT, name)


def test_choices_are_made_by_keyboard_and_the_pictures_follow(page, lab, theme):
    explorer = open_explorer(page, lab, "scaling.ipynb", PUBLISHED)
    sentence = explorer.locator(".wb-sentence")
    explorer.locator(".wb-throughput[aria-label*='9 published']").wait_for(timeout=120_000)
    assert "256 devices do" in sentence.inner_text()
    bars = explorer.locator(".wb-throughput .wb-kind-predicted .wb-spread")
    bars.nth(7).wait_for(state="attached", timeout=60_000)  # of all but one device
    assert violations(page, ROOT) == []
    picture(page, f"scaling-{theme}")

    hosts = explorer.get_by_role("slider", name="Hosts")
    hosts.focus()
    hosts.press("Home")
    explorer.get_by_text("16 devices do").wait_for(timeout=60_000)
    assert "hosts=1" in explorer.locator(".wb-call").inner_text()
    explorer.get_by_role("row", name="throughput predicted").get_by_role("cell").first.wait_for()
    late = explorer.get_by_role("slider", name="Slowest device")
    late.focus()
    late.press("End")
    explorer.locator(".wb-step text", has_text="slow device").wait_for(timeout=60_000)
    share = sentence.inner_text().split("by dist_sync, ")[1].split(" of ")[0]
    drawn = f".wb-efficiency [aria-label^='16 devices'][aria-label*='efficiency {share}']"
    explorer.locator(drawn).first.wait_for(timeout=60_000)  # a curve that comes later takes the focus along
    explorer.locator(".wb-step").first.get_by_role("option").first.focus()
    page.keyboard.press("ArrowRight")
    assert "(predicted, simulated)" in sentence.inner_text()
    explorer.locator(".wb-topology").get_by_role("option").first.focus()
    page.keyboard.press("Home")
    assert "one way in a step" in sentence.inner_text()
    explorer.locator(".wb-efficiency").get_by_role("option").last.focus()
    page.keyboard.press("End")
    assert "published; MXNet 1.0" in sentence.inner_text()
    page.keyboard.press("b")
    assert page.locator(".jp-Notebook .jp-Cell").count() == 1
    assert violations(page, ROOT) == []


@pytest.mark.parametrize("theme", ["light"], indirect=True)
def test_the_focus_stays_while_panes_are_drawn_anew(page, lab):
    explorer = open_explorer(page, lab, "focus.ipynb", PUBLISHED)
    explorer.locator(".wb-throughput[aria-label*='9 published']").wait_for(timeout=120_000)
    hosts = explorer.get_by_role("slider", name="Hosts")
    move = "(slider, to) => (slider.value = to, slider.dispatchEvent(new Event('input', { bubbles: true })))"
    explorer.get_by_label("Between hosts (GB/s)").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert focused(page) == "feed"
    before = page.evaluate_handle("document.activeElement")
    hosts.evaluate(move, "4")
    explorer.get_by_text("64 devices do").wait_for(timeout=60_000)
    page.wait_for_function("before => !before.isConnected", arg=before)
    assert focused(page) == "feed"
    assert page.evaluate("document.activeElement.ariaSelected") == "true"
    page.keyboard.press("ArrowRight")
    assert focused(page) == "between"
    assert "Each host's link to the network" in explorer.locator(".wb-sentence").inner_text()
    hosts.evaluate(move, "1")  # there is no network any more
    page.wait_for_function("document.activeElement.dataset.key === 'within'")

    explorer.locator(".wb-efficiency").get_by_role("option").first.focus()
    page.keyboard.press("End")
    assert focused(page) == "published 256"
    last = page.evaluate_handle("document.activeElement")
    page.set_viewport_size({"width": 1300, "height": 1100})
    page.wait_for_function("last => !last.isConnected", arg=last)
    assert focused(page) == "published 256"
    assert page.locator(":focus").evaluate("mark => mark.closest('.wb-efficiency') !== null")


@pytest.mark.parametrize("theme", ["light"], indirect=True)
def test_steps_are_measured_here_and_stand_beside_the_prediction(page, lab):
    explorer = open_explorer(page, lab, "here.ipynb", OWN)
    explorer.get_by_role("button", name="Measure here").click()
    explorer.get_by_role("progressbar", name="Measuring").wait_for()
    explorer.get_by_role("button", name="Cancel").click()
    explorer.get_by_role("button", name="Measure here").wait_for(timeout=120_000)
    assert explorer.locator(".wb-kind-measured").count() == 0

    explorer.get_by_role("button", name="Measure here").click()
    explorer.locator(".wb-throughput[aria-label*='4 measured']").wait_for(timeout=240_000)
    explorer.get_by_role("row", name="processor time measured").wait_for()
    assert explorer.locator(".wb-solid").count() > 0
    recorded = explorer.locator(".wb-step").last.get_by_role("option")
    recorded.first.focus()
    page.keyboard.press("Home")
    assert "(measured, recorded here)" in explorer.locator(".wb-sentence").inner_text()
    picture(page, "scaling-here-light")
    assert violations(page, ROOT) == []


@pytest.mark.parametrize("theme", ["light"], indirect=True)
def test_a_link_restores_and_redrawing_is_timed(page, lab):
    explorer = open_explorer(page, lab, "link.ipynb", PUBLISHED)
    explorer.get_by_label("Between hosts", exact=True).select_option("tree")
    explorer.locator(".wb-call", has_text="method='tree'").wait_for()
    link = copied(page, explorer, "Copy as link")
    assert lab.token not in link
    assert copied(page, explorer, "Copy as Python") == "ScalingExplorer('alexnet', method='tree')"

    times = sorted(explorer.get_by_role("slider", name="Hosts").evaluate(REDRAW))
    median, late = statistics.median(times), times[round(0.95 * (len(times) - 1))]
    print(f"\nslider to redraw: median {median:.0f} ms, 95th percentile {late:.0f} ms")
    assert len(times) == 20

    page.goto("about:blank")
    again = open_address(page, lab.address("link.ipynb") + link[link.index("#") :], ROOT)
    again.locator(".wb-call", has_text="method='tree'").wait_for(timeout=60_000)
    assert again.get_by_label("Between hosts", exact=True).input_value() == "tree"


@pytest.mark.parametrize("theme", ["light"], indirect=True)
def test_a_number_that_can_not_be_is_refused_where_it_is_typed(page, lab):
    explorer = open_explorer(page, lab, "numbers.ipynb", PUBLISHED)
    field = explorer.get_by_label("Host to devices (GB/s)")
    good = field.input_value()
    call = explorer.locator(".wb-call").inner_text()
    for text, said in (("-1", "-1 is not a number above 0"), ("", "This is not a number above 0")):
        field.fill(text)
        field.press("Enter")
        assert explorer.get_by_role("alert").filter(has_text=said).inner_text() == f"{said}; {good} stays."
        assert field.get_attribute("aria-invalid") == "true"
        assert explorer.locator(".wb-call").inner_text() == call
    assert violations(page, ROOT) == []
    batch = explorer.get_by_label("Examples a device")
    batch.fill("2.5")
    batch.press("Enter")
    explorer.get_by_text("2.5 is not a whole number from 1 to 65,536; 512 stays.").wait_for()
    field.fill("2")
    field.press("Enter")
    explorer.locator(".wb-call", has_text="feed_bandwidth=2000000000").wait_for()
    assert field.get_attribute("aria-invalid") == "false"
    assert explorer.get_by_text("is not a number above 0").count() == 0


@pytest.mark.parametrize("theme", ["light"], indirect=True)
def test_another_network_is_chosen_and_what_is_wrong_is_said(page, lab):
    state = {"network": "mlp", "machine": "here", "devices": 2}
    write_notebook(lab.folder / "other.ipynb", PUBLISHED)
    explorer = open_address(
        page, f"{lab.address('other.ipynb')}#scaling-explorer={quote(json.dumps(state))}", ROOT
    )
    explorer.get_by_role("heading", name="MLP, 3 layers of 1024").wait_for(timeout=120_000)
    explorer.get_by_text("2 devices do").wait_for(timeout=60_000)
    explorer.get_by_label("Network", exact=True).select_option("inception_v3")
    explorer.get_by_role("heading", name="Inception v3").wait_for(timeout=120_000)
    explorer.locator(".wb-throughput[aria-label*='9 published']").wait_for(timeout=120_000)
    assert explorer.get_by_role("button", name="Measure here").is_disabled()
    assert violations(page, ROOT) == []
