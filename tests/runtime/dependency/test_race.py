"""The race checker finds what is planted and nothing else."""

import threading

import numpy as np
import pytest
from dependency_programs import damaged

from workbench import autograd, engine, nd
from workbench.errors import ArgumentError, ExecutionError
from workbench.imperative import storage
from workbench.runtime import random as generator


def checked(program):
    return lambda: {key: value for key, value in program().items() if key != "variables"}


def test_every_one_of_100_planted_dependencies_is_found_and_undamaged_programs_raise_no_alarm():
    for seed in range(100):
        program, pairs = damaged(seed)
        races = engine.race_check(checked(program), seed=seed)
        found = {
            tuple(int(o.name.removeprefix("step ")) for o in (race.first, race.second)) for race in races
        }
        assert found, seed
        assert found <= pairs, seed
        assert engine.race_check(checked(program._replace(hidden=None)), seed=seed) == []


def test_a_race_names_both_lines_and_what_differs():
    def program():
        w, g, log = (
            engine.new_variable("weight"),
            engine.new_variable("gradient"),
            {"weight": 1.0, "norm": 0.0},
        )

        def update():
            log["weight"] -= 0.5

        def norm():
            log["norm"] = abs(log["weight"])

        engine.push(update, [g], [w])  # writes the weight
        engine.push(norm, [g])  # reads it, and does not say so
        return log

    (race,) = engine.race_check(program)
    assert (race.first.name, race.second.name) == ("update", "norm")
    text = str(race).splitlines()
    assert text[0] == (
        "the order of two operations matters, and no variable that both name says so: "
        "result['norm'] is 0.5, then 1.0"
    )
    assert text[1].startswith("  update, pushed at test_race.py:")
    assert text[1].endswith("# writes the weight (reads gradient; writes weight)")
    assert text[2].endswith("# reads it, and does not say so (reads gradient; writes nothing)")


def test_a_program_that_goes_on_too_early_races_with_its_wait():
    def program(waited):
        a, b = engine.new_variable("a"), engine.new_variable("b")
        values = {"a": np.zeros(3), "b": np.zeros(3)}
        engine.push(lambda: values["a"].fill(1), (), [a], name="fill a")
        engine.push(lambda: values["b"].fill(2), (), [b], name="fill b")
        engine.wait_for_var(b)
        if waited:
            engine.wait_for_var(a)
        return {"sum": values["a"] + values["b"]}

    assert engine.race_check(lambda: program(waited=True)) == []
    (race,) = engine.race_check(lambda: program(waited=False))
    assert (race.first.name, race.second.name) == ("fill a", "wait_for_var(b)")
    assert "result['sum'] is array([3., 3., 3.]), then array([2., 2., 2.])" in str(race)


def test_draws_are_ordered_by_the_random_state():
    def program(declared):
        drawn = {}
        for name in "ab":
            engine.push(
                lambda name=name: drawn.update({name: generator.next_key()}),
                mutable_vars=[engine.random_state()] if declared else (),
                name=f"draw {name}",
            )
        engine.wait_for_all()
        return {name: drawn[name] for name in "ab"}

    assert engine.race_check(lambda: program(declared=True)) == []
    (race,) = engine.race_check(lambda: program(declared=False))
    assert (race.first.name, race.second.name) == ("draw a", "draw b")


def test_draws_of_the_program_are_in_order_with_those_of_operations():
    def program():
        drawn = {}
        for name in "ac":
            engine.push(
                lambda name=name: drawn.update({name: nd.random.uniform(shape=(2,)).asnumpy()}),
                mutable_vars=[engine.random_state()],
                name=f"draw {name}",
            )
            drawn[f"after {name}"] = nd.random.uniform(shape=(2,)).asnumpy()
        engine.wait_for_all()
        return dict(sorted(drawn.items()))

    assert engine.race_check(program) == []


def test_an_operation_that_fails_only_in_another_order_is_a_race():
    def program():
        table = {}
        engine.push(lambda: table.update(x=1), name="fill")
        engine.push(lambda: table["x"], name="look up")
        return table

    (race,) = engine.race_check(program)
    assert "failures" in race.difference
    assert "look up failed while running" in race.difference


def test_a_program_that_raises_an_error_only_in_another_order_is_a_race():
    def program():
        a, table = engine.new_variable("a"), {}
        engine.push(lambda: table.update(x=1), name="fill")
        engine.push(lambda: None, (), [a], name="other")
        engine.wait_for_var(a)
        return [table["x"]]

    (race,) = engine.race_check(program)
    assert (race.first.name, race.second.name) == ("fill", "wait_for_var(a)")
    assert race.difference == "the program is {'result': [1], 'failures': []}, then \"raised: KeyError('x')\""
    assert "wait_for_var(a), called at test_race.py:" in str(race)


