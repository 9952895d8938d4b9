/**
 * The hosted pages as data: everything a page shows, and nothing it could decide.
 *
 * `src/http/` and the routes make views; `web/pages.ts` turns a view into HTML. A notice is a word of a closed union, so
 * that every failure has a sentence in every language, and no text of a request reaches a page unescaped.
 */

/** What went wrong, or happened, on the way to this page. Each has its sentence in each language. */
export const notices = [
  'bad-username',
  'wrong-username-or-password',
  'wrong-password',
  'password-expired', // right, and the directory wants another one first
  'password-must-change',
  'account-locked', // by the directory
  'account-disabled',
  'name-taken', // of the directory's, by a user whom it does not know
  'directory-unavailable',
  'too-many-tries', // wait, says until when
  'wrong-code', // says how many tries are left
  'code-expired',
  'code-spent', // no tries left: send again
  'code-sent',
  'mail-failed',
  'too-many-mails',
  'wrong-one-time-code',
  'reused-one-time-code', // right once, and taken then
  'wrong-recovery-code',
  'codes-locked', // too many wrong ones
  'codes-suspended',
  'validator-unavailable', // whoever checks the codes of tokens does not answer
  'repeat-differs', // of a new PIN or password
  'pin-refused', // by the token server, which says why
  'password-refused',
  'wrong-key', // a key was touched, but not one that helps here
  'key-refused', // its answer could not be verified
  'key-not-verified', // touched, but not unlocked with a PIN or a fingerprint
  'key-unfit', // theirs, but not of the kind that is asked for
  'ceremony-cancelled',
  'ceremony-expired',
  'key-suspended',
  'key-locked',
  'already-active', // another browser was first
  'key-gone', // the CMS took it back meanwhile
  'bad-nickname',
  'ran-out', // what was proved before is too old by now
  'step-over', // back button, second tab: that step is done, here is where we are
  'activated',
  'certificate-missing', // the browser showed none
  'certificate-expired',
  'certificate-revoked',
  'certificate-unchecked', // nobody could say whether it was revoked
  'certificate-stranger', // of an authority that does not count here
  'certificate-unfit', // not one to sign in with
  'certificate-not-yours',
  'certificate-late', // its ticket was used, or is too old
  'consent-changed', // what was shown is not what is asked for now
  'no-script', // WebAuthn needs it
] as const
export type Notice = (typeof notices)[number]

/** The notice that an address names, if it is one of ours. */
export const noticeOf = (text: string | null): Notice | undefined => notices.find((notice) => notice === text)

/** JSON form of the options, as WebAuthn Level 3 names it (PublicKeyCredentialRequestOptionsJSON). */
export type RequestOptionsJson = {
  challenge: string
  timeout?: number | undefined
  rpId?: string | undefined
  allowCredentials?: { type: string; id: string; transports?: string[] | undefined }[] | undefined
  userVerification?: string | undefined
}

/** Other ways on from here, each a button that posts to `/login/{login}/method`. */
export type Method = 'password' | 'otp' | 'certificate' | 'webauthn'

type OfLogin = {
  /** `/login/{id}`: forms post below it. */
  base: string
  /** What the application is called, shown as where the person is going. */
  application: string
  notice?: Notice
  triesLeft?: number
  /** Seconds since 1970 when a wait ends, for `too-many-tries` and `too-many-mails`. */
  waitUntil?: number
  now: number
}

type OfPerson = OfLogin & {
  /** As the person typed it, or as the session knows it. */
  username: string
  /** Whether `Use another account` is offered. */
  changeable: boolean
}

/** A step of the token server: which one, and what it says, in its words. */
type OfToken = OfPerson & { others: Method[]; step: string; said: string }

/** A picture of dark squares: `size` units to each side, quiet zone included, and the path of an SVG. */
export type QrView = { size: number; path: string }

/** Names of scopes and claims, and addresses of resources: each becomes words. */
export type Allowance = { scopes: string[]; claims: string[]; resources: string[] }

