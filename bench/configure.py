"""Writes a plan as the configuration of each server, and says how that server is started with it."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from peers import Absent, find_peer, find_program

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plan import Plan, Route


class Unsupported(Exception):
    """A server cannot do what the plan asks; the text says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """How to start a configured server."""

    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


def nginx(plan: Plan, folder: Path, port: int, options: tuple[str, ...]) -> Launch:
    """One answer to everything, from memory: the yardstick."""
    status, body = plan.yardstick
    text = json.dumps(body)
    if "$" in text or len(text) > 3_500:
        reason = "nginx cannot return this body from its configuration"
        raise Unsupported(reason)
    quoted = text.replace("\\", "\\\\").replace("'", "\\'")
    config = folder / "nginx.conf"
    config.write_text(
        f"""worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log stderr crit;
events {{ worker_connections 16384; }}
http {{
  access_log off; keepalive_requests 1000000000; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{ default_type application/json; return {status} '{quoted}'; }}
  }}
}}
""",
        "utf-8",
    )
    return Launch(command=(find_program("nginx"), "-p", str(folder), "-c", str(config), *options))


def mockops(plan: Plan, folder: Path, port: int, options: tuple[str, ...]) -> Launch:
    """Serve a project of one workspace when there are stubs, else the contract's file as it is."""
    program = Path(sys.executable).with_name("mockops")
    if not program.exists():
        message = f"mockops is not installed beside {sys.executable}: pip install -e ."
        raise Absent(message)
    served = _write_project(plan, folder) if plan.has_stubs else _write_contract(plan, folder)
    command = (str(program), "serve", str(served), "--port", str(port), "--admin-port", "0")
    return Launch(
        command=(*command, *options), environment={"MOCKOPS_CACHE_DIR": str(folder / "cache"), "NO_COLOR": "1"}
    )


def prism(plan: Plan, folder: Path, port: int, options: tuple[str, ...]) -> Launch:
    """Serve the contract without logs and CORS headers: its fastest."""
    if plan.has_stubs:
        reason = "Prism has no stubs, delays or templates"
        raise Unsupported(reason)
    dynamic = ("--dynamic",) if plan.is_generated else ()
    command = (*find_peer("prism"), "mock", "-h", "127.0.0.1", "-p", str(port), "-v", "silent", "--cors=false")
    return Launch(
        command=(*command, *dynamic, *options, str(_write_contract(plan, folder))),
        environment={"NODE_ENV": "production"},
    )


def wiremock(plan: Plan, folder: Path, port: int, options: tuple[str, ...]) -> Launch:
    """Serve the routes as mappings, with asynchronous answers and without request logs: its fastest."""
    if not plan.routes:
        reason = "WireMock does not read OpenAPI"
        raise Unsupported(reason)
    mappings = folder / "mappings"
    mappings.mkdir()
    document = {"mappings": [_mapping(route) for route in plan.routes]}
    (mappings / "all.json").write_text(json.dumps(document), "utf-8")
    command = (*find_peer("wiremock"), "--port", str(port), "--bind-address", "127.0.0.1", "--root-dir", str(folder))
    fastest = ("--disable-request-logging", "--async-response-enabled=true", "--jetty-accept-queue-size=4096")
    return Launch(command=(*command, "--disable-banner", *fastest, *options))


def mockoon(plan: Plan, folder: Path, port: int, options: tuple[str, ...]) -> Launch:
    """Serve the routes as an environment file (an imported contract would not answer with its examples)."""
    if not plan.routes:
        reason = "Mockoon makes up random bodies for an imported contract"
        raise Unsupported(reason)
    data = folder / "mockoon.json"
    data.write_text(json.dumps(_environment(plan.routes, port)), "utf-8")
    command = (*find_peer("mockoon"), "start", "--data", str(data), "--port", str(port))
    return Launch(
        command=(*command, "--disable-log-to-file", "--disable-admin-api", "--max-transaction-logs", "1", *options),
        environment={"NODE_ENV": "production"},
    )


def _write_contract(plan: Plan, folder: Path) -> Path:
    if isinstance(plan.contract, Path):
        return plan.contract
    path = folder / "contract.json"
    path.write_text(json.dumps(plan.contract), "utf-8")
    return path


def _write_project(plan: Plan, folder: Path) -> Path:
    project = folder / "project"
    workspace = project / "workspaces" / "bench"
    (workspace / "stubs").mkdir(parents=True)
    _write_contract(plan, workspace)
    (project / "mockops.yaml").write_text("name: bench\n", "utf-8")
    (workspace / "workspace.yaml").write_text("name: bench\ncontract: contract.json\n", "utf-8")
    stubs = [_stub(route, number) for number, route in enumerate(plan.routes)]
    (workspace / "stubs" / "all.yaml").write_text(json.dumps(stubs), "utf-8")
    return project


