"""Serves your logins over HTTP on port 8000, with one user to try them with, until Ctrl-C."""

import secrets
import socket
from http import HTTPStatus
from typing import Any

import flask
from werkzeug.serving import make_server

HOST, PORT = "127.0.0.1", 8000
LOGIN = f"""curl -X POST http://localhost:{PORT}/login -H "Content-Type: application/json" \\
     -d '{{"username": "admin", "password": "password"}}'"""
WHOAMI = f'curl http://localhost:{PORT}/whoami -H "Authorization: Bearer <token>"'

Answer = tuple[dict[str, Any], HTTPStatus]


def run(solution: Any, servers: Any) -> None:  # noqa: ANN401, ARG001 -- the learner's module; no server is needed
    """Serve the AuthService of *solution*."""
    service = solution.AuthService(secrets.token_hex(32))
    service.register("admin", "password")  # an account to try; the service has none of its own
    try:
        door = socket.create_server((HOST, PORT))  # here, as make_server would print a message of its own
    except OSError:
        message = f"Port {PORT} is taken. End the program that uses it and try again."
        raise SystemExit(message) from None
    with door:
        server = make_server(HOST, PORT, make_app(service), threaded=True, fd=door.fileno())
    print(f"Your logins are served on http://localhost:{PORT}. In another terminal:")
    print(f"\n  {LOGIN}\n\n  {WHOAMI}\n")
    print("Try a wrong password too, and a token with one letter changed. Ctrl-C ends the server.")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()
    finally:
        server.server_close()


def make_app(service: Any) -> flask.Flask:  # noqa: ANN401 -- the learner's AuthService
    """Return an application with one route that gives a token and one that looks at it."""
    app = flask.Flask("auth")

    @app.post("/login")
    def login() -> Answer:
        body = flask.request.get_json(silent=True)
        if not isinstance(body, dict):
            return {"error": "send a JSON object with username and password"}, HTTPStatus.BAD_REQUEST
        token = service.authenticate(body.get("username", ""), body.get("password", ""))
        if token is None:
            return {"error": "name or password is wrong"}, HTTPStatus.UNAUTHORIZED
        return {"token": token}, HTTPStatus.OK

    @app.get("/whoami")
    def whoami() -> Answer:
        kind, _, token = flask.request.headers.get("Authorization", "").partition(" ")
        claims = service.verify_token(token) if kind == "Bearer" else None
        if claims is None:
            return {"error": "this token is not good"}, HTTPStatus.UNAUTHORIZED
        return {"you are": claims["sub"], "claims": claims}, HTTPStatus.OK

    return app
