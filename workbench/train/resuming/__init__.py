"""Training that goes on where it stopped: what is kept, where, how often, and the loop that can be taken up again."""

from workbench.train.resuming.checkpoint import Checkpoint as Checkpoint
from workbench.train.resuming.checkpoint import as_checkpoint as as_checkpoint
from workbench.train.resuming.run import Run as Run
from workbench.train.resuming.trained import Trained as Trained
