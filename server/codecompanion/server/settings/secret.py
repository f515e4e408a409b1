"""A key that can be used but not shown."""

from typing import TYPE_CHECKING, Any, NoReturn, Self, final

from codecompanion.server.settings.problems import SettingsError

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core.core_schema import CoreSchema

HIDDEN = "[hidden]"
_NEVER_IN_KEYS = "\"'`\\"
"""These change when text is quoted or turned into JSON, where the redactor must still find the key."""


@final
class Secret:
    """A secret value; only `reveal` gives it out.

    It is hidden in str, repr, format and JSON, refuses pickling, has no ``vars()``, and a value that cannot be
    a key is refused by an error that pydantic passes through untouched (its own would carry the input along).
    """

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    @classmethod
    def accept(cls, given: object) -> Self:
        """Return the secret for a key as people paste it; raises ``SettingsError`` without the value."""
        if isinstance(given, cls):
            return given
        if not isinstance(given, str):
            raise SettingsError([f"a key must be text, not {type(given).__name__}"])
        value = given.strip()
        if not value:
            raise SettingsError(["a key must not be empty"])
        if not all("!" <= sign <= "~" and sign not in _NEVER_IN_KEYS for sign in value):
            raise SettingsError(["a key has no spaces, line breaks, quotes or accented letters; copy it again"])
        return cls(value)

    def reveal(self) -> str:
        """Return the value itself, for the one call that needs it."""
        return self.__value

    def __repr__(self) -> str:
        return f"Secret({HIDDEN})"

    def __str__(self) -> str:
        return HIDDEN

    def __format__(self, spec: str) -> str:
        return format(HIDDEN, spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.__value == other.__value

    def __hash__(self) -> int:
        return hash((Secret, self.__value))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __getstate__(self) -> NoReturn:
        raise TypeError("a key is never pickled; hand over the settings' other values instead")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        self.__getstate__()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type, handler: "GetCoreSchemaHandler") -> "CoreSchema":
        from pydantic_core import core_schema  # noqa: PLC0415 - this module is used without pydantic, too

        return core_schema.no_info_plain_validator_function(
            cls.accept,
            serialization=core_schema.plain_serializer_function_ser_schema(
                str, return_schema=core_schema.str_schema()
            ),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: "CoreSchema", handler: "GetJsonSchemaHandler"
    ) -> dict[str, Any]:
        return {"type": "string", "writeOnly": True}
