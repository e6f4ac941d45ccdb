# A whole login with curl, which knows nothing of a simulator. Prints the user as WeChat answers it.
set -eu
field() { sed "s/.*\"$1\":\"\([^\"]*\)\".*/\1/"; }
authorize="https://open.weixin.qq.com/connect/oauth2/authorize?appid=$WECHAT_APPID\
&redirect_uri=http%3A%2F%2F127.0.0.1%3A8000%2F&response_type=code&scope=snsapi_userinfo&state=s#wechat_redirect"
code=$(curl -sSf -o /dev/null -w '%{redirect_url}' "$authorize" | sed 's/.*[?&]code=\([^&]*\).*/\1/')
tokens=$(curl -sSf "https://api.weixin.qq.com/sns/oauth2/access_token?appid=$WECHAT_APPID\
&secret=$WECHAT_APPSECRET&code=$code&grant_type=authorization_code")
curl -sSf "https://api.weixin.qq.com/sns/userinfo?access_token=$(echo "$tokens" | field access_token)\
&openid=$(echo "$tokens" | field openid)&lang=zh_CN"
