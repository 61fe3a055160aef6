// People sign in at a real OpenID provider and act in a real `polder serve`, both over HTTPS on loopback; jose forges what should not
// get in. Prints a line per promise; exit 1 when one is broken. Usage: service.mjs POLDER CODEBOOK POLICY FOLDER
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import * as jose from 'jose';
import Provider from 'oidc-provider';

const [polder, codebook, policyFile, folder] = process.argv.slice(2);
const broken = [];
function promise(name, kept, detail = '') {
  console.log(`${kept ? 'ok      ' : 'BROKEN  '}${name}${detail ? `: ${detail}` : ''}`);
  if (!kept) broken.push(name);
}

// --- a region, and a clock that this test moves
let time = Math.floor(Date.now() / 1000);
const text = () => new Date(time * 1000).toISOString().replace(/\.\d+Z/, 'Z');
rmSync(folder, { recursive: true, force: true });
execFileSync(polder, ['init', '--demo', '--out', folder, '--codebook', codebook, '--start', text()]);
const later = (seconds) => {
  time += seconds;
  writeFileSync(`${folder}/clock.next`, `${text()}\n`);
  renameSync(`${folder}/clock.next`, `${folder}/clock`);  // nobody reads half of it
};
const pem = (name) => readFileSync(`${folder}/${name}`);
const ca = pem('tls/authority.pem');

// --- the issuer, over HTTPS
async function keyPair(alg, kid) {
  const { privateKey, publicKey } = await jose.generateKeyPair(alg, { extractable: true });
  return { alg, kid, privateKey, publicKey, jwk: { ...(await jose.exportJWK(privateKey)), kid, alg, use: 'sig' } };
}
const es = await keyPair('ES256', 'es-1');
const ps = await keyPair('PS256', 'ps-1');
const audience = 'https://polder.example/rmc10';
const secret = 'a secret of a test, 32 bytes long';
const roles = { petra: ['officers', 'other'], paul: 'officers', pien: ['nothing of ours'], otto: ['officers'], stranger: ['officers'] };
const server = https.createServer({ key: pem('tls/server.key'), cert: pem('tls/server.pem') });
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const issuer = `https://127.0.0.1:${server.address().port}`;
const Issuer = (keys) => new Provider(issuer, {
  jwks: { keys: keys.map((key) => key.jwk) },
  clients: Object.keys(roles).map((id) => ({ client_id: id, client_secret: secret, redirect_uris: [], response_types: [], grant_types: ['client_credentials'],
    id_token_signed_response_alg: id === 'paul' ? 'PS256' : 'ES256' })),
  extraTokenClaims: (_, token) => ({ roles: roles[token.clientId] }),
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: { enabled: true, defaultResource: () => audience, useGrantedResource: () => true,
      getResourceServerInfo: (_, wanted, who) => ({ scope: 'act', audience: wanted, accessTokenFormat: 'jwt', accessTokenTTL: 600,
        jwt: { sign: { alg: who.clientId === 'paul' ? 'PS256' : 'ES256' } } }) },
  },
});
console.warn = console.info = () => {};
let provider = Issuer([es, ps]);
let fetches = 0;
let away = false;
server.on('request', (request, response) => {
  if (request.url === '/jwks') {
    ++fetches;
    if (away) return void response.writeHead(503).end();
  }
  return provider.callback()(request, response);
});

// --- one HTTPS request
const send = (base, path, { method = 'GET', headers = {}, body, cert } = {}) => new Promise((resolve, reject) => {
  const request = https.request(new URL(path, base), { method, ca, headers, agent: false,
    ...(cert ? { cert: pem(`people/${cert}.pem`), key: pem(`people/${cert}.key`) } : {}) }, (answer) => {
    const parts = [];
    answer.on('data', (part) => parts.push(part)).on('end', () => {
      const all = Buffer.concat(parts).toString();
      let json = {};
      try { json = JSON.parse(all); } catch { /* not JSON */ }
      resolve({ status: answer.statusCode, headers: answer.headers, text: all, json, code: (json.type ?? '').replace('urn:polder:problem:', '') });
    });
  });
  request.on('error', reject);
  request.end(body);
});
async function tokenOf(id, resource = audience) {
  const answer = await send(issuer, '/token', { method: 'POST', body: String(new URLSearchParams({ grant_type: 'client_credentials', scope: 'act', resource })),
    headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: `Basic ${Buffer.from(`${id}:${encodeURIComponent(secret)}`).toString('base64')}` } });
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.json.access_token;
}

