"""The graph that both styles build: nodes, types, passes, segments."""
