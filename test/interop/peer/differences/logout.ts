/** Logout: where npm `oidc-provider` answers otherwise. */
import type { Listed } from './listed.ts'

export const logout: readonly Listed[] = [
  {
    about: 'Who need not be asked',
    members: { answer: ['redirect to the application', 'a page that asks whether to log out'] },
    clause: 'RP-Initiated Logout §2',
    why: 'The person is to be asked where it is not certain that they want it. A hint of this very session, from an application that they use, is certain enough.',
    at: [
      'logout: as usual',
      'logout: no state',
      'logout: the hint and the same client_id',
      'logout: logout_hint and ui_locales',
    ],
  },
  {
    about: 'Who need not be asked, and stays here',
    members: {
      answer: ['a page that says it is done', 'a page that asks whether to log out'],
      status: ['200', undefined],
    },
    clause: 'RP-Initiated Logout §2',
    why: 'As above.',
    at: ['logout: no address to go back to'],
  },
  {
    about: 'A hint that is none',
    members: {
      answer: ['a page that asks whether to log out', 'a page with an error'],
      error: [undefined, 'invalid_request'],
      status: [undefined, '400'],
    },
    clause: 'RP-Initiated Logout §2, §4',
    why: 'The person came to log out, and can. Nothing of the request is believed, and nobody is sent anywhere.',
    at: ['logout: the hint is none', 'logout: the hint is forged', 'logout: the hint and another client_id'],
  },
  {
    about: 'A client that nobody knows',
    members: {
      answer: ['a page that asks whether to log out', 'a page with an error'],
      error: [undefined, 'invalid_client'],
      status: [undefined, '400'],
    },
    clause: 'RP-Initiated Logout §2, §4',
    why: 'As above.',
    at: ['logout: no hint, but an unknown client_id'],
  },
  {
    about: 'An address that is not registered',
    members: {
      answer: ['a page that says it is done', 'a page with an error'],
      error: [undefined, 'invalid_request'],
      status: ['200', '400'],
    },
    clause: 'RP-Initiated Logout §3',
    why: 'The session ends, as the hint says, and nobody is sent there.',
    at: ['logout: another address to go back to'],
  },
]
