// The same with Node's fetch.

const { WECHAT_APPID: appid, WECHAT_APPSECRET: secret } = process.env;
const ask = (url, query, options) => fetch(`${url}?${new URLSearchParams(query)}`, options);

const page = await ask(
  'https://open.weixin.qq.com/connect/oauth2/authorize',
  { appid, redirect_uri: 'http://127.0.0.1:8000/', response_type: 'code', scope: 'snsapi_userinfo', state: 's' },
  { redirect: 'manual' },
);
const code = new URL(page.headers.get('location')).searchParams.get('code');
const exchange = await ask('https://api.weixin.qq.com/sns/oauth2/access_token', { appid, secret, code, grant_type: 'authorization_code' });
const { access_token, openid } = await exchange.json();
const user = await ask('https://api.weixin.qq.com/sns/userinfo', { access_token, openid, lang: 'zh_CN' });
console.log(await user.text());
