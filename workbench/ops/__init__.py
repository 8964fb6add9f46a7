"""The operators, one file a family; importing this package registers them all."""

from workbench.ops import activation as activation
from workbench.ops import batch_norm as batch_norm
from workbench.ops import binary as binary
from workbench.ops import check as check
from workbench.ops import convolution as convolution
from workbench.ops import create as create
from workbench.ops import dense as dense
from workbench.ops import dropout as dropout
from workbench.ops import elementwise as elementwise
from workbench.ops import gather as gather
from workbench.ops import join as join
from workbench.ops import linalg as linalg
from workbench.ops import loss as loss
from workbench.ops import optimizer as optimizer
from workbench.ops import order as order
from workbench.ops import pooling as pooling
from workbench.ops import product as product
from workbench.ops import random as random
from workbench.ops import reduce as reduce
from workbench.ops import resample as resample
from workbench.ops import rnn as rnn
from workbench.ops import sequence as sequence
from workbench.ops import shape as shape
from workbench.ops import slicing as slicing
from workbench.ops import softmax as softmax
from workbench.ops import triangle as triangle
