"""A web application that greets who logs in: http://127.0.0.1:8000"""

import os
import secrets
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import wechat_login

PORT = int(os.environ.get("PORT", "8000"))
CALLBACK = f"http://127.0.0.1:{PORT}/callback"


class App(BaseHTTPRequestHandler):
    def do_GET(self):
        page = urlsplit(self.path)
        if page.path != "/callback":
            state = secrets.token_hex(16)
            return self.answer(302, location=wechat_login.login_url(CALLBACK, state), set_cookie=f"state={state}; HttpOnly; SameSite=Lax")
        query = {name: values[0] for name, values in parse_qs(page.query).items()}
        if f"state={query.get('state')}" not in self.headers.get("cookie", "").split("; "):
            return self.answer(400, "this login was not begun in this browser")
        self.answer(200, f"你好，{wechat_login.user_of(query['code'])['nickname']}！")

    def answer(self, status, text="", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-type", "text/plain; charset=utf-8")
        self.end_headers()
        self.wfile.write(text.encode())


HTTPServer(("127.0.0.1", PORT), App).serve_forever()
