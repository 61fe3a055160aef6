// A real OpenID provider on loopback gives tokens by two of its flows; our verifier judges them, and what jose makes of them to
// deceive it. Prints a line per promise; exit 1 when one is broken.
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import * as jose from 'jose';
import Provider from 'oidc-provider';

const broken = [];
function promise(name, kept, detail = '') {
  console.log(`${kept ? 'ok      ' : 'BROKEN  '}${name}${detail ? `: ${detail}` : ''}`);
  if (!kept) broken.push(name);
}

// --- our verifier, a process that answers a line with a line
const driver = spawn(process.argv[2], { stdio: ['pipe', 'pipe', 'inherit'] });
const lines = createInterface({ input: driver.stdout })[Symbol.asyncIterator]();
async function ask(request) {
  driver.stdin.write(`${JSON.stringify(request)}\n`);
  const { value, done } = await lines.next();
  if (done) throw new Error('the driver ended');
  return JSON.parse(value);
}

// --- the issuer
async function keyPair(alg, kid) {
  const { privateKey, publicKey } = await jose.generateKeyPair(alg, { extractable: true });
  const head = { kid, alg, use: 'sig' };
  return { alg, kid, privateKey, publicKey, jwk: { ...(await jose.exportJWK(privateKey)), ...head },
    publicJwk: { ...(await jose.exportJWK(publicKey)), ...head } };
}
const es = await keyPair('ES256', 'es-1');
const ps = await keyPair('PS256', 'ps-1');
const rs = await keyPair('RS256', 'rs-1');
const server = createServer();
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const issuer = `http://127.0.0.1:${server.address().port}`;
const audience = 'urn:polder:rmc10';
const callback = 'https://client.invalid/callback';
const client = (id, alg) => ({ client_id: id, client_secret: 'a secret of a test, 32 bytes long', redirect_uris: [callback],
  grant_types: ['client_credentials', 'authorization_code'], response_types: ['code'], id_token_signed_response_alg: alg });
function Issuer(keys) {
  return new Provider(issuer, {
    jwks: { keys: keys.map((key) => key.jwk) },
    clients: [client('es', 'ES256'), client('ps', 'PS256'), client('rs', 'RS256')],
    cookies: { keys: ['a key of a test'] },
    features: {
      devInteractions: { enabled: true },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        useGrantedResource: () => true,
        getResourceServerInfo: (_, __, who) => ({ scope: 'read', audience, accessTokenFormat: 'jwt', accessTokenTTL: 600,
          jwt: { sign: { alg: { es: 'ES256', ps: 'PS256', rs: 'RS256' }[who.clientId] } } }),
      },
    },
    enabledJWA: { idTokenSigningAlgValues: ['ES256', 'PS256', 'RS256'] },
  });
}
console.warn = console.info = () => {}; // the provider's remarks about a development set-up
let provider = Issuer([es, ps, rs]);
server.on('request', (request, response) => provider.callback()(request, response));

const basic = (id) => ({ authorization: `Basic ${Buffer.from(`${id}:${encodeURIComponent('a secret of a test, 32 bytes long')}`).toString('base64')}`,
  'content-type': 'application/x-www-form-urlencoded' });
async function token(id, body) {
  const answer = await fetch(`${issuer}/token`, { method: 'POST', headers: basic(id), body: new URLSearchParams(body) });
  const json = await answer.json();
  if (!answer.ok) throw new Error(JSON.stringify(json));
  return json;
}
const accessToken = async (id) => (await token(id, { grant_type: 'client_credentials', scope: 'read', resource: audience })).access_token;

