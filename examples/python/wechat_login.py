"""The login at WeChat as a web application in Python makes it: where to send the browser, and who came back."""

import json
import os
from urllib.parse import urlencode
from urllib.request import urlopen

# The browser goes here, so it has to find the simulator, too. The application's own calls need no change.
OPEN = os.environ.get("WECHAT_OPEN_URL", "https://open.weixin.qq.com")
APPID = os.environ["WECHAT_APPID"]
SECRET = os.environ["WECHAT_APPSECRET"]


class WechatError(Exception):
    """WeChat said no: its errcode and errmsg."""


def login_url(callback, state):
    query = {"appid": APPID, "redirect_uri": callback, "response_type": "code", "scope": "snsapi_userinfo", "state": state}
    return f"{OPEN}/connect/oauth2/authorize?{urlencode(query)}#wechat_redirect"


def user_of(code):
    tokens = ask("/sns/oauth2/access_token", appid=APPID, secret=SECRET, code=code, grant_type="authorization_code")
    return ask("/sns/userinfo", access_token=tokens["access_token"], openid=tokens["openid"], lang="zh_CN")


def ask(path, **query):
    with urlopen(f"https://api.weixin.qq.com{path}?{urlencode(query)}", timeout=10) as answer:
        answer = json.load(answer)
    if answer.get("errcode"):
        raise WechatError(answer["errcode"], answer["errmsg"])
    return answer
