"""Microsoft's sign-in: discovery, consent (or the wish for an administrator), tokens that rotate, refusals with AADSTS codes."""

from typing import Any

from litestar import Response, get, post

from app.clock import new_id, now
from app.sandbox.answers import Ask, Json, told, world_of
from app.sandbox.grants import ACCESS_LIVES, Code, Grant, signed, unpadded
from app.sandbox.looks import page
from app.sandbox.redirecting import asked_of, back_to, named
from app.sandbox.world import Box, World

TENANT = "/microsoft/{tenant:str}"
LOGIN = "https://login.microsoftonline.com"
GRAPH, MAIL = "https://graph.microsoft.com/", "https://outlook.office.com/"
IDENTITY = {"openid", "profile", "email", "offline_access"}
READING_MAIL = {"mail.read", "mail.readbasic", "mail.readwrite", "imap.accessasuser.all"}
MEANINGS = {
    "mail.send": "Send mail as you",
    "mail.readbasic": "Read your mail without its text",
    "mail.read": "Read your mail",
    "mail.readwrite": "Read and write access to your mail",
    "mailboxsettings.read": "Read your mailbox settings",
    "user.read": "View your basic profile",
    "imap.accessasuser.all": "Read and write access to mailboxes via IMAP",
    "smtp.send": "Send emails from mailboxes using SMTP AUTH",
}