def test_many_failures_are_compared_in_any_order():
    def program():
        for _ in range(20):
            engine.push(lambda: 1 / 0)
        return []

    assert engine.race_check(program) == []


def test_failures_that_are_the_same_in_every_order_are_no_race():
    def program():
        a, ran = engine.new_variable("a"), []
        engine.push(lambda: 1 / 0, (), [a])
        engine.push(lambda: ran.append(1), [a])
        return ran

    assert engine.race_check(program) == []


def test_a_check_leaves_the_engine_as_it_was():
    ran = []
    with pytest.raises(ZeroDivisionError):
        engine.race_check(lambda: 1 / 0)
    engine.push(lambda: ran.append(1))
    engine.wait_for_all()
    assert ran == [1]


def fails_at_a_wait():
    a = engine.new_variable("a")
    engine.push(lambda: 1 / 0, (), [a])
    engine.wait_for_var(a)


def test_a_program_that_fails_at_its_own_wait_says_so():
    with pytest.raises(ExecutionError, match="division by zero"):
        engine.race_check(fails_at_a_wait)


def unstable():
    return {"count": COUNT.append(0) or len(COUNT)}


def nested():
    engine.push(lambda: engine.push(list, name="inner"), name="outer")
    return []


def follows_a_value():
    state = []
    engine.push(lambda: state.append(1), name="append")
    engine.push(list, name="list")
    engine.wait_for_var(engine.new_variable())
    if state:
        engine.push(list)
    return state


COUNT: list[int] = []
WRONG = {
    "race_check() takes a function that pushes operations, got 3": (3,),
    "race_check(): runs must be 1 or more, got 0": (list, 0),
    "race_check(): runs must be 1 or more, got True": (list, True),
    "race_check() compares what the program returns, and it returned None": (lambda: None,),
    "race_check() compares what the program gives in different orders; this one gives something else each time, in "
    "one and the same order: result['count'] is 1, then 2": (unstable,),
    "race_check(): in another order the program pushed other operations; what it pushes must not hang on what "
    "operations give before they are waited for": (follows_a_value,),
}


@pytest.mark.parametrize("message", WRONG)
def test_what_can_not_be_checked_is_refused(message):
    with pytest.raises(ArgumentError) as caught:
        engine.race_check(*WRONG[message])
    assert str(caught.value) == message


def test_operations_that_push_can_not_be_checked():
    with pytest.raises(ArgumentError) as caught:
        engine.race_check(nested)
    assert str(caught.value).startswith("race_check(): inner, pushed at test_race.py:")
    assert "was pushed inside outer" in str(caught.value)


# -- calls on arrays --------------------------------------------------------------------------------------


def double_and_call(named):
    a = nd.ones(2)
    engine.push(lambda: a.__imul__(2), [], [a] if named else [], name="pushed")
    return a + 1


def look_and_write(named):
    a, seen = nd.ones(2), []
    engine.push(lambda: seen.append(a.asnumpy()), [a] if named else [], name="pushed")
    a[:] = 5
    return seen


def double_and_read(named):
    a = nd.ones(2)
    engine.push(lambda: a.__imul__(2), [], [a] if named else [], name="pushed")
    return a.asnumpy()


def load_and_train(named):
    x, w = nd.ones((2, 3)), nd.ones((4, 3))
    w.attach_grad()
    engine.push(lambda: x.__iadd__(1), [], [x] if named else [], name="pushed")
    for _ in range(2):
        with autograd.record():
            loss = (nd.FullyConnected(x, w, num_hidden=4, no_bias=True) ** 2).sum()
        loss.backward()
        engine.push(lambda: w.__isub__(w.grad * 0.1), [w.grad], [w], name="update")
    return [w, w.grad, loss]


@pytest.mark.parametrize(
    ("program", "line"),
    [
        (double_and_call, "a call, called at test_race.py:"),
        (look_and_write, ": a[:] = 5 (reads nothing; writes array"),
        (double_and_read, ": return a.asnumpy() (reads array"),
        (load_and_train, ": loss = (nd.FullyConnected"),
    ],
)
def test_what_is_called_on_arrays_that_a_pushed_function_touches_and_does_not_name_is_a_race(program, line):
    assert engine.race_check(lambda: program(True)) == []
    races = engine.race_check(lambda: program(False))
    assert "pushed" in {races[0].first.name, races[0].second.name}
    assert line in str(races[0])


def test_arrays_are_as_before_when_the_checker_has_run():
    engine.race_check(lambda: double_and_call(True))
    assert type(engine.waiting.lock) is type(threading.RLock())
    assert storage.Storage.__dict__["cell"] is storage._slot
