"""The trace: an event for every program that ran, with its bytes, predicted FLOPs and measured time."""

import numpy as np

from workbench import nd, trace


def test_an_event_says_what_ran_and_what_it_moved():
    a = nd.array(np.ones((64, 32)))
    b = nd.array(np.ones((32, 16)))
    with trace.record() as events:
        c = nd.dot(a, b)
        c.wait_to_read()
    (event,) = events
    assert [bound.name for bound, _ in event.segment.instructions] == ["dot"]
    assert event.bytes_in == 4 * (64 * 32 + 32 * 16)
    assert event.bytes_out == 4 * 64 * 16
    assert event.flops >= 2 * 64 * 32 * 16
    assert event.duration_s >= event.dispatch_s > 0
    assert event.compiled
    assert "dot" in repr(event)


def test_only_a_recorded_run_is_waited_for_and_timed():
    a = nd.array(np.ones((8,)))
    (a * 3).wait_to_read()
    assert trace.history[-1].duration_s is None
    assert not trace.recording()
    with trace.record() as outer:
        with trace.record() as inner:
            (a * 5).wait_to_read()
        (a * 7).wait_to_read()
    assert len(inner) == 1
    assert len(outer) == 2
    assert outer[0] is inner[0]
    assert not outer[1].compiled
    assert outer[1].start_s > outer[0].start_s


def test_history_holds_every_run_in_order():
    before = len(trace.history)
    a = nd.array(np.ones((8,)))
    (a * 3).wait_to_read()
    (a * 4).wait_to_read()
    assert len(trace.history) == min(before + 2, trace.HISTORY)
    assert trace.history[-2].start_s < trace.history[-1].start_s
