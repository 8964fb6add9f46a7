"""Blocks: the pieces networks are made of, imperative or as one graph."""

from workbench.gluon.block.block import Block as Block
from workbench.gluon.block.hybrid_block import HybridBlock as HybridBlock
from workbench.gluon.block.symbol_block import SymbolBlock as SymbolBlock
