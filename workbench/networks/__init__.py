"""The networks of the course as symbols: deep, wide or long to order, for the study of what they take.

Each function gives a `Network`: a symbol that ends in a loss, and the shapes of its inputs.  Nothing is allocated,
so a network of a thousand layers costs no more than its graph.
"""

from workbench.errors import unknown_name as _unknown_name
from workbench.networks.lstm import unrolled_lstm as unrolled_lstm
from workbench.networks.mlp import deep_mlp as deep_mlp
from workbench.networks.network import Network as Network
from workbench.networks.resnet import resnet as resnet


def __getattr__(name: str) -> object:
    raise _unknown_name("networks", name, globals())