export type View =
  /** `Username`, `Continue`, `Cancel`; with a passkey in the browser's autofill where `passkey` is given. */
  | (OfLogin & { page: 'username'; username?: string; passkey?: RequestOptionsJson })
  /** `Password`, `Continue`, `Cancel`. */
  | (OfPerson & { page: 'password'; others: Method[] })
  /** `One-time code`, `Continue`, `Cancel`. Posts to `otp`. `recovery`: a recovery code may be used instead. */
  | (OfPerson & { page: 'otp'; others: Method[]; recovery: boolean })
  /** A secret for an authenticator app, to scan, to type or to open, and `One-time code` to confirm that it is there. */
  | (OfPerson & { page: 'otp-enrolment'; others: Method[]; qr: QrView; secret: string; uri: string })
  /** Shown until `Continue`; empty when they are gone meanwhile. Posts to `recovery-codes`. */
  | (OfPerson & { page: 'recovery-codes'; codes: string[] })
  /** What the token server wants typed into a token, or sent to a phone: `One-time code`. All of these post to `otp`. */
  | (OfToken & { page: 'token-response' })
  /** The token is out of step: its next code. */
  | (OfToken & { page: 'token-next-code' })
  /** A PIN that the token server made, shown this once: to be used with the next code, or first to be taken. */
  | (OfToken & { page: 'token-pin'; pin?: string; confirm: boolean })
  /** `New PIN`, and again. */
  | (OfToken & { page: 'token-new-pin'; digits: boolean; min?: number; max?: number })
  /** `New password`, and again: of somebody whose token is a password. */
  | (OfToken & { page: 'token-new-password' })
  /** A certificate is shown on a host of its own: `Continue` leads there. Posts to `certificate`. */
  | (OfPerson & { page: 'certificate'; others: Method[] })
  /** The browser's ceremony with an active key; starts by itself, `Continue` starts it again. Posts to `webauthn`. */
  | (OfPerson & { page: 'webauthn'; options: RequestOptionsJson; others: Method[] })
  /** There is an authenticator to activate: `Activate Authenticator`, and `Not now` where another one is active. */
  | (OfPerson & { page: 'activate'; canSkip: boolean; proof: 'email' | 'password' | 'either'; others: Method[] })
  /** `Verification code`, `Continue`, `Send again`, `Cancel`; `passwordInstead` offers the other proof. */
  | (OfPerson & { page: 'verification-code'; passwordInstead: boolean; canSkip: boolean })
  /** The password as the proof of activation: `Password`, `Continue`; `codeInstead` offers the mail. */
  | (OfPerson & { page: 'activation-password'; codeInstead: boolean; canSkip: boolean })
  /** The ceremony with the pending key. Posts to `activation/ceremony`. */
  | (OfPerson & { page: 'activation-ceremony'; options: RequestOptionsJson; canSkip: boolean })
  /** `Authenticator Nickname`, prefilled, and `Continue`. */
  | (OfPerson & { page: 'nickname'; suggested?: string })
  /** The person has nothing to show for what the application asks, and proved who they are: say what would help. */
  | (OfPerson & { page: 'no-credential'; helps: Method[] })
  /** Too many failures, or a locked key: says until when, if it ends by itself. `Cancel` goes back. */
  | (OfPerson & { page: 'locked' })
  /**
   * What an application asks for, to be allowed or not; `before`: what it was allowed already. `shown` comes back with the
   * answer. Posts to `consent`.
   */
  | (OfPerson & {
      page: 'consent'
      /** Where it is: its host, or the scheme of an app. */
      host: string
      thirdParty: boolean
      links: { home?: string; policy?: string; terms?: string }
      asked: Allowance
      before: Allowance
      shown: string
    })
  /** This sign-in is done, over, or another browser's: what to do now. */
  | { page: 'login-over'; reason: 'done' | 'given-up' | 'expired' | 'unknown' | 'other-browser'; returnTo?: string }
  /** An authorization request that cannot be sent back to its application. */
  | { page: 'bad-request'; error: string; description: string; requestId: string }
  /** An answer on its way to an application: posts itself, and `Continue` does where there is no script. */
  | { page: 'form-post'; action: string; fields: Record<string, string> }
  | { page: 'failure'; requestId: string }
  /** Asks before it ends the session, when the application did not identify itself. Posts to `/logout`. */
  | { page: 'log-out'; fields: Record<string, string> }
  | { page: 'logged-out'; everywhere?: boolean }
  | { page: 'home'; serviceName: string; issuer: string }

export const locales = ['en', 'de'] as const
export type Locale = (typeof locales)[number]

/** What every page has around it. */
export type Frame = { serviceName: string; locale: Locale }
