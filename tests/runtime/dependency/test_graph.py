"""The dependency graph says what each operation waited for, and why."""

from workbench import engine


def test_edges_say_which_of_two_operations_waits_and_on_account_of_what():
    w, x = engine.new_variable("w"), engine.new_variable("x")
    with engine.record() as events:
        for name, reads, writes in (
            ("load", (), [x]),
            ("forward", [w, x], ()),
            ("score", [w, x], ()),
            ("update", [x], [w]),
            ("clip", (), [w]),
        ):
            engine.push(lambda: None, reads, writes, name=name)
        engine.wait_for_all()
    operations = [event.operation for event in reversed(events)]
    own = [each for each in operations if {w, x}.intersection((*each.reads, *each.writes))]
    nodes, edges = engine.graph(own)
    assert [node.name for node in nodes] == ["load", "forward", "score", "update", "clip"]
    assert {(e.first.name, e.second.name, e.kind, e.variable.name) for e in edges} == {
        ("load", "forward", "read after write", "x"),
        ("load", "score", "read after write", "x"),
        ("load", "update", "read after write", "x"),
        ("forward", "update", "write after read", "w"),
        ("score", "update", "write after read", "w"),
        ("update", "clip", "write after write", "w"),
    }
    assert len(edges) == 6
