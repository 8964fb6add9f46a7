"""What a training loop needs beside a network: initial values, updates, schedules, metrics, data, callbacks.

Each is small and independent of the style the network is written in; a module, a Gluon trainer and
a hand-written loop use the same ones.
"""
