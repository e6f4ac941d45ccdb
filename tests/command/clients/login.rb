# The same with Ruby's standard library.

require "net/http"

def ask(url, query)
  uri = URI(url)
  uri.query = URI.encode_www_form(query)
  Net::HTTP.get_response(uri)
end

def field(json, name) = json[/"#{name}":"([^"]*)"/, 1]

appid, secret = ENV.values_at("WECHAT_APPID", "WECHAT_APPSECRET")
page = ask("https://open.weixin.qq.com/connect/oauth2/authorize",
           appid:, redirect_uri: "http://127.0.0.1:8000/", response_type: "code", scope: "snsapi_userinfo", state: "s")
code = page["location"][/[?&]code=([^&]*)/, 1]
tokens = ask("https://api.weixin.qq.com/sns/oauth2/access_token", appid:, secret:, code:, grant_type: "authorization_code").body
puts ask("https://api.weixin.qq.com/sns/userinfo", access_token: field(tokens, "access_token"), openid: field(tokens, "openid"), lang: "zh_CN").body
