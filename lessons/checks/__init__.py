"""Checks of the lessons' exercises: a module a lesson, a function an exercise.

A lesson calls a check on the learner's own function, and tests call it on right and on wrong solutions.  The
lesson's page does not show how an answer is judged, only what the judge says.
"""
