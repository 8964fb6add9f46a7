"""Every check of lesson 06 accepts the solution, and says of typical wrong answers what is wrong."""

import pytest
from checks import lesson_06
from checks.exercise import WrongAnswerError
from solutions_06 import earliest, push_loop

from workbench import cpu, engine

pytestmark = pytest.mark.lesson


@pytest.mark.exercise_06_1
def test_earliest(answers):
    lesson_06.exercise_1.__wrapped__(answers["earliest"])


@pytest.mark.exercise_06_2
def test_push_centre(answers):
    lesson_06.exercise_2.__wrapped__(answers["push_centre"])


@pytest.mark.exercise_06_3
def test_push_loop(answers):
    lesson_06.exercise_3.__wrapped__(answers["push_loop"])


def reads_alone(operations):
    """Forgets that a write waits for reads."""
    ticks = []
    for reads, writes in operations:
        uses = {*reads, *writes}
        behind = [t for t, (_, written) in zip(ticks, operations, strict=False) if uses & set(written)]
        ticks.append(1 + max(behind, default=0))
    return ticks


def one_by_one(operations):
    return list(range(1, len(operations) + 1))


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (one_by_one, r"asked for the ticks \[1, 2, 2\] of \[.*\]; got \[1, 2, 3\]"),
        (reads_alone, r"asked for the ticks \[1, 2, 3\] of \[\(\('x',\), \(\)\), .*; got \[1, 1, 2\]"),
        (lambda operations: max(earliest(operations)), r"asked for the ticks \[1, 2, 2\] of .*; got 2"),
    ],
)
def test_wrong_answers_to_exercise_1(answer, says):
    with pytest.raises(WrongAnswerError, match=f"exercise 1: {says}"):
        lesson_06.exercise_1(answer)


def centre(clear_last=True, clear_writes=True, alone=False):
    def push(arrays, variables):
        x, mean, spread, centred = arrays.values()
        x_var, mean_var, spread_var, centred_var = variables.values()
        first = ([], [x_var, mean_var]) if alone else ([x_var], [mean_var])
        engine.push(lambda: x.mean(axis=0, out=mean), *first, name="mean")
        engine.push(lambda: x.std(axis=0, out=spread), [x_var], [spread_var], name="spread")
        clear = ((lambda: x.fill(0)), [], [x_var] if clear_writes else [])
        if not clear_last:
            engine.push(*clear, name="clear")
        engine.push(
            lambda: centred.__setitem__(..., x - mean), [x_var, mean_var], [centred_var], name="centre"
        )
        if clear_last:
            engine.push(*clear, name="clear")

    return push


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (centre(clear_last=False), r"asked for centred = \[\[-4.5, .*; got \[\["),
        (
            centre(clear_writes=False),
            r"asked for an order .*; got a race: the order of \w+ and clear matters",
        ),
        (
            centre(alone=True),
            "asked for mean and spread worked out at once, in the first tick; got 1 operation there",
        ),
        (lambda arrays, variables: None, r"asked for x = \[\[0.0, 0.0, 0.0\]"),
    ],
)
def test_wrong_answers_to_exercise_2(answer, says):
    with pytest.raises(WrongAnswerError, match=f"exercise 2: {says}"):
        lesson_06.exercise_2(answer)


def loop(slots, model_written=True, frees=True):
    def push(load, train, count):
        places = [engine.new_variable(f"slot {number}") for number in range(slots)]
        model = engine.new_variable("model")
        for batch in range(count):
            slot = batch % slots
            at = places[slot]
            engine.push(
                lambda slot=slot, batch=batch: load(slot, batch), [], [at], cpu(1), name=f"load {batch}"
            )
            reads, writes = ([at] if frees else [], [model] if model_written else [])
            engine.push(lambda slot=slot: train(slot), reads, writes, cpu(0), name=f"train {batch}")

    return push


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (loop(1), "asked for 3 ticks for 2 batches, each loaded in the tick before; got 4"),
        (loop(2, model_written=False), "asked for no race; got train 0 and train 1, .*seen"),
        (loop(2, frees=False), "asked for no race; got load 0 and train 0, "),
        (lambda load, train, count: None, r"asked for the batches 0 to 0 trained on in order; got \[\]"),
    ],
)
def test_wrong_answers_to_exercise_3(answer, says):
    with pytest.raises(WrongAnswerError, match=f"exercise 3: {says}"):
        lesson_06.exercise_3(answer)


def test_a_third_slot_is_refused_where_it_is_used():
    from workbench.errors import ExecutionError

    with pytest.raises(ExecutionError, match="there are slots 0 and 1, got 2"):
        lesson_06.exercise_3(loop(3))


def test_a_right_answer_is_told_so(capsys):
    lesson_06.exercise_3(push_loop)
    assert capsys.readouterr().out == "Exercise 3: right.\n"
