"""The same with requests."""

import json
import os
from urllib.parse import parse_qs, urlsplit

import requests

appid, secret = os.environ["WECHAT_APPID"], os.environ["WECHAT_APPSECRET"]
page = requests.get(
    "https://open.weixin.qq.com/connect/oauth2/authorize",
    params={"appid": appid, "redirect_uri": "http://127.0.0.1:8000/", "response_type": "code", "scope": "snsapi_userinfo", "state": "s"},
    allow_redirects=False,
)
code = parse_qs(urlsplit(page.headers["location"]).query)["code"][0]
tokens = requests.get(
    "https://api.weixin.qq.com/sns/oauth2/access_token",
    params={"appid": appid, "secret": secret, "code": code, "grant_type": "authorization_code"},
).json()
user = requests.get(
    "https://api.weixin.qq.com/sns/userinfo",
    params={"access_token": tokens["access_token"], "openid": tokens["openid"], "lang": "zh_CN"},
)
# WeChat does not say in which charset it writes.
print(json.dumps(json.loads(user.content), ensure_ascii=False))
