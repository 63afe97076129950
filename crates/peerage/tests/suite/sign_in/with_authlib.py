"""Signs a person in with Authlib: discovery, code with PKCE, ID token, userinfo, renewal, giving back.

Usage: with_authlib.py ISSUER CLIENT_ID REDIRECT_URI, with CLIENT_SECRET and SESSION_COOKIE in the environment. The cookie
stands for a person who is logged in; the one page that asks them is answered here as a browser would.
"""

import html
import os
import re
import secrets
import sys

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata

try:
    from joserfc import jwt
    from joserfc.jwk import KeySet
except ImportError:
    jwt = KeySet = None
    from authlib.jose import JsonWebKey, JsonWebToken


def answer_as_person(address, cookie):
    """Allows all that the page asks, and gives the address that the browser is led to."""
    headers = {"Cookie": cookie}
    page = requests.get(address, headers=headers, allow_redirects=False, timeout=30)
    assert page.status_code == 200, (page.status_code, page.text)
    proof = html.unescape(re.search(r'name="csrfmiddlewaretoken" value="([^"]*)"', page.text).group(1))
    form = {"csrfmiddlewaretoken": proof, "decision": "allow", "which": "all"}
    led = requests.post(address, data=form, headers=headers, allow_redirects=False, timeout=30)
    assert led.status_code == 303, (led.status_code, led.text)
    return led.headers["Location"]


def read_id_token(token, metadata, client_id, nonce, access_token):
    """The claims of an ID token, its signature and each claim checked."""
    keys = requests.get(metadata["jwks_uri"], timeout=30).json()
    if jwt is None:
        claims = JsonWebToken(["RS256"]).decode(token, JsonWebKey.import_key_set(keys))
    else:
        claims = jwt.decode(token, KeySet.import_key_set(keys), algorithms=["RS256"])
        claims = CodeIDToken(
            claims.claims,
            claims.header,
            options={"iss": {"value": metadata["issuer"]}, "aud": {"value": client_id}},
            params={"nonce": nonce, "access_token": access_token, "client_id": client_id},
        )
    claims.validate()
    assert claims["nonce"] == nonce
    return claims


def main():
    issuer, client_id, redirect_uri = sys.argv[1:4]
    metadata = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=30).json()
    checked = OpenIDProviderMetadata(metadata)
    for name in ("response_types_supported", "scopes_supported", "id_token_signing_alg_values_supported"):
        getattr(checked, f"validate_{name}")()
    assert metadata["issuer"] == issuer

    session = OAuth2Session(
        client_id,
        os.environ["CLIENT_SECRET"],
        scope="openid profile email networks",
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
    )
    verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    address, state = session.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce
    )
    back = answer_as_person(address, os.environ["SESSION_COOKIE"])
    token = session.fetch_token(
        metadata["token_endpoint"], authorization_response=back, code_verifier=verifier, state=state
    )
    claims = read_id_token(token["id_token"], metadata, client_id, nonce, token["access_token"])

    told = session.get(metadata["userinfo_endpoint"]).json()
    assert told["sub"] == claims["sub"]
    networks = " ".join(f"AS{network['asn']}" for network in told["networks"])

    first = token["refresh_token"]
    renewed = session.refresh_token(metadata["token_endpoint"], refresh_token=first)
    assert renewed["refresh_token"] != first
    assert session.get(metadata["userinfo_endpoint"]).status_code == 200
    given_back = session.revoke_token(metadata["revocation_endpoint"], renewed["refresh_token"], "refresh_token")
    assert given_back.status_code == 200
    assert session.get(f"{issuer}/profile/v1").status_code == 401
    print(told["sub"], told["name"], told["email"], networks)


main()
