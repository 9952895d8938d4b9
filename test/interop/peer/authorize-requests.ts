/** The authorization endpoint: each parameter missing, wrong, odd or twice, and what becomes of the person. */
import { seenBy } from './answer.ts'
import { api, otherApi, scopes } from './apps.ts'
import { type Asking, ask, askAndGoOn, type Case, type Cases, type Change, newTokens } from './sending.ts'
import type { Side } from './side.ts'

/** As somebody who has not signed in sees it. */
const asked =
  (change: Change, asking: Asking = {}): Case =>
  async (side) =>
    seenBy(side.issuer, await ask(side, change, asking))

/** As somebody sees it who has. */
const known =
  (change: Change | ((side: Side) => Promise<Change>), asking: Asking = {}): Case =>
  async (side) => {
    await askAndGoOn(side)
    const its = typeof change === 'function' ? await change(side) : change
    return seenBy(side.issuer, await ask(side, its, { ...asking, browser: side.known }))
  }

/** And when they have done all that they were asked for. */
const through =
  (change: Change, asking: Asking = {}): Case =>
  async (side) =>
    seenBy(side.issuer, await askAndGoOn(side, change, asking))

const json = (value: unknown): string => JSON.stringify(value)

const ofTheRequest: Cases = {
  'authorize: as usual': asked({}),
  'authorize: as usual, by POST': asked({}, { posted: true }),
  'authorize: as usual, to the end': through({}),
  'authorize: no parameter at all': async (side) =>
    seenBy(side.issuer, await side.browser().open(side.metadata.authorization_endpoint)),
  'authorize: no client_id': asked({ client_id: undefined }),
  'authorize: an unknown client_id': asked({ client_id: 'nobody' }),
  'authorize: client_id twice': asked({ client_id: ['web', 'web'] }),
  'authorize: no redirect_uri': asked({ redirect_uri: undefined }),
  'authorize: another redirect_uri': asked({ redirect_uri: 'https://evil.example/' }),
  'authorize: redirect_uri with a query more': asked({ redirect_uri: 'https://web.example/callback?more=1' }),
  'authorize: redirect_uri of another client': asked({ redirect_uri: 'https://second.example/callback' }),
  'authorize: redirect_uri in capitals': asked({ redirect_uri: 'HTTPS://WEB.example/callback' }),
  'authorize: redirect_uri twice': asked({
    redirect_uri: ['https://web.example/callback', 'https://web.example/callback'],
  }),
  'authorize: no response_type': asked({ response_type: undefined }),
  'authorize: response_type=token': asked({ response_type: 'token' }),
  'authorize: response_type=id_token': asked({ response_type: 'id_token' }),
  'authorize: response_type=code id_token': asked({ response_type: 'code id_token' }),
  'authorize: an unknown response_type': asked({ response_type: 'something' }),
  'authorize: response_type twice': asked({ response_type: ['code', 'code'] }),
  'authorize: a client without the grant': asked(
    { redirect_uri: 'https://machine.example/callback' },
    { app: 'machine' },
  ),
  'authorize: no scope': asked({ scope: undefined }),
  'authorize: scope without openid': asked({ scope: 'profile' }),
  'authorize: an unknown scope beside': asked({ scope: 'openid something' }),
  'authorize: scope twice': asked({ scope: ['openid', 'openid'] }),
  'authorize: no state': through({ state: undefined }),
  'authorize: state twice': asked({ state: ['one', 'two'] }),
  'authorize: no state, and an error': asked({ state: undefined, response_type: 'token' }),
  'authorize: no nonce': through({ nonce: undefined }),
  'authorize: nonce twice': asked({ nonce: ['one', 'two'] }),
  'authorize: an unknown parameter': asked({ something: 'else' }),
  'authorize: an unknown parameter twice': asked({ something: ['else', 'or'] }),
  'authorize: an empty prompt': asked({ prompt: '' }),
  'authorize: registration': asked({ registration: '{}' }),
  'authorize: display=popup': asked({ display: 'popup' }),
  'authorize: an unknown display': asked({ display: 'something' }),
  'authorize: ui_locales': asked({ ui_locales: 'xx de' }),
  'authorize: claims_locales': asked({ claims_locales: 'xx de' }),
  'authorize: an unknown login_hint': asked({ login_hint: 'nobody@example.org' }),
  'authorize: by PUT': async (side) => {
    const answer = await side.fetchIssuer(side.metadata.authorization_endpoint, { method: 'PUT' })
    return { status: String(answer.status) }
  },
}

const ofTheWayBack: Cases = {
  'authorize: response_mode=query': through({ response_mode: 'query' }),
  'authorize: response_mode=form_post': through({ response_mode: 'form_post' }),
  'authorize: response_mode=form_post, and an error': asked({
    response_mode: 'form_post',
    scope: 'openid',
    prompt: 'none',
  }),
  'authorize: response_mode=form_post, and a wrong response_type': asked({
    response_mode: 'form_post',
    response_type: 'token',
  }),
  'authorize: response_mode=fragment': asked({ response_mode: 'fragment' }),
  'authorize: an unknown response_mode': asked({ response_mode: 'something' }),
  'authorize: response_mode twice': asked({ response_mode: ['query', 'query'] }),
}

