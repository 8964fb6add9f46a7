"""Layers."""

from workbench.errors import unknown_name as _unknown_name
from workbench.gluon.block import Block as Block
from workbench.gluon.block import HybridBlock as HybridBlock
from workbench.gluon.block import SymbolBlock as SymbolBlock
from workbench.gluon.nn.activation import ELU as ELU
from workbench.gluon.nn.activation import GELU as GELU
from workbench.gluon.nn.activation import SELU as SELU
from workbench.gluon.nn.activation import Activation as Activation
from workbench.gluon.nn.activation import LeakyReLU as LeakyReLU
from workbench.gluon.nn.activation import PReLU as PReLU
from workbench.gluon.nn.activation import Swish as Swish
from workbench.gluon.nn.batch_norm import BatchNorm as BatchNorm
from workbench.gluon.nn.batch_norm import BatchNormReLU as BatchNormReLU
from workbench.gluon.nn.convolution import Conv1D as Conv1D
from workbench.gluon.nn.convolution import Conv1DTranspose as Conv1DTranspose
from workbench.gluon.nn.convolution import Conv2D as Conv2D
from workbench.gluon.nn.convolution import Conv2DTranspose as Conv2DTranspose
from workbench.gluon.nn.convolution import Conv3D as Conv3D
from workbench.gluon.nn.convolution import Conv3DTranspose as Conv3DTranspose
from workbench.gluon.nn.dense import Dense as Dense
from workbench.gluon.nn.dropout import Dropout as Dropout
from workbench.gluon.nn.embedding import Embedding as Embedding
from workbench.gluon.nn.flatten import Flatten as Flatten
from workbench.gluon.nn.function import HybridLambda as HybridLambda
from workbench.gluon.nn.function import Lambda as Lambda
from workbench.gluon.nn.normalization import GroupNorm as GroupNorm
from workbench.gluon.nn.normalization import InstanceNorm as InstanceNorm
from workbench.gluon.nn.normalization import LayerNorm as LayerNorm
from workbench.gluon.nn.padding import ReflectionPad2D as ReflectionPad2D
from workbench.gluon.nn.pooling import AvgPool1D as AvgPool1D
from workbench.gluon.nn.pooling import AvgPool2D as AvgPool2D
from workbench.gluon.nn.pooling import AvgPool3D as AvgPool3D
from workbench.gluon.nn.pooling import GlobalAvgPool1D as GlobalAvgPool1D
from workbench.gluon.nn.pooling import GlobalAvgPool2D as GlobalAvgPool2D
from workbench.gluon.nn.pooling import GlobalAvgPool3D as GlobalAvgPool3D
from workbench.gluon.nn.pooling import GlobalMaxPool1D as GlobalMaxPool1D
from workbench.gluon.nn.pooling import GlobalMaxPool2D as GlobalMaxPool2D
from workbench.gluon.nn.pooling import GlobalMaxPool3D as GlobalMaxPool3D
from workbench.gluon.nn.pooling import MaxPool1D as MaxPool1D
from workbench.gluon.nn.pooling import MaxPool2D as MaxPool2D
from workbench.gluon.nn.pooling import MaxPool3D as MaxPool3D
from workbench.gluon.nn.sequential import HybridSequential as HybridSequential
from workbench.gluon.nn.sequential import Sequential as Sequential


def __getattr__(name: str) -> object:
    raise _unknown_name("gluon.nn", name, globals())
