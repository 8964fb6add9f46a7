"""Runs under a Python that has MXNet: reads ``turns style`` from its input, writes what a step took."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import mxnet
import mxnet_styles
import networks
from clock import timed


def main() -> None:
    """Answers until its input ends."""
    network = networks.ALL[sys.argv[1]]
    made = {}
    for line in sys.stdin:
        turns, style = line.strip().split(" ", 1)
        if style not in made:
            made[style] = mxnet_styles.ALL[style](mxnet, network)
        print(*timed(*made[style], int(turns)), flush=True)


main()
