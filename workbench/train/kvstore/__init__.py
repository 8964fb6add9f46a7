"""Arrays under keys, in one process or in several (``mx.kvstore``)."""

from workbench.errors import unknown_name as _unknown_name
from workbench.train.kvstore.actors import Group as Group
from workbench.train.kvstore.actors import parameter_server as parameter_server
from workbench.train.kvstore.kinds import check_store as check_store
from workbench.train.kvstore.kinds import create as create
from workbench.train.kvstore.store import KVStore as KVStore


def __getattr__(name: str) -> object:
    raise _unknown_name("kvstore", name, globals())
