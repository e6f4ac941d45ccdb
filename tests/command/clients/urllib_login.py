"""The same with Python's standard library."""

import json
import os
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, build_opener, urlopen


class Stay(HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def where(url, **query):
    try:
        build_opener(Stay).open(f"{url}?{urlencode(query)}")
    except HTTPError as answer:
        return answer.headers["location"]


def ask(url, **query):
    return json.load(urlopen(f"{url}?{urlencode(query)}"))


appid, secret = os.environ["WECHAT_APPID"], os.environ["WECHAT_APPSECRET"]
location = where(
    "https://open.weixin.qq.com/connect/oauth2/authorize",
    appid=appid, redirect_uri="http://127.0.0.1:8000/", response_type="code", scope="snsapi_userinfo", state="s",
)
code = parse_qs(urlsplit(location).query)["code"][0]
tokens = ask("https://api.weixin.qq.com/sns/oauth2/access_token", appid=appid, secret=secret, code=code, grant_type="authorization_code")
user = ask("https://api.weixin.qq.com/sns/userinfo", access_token=tokens["access_token"], openid=tokens["openid"], lang="zh_CN")
print(json.dumps(user, ensure_ascii=False))
