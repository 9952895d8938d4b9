/** One view of each kind that a person can meet, for tests that go through all pages. */
import type { RequestOptionsJson, View } from '../../web/view.ts'

export const options: RequestOptionsJson = {
  challenge: 'c2V2ZW4tdGltZXMtc2V2ZW4',
  rpId: 'localhost',
  timeout: 120_000,
  allowCredentials: [{ type: 'public-key', id: 'a2V5LW9mLWFsaWNl', transports: ['usb'] }],
  userVerification: 'required',
}

const now = 1_790_000_000
const login = { base: '/login/l0g1n', application: 'Travel Expenses', now }
const alice = { ...login, username: 'alice@example.org', changeable: true }
const token = {
  ...alice,
  others: ['webauthn' as const],
  step: '5tEp',
  said: 'Please respond to the challenge: 19863257',
}

export const samples = {
  username: { ...login, page: 'username' },
  'username with a passkey': { ...login, page: 'username', username: 'alice', passkey: options },
  password: { ...alice, page: 'password', others: ['webauthn'] },
  otp: { ...alice, page: 'otp', others: ['webauthn'], recovery: true },
  'otp enrolment': {
    ...alice,
    page: 'otp-enrolment',
    others: ['webauthn'],
    qr: { size: 29, path: 'M4 4h7v1H4zM4 10h7v1H4zM14 4h1v1H14zM18 18h7v1H18z' },
    secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
    uri: 'otpauth://totp/Keystep:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Keystep',
  },
  'recovery codes': { ...alice, page: 'recovery-codes', codes: ['3467-9ACD-EFGH', 'JKMN-PQRT-VWXY'] },
  'recovery codes, gone': { ...alice, page: 'recovery-codes', codes: [] },
  'token response': { ...token, page: 'token-response' },
  'token next code': { ...token, page: 'token-next-code', said: '' },
  'token pin': { ...token, page: 'token-pin', pin: '8642', confirm: false },
  'token pin to confirm': { ...token, page: 'token-pin', pin: '8642', confirm: true },
  'token new pin': { ...token, page: 'token-new-pin', digits: true, min: 4, max: 8 },
  'token new password': { ...token, page: 'token-new-password' },
  certificate: { ...alice, page: 'certificate', others: ['otp'] },
  webauthn: { ...alice, page: 'webauthn', options, others: ['password'] },
  activate: { ...alice, page: 'activate', canSkip: true, proof: 'either', others: ['password'] },
  'activate by mail only': {
    ...alice,
    changeable: false,
    page: 'activate',
    canSkip: false,
    proof: 'email',
    others: [],
  },
  'verification code': { ...alice, page: 'verification-code', passwordInstead: true, canSkip: true },
  'activation password': { ...alice, page: 'activation-password', codeInstead: true, canSkip: true },
  'activation ceremony': { ...alice, page: 'activation-ceremony', options, canSkip: true },
  nickname: { ...alice, page: 'nickname', suggested: 'YubiKey 5 NFC' },
  'no credential': { ...alice, page: 'no-credential', helps: ['otp', 'webauthn'] },
  locked: { ...alice, page: 'locked', waitUntil: now + 540 },
  consent: {
    ...alice,
    page: 'consent',
    application: 'Partner Billing',
    host: 'billing.partner.example',
    thirdParty: true,
    links: {
      home: 'https://partner.example/',
      policy: 'https://partner.example/privacy',
      terms: 'https://partner.example/terms',
    },
    asked: {
      scopes: ['openid', 'email', 'offline_access', 'invoices.read'],
      claims: ['phone_number', 'birthdate'],
      resources: ['https://api.partner.example/'],
    },
    before: { scopes: [], claims: [], resources: [] },
    shown: 'c2hvd24',
  },
  'consent to more, of an app': {
    ...alice,
    page: 'consent',
    host: 'com.example.a-very-long-reversed-domain-name-of-an-application-for-telephones',
    thirdParty: false,
    links: {},
    asked: { scopes: ['address'], claims: [], resources: [] },
    before: { scopes: ['openid', 'profile'], claims: ['phone_number'], resources: [] },
    shown: 'c2hvd24',
  },
  'login over: done': { page: 'login-over', reason: 'done', returnTo: 'https://app.example.org/' },
  'login over: given up': { page: 'login-over', reason: 'given-up', returnTo: 'https://app.example.org/' },
  'login over: expired': { page: 'login-over', reason: 'expired', returnTo: 'https://app.example.org/' },
  'login over: unknown': { page: 'login-over', reason: 'unknown' },
  'login over: other browser': { page: 'login-over', reason: 'other-browser' },
  'bad request': {
    page: 'bad-request',
    error: 'invalid_redirect_uri',
    description: 'The redirect_uri is not registered for this client.',
    requestId: 'JKJaXmPLvHcESHA=',
  },
  'form post': {
    page: 'form-post',
    action: '/callback',
    fields: { code: 'c0de', state: 'af0ifjsldkj', iss: 'https://id.example.org' },
  },
  failure: { page: 'failure', requestId: 'JKJaXmPLvHcESHA=' },
  'log out': { page: 'log-out', fields: { confirm: 'yes', state: 'af0ifjsldkj' } },
  'logged out': { page: 'logged-out' },
  'logged out everywhere': { page: 'logged-out', everywhere: true },
  home: { page: 'home', serviceName: 'Keystep Demo', issuer: 'https://id.example.org' },
} as const satisfies Record<string, View>

export const sampleList: [name: string, view: View][] = Object.entries(samples)