// --- the service
const config = JSON.parse(pem('polder.json'));
config.signIn = { issuer, audience, keys: `${issuer}/jwks`, authority: 'tls/authority.pem', roleClaim: 'roles', roles: [{ value: 'officers', role: 'privacyOfficer' }] };
Object.assign(config.listen, { port: 0, accessLog: false });
const officer = (name) => config.officers.find((one) => one.name === name);
officer('privacy-officer-1').subject = 'petra';
officer('operator').subject = 'otto';
config.officers.push({ name: 'Paul', roles: ['privacyOfficer'], subject: 'paul' }, { name: 'Pien', roles: ['privacyOfficer'], subject: 'pien' });
writeFileSync(`${folder}/polder.json`, JSON.stringify(config));
const serve = spawn(polder, ['serve', '--config', `${folder}/polder.json`, '--url-file', `${folder}/url`], { stdio: ['ignore', 'ignore', 'inherit'] });
for (let i = 0; i < 600 && !existsSync(`${folder}/url`); ++i) await new Promise((r) => setTimeout(r, 50));
const url = pem('url').toString().trim();
const bearer = (token) => ({ authorization: `Bearer ${token}` });
const look = (token, more = {}) => send(url, '/v1/erasures', { headers: bearer(token), ...more });

const petra = await tokenOf('petra');
const paul = await tokenOf('paul');
promise('a privacy officer who signed in (ES256) may read what is for them', (await look(petra)).status === 200, (await look(petra)).text.slice(0, 100));
promise('and another one (PS256)', (await look(paul)).status === 200);
promise('one fetch of the keys did for both', fetches === 1, `${fetches}`);
const proposed = await send(url, '/v1/policies', { method: 'POST', body: readFileSync(policyFile), headers: { ...bearer(petra), 'content-type': 'application/json' } });
promise('with a token a policy is handed in', proposed.status === 201, proposed.text.slice(0, 120));
const approve = (more) => send(url, `/v1/policies/${proposed.json.digest}/approvals`, { method: 'POST', ...more });
promise('who handed it in does not approve it', (await approve({ headers: bearer(petra) })).code === 'own-policy');
promise('nor with their certificate: one person is one name, however they come', (await approve({ cert: 'privacy-officer-1' })).code === 'own-policy');
promise('another one who signed in approves it', (await approve({ headers: bearer(paul) })).status === 201);
promise('one with a certificate still acts', (await approve({ cert: 'privacy-officer-2' })).status === 201);

// --- who may not
const none = await send(url, '/v1/erasures');
promise('without either one is asked to sign in', none.status === 401 && none.headers['www-authenticate'] === 'Bearer' &&
  none.headers['content-type'].startsWith('application/problem+json'), `${none.status} ${none.code}`);
const two = await look(petra, { cert: 'privacy-officer-2' });
promise("one person's token on another's connection is nobody", two.status === 403 && two.code === 'unknown-person', two.code);
for (const [who, code] of [['pien', 'wrong-role'], ['otto', 'wrong-role'], ['stranger', 'unknown-person']]) {
  const answer = await look(await tokenOf(who));
  promise(`${{ pien: 'a role that no claim gives', otto: 'a role that the configuration does not give', stranger: 'somebody whom the region does not know' }[who]} is refused`,
    answer.status === 403 && answer.code === code, `${answer.status} ${answer.code}`);
}
promise('a token delivers nothing: that takes a certificate', (await send(url, '/v1/deliveries', { method: 'POST', headers: bearer(petra), body: 'x' })).code === 'client-certificate-required');
promise('another scheme is refused', (await send(url, '/v1/erasures', { headers: { authorization: 'Basic eDp5' } })).status === 400);

