import json
import os
import unittest
from urllib.request import Request, urlopen

import wechat_login


def simulator(method, path, **body):
    url = os.environ["WECHAT_SIM_URL"] + "/_control/v1" + path
    request = Request(url, json.dumps(body).encode(), {"content-type": "application/json"}, method=method)
    return json.load(urlopen(request))


class Login(unittest.TestCase):
    def setUp(self):
        simulator("POST", "/reset")
        self.code = simulator("POST", "/codes", appid=wechat_login.APPID, person="ming")["code"]

    def test_who_comes_back_is_known(self):
        self.assertEqual(wechat_login.user_of(self.code)["nickname"], "小明")

    def test_wechat_is_busy(self):
        simulator("POST", "/faults", endpoint="access_token", fault={"errcode": -1}, times=1)
        with self.assertRaises(wechat_login.WechatError):
            wechat_login.user_of(self.code)
