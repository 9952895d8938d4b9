/** English. The names of fields and buttons are the product's, to the letter. */
import type { Method } from '../view.ts'
import type { About, Words } from '../words.ts'
import { claims } from './en-claims.ts'

const count = (number: number, one: string, many: string): string => `${number} ${number === 1 ? one : many}`

/** Rounded up: nobody should come back too early. */
const duration = (seconds: number): string => {
  if (seconds < 60) return count(Math.max(1, Math.ceil(seconds)), 'second', 'seconds')
  if (seconds < 3600) return count(Math.ceil(seconds / 60), 'minute', 'minutes')
  return count(Math.ceil(seconds / 3600), 'hour', 'hours')
}

const again = ({ wait }: About): string =>
  wait === undefined ? 'Please wait a while before you try again.' : `Please try again in ${duration(wait)}.`

const left = ({ triesLeft }: About): string => {
  if (triesLeft === undefined) return ''
  if (triesLeft === 1) return ' You have one try left.'
  return ` You have ${triesLeft} tries left.`
}

/** A browser remembers which one was chosen for a site until it is closed. */
const anotherCertificate = 'To choose another one, close all windows of your browser first.'

const things: Record<Method, string> = {
  password: 'a password',
  otp: 'one-time codes',
  certificate: 'a certificate',
  webauthn: 'a security key or passkey',
}

const oneOf = (methods: readonly Method[]): string =>
  new Intl.ListFormat('en', { type: 'disjunction' }).format(methods.map((method) => things[method]))

