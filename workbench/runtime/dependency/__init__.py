"""MXNet's dependency engine: operations say what they read and write, and the engine finds out what may run at once.

A program pushes its operations in the order in which it would run them one after another.  Each names the variables
it reads and those it writes, and nothing else need be known: reads of one variable run together, a write runs alone
and after all that was pushed before it.  So a program that was written for one device, one line after the other, keeps
several of them busy, and gives what it would have given line by line.

**Why it can't deadlock.**  Every variable has a queue (`queues`).  An operation takes its place in the queues of all
its variables at once, in program order, and waits only for operations in front of it, which are those pushed before it.
So whoever waits, waits for something older; the oldest operation that has not finished waits for nothing, and there
is always one that can go on.  Two things could break that, and both are kept out: an operation that is running can't
ask for more variables, as a thread asks for locks, and it can't wait (`executor` refuses it).  It may push further
operations: they take their places behind it, as the youngest of all.

Source: T. Chen et al., "MXNet: A Flexible and Efficient Machine Learning Library for Heterogeneous Distributed
Systems", 2015, section 3.2, and MXNet 1.x, include/mxnet/engine.h.
"""
