"""The operators, one file a family; importing this package registers them all."""

from workbench.ops import elementwise as elementwise
from workbench.ops import linalg as linalg
from workbench.ops import loss as loss
from workbench.ops import nn as nn
from workbench.ops import optimizer as optimizer
from workbench.ops import random as random
from workbench.ops import reduce as reduce
from workbench.ops import shape as shape