export const en: Words = {
  error: 'Error: ',
  username: 'Username',
  password: 'Password',
  code: 'Verification code',
  oneTimeCode: 'One-time code',
  recoveryCode: 'Recovery code',
  newPin: 'New PIN',
  repeatNewPin: 'Repeat new PIN',
  newPassword: 'New password',
  repeatNewPassword: 'Repeat new password',
  nickname: 'Authenticator Nickname',

  continue: 'Continue',
  cancel: 'Cancel',
  activate: 'Activate Authenticator',
  notNow: 'Not now',
  anotherAccount: 'Use another account',
  sendNewCode: 'Send a new code',
  passwordInstead: 'Use my password instead',
  codeInstead: 'Email me a code instead',
  usePasskey: 'Use a passkey or security key',
  useRecoveryCode: 'Use this recovery code',
  openInApp: 'Open it in an app on this device',
  usePin: 'Use this PIN',
  startAgain: 'Start again with a code',
  signOut: 'Sign out',
  backToApplication: 'Back to the application',
  allow: 'Allow',
  doNotAllow: 'Don’t allow',
  methods: {
    password: 'Sign in with my password instead',
    otp: 'Sign in with a one-time code instead',
    certificate: 'Sign in with a certificate instead',
    webauthn: 'Sign in with a passkey or security key instead',
  },

  signingInAs: 'Signing in as',
  goingTo: (application) => `to continue to ${application}`,
  step: (step, of) => `Step ${step} of ${of}`,
  requestId: 'Request ID',
  errorCode: 'Error code',
  recoveryHint: 'One of the codes that you put away when you set up one-time codes. Spaces and dashes do not matter.',
  pinHint: (min, max, digits) => `${min} to ${max} ${digits ? 'digits' : 'characters'}.`,
  validatorSays: 'Your token server says:',
  codeHint: 'You can paste the code. Spaces and dashes do not matter.',
  nicknameSuggested: 'My security key',
  nicknameHint: 'A name you will recognise, such as “Blue key on my keyring”.',
  noScript:
    'Your browser runs no JavaScript on this page, and it needs some to talk to your authenticator. Turn JavaScript on for this site, then reload the page.',

  ceremony: {
    waiting: 'Waiting for your authenticator…',
    done: 'Got it. One moment…',
    cancelled: 'That was cancelled, or took too long. Nothing has changed.',
    unsupported:
      'This browser cannot use security keys or passkeys here. Try a current version of Chrome, Edge, Firefox or Safari.',
    other: 'Your browser could not use the authenticator. Check that it is the right one and connected.',
  },
  tryAgain: 'Choose Continue to try again.',

  consent: {
    scopes: {
      openid: 'recognise you when you come back',
      profile: 'know your name, your username and the rest of your profile',
      email: 'know your email address',
      address: 'know your postal address',
      phone: 'know your phone number',
      offline_access: 'do all of this while you are not signed in, too',
    },
    otherScope: (scope) => `use “${scope}” in your name`,
    offline:
      'This lasts: the application can do all of it at any time, also after you have signed out, until it is withdrawn.',
    claims,
    know: (claims) => `know ${new Intl.ListFormat('en').format(claims)}`,
    resource: (address) => `act in your name at ${address}`,
    links: { home: 'About this application', policy: 'Its privacy policy', terms: 'Its terms of service' },
  },

  notices: {
    'bad-username': () => 'That is too long for a username. Check it and try again.',
    'wrong-username-or-password': () => 'That username and password do not go together. Check both and try again.',
    'wrong-password': (about) => `That is not the right password.${left(about)}`,
    'password-expired': () =>
      'Your password has expired. Change it where your organisation lets you, for example when you log on to your computer. Then sign in here.',
    'password-must-change': () =>
      'Your organisation asks you to choose a new password first, for example when you log on to your computer. Then sign in here.',
    'account-locked': () =>
      'Your organisation has locked your account after failed tries. Wait a while, or ask its help desk to unlock it.',
    'account-disabled': () => 'Your organisation does not let this account sign in now. Ask its help desk about it.',
    'name-taken': () =>
      'That is your password, but somebody else has your username here. Ask the help desk of your organisation to set this right.',
    'directory-unavailable': () =>
      'Passwords cannot be checked right now. This was not counted as a failed try. Please try again in a moment, or sign in another way.',
    'too-many-tries': (about) => `There were too many failed tries. ${again(about)}`,
    'wrong-code': (about) => `That is not the code we sent.${left(about)} Use the code from the newest email.`,
    'code-expired': () => 'That code has expired. Send a new one to go on.',
    'code-spent': () => 'There were too many wrong codes, so this code no longer works. Send a new one to go on.',
    'code-sent': () => 'We sent you a new code. Earlier codes no longer work.',
    'mail-failed': () => 'We could not send the email. Please try again in a moment.',
    'too-many-mails': (about) => `We have sent you several codes already. ${again(about)}`,
    'wrong-one-time-code': () =>
      'That is not the right code. Use the one that your app or token shows now, and check that the clock of your device is right.',
    'reused-one-time-code': () => 'That code was used already. Wait until your app shows the next one.',
    'wrong-recovery-code': () => 'That recovery code does not work. Each of them works once.',
    'codes-locked': () =>
      'Your one-time codes are locked after too many wrong ones. Ask the help desk of your organisation to unlock them.',
    'codes-suspended': () =>
      'Your one-time codes are suspended. Ask the help desk of your organisation to resume them.',
    'validator-unavailable': () =>
      'Codes cannot be checked right now. This was not counted as a failed try. Please try again in a moment, or sign in another way.',
    'repeat-differs': () => 'The two are not the same. Type it twice, the same each time.',
    'pin-refused': () => 'Your token server did not accept that PIN.',
    'password-refused': () => 'Your token server did not accept that password.',
    'wrong-key': () => 'That authenticator does not belong here. Use the one that is registered for your account.',
    'key-refused': () => 'The answer of your authenticator could not be verified. Please try again.',
    'key-not-verified': () =>
      'Your authenticator was used without its PIN, fingerprint or face. Please try again and unlock it with one of them.',
    'key-unfit': () => 'This authenticator is yours, but it is not of the kind that is needed here.',
    'ceremony-cancelled': () => 'That was cancelled, or took too long. Nothing has changed. Please try again.',
    'ceremony-expired': () => 'That took too long, so it no longer counts. Please try again.',
    'key-suspended': () => 'This authenticator is suspended. Ask the help desk of your organisation to resume it.',
    'key-locked': () =>
      'This authenticator is locked after failed tries. Ask the help desk of your organisation for another one.',
    'already-active': () =>
      'This authenticator has just been activated in another window. You can sign in with it now.',
    'key-gone': () => 'Your organisation has taken this authenticator back. It cannot be used any more.',
    'bad-nickname': () => 'Please enter a name of 1 to 64 characters.',
    'ran-out': () => 'Your earlier sign-in has run out in the meantime. Please confirm it again.',
    'step-over': () => 'That step is already done. This is where you left off.',
    activated: () => 'Your authenticator is active. Now sign in with it.',
    'certificate-missing': () =>
      'Your browser showed no certificate. If you have chosen none before, it remembers that: close all its windows, and try again.',
    'certificate-expired': () => `This certificate has expired, or is not valid yet. ${anotherCertificate}`,
    'certificate-revoked': () =>
      'This certificate has been revoked. Ask the help desk of your organisation for another one.',
    'certificate-unchecked': () =>
      'We could not find out whether this certificate is still valid. Please try again in a few minutes.',
    'certificate-stranger': () => `Certificates of this issuer do not count here. ${anotherCertificate}`,
    'certificate-unfit': () => `This certificate is not one to sign in with. ${anotherCertificate}`,
    'certificate-not-yours': () =>
      `This certificate does not belong to the account that you are signing in to. ${anotherCertificate}`,
    'certificate-late': () => 'That took too long, or was done already. Please try again.',
    'consent-changed': () => 'What the application asks for has changed. Please look again.',
    'no-script': () => 'Your browser runs no JavaScript on this page, and your authenticator needs it.',
  },

  pages: {
    username: { title: 'Sign in' },
    password: { title: 'Enter your password' },
    otp: {
      title: 'Enter a one-time code',
      lead: 'Your authenticator app or your token shows it. Each code works once.',
      lost: 'My app or token is gone',
    },
    'otp-enrolment': {
      title: 'Set up one-time codes',
      lead: 'Scan this picture with an authenticator app on your phone.',
      picture: 'QR code for your authenticator app',
      byHand: 'Or type this key into the app:',
      confirm: 'Then enter the code that the app shows.',
    },
    'recovery-codes': {
      title: 'Keep your recovery codes',
      lead: 'One-time codes are set up. Should your app ever be gone, each of these codes signs you in once in its place.',
      keep: 'Print them, or copy them to a safe place. They are not shown again.',
      list: 'Recovery codes',
      gone: 'Your recovery codes cannot be shown any more.',
    },
    'token-response': {
      title: 'Answer your token server',
      lead: 'Enter what it asks for: what your token makes of the number, or the code that was sent to you.',
    },
    'token-next-code': {
      title: 'Enter the next code',
      lead: 'Wait until your token shows another code, then enter that one.',
    },
    'token-pin': {
      title: 'Your new PIN',
      lead: 'Remember this PIN: it is shown this once. Then wait for the next code, and enter it together with the PIN, as you always do.',
      confirm: 'Remember this PIN: it is shown this once. It is yours when you choose to use it.',
    },
    'token-new-pin': {
      title: 'Choose a PIN',
      lead: 'Your token needs a new PIN. Choose one that nobody guesses, and keep it to yourself.',
    },
    'token-new-password': {
      title: 'Choose a password',
      lead: 'The password that you use in place of a token has to be changed.',
    },
    certificate: {
      title: 'Use your certificate',
      lead: 'Your browser asks you to choose a certificate. If it is on a smart card, insert the card first.',
    },
    webauthn: {
      title: 'Use your authenticator',
      lead: 'Your browser asks for your security key or passkey now. Follow its instructions: for example, enter the PIN and touch the key.',
    },
    activate: {
      title: 'Activate your authenticator',
      lead: {
        email:
          'Your organisation has prepared an authenticator for you. Have it at hand. First we email you a code, to be sure it is you.',
        password:
          'Your organisation has prepared an authenticator for you. Have it at hand. First we ask for your password, to be sure it is you.',
        either:
          'Your organisation has prepared an authenticator for you. Have it at hand. First we email you a code or ask for your password, to be sure it is you.',
      },
      canSkip: 'You can also do this another time and sign in with the authenticator that you already use.',
    },
    'verification-code': {
      title: 'Check your email',
      lead: 'We sent a code to the email address of your account. Enter it here to confirm that it is you.',
      after: 'No email? Look in your spam folder too.',
    },
    'activation-password': {
      title: 'Confirm your password',
      lead: 'Enter the password of your account to confirm that it is you.',
    },
    'activation-ceremony': {
      title: 'Use your new authenticator',
      lead: 'Your browser asks for the new authenticator now. Follow its instructions: for example, enter the PIN and touch the key.',
    },
    nickname: {
      title: 'Name your authenticator',
      lead: 'It works. Give it a name, so that you can tell it from others.',
    },
    'no-credential': {
      title: 'You need an authenticator',
      lead: (application, helps) =>
        `${application} asks you to sign in with ${oneOf(helps)}, and your account has none that can be used.`,
      help: 'Ask the help desk of your organisation for one.',
    },
    locked: {
      title: 'Sign-in is paused',
      lead: ({ wait }) =>
        wait === undefined
          ? 'There were too many failed tries. To protect your account, this way of signing in is locked.'
          : `There were too many failed tries. To protect your account, this way of signing in is paused. Please try again in ${duration(wait)}.`,
      help: 'If it was not you, or it happens again, tell the help desk of your organisation.',
    },
    consent: {
      title: (application) => `Do you allow ${application} this?`,
      own: (application) => `${application} wants you to confirm this. You will be sent to`,
      thirdParty: (application) => `${application} is not an application of your organisation. You will be sent to`,
      asks: (application) => `${application} asks to:`,
      before: 'You have allowed it before to:',
      after: (application) =>
        `Either way you go back to ${application}. If you change your mind later, your help desk can withdraw what you allowed.`,
    },
    'login-over': {
      done: {
        title: 'You are already signed in',
        lead: 'This sign-in is complete. Go back to the application, or close this page.',
      },
      'given-up': {
        title: 'You did not sign in',
        lead: 'This sign-in has ended. Go back to the application to start again, or close this page.',
      },
      expired: {
        title: 'This sign-in has timed out',
        lead: 'It was open for too long. Go back to the application and sign in again.',
      },
      unknown: {
        title: 'This sign-in cannot be found',
        lead: 'It is over, or the address is not complete. Go back to the application and sign in again.',
      },
      'other-browser': {
        title: 'This sign-in belongs to another browser',
        lead: 'Go on in the browser in which you started, or go back to the application and sign in again here.',
      },
    },
    'bad-request': {
      title: 'The application’s request does not work',
      lead: 'The application sent you here with a request that we cannot accept. You did nothing wrong. Please tell whoever runs the application.',
    },
    'form-post': {
      title: 'Back to the application',
      lead: 'You are being sent back to the application. If nothing happens, press Continue.',
    },
    failure: {
      title: 'Something went wrong on our side',
      lead: 'Please try again in a moment. If it happens again, tell the help desk of your organisation this ID.',
    },
    'log-out': {
      title: 'Do you want to sign out?',
      lead: 'You will be signed out here. Applications may ask you to sign in again.',
      everywhere: 'Sign out everywhere',
      whatEverywhere:
        'Everywhere means your other browsers and devices, too, and applications that you let work while you are away.',
      otherwise: 'If you want to stay signed in, just close this page.',
    },
    'logged-out': {
      title: 'You are signed out',
      lead: 'You can close this page.',
      everywhere: {
        title: 'You are signed out everywhere',
        lead: 'Your other browsers and devices will ask you to sign in again. You can close this page.',
      },
    },
    home: {
      title: 'One sign-in for your applications',
      lead: (serviceName) =>
        `${serviceName} signs you in to the applications of your organisation. Open the application that you want to use: it brings you here when you need to sign in.`,
      portal: 'My account',
      forAdministrators: 'For administrators',
      console: 'Console',
      forDevelopers: 'For developers',
      discovery: 'OpenID Connect configuration',
      api: 'API description',
    },
  },

  mail: {
    subject: (serviceName) => `Your verification code for ${serviceName}`,
    greeting: 'Hello,',
    asked: (keyName, application) =>
      `you asked to activate ${keyName === '' ? 'your authenticator' : `the authenticator “${keyName}”`} while signing in to ${application}.`,
    enter: 'Enter this code on the page where you are signing in:',
    valid: (minutes) =>
      `The code works once, within ${count(minutes, 'minute', 'minutes')}, in the browser that asked for it.`,
    notYou: (serviceName) =>
      `Was it not you? Then ignore the code and give it to nobody: without it, the authenticator stays inactive. No one from ${serviceName} will ever ask you for it. Tell the help desk of your organisation that somebody tried to sign in with your name.`,
    why: (serviceName) => `${serviceName} sends this message because of a sign-in to your account.`,
  },
}