// --- what is forged
const claims = jose.decodeJwt(petra);
const forge = (header, key, body = claims) => new jose.SignJWT(body).setProtectedHeader({ typ: 'at+jwt', ...header }).sign(key);
promise('what jose signs with the real key is believed, so the forgeries fail for their fault', (await look(await forge({ alg: 'ES256', kid: 'es-1' }, es.privateKey))).status === 200);
const stranger = await keyPair('ES256', 'es-1');
const encode = (json) => Buffer.from(JSON.stringify(json)).toString('base64url');
const real = (change, header = {}) => forge({ alg: 'ES256', kid: 'es-1', ...header }, es.privateKey, { ...claims, ...change });
for (const [name, token, code] of [
  ['alg none', `${encode({ alg: 'none', kid: 'es-1', typ: 'at+jwt' })}.${petra.split('.')[1]}.`, 'token-algorithm malformed-token token-header'],
  ['HS256 with the public key as its secret', await forge({ alg: 'HS256', kid: 'ps-1' }, new TextEncoder().encode(await jose.exportSPKI(ps.publicKey))), 'token-algorithm'],
  ["another's key under the same name", await forge({ alg: 'ES256', kid: 'es-1' }, stranger.privateKey), 'token-signature'],
  ['another audience', await real({ aud: 'https://polder.example/rmc11' }), 'token-audience'],
  ['another issuer', await real({ iss: `${issuer}/` }), 'token-issuer'],
  ['one that has expired', await real({ iat: time - 1200, exp: time - 600 }), 'token-expired'],
  ['one that is not valid yet', await real({ nbf: time + 3600 }), 'token-not-yet token-claims'],
  ['an identity token', await real({}, { typ: 'JWT' }), 'token-type'],
  ['a fourth segment', `${petra}.x`, 'malformed-token'],
  ['words', 'words', 'malformed-token'],
]) {
  const answer = await look(token);
  promise(`${name} is refused`, answer.status === 401 && code.split(' ').includes(answer.code) && answer.headers['www-authenticate'] === 'Bearer error="invalid_token"' &&
    !answer.text.includes(token), `${answer.status} ${answer.code}`);
}

// --- keys over time
let before = fetches;
later(61);
for (let i = 0; i < 30; ++i) await look(await forge({ alg: 'ES256', kid: `invented-${i}` }, stranger.privateKey));
promise('thirty invented key names cost the issuer one fetch', fetches === before + 1, `${fetches - before}`);
const next = await keyPair('ES256', 'es-2');
provider = Issuer([next, ps]);
const renewed = await tokenOf('petra');
promise('a new key is not looked for within the minute', (await look(renewed)).status === 401);
later(61);
before = fetches;
promise('after it the new key is fetched', (await look(renewed)).status === 200 && fetches === before + 1, `${fetches - before}`);
promise('and the old one verifies no more', (await look(petra)).status === 401);
away = true;
later(300);
promise('an issuer that is away changes nothing at first', (await look(renewed)).status === 200);
const long = { ...jose.decodeJwt(renewed), iat: time, exp: time + 7200 };
const lasting = await forge({ alg: 'ES256', kid: 'es-2' }, next.privateKey, long);
promise('a token that lasts is believed now', (await look(lasting)).status === 200);
later(3601);
promise('an hour later nobody gets in by a token', (await look(lasting)).status === 401);
promise('who comes with a certificate does', (await send(url, '/v1/erasures', { cert: 'privacy-officer-1' })).status === 200);
away = false;
later(61);
promise('when the issuer is back they do', (await look(lasting)).status === 200);

// --- the command
writeFileSync(`${folder}/token`, `${lasting}\n`, { mode: 0o600 });
const said = execFileSync(polder, ['act', 'erasures', '--url', url, '--ca', `${folder}/tls/authority.pem`, '--token-file', `${folder}/token`]).toString();
promise('polder act takes the token from a file', said.trim() === '{"erasures":[]}', said.trim());

serve.kill('SIGTERM');
await new Promise((ended) => serve.on('exit', ended));
server.close();
server.closeAllConnections();
process.exit(broken.length ? 1 : 0);