// The whole sign-in as a browser does it, by the provider's own pages for development.
async function identityToken(id, nonce) {
  const jar = new Map();
  const go = async (url, options = {}) => {
    const answer = await fetch(new URL(url, issuer), { redirect: 'manual', ...options,
      headers: { ...options.headers, cookie: [...jar].map(([k, v]) => `${k}=${v}`).join('; ') } });
    for (const cookie of answer.headers.getSetCookie()) {
      const [pair] = cookie.split(';');
      jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    return answer;
  };
  const verifier = randomBytes(32).toString('base64url');
  let at = `/auth?${new URLSearchParams({ client_id: id, response_type: 'code', redirect_uri: callback, scope: 'openid', nonce, state: 's',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256' })}`;
  for (let step = 0; step < 20; ++step) {
    const answer = await go(at);
    if (answer.status === 200) {
      const page = await answer.text();
      const action = page.match(/action="([^"]+)"/)[1];
      const prompt = page.match(/name="prompt" value="([^"]+)"/)[1];
      const sent = await go(action, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ prompt, login: 'petra', password: 'x' }) });
      at = sent.headers.get('location');
    } else {
      at = answer.headers.get('location');
    }
    if (at.startsWith(callback)) {
      const code = new URL(at).searchParams.get('code');
      return (await token(id, { grant_type: 'authorization_code', code, redirect_uri: callback, code_verifier: verifier })).id_token;
    }
  }
  throw new Error('the sign-in never came to its end');
}

const discovery = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
const publish = async () => ask({ do: 'publish', jwks: await (await fetch(discovery.jwks_uri)).text() });
await publish();
const now = () => Math.floor(Date.now() / 1000);
const access = (text, more = {}) => ask({ do: 'verify', token: text, use: 'access', issuer: discovery.issuer, audience, now: now(), ...more });
const identity = (text, id, nonce, more = {}) =>
  ask({ do: 'verify', token: text, use: 'identity', issuer: discovery.issuer, audience: id, nonce, now: now(), ...more });

// --- what the issuer gives
const tokens = {};
for (const id of ['es', 'ps']) {
  tokens[id] = await accessToken(id);
  const verdict = await access(tokens[id]);
  promise(`an access token signed with ${id.toUpperCase()}256 is believed`, verdict.ok && verdict.subject === id, verdict.code);
  const nonce = randomBytes(16).toString('base64url');
  const idToken = await identityToken(id, nonce);
  tokens[`${id}Identity`] = idToken;
  const who = await identity(idToken, id, nonce);
  promise(`an identity token of a sign-in with a code and PKCE, ${id.toUpperCase()}256, is believed`, who.ok && who.subject === 'petra', who.code);
  promise('it answers its own sign-in only', (await identity(idToken, id, 'another')).code === 'token-nonce');
  promise('it is for its own client only', (await identity(idToken, 'other', nonce)).code === 'token-audience');
  promise('an identity token is no access token', (await access(idToken, { audience: id })).code === 'token-type');
  promise('an access token is no identity token', (await identity(tokens[id], audience, undefined)).code === 'token-type');
}
const rsToken = await accessToken('rs');
promise('a token signed with RS256 is refused', (await access(rsToken)).code === 'token-key-unknown', (await access(rsToken)).code);

// --- whom and when
const good = tokens.es;
promise('of another issuer is refused', (await access(good, { issuer: `${issuer}/` })).code === 'token-issuer');
promise('for another audience is refused', (await access(good, { audience: 'urn:polder:rmc11' })).code === 'token-audience');
promise('twelve minutes later it has expired', (await access(good, { now: now() + 720 })).code === 'token-expired');
promise('an hour before it is not valid yet', (await access(good, { now: now() - 3600 })).code === 'token-not-yet');

// --- what jose forges
const claims = { ...jose.decodeJwt(good) };
const forge = (header, key, body = claims) => new jose.SignJWT(body).setProtectedHeader({ typ: 'at+jwt', ...header }).sign(key);
promise('what jose signs with the real key is believed, so the forgeries fail for their fault',
  (await access(await forge({ alg: 'ES256', kid: 'es-1' }, es.privateKey))).ok);
