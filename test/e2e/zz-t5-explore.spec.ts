import { startHost, driverFor, sendExactly } from '../support/authorization-server-host.js';
const basic=(s:string)=>({authorization:`Basic ${Buffer.from(`shop:${s}`).toString('base64')}`});
it.each(['express','fastify'] as const)('%s', async (a) => {
  const out: string[] = [];
  const h = await startHost(a, { issuer: 'https://api.test/oauth' });
  const { secret } = await driverFor(h, 'https://api.test/oauth');
  for (const p of ['/oauth/token','/OAUTH/token','/oauth/token/','/oauth//token','//oauth/token','/oauth/%74oken','/%6fauth/token','/oauth/../oauth/token','/x/../oauth/token','/oauth/./token','/oauth/token;x=1','/oauth/token?x=/oauth/jwks','/oauth\\token','http://evil.test/oauth/token','/oauth/token#x','/oauth/token%2f','/oauth/token%00','/oauth%2ftoken', '/oauth/authorize/../token','/api/oauth/token','/oauth','/oauth/']) {
    const r = await sendExactly(h, p, { form: { grant_type: 'client_credentials' }, headers: basic(secret) });
    out.push(`${p} ${r.status} ${r.text.slice(0,90)}`);
  }
  for (const m of ['HEAD','OPTIONS','TRACE','PUT','DELETE','PATCH','QUERY']) for (const p of ['/oauth/token','/oauth/authorize','/oauth/.well-known/openid-configuration','/.well-known/oauth-authorization-server/oauth','/oauth/interaction/x','/oauth/userinfo','/oauth/jwks']) {
    const r = await sendExactly(h, p, { method: m }).catch((e: Error) => ({ status: e.message, text: '', headers: {} }));
    out.push(`${m} ${p} ${r.status} ${r.text.slice(0,60)} ${JSON.stringify(r.headers)}`);
  }
  await h.app.close();
  const pre = await startHost(a, { issuer: 'https://api.test/api/oauth', globalPrefix: 'api' });
  for (const p of ['/api/oauth/.well-known/openid-configuration','/.well-known/oauth-authorization-server/api/oauth','/api/.well-known/oauth-authorization-server/oauth','/oauth/jwks','/api/oauth/jwks']) {
    const r = await sendExactly(pre, p);
    out.push(`${p} ${r.status} ${r.text.slice(0,200)}`);
  }
  const d = await driverFor(pre, 'https://api.test/api/oauth');
  out.push(JSON.stringify(await d.driver.token({ client: 'shop', user: 'alice', scope: 'openid' }).catch(String)));
  await pre.app.close();
  process.stdout.write(a+'\n'+out.join('\n')+'\n');
});
