// A real OpenID provider on loopback, for the tests of signing in: `node provider.mjs REDIRECT_URI...`
//
// It prints one line of JSON when it is ready, and ends when its standard input does. It has one client, which must use
// PKCE and its secret, and the accounts below; a person signs in by the name of an account, without a password.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import Provider, { interactionPolicy } from 'oidc-provider';

// What the ID token says of each. `sub` never changes; the rest is what an administrator of the firm could change.
const ACCOUNTS = new Map(
  [
    { login: 'maria', sub: 'u-1001', email: 'maria@broker.example', name: 'Maria Silva', groups: ['support'] },
    { login: 'tom', sub: 'u-1002', email: 'tom@broker.example', name: 'Tom', groups: ['support', 'team-lead'] },
    { login: 'sam', sub: 'u-1003', email: 'sam@broker.example', name: 'Sam', groups: [] },
    // Another person's account that got Maria's address, as after a careless clean-up.
    { login: 'second-maria', sub: 'u-2001', email: 'maria@broker.example', name: 'Maria Silva', groups: ['support'] },
    { login: 'unverified', sub: 'u-3001', email: 'jane@broker.example', name: 'Jane Roe', groups: ['support'], verified: false },
    { login: 'nobody', sub: 'u-4001', email: 'nobody@broker.example', name: 'Nobody', groups: [] },
  ].map((account) => [account.login, account]),
);

const redirectUris = process.argv.slice(2);
if (redirectUris.length === 0) {
  console.error('give the redirect URIs of the client as arguments');
  process.exit(64);
}

const server = createServer();
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const issuer = `http://127.0.0.1:${server.address().port}`;
const client = { client_id: 'stagedoor', client_secret: randomBytes(24).toString('base64url') };

const policy = interactionPolicy.base();
policy.add(new interactionPolicy.Prompt({ name: 'select_account', requestable: true }), 0);

const provider = new Provider(issuer, {
  clients: [{ ...client, redirect_uris: redirectUris, response_types: ['code'], grant_types: ['authorization_code'] }],
  cookies: { keys: [randomBytes(24).toString('base64url')] },
  jwks: { keys: [{ ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }), use: 'sig' }] },
  pkce: { methods: ['S256'], required: () => true },
  scopes: ['openid', 'email', 'profile'],
  claims: { openid: ['sub', 'groups'], email: ['email', 'email_verified'], profile: ['name'] },
  // As the providers of firms do: the claims stand in the ID token.
  conformIdTokenClaims: false,
  features: { devInteractions: { enabled: false } },
  interactions: { policy, url: (_, interaction) => `/interaction/${interaction.uid}` },
  ttl: { Session: 600, Grant: 600, Interaction: 600, AuthorizationCode: 60, AccessToken: 60, IdToken: 300 },
  findAccount: (_, sub) => {
    const account = [...ACCOUNTS.values()].find((known) => known.sub === sub);
    return account && { accountId: sub, claims: () => claims(account) };
  },
  // Nobody is asked to consent to what their own firm does.
  loadExistingGrant: async ({ oidc }) => {
    const grant = new provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
    grant.addOIDCScope('openid email profile');
    await grant.save();
    return grant;
  },
});

function claims({ sub, email, name, groups, verified = true }) {
  return { sub, email, email_verified: verified, name, groups };
}

function page(uid, message) {
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Sign in at the test provider</title></head>
<body><h1>Sign in at the test provider</h1><p id="message">${message}</p>
<form method="post" action="/interaction/${uid}">
<label>Account <input name="login" id="login" autofocus autocomplete="off"></label>
<button name="answer" value="login" id="sign-in">Sign in</button>
<button name="answer" value="decline" id="decline">Decline</button>
</form></body></html>`;
}

async function interact(request, response) {
  const { uid } = await provider.interactionDetails(request, response);
  if (request.method !== 'POST') {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    return response.end(page(uid, `Accounts: ${[...ACCOUNTS.keys()].join(', ')}`));
  }
  let body = '';
  for await (const chunk of request) body += chunk;
  const form = new URLSearchParams(body);
  if (form.get('answer') === 'decline') {
    const result = { error: 'access_denied', error_description: 'the person declined' };
    return provider.interactionFinished(request, response, result);
  }
  const account = ACCOUNTS.get(form.get('login'));
  if (account === undefined) {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    return response.end(page(uid, 'There is no such account.'));
  }
  const result = { login: { accountId: account.sub }, select_account: {} };
  return provider.interactionFinished(request, response, result);
}

const answer = provider.callback();
server.on('request', (request, response) => {
  if (!request.url.startsWith('/interaction/')) return answer(request, response);
  return interact(request, response).catch((error) => {
    response.statusCode = 400;
    response.end(`${error.name}: ${error.message}`);
  });
});

console.log(
  JSON.stringify({ issuer, clientId: client.client_id, clientSecret: client.client_secret, accounts: [...ACCOUNTS.keys()] }),
);
process.stdin.resume().on('close', () => process.exit(0));
