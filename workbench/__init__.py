"""Train one network imperatively, symbolically and mixed, on one graph, one compile cache and one trace."""
