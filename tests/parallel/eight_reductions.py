"""Sums of gradients on eight CPU devices as two hosts and as four, run as a program.

Prints for each number of hosts and each form the largest error of the sum, the collectives, and the bytes from a host
to another.
"""

import json

import jax
import numpy as np

SIZE = 1003  # odd, so that parts must be filled up


def reductions():
    from workbench.parallel import Reduction, between_hosts, busiest_link, collectives

    rows = np.random.default_rng(0).integers(-50, 50, (8, SIZE)).astype("f")
    for hosts in (2, 4):
        for two_level in (False, True):
            program = Reduction(SIZE, hosts, 8 // hosts, two_level)
            total = program(rows)
            yield {
                "hosts": hosts,
                "two_level": two_level,
                "error": float(np.abs(total.asnumpy() - rows.sum(0)).max()),
                "copies": len(total.jax.addressable_shards),
                "kinds": [each.kind for each in collectives(program.compiled)],
                "bytes": sorted(between_hosts(program.compiled, 8 // hosts).values()),
                "busiest": busiest_link(program.compiled, 8 // hosts).value,
            }


if __name__ == "__main__":
    jax.config.update("jax_num_cpu_devices", 8)
    print(json.dumps(list(reductions())))
