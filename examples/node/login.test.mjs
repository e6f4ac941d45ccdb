import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { userOf } from './wechatLogin.mjs';

async function simulator(method, path, body = {}) {
  const url = `${process.env.WECHAT_SIM_URL}/_control/v1${path}`;
  const response = await fetch(url, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  assert.ok(response.ok, await response.clone().text());
  return response.json();
}

let code;
beforeEach(async () => {
  await simulator('POST', '/reset');
  const { WECHAT_APPID: appid } = process.env;
  ({ code } = await simulator('POST', '/codes', { appid, person: 'ming' }));
});

test('who comes back is known', async () => {
  assert.equal((await userOf(code)).nickname, '小明');
});

test('WeChat is busy', async () => {
  await simulator('POST', '/faults', { endpoint: 'access_token', fault: { errcode: -1 }, times: 1 });
  await assert.rejects(userOf(code), /^Error: -1 /);
});
