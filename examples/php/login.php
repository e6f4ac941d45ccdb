<?php
// A whole login at WeChat: here the program is the browser, too.

$code = visit('http://127.0.0.1:8000/callback', 'a-state');
echo '你好，', userOf($code)['nickname'], "！\n";

// Where a web application sends the browser, and with which code the browser comes back.
function visit(string $callback, string $state): string
{
    $call = fetch('https://open.weixin.qq.com/connect/oauth2/authorize', [
        'appid' => getenv('WECHAT_APPID'),
        'redirect_uri' => $callback,
        'response_type' => 'code',
        'scope' => 'snsapi_userinfo',
        'state' => $state,
    ])[0];
    $back = parse_url(curl_getinfo($call, CURLINFO_REDIRECT_URL), PHP_URL_QUERY);
    parse_str($back, $query);
    return $query['code'];
}

function userOf(string $code): array
{
    $tokens = ask('/sns/oauth2/access_token', [
        'appid' => getenv('WECHAT_APPID'),
        'secret' => getenv('WECHAT_APPSECRET'),
        'code' => $code,
        'grant_type' => 'authorization_code',
    ]);
    return ask('/sns/userinfo', [
        'access_token' => $tokens['access_token'],
        'openid' => $tokens['openid'],
        'lang' => 'zh_CN',
    ]);
}

function ask(string $path, array $query): array
{
    $answer = json_decode(fetch("https://api.weixin.qq.com$path", $query)[1], true, flags: JSON_THROW_ON_ERROR);
    if ($answer['errcode'] ?? 0) {
        throw new RuntimeException("WeChat said {$answer['errcode']} {$answer['errmsg']}");
    }
    return $answer;
}

function fetch(string $url, array $query): array
{
    $call = curl_init("$url?" . http_build_query($query));
    curl_setopt($call, CURLOPT_RETURNTRANSFER, true);
    $body = curl_exec($call);
    if ($body === false) {
        throw new RuntimeException(curl_error($call));
    }
    return [$call, $body];
}
