"""Every exchange on the wire held against the providers' contracts: method, path, parameters, and both bodies."""

import json
import re
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.contracts import CONTRACTS, check, check_gmail, check_graph, methods, read

COMMON = {"uploadType", "alt", "fields", "prettyPrint", "quotaUser"}
OURS_TO_FOLLOW = {"$skiptoken", "$deltatoken", "$skip", "changeType"}


class Checker:
    """Listens on the line; what does not fit is kept until the test is over."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.asked: list[str] = []

    async def hear(self, response: httpx.Response) -> None:
        await response.aread()
        path = urlsplit(str(response.request.url)).path
        self.asked.append(f"{response.request.method} {path}")
        if not CONTRACTS.is_dir():
            return
        try:
            if "upload_id" in query_of(response):
                return  # a session's own address, of which the contract says nothing
            if "/gmail/v1/" in path:
                gmail(response, "gmail/v1/" + path.split("/gmail/v1/")[1], upload="/upload/" in path)
            elif "/graph/v1.0/" in path:
                graph(response, "/" + path.split("/graph/v1.0/")[1])
        except AssertionError as error:
            self.problems.append(f"{response.request.method} {response.request.url}: {error}")


def query_of(response: httpx.Response) -> set[str]:
    return set(parse_qs(response.request.url.query.decode()))


def gmail(response: httpx.Response, path: str, upload: bool) -> None:
    found = [(name, method) for name, method in methods().items() if fits(method["path"], path) and method["httpMethod"] == response.request.method]
    assert found, "Gmail has no such method"
    name, method = max(found, key=lambda one: len(one[1]["path"].replace("{id}", "")))
    assert query_of(response) <= set(method.get("parameters", {})) | COMMON, "Gmail knows no such parameter"
    assert not upload or method.get("supportsMediaUpload"), "nothing can be uploaded there"
    body = json.loads(response.request.content) if response.request.headers.get("content-type") == "application/json" else None
    if 200 <= response.status_code < 300 and response.content:
        check_gmail(name, body, response.json() if "response" in method else None)


def graph(response: httpx.Response, path: str) -> None:
    method = response.request.method.lower()
    found = [template for template, operations in paths().items() if fits(template, path) and method in operations]
    assert found, "Graph has no such operation"
    operation = paths()[min(found, key=lambda template: template.count("{"))][method]
    known = {one["name"] for one in operation.get("parameters", [])}
    assert query_of(response) <= known | OURS_TO_FOLLOW, f"Graph knows no such parameter: {query_of(response) - known}"
    sent = response.request.headers.get("content-type", "")
    if sent.startswith("application/json"):
        check_asked(path, operation, json.loads(response.request.content))
    if response.status_code >= 400 and response.content.startswith(b"{"):
        check_graph("odataError", response.json())
    elif response.content and "application/json" in response.headers.get("content-type", ""):
        schema = operation["responses"].get(str(response.status_code), {}).get("content", {}).get("application/json", {}).get("schema", {})
        name = kind_of(response.json()) or schema.get("$ref", "").rpartition("/")[2]
        if name in definitions():
            check(name, response.json(), definitions())


def check_asked(path: str, operation: dict[str, Any], body: Any) -> None:
    """What was sent fits the operation; an attachment is checked as the kind it says it is."""
    if path.endswith("/createUploadSession"):
        check_graph("attachmentItem", body["AttachmentItem"])  # so named in Graph's metadata
        return
    told = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "")
    check_graph(kind_of(body) or told.rpartition("/")[2], body)


def kind_of(body: Any) -> str:
    """What an object says it is."""
    return str(body.get("@odata.type", "")).rpartition(".")[2]


def fits(template: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(template)), path) is not None


@cache
def paths() -> dict[str, Any]:
    found: dict[str, Any] = read("graph-v1.0-mail.openapi.json")["paths"]
    return found


@cache
def definitions() -> dict[str, Any]:
    found: dict[str, Any] = read("graph-v1.0-mail.schema.json")["$defs"]
    return found
