"""A plugin of mypy's: run.get("staus") is an error, as run["staus"] is. Without it mypy takes the
value for an object, and a condition on it is never met. Leaves out keys that are not written out.
"""

from __future__ import annotations

from collections.abc import Callable

from mypy.errorcodes import TYPEDDICT_ITEM
from mypy.plugin import MethodContext, Plugin
from mypy.plugins.common import try_getting_str_literals
from mypy.plugins.default import typed_dict_get_callback
from mypy.types import Type, TypedDictType, get_proper_type


class KnownKeys(Plugin):
    """Looks at each get() of a TypedDict."""

    def get_method_hook(self, fullname: str) -> Callable[[MethodContext], Type] | None:
        return _checked if fullname == "typing.Mapping.get" else None


def _checked(context: MethodContext) -> Type:
    of = get_proper_type(context.type)
    if isinstance(of, TypedDictType):
        (key, *_), (kind, *_) = context.args[0], context.arg_types[0]
        for name in try_getting_str_literals(key, kind) or []:
            if name not in of.items:
                context.api.fail(f'There is no key "{name}"', key, code=TYPEDDICT_ITEM)
    return typed_dict_get_callback(context)


def plugin(_: str) -> type[Plugin]:
    """mypy asks for it."""
    return KnownKeys
