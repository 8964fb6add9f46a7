import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# The browser tests' kernels import the same sample by its bare name.
sys.path.insert(0, str(HERE))


@pytest.fixture
def study():
    from sample_study import lenet_study

    return lenet_study()
