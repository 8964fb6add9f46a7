"""The stream of keys can be left and taken up again."""

from concurrent.futures import ThreadPoolExecutor

from workbench.runtime import random


def test_a_stream_goes_on_where_it_stood():
    random.seed(3)
    random.next_keys((5, 2))
    stood = random.state()
    assert stood == (3, 5)
    expected = random.next_keys((4, 2)).tolist()
    random.seed(4)
    random.set_state(stood)
    assert random.next_keys((4, 2)).tolist() == expected
    assert random.state() == (3, 9)


def test_threads_get_no_key_twice():
    random.seed(3)
    with ThreadPoolExecutor(4) as pool:
        keys = list(pool.map(lambda _: tuple(random.next_key().tolist()), range(400)))
    assert sorted(keys) == [(3, number) for number in range(400)]
