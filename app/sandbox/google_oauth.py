"""Google's sign-in: a consent page where each right can be unticked, tokens, and taking them back."""

from typing import Any

from litestar import Response, get, post

from app.clock import now
from app.sandbox.answers import Ask, Json, told, world_of
from app.sandbox.grants import ACCESS_LIVES, Code, Grant, signed
from app.sandbox.looks import page
from app.sandbox.redirecting import asked_of, back_to, named
from app.sandbox.world import Box, World

AUTHORIZE = "/google/o/oauth2/v2/auth"
PREFIX = "https://www.googleapis.com/auth/"
SPOKEN = {"email": PREFIX + "userinfo.email", "profile": PREFIX + "userinfo.profile"}
IDENTITY = {"openid", *SPOKEN.values()}
MEANINGS = {
    PREFIX + "gmail.send": "Send email on your behalf",
    PREFIX + "gmail.compose": "Manage drafts and send emails",
    PREFIX + "gmail.modify": "Read, compose and send emails from your Gmail account",
    PREFIX + "gmail.readonly": "View your email messages and settings",
    PREFIX + "gmail.metadata": "View your email message metadata such as labels and headers, but not the email body",
    PREFIX + "gmail.insert": "Add emails into your Gmail mailbox",
    "https://mail.google.com/": "Read, compose, send and permanently delete all your email from Gmail",
}


@get(AUTHORIZE)
async def ask_consent(request: Ask) -> Response[str]:
    """The consent page, or Google's refusal of a request it cannot serve."""
    asked = dict(request.query_params)
    trouble = wrong(asked)
    if trouble:
        return page("sandbox/refused", 400, provider="Google", trouble=trouble)
    boxes = [box for box in world_of(request).boxes.values() if box.provider == "google"]
    rights = [(scope, MEANINGS.get(scope, scope)) for scope in scopes(asked) if scope not in IDENTITY]
    return page(
        "sandbox/consent", provider="Google", brand="google", boxes=boxes, rights=rights, untickable=True,
        hint=asked.get("login_hint", ""), client=asked["client_id"], admin=False,
    )  # fmt: skip


def wrong(asked: dict[str, str]) -> str | None:
    missing = [name for name in ("client_id", "redirect_uri", "scope") if not asked.get(name)]
    if missing:
        return f"Error 400: invalid_request. Required parameter is missing: {missing[0]}"
    if asked.get("response_type") != "code":
        return "Error 400: unsupported_response_type"
    if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
        return "Error 400: invalid_request. The sandbox takes code_challenge_method S256 only"
    return None


def scopes(asked: dict[str, str]) -> list[str]:
    """The scopes as Google spells them."""
    return [SPOKEN.get(scope, scope) for scope in asked.get("scope", "").split()]


@post(AUTHORIZE, status_code=302)
async def answer_consent(request: Ask) -> Response[Any]:
    """`decision` is allow (with the ticked `scope`s), all, or deny."""
    asked, form = dict(request.query_params), await request.form()
    trouble = wrong(asked)
    if trouble:
        return page("sandbox/refused", 400, provider="Google", trouble=trouble)
    address = asked_of(form)
    if form.get("decision") == "deny":
        return back_to(asked, {"error": "access_denied"})
    if not address:
        return page("sandbox/refused", 400, provider="Google", trouble="Choose an account, or enter its address.")
    box = world_of(request).mailbox(address, "google", named(form))
    ticked = set(form.getall("scope", [])) if form.get("decision") != "all" else set(scopes(asked))
    granted = tuple(scope for scope in scopes(asked) if scope in ticked | IDENTITY)
    code = Code(
        provider="google",
        mailbox=box.address,
        client_id=asked["client_id"],
        redirect_uri=asked["redirect_uri"],
        scopes=with_earlier(world_of(request), box, asked, granted),
        challenge=asked.get("code_challenge"),
        nonce=asked.get("nonce"),
        offline=asked.get("access_type") == "offline" and lasting(world_of(request), box, asked),
    )
    token = world_of(request).grants.promise(code, "4/0sandbox-")
    return back_to(asked, {"code": token, "scope": " ".join(code.scopes), "authuser": "0", "prompt": "consent"})


def with_earlier(world: World, box: Box, asked: dict[str, str], granted: tuple[str, ...]) -> tuple[str, ...]:
    """With include_granted_scopes, what was allowed before is part of the new grant."""
    if asked.get("include_granted_scopes") != "true":
        return granted
    before = (scope for grant in world.grants.earlier("google", box.address, asked["client_id"]) for scope in grant.scopes)
    return tuple(dict.fromkeys([*granted, *before]))