const ofProofKey: Cases = {
  'authorize: no code_challenge': asked({ code_challenge: undefined, code_challenge_method: undefined }),
  'authorize: no code_challenge of a public client': asked(
    { code_challenge: undefined, code_challenge_method: undefined },
    { app: 'spa' },
  ),
  'authorize: a method without code_challenge': asked({ code_challenge: undefined }),
  'authorize: no code_challenge_method': asked({ code_challenge_method: undefined }),
  'authorize: code_challenge_method=plain': asked({ code_challenge_method: 'plain' }),
  'authorize: an unknown code_challenge_method': asked({ code_challenge_method: 'S512' }),
  'authorize: a short code_challenge': asked({ code_challenge: 'short' }),
  'authorize: code_challenge with wrong letters': asked({ code_challenge: '!'.repeat(43) }),
  'authorize: code_challenge twice': asked({ code_challenge: ['a'.repeat(43), 'a'.repeat(43)] }),
}

const ofThePerson: Cases = {
  'authorize: prompt=none without a session': asked({ prompt: 'none' }),
  'authorize: prompt=none with a session': known({ prompt: 'none' }),
  'authorize: prompt=none login': asked({ prompt: 'none login' }),
  'authorize: prompt=login with a session': known({ prompt: 'login' }),
  'authorize: prompt=consent with a session': known({ prompt: 'consent' }),
  'authorize: prompt=consent, allowed': through({ prompt: 'consent' }),
  'authorize: prompt=select_account with a session': known({ prompt: 'select_account' }),
  'authorize: an unknown prompt': asked({ prompt: 'something' }),
  'authorize: prompt twice': asked({ prompt: ['login', 'login'] }),
  'authorize: a partner, not allowed yet': known({ scope: 'openid profile' }, { app: 'partner' }),
  'authorize: a partner, prompt=none, not allowed yet': known(
    { scope: 'openid email', prompt: 'none' },
    { app: 'partner' },
  ),
  'authorize: max_age=10000 with a session': known({ max_age: '10000' }),
  'authorize: max_age=0 with a session': known({ max_age: '0' }),
  'authorize: max_age past, prompt=none': async (side) => {
    await askAndGoOn(side)
    side.wait(10)
    return known({ max_age: '5', prompt: 'none' })(side)
  },
  'authorize: max_age is no number': asked({ max_age: 'soon' }),
  'authorize: max_age below nothing': asked({ max_age: '-1' }),
  'authorize: id_token_hint of the session': known(async (side) => ({ ...(await hint(side)), prompt: 'none' })),
  'authorize: id_token_hint without a session': async (side) =>
    seenBy(side.issuer, await ask(side, { ...(await hint(side)), prompt: 'none' })),
  'authorize: id_token_hint is none': asked({ id_token_hint: 'something' }),
  'authorize: id_token_hint that somebody forged': async (side) => {
    const { id_token_hint } = await hint(side)
    const forged = `${id_token_hint.slice(0, id_token_hint.lastIndexOf('.'))}.${'A'.repeat(86)}`
    return seenBy(side.issuer, await ask(side, { id_token_hint: forged }))
  },
  'authorize: acr_values, all of them': asked({ acr_values: 'pwd otp cba fido' }),
  'authorize: acr_values, an unknown one': asked({ acr_values: 'something' }),
}

const hint = async (side: Side) => ({ id_token_hint: (await newTokens(side)).id_token })

const ofClaims: Cases = {
  'authorize: claims of userinfo': asked({ claims: json({ userinfo: { name: { essential: true } } }) }),
  'authorize: claims of the ID token': asked({ claims: json({ id_token: { email: null } }) }),
  'authorize: claims that are unknown': asked({ claims: json({ userinfo: { something: null } }) }),
  'authorize: claims are no JSON': asked({ claims: 'something' }),
  'authorize: claims are a list': asked({ claims: '[]' }),
  'authorize: claims whose userinfo is a text': asked({ claims: json({ userinfo: 'name' }) }),
  'authorize: claims with a member that is a number': asked({ claims: json({ userinfo: { name: 1 } }) }),
  'authorize: claims without userinfo and id_token': asked({ claims: '{}' }),
  'authorize: claims ask for another sub': known({
    claims: json({ id_token: { sub: { value: 'somebody else' } } }),
    prompt: 'none',
  }),
  'authorize: claims ask for an essential acr that cannot be': known({
    claims: json({ id_token: { acr: { essential: true, values: ['something'] } } }),
    prompt: 'none',
  }),
}

const ofResources: Cases = {
  'authorize: resource': through({ resource: api, scope: 'openid read' }),
  'authorize: resource that the client may not have': asked({ resource: otherApi }),
  'authorize: resource is no address': asked({ resource: 'something' }),
  'authorize: resource with a fragment': asked({ resource: `${api}#here` }),
  'authorize: resource twice, the same': asked({ resource: [api, api] }),
  'authorize: every scope': through({ scope: scopes.join(' '), prompt: 'consent' }),
  'authorize: dpop_jkt': asked({ dpop_jkt: 'A'.repeat(43) }),
  'authorize: dpop_jkt is no thumbprint': asked({ dpop_jkt: 'something' }),
}

export const authorizeRequests: Cases = {
  ...ofTheRequest,
  ...ofTheWayBack,
  ...ofProofKey,
  ...ofThePerson,
  ...ofClaims,
  ...ofResources,
}
