// A web application that greets who logs in: http://127.0.0.1:8000

import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { loginUrl, userOf } from './wechatLogin.mjs';

const port = process.env.PORT ?? 8000;
const origin = `http://127.0.0.1:${port}`;

createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, origin);
  if (pathname !== '/callback') {
    const state = randomBytes(16).toString('hex');
    const location = loginUrl(`${origin}/callback`, state);
    return response.writeHead(302, { location, 'set-cookie': `state=${state}; HttpOnly; SameSite=Lax` }).end();
  }
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  if (!(request.headers.cookie ?? '').split('; ').includes(`state=${searchParams.get('state')}`)) {
    return response.writeHead(400).end('this login was not begun in this browser');
  }
  try {
    response.end(`你好，${(await userOf(searchParams.get('code'))).nickname}！`);
  } catch (error) {
    response.writeHead(502).end(error.message);
  }
}).listen(port, '127.0.0.1');
