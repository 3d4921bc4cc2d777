"""Tokens as another program reads and makes them: python-jose, which the original used, or PyJWT where Debian has no jose."""
try:
    from jose import jwt
    claims_of = jwt.get_unverified_claims
except ImportError:
    import jwt

    def claims_of(token):
        """What a token says, whoever has signed it."""
        return jwt.decode(token, options={"verify_signature": False})

__all__ = ["claims_of", "jwt"]