def lasting(world: World, box: Box, asked: dict[str, str]) -> bool:
    """A refresh token comes with the first consent, or when consent was asked for again."""
    return "consent" in asked.get("prompt", "") or not world.grants.earlier("google", box.address, asked["client_id"])


@post("/google/token", status_code=200)
async def give_token(request: Ask) -> Response[bytes]:
    form = {name: str(value) for name, value in (await request.form()).items()}
    if not form.get("client_id"):
        return denied("invalid_request", "Could not determine client ID from request.")
    if form.get("client_secret", "wrong") in ("wrong", ""):
        return denied("invalid_client", "Unauthorized", 401)
    if form.get("grant_type") == "authorization_code":
        return redeem(world_of(request), form)
    if form.get("grant_type") == "refresh_token":
        return refresh(world_of(request), form)
    return denied("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type', '')}")


def denied(error: str, description: str, status: int = 400) -> Response[bytes]:
    return told({"error": error, "error_description": description}, status)


def redeem(world: World, form: dict[str, str]) -> Response[bytes]:
    code = world.grants.redeem(form.get("code", ""), form["client_id"], form.get("redirect_uri", ""), form.get("code_verifier", ""))
    if code is None or code.provider != "google":
        return denied("invalid_grant", "Bad Request")
    box = world.box(code.mailbox)
    if box.manners.google_error:
        return denied(box.manners.google_error, box.manners.google_says)
    grant = Grant("google", box.address, code.client_id, code.scopes)
    answer = tokens(world, grant)
    if code.offline:
        answer["refresh_token"] = world.grants.keep(grant, "1//03sandbox-")
    if "openid" in code.scopes:
        answer["id_token"] = signed(claims(box, code), form["client_secret"])
    return told(answer, headers={"Cache-Control": "no-cache, no-store, max-age=0, must-revalidate"})


def tokens(world: World, grant: Grant) -> Json:
    access = world.grants.admit(grant, grant.scopes, "ya29.sandbox-")
    lives = int(ACCESS_LIVES.total_seconds()) - 1
    return {"access_token": access, "expires_in": lives, "scope": " ".join(grant.scopes), "token_type": "Bearer"}


def claims(box: Box, code: Code) -> Json:
    """Who signed in, as far as the scopes tell it."""
    moment = int(now().timestamp())
    found: Json = {
        "iss": "https://accounts.google.com", "azp": code.client_id, "aud": code.client_id, "sub": box.sub,
        "iat": moment, "exp": moment + int(ACCESS_LIVES.total_seconds()),
    }  # fmt: skip
    if SPOKEN["email"] in code.scopes:
        found |= {"email": box.address, "email_verified": True}
    if SPOKEN["profile"] in code.scopes:
        first, _, last = box.name.partition(" ")
        found |= {"name": box.name, "given_name": first, "family_name": last}
    if box.domain != "gmail.com":
        found["hd"] = box.domain
    return found | ({"nonce": code.nonce} if code.nonce else {}) | box.manners.token_claims


def refresh(world: World, form: dict[str, str]) -> Response[bytes]:
    """A new access token; the refresh token stays the same."""
    grant = world.grants.refresh.get(form.get("refresh_token", ""))
    if grant is None or grant.provider != "google" or grant.revoked_at or grant.client_id != form["client_id"]:
        return denied("invalid_grant", "Token has been expired or revoked.")
    manners = world.box(grant.mailbox).manners
    if manners.google_error:
        return denied(manners.google_error, manners.google_says, 401 if manners.google_error == "invalid_client" else 400)
    return told(tokens(world, grant))


@post("/google/revoke", status_code=200)
async def revoke(request: Ask) -> Response[bytes]:
    """Either token will do; with it goes the whole grant of this client."""
    world = world_of(request)
    token = str((await request.form()).get("token") or request.query_params.get("token", ""))
    access = world.grants.access.get(token)
    grant = world.grants.refresh.get(token) or (access.grant if access else None)
    if grant is None or grant.revoked_at:
        return denied("invalid_token", "Token expired or revoked")
    for same in [grant, *world.grants.earlier("google", grant.mailbox, grant.client_id)]:
        same.revoked_at = now()
    return told({})


@get("/google/oauth2/v3/userinfo")
async def who(request: Ask) -> Response[bytes]:
    world = world_of(request)
    access = world.grants.access.get(request.headers.get("authorization", "").removeprefix("Bearer "))
    if access is None or access.grant.revoked_at or access.expires_at <= now():
        return told({"error": "invalid_request", "error_description": "Invalid Credentials"}, 401)
    box = world.box(access.grant.mailbox)
    return told({"sub": box.sub, "email": box.address, "email_verified": True, "name": box.name})


SIGNING_IN = [ask_consent, answer_consent, give_token, revoke, who]
