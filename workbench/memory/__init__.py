"""Memory: what a training pass needs, and what it costs to need less.

A pass is numbers (`workload`), a plan of it says what runs when and what runs again (`schedule`), and what that
takes follows (`liveness`).  The strategies differ in the schedule they choose, and in nothing else.
"""
