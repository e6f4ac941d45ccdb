// The login at WeChat as a web application in Node makes it: where to send the browser, and who came back.

const { WECHAT_APPID: appid, WECHAT_APPSECRET: secret } = process.env;
const open = process.env.WECHAT_OPEN_URL ?? 'https://open.weixin.qq.com';
const api = process.env.WECHAT_API_URL ?? 'https://api.weixin.qq.com';

export function loginUrl(callback, state) {
  const query = new URLSearchParams({ appid, redirect_uri: callback, response_type: 'code', scope: 'snsapi_userinfo', state });
  return `${open}/connect/oauth2/authorize?${query}#wechat_redirect`;
}

export async function userOf(code) {
  const { access_token, openid } = await ask('/sns/oauth2/access_token', { appid, secret, code, grant_type: 'authorization_code' });
  return ask('/sns/userinfo', { access_token, openid, lang: 'zh_CN' });
}

async function ask(path, query) {
  const response = await fetch(`${api}${path}?${new URLSearchParams(query)}`);
  const answer = await response.json();
  if (answer.errcode) throw new Error(`${answer.errcode} ${answer.errmsg}`);
  return answer;
}
