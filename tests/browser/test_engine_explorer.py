import pytest
from notebook import copied, focused, open_address, open_widget, picture, violations, write_notebook

pytestmark = pytest.mark.browser

ROOT = ".wb-engine"
PLAIN = """\
from workbench_widgets import EngineExplorer

EngineExplorer({})"""


def open_explorer(page, lab, name, arguments=""):
    write_notebook(lab.folder / name, PLAIN.format(arguments))
    return open_widget(page, lab, ROOT, name)


def said(explorer):
    return explorer.locator(".wb-sentence").inner_text()


def test_a_run_is_stepped_through_and_a_dependency_taken_away(page, lab, theme):
    explorer = open_explorer(page, lab, "engine.ipynb")
    assert violations(page, ROOT) == []
    explorer.get_by_role("button", name="One tick on").click()
    assert said(explorer).startswith("Tick 1 of 7: 4 operations run at once: copy weight 1 to cpu(1), ")
    assert explorer.locator(".wb-node.wb-running").count() == 4
    queue = explorer.get_by_role("list", name="weight 1: 3 operations")
    assert [each.split(",")[0].strip() for each in queue.get_by_role("listitem").all_inner_texts()] == [
        "R copy weight 1",
        "R copy weight 1",
        "W update 1",
    ]
    explorer.locator(".wb-graph [aria-selected=true]").focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    assert "It waits for copy weight 2 to cpu(1), before it in the queue of weight 2 on cpu(1)" in said(
        explorer
    )
    page.keyboard.press("b")
    assert page.locator(".jp-Notebook .jp-Cell").count() == 1

    declaration = explorer.get_by_role("button", name="weight 2 on cpu(1)", exact=True)
    declaration.press("Enter")
    explorer.get_by_text("✕ 1 race found").wait_for(timeout=120_000)
    assert focused(page) == "weight 2 on cpu(1)"
    assert "the order of copy weight 2 to cpu(1) and forward 2 on cpu(1) matters" in said(explorer)
    assert explorer.locator(".wb-node.wb-racing").count() == 2
    assert (
        "undeclared=[('forward 2 on cpu(1)', 'weight 2 on cpu(1)')]"
        in explorer.locator(".wb-call").inner_text()
    )
    assert explorer.get_by_role("row", name="dependencies predicted").locator("b").inner_text() == "27"
    picture(page, f"engine-race-{theme}")
    assert violations(page, ROOT) == []

    declaration.press("Enter")
    explorer.get_by_text("Not looked for yet.").wait_for(timeout=120_000)
    explorer.get_by_role("button", name="Record").click()
    explorer.locator(".wb-runs").wait_for(timeout=120_000)
    assert explorer.locator(".wb-runs").get_by_role("option").count() == 36
    assert explorer.get_by_role("row", name="threaded / naive measured").count() == 1
    picture(page, f"engine-recorded-{theme}")
    assert violations(page, ROOT) == []


@pytest.mark.parametrize("theme", ["light"], indirect=True)
def test_operations_are_pushed_and_a_line_is_clicked_away(page, lab):
    explorer = open_explorer(page, lab, "push.ipynb", "devices=0")
    explorer.get_by_text("Nothing is pushed yet.", exact=True).wait_for()
    fields = (
        "Name of the operation",
        "Variables it reads, with commas between",
        "Variables it writes, with commas between",
    )
    for given in (("load", "", "x"), ("square", "x", "y"), ("add", "x, y", "z")):
        for label, text in zip(fields, given, strict=True):
            explorer.get_by_label(label).fill(text)
        explorer.get_by_role("button", name="Push", exact=True).click()
        explorer.locator(".wb-node").filter(has_text=given[0]).wait_for(timeout=30_000)
    assert explorer.locator(".wb-wire").count() == explorer.locator(".wb-wire .wb-tip").count() == 3

    explorer.locator("[data-variable=y] .wb-grip").dispatch_event("click")
    explorer.get_by_role("button", name="square ⇄ add").wait_for(timeout=120_000)
    assert explorer.locator(".wb-wire").count() == 2
    explorer.get_by_role("button", name="Take back").click()
    explorer.get_by_text("Not looked for yet.").wait_for(timeout=30_000)
    assert explorer.locator(".wb-node").count() == 2
    assert violations(page, ROOT) == []


@pytest.mark.parametrize("theme", ["light"], indirect=True)
def test_a_link_restores_the_program_and_the_tick_and_it_plays_to_the_end(page, lab):
    explorer = open_explorer(page, lab, "link.ipynb")
    explorer.get_by_label("Devices", exact=True).select_option("1")
    explorer.get_by_role("heading", name="two layers on 1 device, 1 step").wait_for(timeout=30_000)
    explorer.get_by_label("Engine", exact=True).select_option("naive")
    explorer.get_by_role("slider", name="Tick").press("ArrowRight")
    call = "EngineExplorer(devices=1, steps=1, engine='naive', tick=1)"
    explorer.get_by_text(call, exact=True).wait_for()
    link = copied(page, explorer, "Copy as link")

    page.goto("about:blank")
    again = open_address(page, lab.address("link.ipynb") + link[link.index("#") :], ROOT)
    again.get_by_text(call, exact=True).wait_for(timeout=60_000)
    again.get_by_role("slider", name="Tick").press("End")
    again.get_by_role("button", name="Back one tick").click()
    again.get_by_role("button", name="Play").click()
    again.get_by_text("After 10 ticks all is done.").wait_for(timeout=30_000)