const refused = async (name, text, ...codes) => {
  const verdict = await access(text);
  promise(`${name} is refused`, !verdict.ok && codes.includes(verdict.code), verdict.code);
};
const stranger = await keyPair('ES256', 'es-1');
await refused("another's key under the same name", await forge({ alg: 'ES256', kid: 'es-1' }, stranger.privateKey), 'token-signature');
const [head, body, signature] = good.split('.');
const encode = (json) => Buffer.from(JSON.stringify(json)).toString('base64url');
await refused('alg none', `${encode({ alg: 'none', kid: 'es-1', typ: 'at+jwt' })}.${body}.`, 'token-algorithm', 'malformed-token', 'token-header');
const publicPem = await jose.exportSPKI(ps.publicKey);
await refused('HS256 with the public key as its secret', await forge({ alg: 'HS256', kid: 'ps-1' }, new TextEncoder().encode(publicPem)), 'token-algorithm');
await refused('RS256 with the key of PS256', await forge({ alg: 'RS256', kid: 'ps-1' },
  await jose.importJWK({ ...ps.jwk, alg: 'RS256' }, 'RS256')), 'token-algorithm');
await refused('a header that says PS256 of the other key', `${encode({ alg: 'PS256', kid: 'es-1', typ: 'at+jwt' })}.${body}.${signature}`, 'token-algorithm');
await refused('a key in the header', await forge({ alg: 'ES256', jwk: stranger.publicJwk }, stranger.privateKey), 'token-header');
await refused('crit', await new jose.SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'es-1', typ: 'at+jwt', crit: ['x'], x: 1 })
  .sign(es.privateKey, { crit: { x: true } }), 'token-header');
await refused('a payload that is not encoded (b64)', (await new jose.FlattenedSign(Buffer.from(JSON.stringify(claims)))
  .setProtectedHeader({ alg: 'ES256', kid: 'es-1', typ: 'at+jwt', b64: true, crit: ['b64'] }).sign(es.privateKey)).protected
  + `.${body}.${signature}`, 'token-header');
await refused('a fourth segment', `${good}.extra`, 'malformed-token');
await refused('a fourth segment that is empty', `${good}.`, 'malformed-token');
await refused('two segments', `${head}.${body}`, 'malformed-token');
await refused('padding', `${good}=`, 'malformed-token');
await refused('another payload', `${head}.${encode({ ...claims, sub: 'petra' })}.${signature}`, 'token-signature');
await refused('a signature in DER', `${head}.${body}.${Buffer.concat([Buffer.from([0x30, 0x44]), Buffer.from(signature, 'base64url')]).toString('base64url')}`,
  'token-signature');
for (const [name, change, code] of [['no exp', { exp: undefined }, 'token-claims'], ['no issuer', { iss: undefined }, 'token-issuer'],
  ['a list of audiences without ours', { aud: ['a', 'b'] }, 'token-audience'], ['a life of a year', { exp: now() + 31536000 }, 'token-expired'],
  ['exp as text', { exp: String(now() + 100) }, 'token-claims'], ['nbf tomorrow', { nbf: now() + 86400 }, 'token-not-yet']]) {
  const verdict = await access(await forge({ alg: 'ES256', kid: 'es-1' }, es.privateKey, { ...claims, ...change }));
  promise(`${name} is refused`, !verdict.ok, verdict.code);
  promise(`${name} is refused for that`, [code, 'token-claims'].includes(verdict.code), verdict.code);
}

// --- the issuer changes its keys
const next = await keyPair('ES256', 'es-2');
provider = Issuer([next, ps, rs]);
const later = await accessToken('es');
promise('the issuer signs with its new key', jose.decodeProtectedHeader(later).kid === 'es-2');
const count = async () => (await ask({ do: 'fetches' })).fetches;
await publish();
const before = await count();
promise('a new key is fetched when a token names it', (await access(later, { now: now() + 61 })).ok);
promise('by one fetch', (await count()) === before + 1, `${(await count()) - before}`);
promise('the withdrawn key verifies no more', (await access(good, { now: now() + 62 })).code === 'token-key-unknown');
for (let i = 0; i < 50; ++i) await access(await forge({ alg: 'ES256', kid: `invented-${i}` }, stranger.privateKey), { now: now() + 62 });
promise('invented key names cost the issuer nothing within the minute', (await count()) === before + 1, `${(await count()) - before}`);
await access(await forge({ alg: 'ES256', kid: 'invented' }, stranger.privateKey), { now: now() + 123 });
promise('and one fetch after it', (await count()) === before + 2, `${(await count()) - before}`);

driver.stdin.end();
server.close();
server.closeAllConnections();
process.exit(broken.length ? 1 : 0);
