"""The providers' own machine-readable contracts, for what our clients ask and what the sandbox answers."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

CONTRACTS = Path(__file__).parents[1].parent / "shared" / "contracts"
KEPT = {"type", "format", "enum", "description"}


def check_gmail(method_id: str, request_body: Any = None, response_body: Any = None) -> None:
    """Both bodies of a method such as `gmail.users.drafts.create` fit Google's discovery document."""
    method = methods()[method_id]
    if request_body is not None:
        assert "request" in method, f"{method_id} takes no body"
        check(method["request"]["$ref"], request_body, gmail())
    if "response" in method:
        check(method["response"]["$ref"], response_body, gmail())
    else:
        assert response_body is None, f"{method_id} answers nothing"


def check_graph(schema_name: str, body: Any) -> None:
    """The body fits a type of Graph's metadata, such as `message`, `collection.message` or `odataError`."""
    check(schema_name, body, graph())


def check(name: str, body: Any, definitions: dict[str, Any]) -> None:
    schema = {"$ref": f"#/$defs/{name}", "$defs": definitions}
    problems = [f"{error.json_path}: {error.message[:300]}" for error in Draft202012Validator(schema).iter_errors(body)]
    assert not problems, f"not a {name}:\n" + "\n".join(problems)


def read(name: str) -> Any:
    if not (CONTRACTS / name).exists():
        pytest.skip(f"The providers' contracts are not beside the repository ({CONTRACTS / name}).")
    return json.loads((CONTRACTS / name).read_text("utf-8"))


@cache
def gmail() -> dict[str, Any]:
    """The schemas of the discovery document as JSON Schema; nothing is allowed that is not named."""
    return {name: converted(schema) for name, schema in read("gmail.v1.json")["schemas"].items()}


def converted(schema: dict[str, Any]) -> dict[str, Any]:
    """int64 and uint64 travel as strings, `$ref` is a bare name."""
    if "$ref" in schema:
        return {"$ref": f"#/$defs/{schema['$ref']}"}
    found: dict[str, Any] = {key: value for key, value in schema.items() if key in KEPT}
    if schema.get("format") in ("int64", "uint64") and schema["type"] == "string":
        found["pattern"] = r"^-?\d+$"
    if schema.get("format") == "byte":
        found["pattern"] = r"^[A-Za-z0-9_-]*={0,2}$"
    if "items" in schema:
        found["items"] = converted(schema["items"])
    if schema.get("type") == "object" and "additionalProperties" not in schema:
        found["properties"] = {name: converted(inner) for name, inner in schema.get("properties", {}).items()}
        found["additionalProperties"] = False
    return found


@cache
def methods() -> dict[str, Any]:
    """Every method of the Gmail API by its id."""
    return dict(named(read("gmail.v1.json")))


def named(resource: dict[str, Any]) -> list[tuple[str, Any]]:
    own = [(method["id"], method) for method in resource.get("methods", {}).values()]
    return own + [pair for below in resource.get("resources", {}).values() for pair in named(below)]


@cache
def graph() -> dict[str, Any]:
    """Graph's types; their references are already within the one document."""
    definitions: dict[str, Any] = read("graph-v1.0-mail.schema.json")["$defs"]
    return definitions