@get(TENANT + "/v2.0/.well-known/openid-configuration")
async def discover(request: Ask) -> Response[bytes]:
    """Everything is said to be at Microsoft's own address: whoever talks to the sandbox rewrites it."""
    tenant = request.path_params["tenant"]
    issued_for = "{tenantid}" if tenant in ("common", "organizations", "consumers") else tenant
    base = f"{LOGIN}/{tenant}"
    return told(
        {
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "issuer": f"{LOGIN}/{issued_for}/v2.0",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": sorted(IDENTITY),
            "subject_types_supported": ["pairwise"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "tenant_region_scope": None,
            "cloud_instance_name": "microsoftonline.com",
            "msgraph_host": "graph.microsoft.com",
        }
    )


@get("/microsoft/common/discovery/instance")
async def discover_instance() -> Response[bytes]:
    aliases = ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"]
    cloud = {"preferred_network": aliases[0], "preferred_cache": aliases[1], "aliases": aliases}
    return told({"tenant_discovery_endpoint": f"{LOGIN}/common/v2.0/.well-known/openid-configuration", "api-version": "1.1", "metadata": [cloud]})


@get(TENANT + "/oauth2/v2.0/authorize")
async def ask_consent(request: Ask) -> Response[str]:
    asked = dict(request.query_params)
    trouble = wrong(asked)
    if trouble:
        return page("sandbox/refused", 400, provider="Microsoft", trouble=trouble)
    world = world_of(request)
    boxes = [box for box in world.boxes.values() if box.provider == "microsoft"]
    rights = [(scope, MEANINGS.get(short(scope), scope)) for scope in scopes(asked) if scope not in IDENTITY]
    hinted = world.boxes.get(asked.get("login_hint", "").lower())
    return page(
        "sandbox/consent", provider="Microsoft", brand="microsoft", boxes=boxes, rights=rights, untickable=False,
        hint=asked.get("login_hint", ""), client=asked["client_id"],
        admin=(hinted or world).manners.needs_admin and asks_for_reading(asked),
    )  # fmt: skip


def wrong(asked: dict[str, str]) -> str | None:
    missing = [name for name in ("client_id", "redirect_uri", "scope") if not asked.get(name)]
    if missing:
        return f"AADSTS900144: The request body must contain the following parameter: '{missing[0]}'."
    if asked.get("response_type") != "code":
        return "AADSTS70005: response_type 'code' is the only one the sandbox speaks."
    if len({resource for resource in (GRAPH, MAIL) for scope in scopes(asked) if scope.startswith(resource)}) > 1:
        return "AADSTS28000: Provided value for the input parameter scope is not valid because it contains more than one resource."
    return None


def scopes(asked: dict[str, str]) -> list[str]:
    return asked.get("scope", "").split()


def short(scope: str) -> str:
    """`https://graph.microsoft.com/Mail.Send` and `Mail.Send` are the same."""
    return scope.removeprefix(GRAPH).removeprefix(MAIL).lower()


def asks_for_reading(asked: dict[str, str]) -> bool:
    return bool(READING_MAIL & {short(scope) for scope in scopes(asked)})


@post(TENANT + "/oauth2/v2.0/authorize", status_code=302)
async def answer_consent(request: Ask) -> Response[Any]:
    """`decision` is allow or deny: Microsoft's rights cannot be unticked one by one."""
    asked, form = dict(request.query_params), await request.form()
    trouble = wrong(asked)
    if trouble:
        return page("sandbox/refused", 400, provider="Microsoft", trouble=trouble)
    address = asked_of(form)
    if form.get("decision") == "deny":
        return back_to(asked, {"error": "access_denied", "error_description": f"AADSTS65004: User declined to consent to access the app.{trace()}"})
    if not address:
        return page("sandbox/refused", 400, provider="Microsoft", trouble="Choose an account, or enter its address.")
    world = world_of(request)
    box = world.mailbox(address, "microsoft", named(form))
    if box.manners.needs_admin and asks_for_reading(asked):
        sentence = "AADSTS90094: The grant requires admin permission. An administrator of your organization has to grant consent."
        return back_to(asked, {"error": "access_denied", "error_description": sentence + trace()})
    code = Code(
        provider="microsoft",
        mailbox=box.address,
        client_id=asked["client_id"],
        redirect_uri=asked["redirect_uri"],
        scopes=tuple(scopes(asked)),
        challenge=asked.get("code_challenge"),
        nonce=asked.get("nonce"),
        offline="offline_access" in scopes(asked),
        tenant=request.path_params["tenant"],
    )
    answer = {"code": world.grants.promise(code, "0.sandbox-"), "session_state": str(new_id())}
    if asked.get("client_info") == "1":
        answer["client_info"] = client_info(box)
    return back_to(asked, answer)


def client_info(box: Box) -> str:
    return unpadded(f'{{"uid":"{box.oid}","utid":"{box.tid}"}}'.encode())


@get(TENANT + "/v2.0/adminconsent")
async def ask_admin(request: Ask) -> Response[str]:
    asked = dict(request.query_params)
    domains = sorted({box.domain for box in world_of(request).boxes.values() if box.provider == "microsoft"})
    return page("sandbox/admin_consent", client=asked.get("client_id", ""), domains=domains)


@post(TENANT + "/v2.0/adminconsent", status_code=302)
async def answer_admin(request: Ask) -> Response[Any]:
    """From now on the people of this domain may say yes themselves."""
    asked, form = dict(request.query_params), await request.form()
    if form.get("decision") == "deny":
        return back_to(asked, {"error": "access_denied", "error_description": f"AADSTS65004: User declined to consent.{trace()}"})
    domain = str(form.get("domain", ""))
    boxes = [box for box in world_of(request).boxes.values() if not domain or box.domain == domain]
    for box in boxes:
        box.manners.needs_admin = False
    world_of(request).manners.needs_admin = False
    tenant = boxes[0].tid if boxes else request.path_params["tenant"]
    return back_to(asked, {"admin_consent": "True", "tenant": tenant, "scope": asked.get("scope", "")})


def trace() -> str:
    return f" Trace ID: {new_id()} Correlation ID: {new_id()} Timestamp: {now():%Y-%m-%d %H:%M:%SZ}"


def denied(error: str, code: int, sentence: str, status: int = 400, **more: str) -> Response[bytes]:
    """An error as the token endpoint tells it."""
    told_too = {"trace_id": str(new_id()), "correlation_id": str(new_id()), "timestamp": f"{now():%Y-%m-%d %H:%M:%SZ}", **more}
    description = f"AADSTS{code}: {sentence}{trace()}"
    uri = f"{LOGIN}/error?code={code}"
    return told({"error": error, "error_description": description, "error_codes": [code], **told_too, "error_uri": uri}, status)


@post(TENANT + "/oauth2/v2.0/token", status_code=200)
async def give_token(request: Ask) -> Response[bytes]:
    form = {name: str(value) for name, value in (await request.form()).items()}
    if form.get("client_secret", "wrong") in ("wrong", "") and not form.get("client_assertion"):
        return denied("invalid_client", 7000215, "Invalid client secret provided.", 401)
    if form.get("grant_type") == "authorization_code":
        return redeem(world_of(request), form)
    if form.get("grant_type") == "refresh_token":
        return refresh(world_of(request), form)
    return denied("unsupported_grant_type", 70003, f"The app requested an unsupported grant type '{form.get('grant_type', '')}'.")


def redeem(world: World, form: dict[str, str]) -> Response[bytes]:
    code = world.grants.redeem(form.get("code", ""), form.get("client_id", ""), form.get("redirect_uri", ""), form.get("code_verifier", ""))
    if code is None or code.provider != "microsoft":
        return denied("invalid_grant", 54005, "OAuth2 Authorization code was already redeemed, please retry with a new valid code.")
    if world.box(code.mailbox).manners.aadsts:
        return mannered(world.box(code.mailbox))
    grant = Grant("microsoft", code.mailbox, code.client_id, code.scopes)
    return told(tokens(world, grant, code.scopes, code, form))


def tokens(world: World, grant: Grant, scopes: tuple[str, ...], code: Code | None, form: dict[str, str]) -> Json:
    """Access, a fresh refresh token each time, and who it is."""
    box = world.box(grant.mailbox)
    shown = [scope for scope in scopes if scope not in ("offline_access",)]
    lives = int(ACCESS_LIVES.total_seconds())
    answer: Json = {
        "token_type": "Bearer", "scope": " ".join(shown), "expires_in": lives, "ext_expires_in": lives,
        "access_token": world.grants.admit(grant, scopes, "eyJsandbox-"),
    }  # fmt: skip
    if "offline_access" in grant.scopes:
        answer["refresh_token"] = world.grants.keep(grant, "0.ARsandbox-")
    if "openid" in grant.scopes:
        answer["id_token"] = signed(claims(box, grant, code), form.get("client_secret", "sandbox"))
    return answer | ({"client_info": client_info(box)} if form.get("client_info") == "1" else {})


def claims(box: Box, grant: Grant, code: Code | None) -> Json:
    moment = int(now().timestamp())
    found: Json = {
        "aud": grant.client_id, "iss": f"{LOGIN}/{box.tid}/v2.0", "iat": moment, "nbf": moment,
        "exp": moment + int(ACCESS_LIVES.total_seconds()), "name": box.name, "oid": box.oid,
        "preferred_username": box.address, "sub": unpadded(f"{grant.client_id}:{box.oid}".encode())[:43],
        "tid": box.tid, "ver": "2.0",
    }  # fmt: skip
    if "email" in grant.scopes:
        found["email"] = box.address
    return found | ({"nonce": code.nonce} if code and code.nonce else {}) | box.manners.token_claims


WORDS = {7000215: "invalid_client", 7000222: "invalid_client", 700016: "unauthorized_client", 9002313: "invalid_request", 50196: "invalid_grant"}
INTERACTION = {50076, 50079, 50158, 53003}


def mannered(box: Box) -> Response[bytes]:
    """The refusal that was asked for, under the word that Microsoft puts it."""
    code = box.manners.aadsts
    word = "interaction_required" if code in INTERACTION else WORDS.get(code, "invalid_grant")
    claims = {"claims": box.manners.claims} if box.manners.claims else {}
    return denied(word, code, "The sandbox was asked to refuse.", 401 if word == "invalid_client" else 400, **claims)


def refresh(world: World, form: dict[str, str]) -> Response[bytes]:
    """The old refresh token goes on working; the scopes asked for must have been allowed."""
    grant = world.grants.refresh.get(form.get("refresh_token", ""))
    if grant is None or grant.provider != "microsoft" or grant.client_id != form.get("client_id"):
        return denied("invalid_grant", 9002313, "Invalid request. Request is malformed or invalid.", suberror="bad_token")
    manners = world.box(grant.mailbox).manners
    if manners.aadsts:
        return mannered(world.box(grant.mailbox))
    if manners.challenge and form.get("claims"):
        manners.challenge = ""
    if grant.revoked_at:
        sentence = "The provided grant has expired due to it being revoked, a fresh auth token is needed."
        return denied("invalid_grant", 50173, sentence, suberror="bad_token")
    asked = tuple(form.get("scope", "").split()) or grant.scopes
    permitted = {short(scope) for scope in grant.scopes} | IDENTITY
    if any(short(scope) not in permitted for scope in asked):
        return denied("invalid_grant", 65001, "The user or administrator has not consented to use the application.", suberror="consent_required")
    return told(tokens(world, grant, asked, None, form))


SIGNING_IN = [discover, discover_instance, ask_consent, answer_consent, ask_admin, answer_admin, give_token]
