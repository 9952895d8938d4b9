/**
 * Which sentences a page needs, and which language a person reads them in.
 *
 * Each language is one object of this type: a sentence that one of them lacks does not compile. What a number or a time
 * bends is a function, because languages bend it differently.
 */
import type { Locale, Method, Notice, View } from './view.ts'
import { locales } from './view.ts'
import { de } from './words/de.ts'
import { en } from './words/en.ts'

/** `wait` is in seconds. Either is absent where the view does not say. */
export type About = { triesLeft?: number; wait?: number }

type Heading = { title: string }
export type Sentences = { title: string; lead: string }

export type Words = {
  /** Before the title of a page on which something failed. */
  error: string
  username: string
  password: string
  code: string
  oneTimeCode: string
  recoveryCode: string
  newPin: string
  repeatNewPin: string
  newPassword: string
  repeatNewPassword: string
  nickname: string

  continue: string
  cancel: string
  activate: string
  notNow: string
  anotherAccount: string
  sendNewCode: string
  passwordInstead: string
  codeInstead: string
  usePasskey: string
  useRecoveryCode: string
  openInApp: string
  usePin: string
  startAgain: string
  signOut: string
  backToApplication: string
  allow: string
  doNotAllow: string
  methods: Record<Method, string>

  signingInAs: string
  goingTo: (application: string) => string
  step: (step: number, of: number) => string
  requestId: string
  errorCode: string
  codeHint: string
  recoveryHint: string
  pinHint: (min: number, max: number, digits: boolean) => string
  validatorSays: string
  nicknameHint: string
  /** For a key that came without a name. */
  nicknameSuggested: string
  noScript: string

  /** What the script of a ceremony says in place. `tryAgain` follows where `Continue` does that. */
  ceremony: Record<'waiting' | 'done' | 'cancelled' | 'unsupported' | 'other', string>
  tryAgain: string

  /** What an application asks to be allowed: by scope, by claim, by resource. */
  consent: {
    scopes: Readonly<Record<string, string>>
    otherScope: (scope: string) => string
    offline: string
    claims: Readonly<Record<string, string>>
    know: (claims: readonly string[]) => string
    resource: (address: string) => string
    links: Record<'home' | 'policy' | 'terms', string>
  }

  notices: Record<Notice, (about: About) => string>

  pages: {
    username: Heading
    password: Heading
    otp: Sentences & { lost: string }
    'otp-enrolment': Sentences & { picture: string; byHand: string; confirm: string }
    'recovery-codes': Sentences & { keep: string; list: string; gone: string }
    'token-response': Sentences
    'token-next-code': Sentences
    'token-pin': Sentences & { confirm: string }
    'token-new-pin': Sentences
    'token-new-password': Sentences
    certificate: Sentences
    webauthn: Sentences
    activate: Heading & { lead: Record<'email' | 'password' | 'either', string>; canSkip: string }
    'verification-code': Sentences & { after: string }
    'activation-password': Sentences
    'activation-ceremony': Sentences
    nickname: Sentences
    'no-credential': Heading & { lead: (application: string, helps: readonly Method[]) => string; help: string }
    locked: Heading & { lead: (about: About) => string; help: string }
    consent: {
      title: (application: string) => string
      /** Before the host that it is at. */
      own: (application: string) => string
      thirdParty: (application: string) => string
      asks: (application: string) => string
      before: string
      after: (application: string) => string
    }
    'login-over': Record<Extract<View, { page: 'login-over' }>['reason'], Sentences>
    'bad-request': Sentences
    'form-post': Sentences
    failure: Sentences
    'log-out': Sentences & { everywhere: string; whatEverywhere: string; otherwise: string }
    'logged-out': Sentences & { everywhere: Sentences }
    home: Heading & {
      lead: (serviceName: string) => string
      portal: string
      forAdministrators: string
      console: string
      forDevelopers: string
      discovery: string
      api: string
    }
  }

  mail: {
    subject: (serviceName: string) => string
    greeting: string
    asked: (keyName: string, application: string) => string
    enter: string
    valid: (minutes: number) => string
    notYou: (serviceName: string) => string
    why: (serviceName: string) => string
  }
}

export const words: Record<Locale, Words> = { en, de }

const supported = (tag: string): Locale | undefined => {
  const language = tag.toLowerCase().split('-')[0]
  return locales.find((locale) => locale === language)
}

/**
 * What the application asks for goes before what the browser does (OIDC Core §3.1.2.1: tags, separated by spaces, the
 * preferred one first), and English after both. `de-AT` reads as `de` (RFC 4647 §3.4).
 */
export function chooseLocale(uiLocales: string | undefined, acceptLanguage: string | undefined): Locale {
  const asked = (uiLocales ?? '').split(' ')
  for (const tag of [...asked, ...byWeight(acceptLanguage ?? '')]) {
    const locale = supported(tag)
    if (locale !== undefined) return locale
  }
  return 'en'
}

/** RFC 9110 §12.5.4. A weight that is no number counts as none, and 0 means "not this one". */
const byWeight = (acceptLanguage: string): string[] =>
  acceptLanguage
    .split(',')
    .map((range) => {
      const [tag = '', ...parameters] = range.split(';').map((piece) => piece.trim())
      const weight = parameters.find((parameter) => parameter.startsWith('q='))
      return { tag, weight: weight === undefined ? 1 : Number(weight.slice(2)) }
    })
    .filter(({ weight }) => weight > 0)
    .sort((one, other) => other.weight - one.weight)
    .map(({ tag }) => tag)