def _stub(route: Route, number: int) -> dict[str, Any]:
    match: dict[str, Any] = {"method": route.method, "path": route.path}
    if route.query:
        match["query"] = {route.query[0]: route.query[1]}
    respond: dict[str, Any] = {"status": route.status, "headers": {"Content-Type": "application/json"}}
    if template := route.templates.get("mockops"):
        respond |= {"text": template, "template": True}
    else:
        respond["json"] = route.body
    stub: dict[str, Any] = {"id": f"bench-{number}", "match": match, "respond": respond}
    return stub | ({"delay": {"fixed_ms": route.delay_ms}} if route.delay_ms else {})


def _mapping(route: Route) -> dict[str, Any]:
    request: dict[str, Any] = {"method": route.method}
    request["urlPathTemplate" if "{" in route.path else "urlPath"] = route.path
    if route.query:
        request["queryParameters"] = {route.query[0]: {"equalTo": route.query[1]}}
    if route.schema is not None:
        request["bodyPatterns"] = [{"matchesJsonSchema": route.schema, "schemaVersion": "V202012"}]
    response: dict[str, Any] = {"status": route.status, "headers": {"Content-Type": "application/json"}}
    if template := route.templates.get("wiremock"):
        response |= {"body": template, "transformers": ["response-template"]}
    else:
        response["jsonBody"] = route.body
    if route.delay_ms:
        response["fixedDelayMilliseconds"] = route.delay_ms
    return {"request": request, "response": response}


def _environment(routes: tuple[Route, ...], port: int) -> dict[str, Any]:
    """Mockoon's data file: routes of one path become one route whose responses have rules."""
    if any(route.schema is not None for route in routes):
        reason = "Mockoon's schema rules select among answers, they refuse nothing"
        raise Unsupported(reason)
    grouped: dict[tuple[str, str], list[Route]] = {}
    for route in routes:
        grouped.setdefault((route.method, route.path), []).append(route)
    made = [_mockoon_route(index, group) for index, group in enumerate(grouped.values())]
    return {
        "uuid": _uuid(0, 0),
        "lastMigration": 33,
        "name": "bench",
        "endpointPrefix": "",
        "latency": 0,
        "port": port,
        "hostname": "127.0.0.1",
        "folders": [],
        "routes": made,
        "rootChildren": [{"type": "route", "uuid": route["uuid"]} for route in made],
        "proxyMode": False,
        "proxyHost": "",
        "proxyRemovePrefix": False,
        "tlsOptions": {"enabled": False, "type": "CERT", "pfxPath": "", "certPath": "", "keyPath": "", "caPath": ""},
        "cors": False,
        "headers": [{"key": "Content-Type", "value": "application/json"}],
        "proxyReqHeaders": [],
        "proxyResHeaders": [],
        "data": [],
        "callbacks": [],
    }


def _mockoon_route(index: int, routes: list[Route]) -> dict[str, Any]:
    first = routes[0]
    return {
        "uuid": _uuid(1, index),
        "type": "http",
        "documentation": "",
        "method": first.method.lower(),
        "endpoint": re.sub(r"{(\w+)}", r":\1", first.path.removeprefix("/")),
        "responses": [_mockoon_response(index, number, route) for number, route in enumerate(routes)],
        "responseMode": None,
        "streamingMode": None,
        "streamingInterval": 0,
    }


def _mockoon_response(index: int, number: int, route: Route) -> dict[str, Any]:
    template = route.templates.get("mockoon")
    rules = []
    if route.query:
        name, value = route.query
        rules.append({"target": "query", "modifier": name, "value": value, "invert": False, "operator": "equals"})
    return {
        "uuid": _uuid(2 + index, number),
        "body": template or json.dumps(route.body),
        "latency": route.delay_ms,
        "statusCode": route.status,
        "label": "",
        "headers": [],
        "bodyType": "INLINE",
        "filePath": "",
        "databucketID": "",
        "sendFileAsBody": False,
        "rules": rules,
        "rulesOperator": "OR",
        "disableTemplating": template is None,
        "fallbackTo404": False,
        "default": number == 0,
        "crudKey": "id",
        "callbacks": [],
    }


def _uuid(high: int, low: int) -> str:
    return str(UUID(int=(high << 64) | low, version=4))
