"""Signs requests as the extension does (RFC 9421), with a key of Ed25519. It shares no code with ours."""

import base64
import hashlib
import json
import os
import time
from urllib.parse import urlsplit

from nacl.signing import SigningKey
from requests.auth import AuthBase

COVERED = '("@method" "@authority" "@path" "content-digest")'


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def public_jwk(key: SigningKey) -> dict:
    return {"kty": "OKP", "crv": "Ed25519", "x": base64url(bytes(key.verify_key))}


def thumbprint(jwk: dict) -> str:
    text = json.dumps({name: jwk[name] for name in sorted(jwk)}, separators=(",", ":"))
    return base64url(hashlib.sha256(text.encode()).digest())


class Signature(AuthBase):
    """Signs what is sent, just before it is: the very bytes, each time with a nonce of its own."""

    def __init__(self, key: SigningKey):
        self.key = key

    def __call__(self, request):
        body = request.body or b""
        if isinstance(body, str):
            body = body.encode()
        url = urlsplit(request.url)
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        digest = f"sha-256=:{digest}:"
        parameters = (
            f"{COVERED};created={int(time.time())};nonce=\"{base64url(os.urandom(16))}\";"
            f'keyid="{thumbprint(public_jwk(self.key))}";alg="ed25519";tag="stagedoor-v1"'
        )
        base = "\n".join(
            [
                f'"@method": {request.method}',
                f'"@authority": {request.headers.get("Host", url.netloc).lower()}',
                f'"@path": {url.path}',
                f'"content-digest": {digest}',
                f'"@signature-params": {parameters}',
            ]
        )
        signature = base64.b64encode(self.key.sign(base.encode()).signature).decode()
        request.headers["Content-Digest"] = digest
        request.headers["Signature-Input"] = f"stagedoor={parameters}"
        request.headers["Signature"] = f"stagedoor=:{signature}:"
        return request
