"""Splitting a batch over devices, clipping gradients together, copying files (MXNet's ``gluon.utils``)."""

from workbench.errors import unknown_name as _unknown_name
from workbench.gluon.utils.clip import clip_global_norm as clip_global_norm
from workbench.gluon.utils.fetch import check_sha1 as check_sha1
from workbench.gluon.utils.fetch import download as download
from workbench.gluon.utils.split import split_and_load as split_and_load
from workbench.gluon.utils.split import split_data as split_data


def __getattr__(name: str) -> object:
    raise _unknown_name("gluon.utils", name, globals())
