"""Wire shapes of people and their identities."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from timeline_local.domain.birthdays import born
from timeline_local.schemas.problems import Given, PersonName, Storable, Text, Wire

ID = "01932f6e-7b1c-7d30-a111-3a2b4c5d6e7f"
OTHER_ID = "01932f6e-8c2d-7e41-b222-4b3c5d6e7f80"

Kind = Literal["name", "email", "phone", "handle"]
Address = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=320), Storable]
Note = Annotated[Text, StringConstraints(max_length=10_000)]
Born = Annotated[str, StringConstraints(strip_whitespace=True, max_length=10), AfterValidator(born)]


class Identity(Wire):
    """One address of a person. kind is name, email, phone, handle, a service's name, or person for one without any."""

    id: UUID = Field(examples=[OTHER_ID])
    kind: str = Field(examples=["email"])
    value: str = Field(description="As it is compared: folded, digits only.", examples=["anna@example.org"])
    name: str = Field(description="As it was written.", examples=["Anna Keller"])


class Absorbed(Wire):
    """Somebody who was merged into a person."""

    id: UUID = Field(examples=[OTHER_ID])
    name: str = Field(examples=["Anna K."])


class Person(Wire):
    """memories: those outside the trash that mention them. merged: who can be taken apart from them again."""

    id: UUID = Field(examples=[ID])
    name: str = Field(examples=["Anna Keller"])
    note: str = Field(examples=["Met in Lisbon."])
    born: str | None = Field(description="EDTF, or --04-12 without a year.", examples=["1985-04-12"])
    shows_birthday: bool = Field(description="Whether it is shown among what happened on this day.")
    cover: UUID | None = Field(description="A media file of yours.")
    picture: str | None = Field(description="The address of the cover's preview.")
    identities: list[Identity]
    memories: int = Field(examples=[42])
    merged: list[Absorbed]
    created_at: datetime
    updated_at: datetime
    version: int


class People(Wire):
    items: list[Person]
    next_cursor: str | None = Field(description="Null on the last page.")


class NewIdentity(Given):
    """An address: an email, a phone number with its country, a handle, or a name that sources use."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"kind": "email", "value": "anna@example.org", "name": "Anna Keller"}]}
    )

    kind: Kind
    value: Address
    name: PersonName | None = Field(None, description="As it is written; the value itself when left out.")


class AddedIdentity(Given):
    """Either a new address, or an identity that is there, which is moved here from whoever has it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"kind": "phone", "value": "+39 06 1234567"}, {"identity": OTHER_ID}]}
    )

    kind: Kind | None = None
    value: Address | None = None
    name: PersonName | None = None
    identity: UUID | None = Field(None, description="The id of an identity, instead of kind and value.")

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        told = (self.kind is not None, self.value is not None)
        if self.identity is not None and (any(told) or self.name is not None):
            raise ValueError("give either identity, or kind and value")
        if self.identity is None and not all(told):
            raise ValueError("needs kind and value, or identity")
        return self


class NewPerson(Given):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "Anna Keller", "identities": [{"kind": "email", "value": "anna@example.org"}]},
                {"name": "Grandpa", "note": "Giuseppe, 1921 to 2003."},
            ]
        }
    )

    name: PersonName
    note: Note | None = None
    born: Born | None = Field(None, examples=["1985-04-12", "1985", "--04-12"])
    cover: UUID | None = None
    identities: list[NewIdentity] = Field(default_factory=list, max_length=50)


class PersonPatch(Given):
    """A merge patch: fields left out stay, null empties."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Anna Keller", "cover": ID}]})

    name: PersonName | None = None
    note: Note | None = None
    born: Born | None = Field(None, examples=["1985-04-12", "1985", "--04-12"])
    shows_birthday: bool | None = None
    cover: UUID | None = None


class Merge(Given):
    """Who is the same person."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"people": [OTHER_ID]}]})

    people: list[UUID] = Field(min_length=1, max_length=100)


class Merged(Wire):
    person: Person
    undo_token: UUID = Field(description="For POST /undo/{token}, for a day. Later, unmerge.")


class Unmerge(Given):
    """Who is to be themselves again; everybody who was merged into the person when left out."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"people": [OTHER_ID]}, {}]})

    people: list[UUID] | None = Field(None, min_length=1, max_length=100)


class Unmerged(Wire):
    """person: the one they were merged into. people: those who are themselves again."""

    person: Person
    people: list[Person]


class Split(Given):
    """name: of the new person; as the identity was written when left out."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "The other Anna"}, {}]})

    name: PersonName | None = None
