/** English. The names of fields and buttons are the product's, to the letter. */
import type { Method } from '../view.ts'
import type { About, Words } from '../words.ts'

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
  signOut: 'Sign out',
  backToApplication: 'Back to the application',
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

  notices: {
    'bad-username': () => 'That is too long for a username. Check it and try again.',
    'wrong-username-or-password': () => 'That username and password do not go together. Check both and try again.',
    'wrong-password': (about) => `That is not the right password.${left(about)}`,
    'too-many-tries': (about) => `There were too many failed tries. ${again(about)}`,
    'wrong-code': (about) => `That is not the code we sent.${left(about)} Use the code from the newest email.`,
    'code-expired': () => 'That code has expired. Send a new one to go on.',
    'code-spent': () => 'There were too many wrong codes, so this code no longer works. Send a new one to go on.',
    'code-sent': () => 'We sent you a new code. Earlier codes no longer work.',
    'mail-failed': () => 'We could not send the email. Please try again in a moment.',
    'too-many-mails': (about) => `We have sent you several codes already. ${again(about)}`,
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
    'step-over': () => 'That step is already done. This is where you left off.',
    activated: () => 'Your authenticator is active. Now sign in with it.',
    'no-script': () => 'Your browser runs no JavaScript on this page, and your authenticator needs it.',
  },

  pages: {
    username: { title: 'Sign in' },
    password: { title: 'Enter your password' },
    otp: {
      title: 'Enter a one-time code',
      lead: 'Your authenticator app or your token shows it. Each code works once.',
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
    failure: {
      title: 'Something went wrong on our side',
      lead: 'Please try again in a moment. If it happens again, tell the help desk of your organisation this ID.',
    },
    'log-out': {
      title: 'Do you want to sign out?',
      lead: 'You will be signed out here. Applications may ask you to sign in again.',
      otherwise: 'If you do not want to, just close this page.',
    },
    'logged-out': { title: 'You are signed out', lead: 'You can close this page.' },
    home: {
      title: 'Nothing to do here',
      lead: (serviceName) =>
        `${serviceName} signs you in to the applications of your organisation. Open the application that you want to use: it brings you here when you need to sign in.`,
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
