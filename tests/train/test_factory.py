"""Choosing by name: what is found, and what is said when it is not."""

import pytest

from workbench.errors import ArgumentError
from workbench.train.factory import Factory


class Shape:
    def __init__(self, colour="grey"):
        self.colour = colour


class Circle(Shape):
    def __init__(self, radius=1, **kwargs):
        super().__init__(**kwargs)
        self.radius = radius


class Anything(Shape):
    def __init__(self, **kwargs):
        self.kwargs = kwargs


@pytest.fixture
def shapes():
    factory = Factory("shape", Shape)
    factory.register(factory.alias("disc")(Circle))
    return factory


def test_by_name_alias_and_text(shapes):
    assert shapes.create("Circle", 3).radius == 3
    assert shapes.create("DISC", radius=4, colour="red").colour == "red"
    made = shapes.create('["circle", {"radius": 5, "colour": "blue"}]')
    assert (made.radius, made.colour) == (5, "blue")


def test_an_object_is_itself(shapes):
    circle = Circle()
    assert shapes.create(circle) is circle
    with pytest.raises(ArgumentError, match="is made already; it takes no further arguments"):
        shapes.create(circle, radius=2)


def test_an_unknown_name(shapes):
    with pytest.raises(
        ArgumentError, match=r"no shape 'cirle'; known are circle, disc. Did you mean 'circle'\?"
    ):
        shapes.create("cirle")


def test_an_unknown_argument(shapes):
    text = r"shape 'circle' has no argument 'radus'; it takes .*radius, colour. Did you mean 'radius'\?"
    with pytest.raises(ArgumentError, match=text):
        shapes.create("circle", radus=2)


@pytest.mark.parametrize("text", ["[", "[1, 2]", '["circle"]', '["circle", [1]]'])
def test_text_that_is_no_description(shapes, text):
    with pytest.raises(ArgumentError, match="shape text must be JSON of"):
        shapes.create(text)


def test_neither_name_nor_object(shapes):
    with pytest.raises(ArgumentError, match="shape must be a name or a Shape, got 7"):
        shapes.create(7)


def test_only_the_family_registers(shapes):
    with pytest.raises(ArgumentError, match="only a subclass of Shape can be registered, got <class 'int'>"):
        shapes.register(int)


def test_a_class_open_to_any_argument(shapes):
    shapes.register(Anything)
    assert shapes.create("anything", whatever=1).kwargs == {"whatever": 1}
