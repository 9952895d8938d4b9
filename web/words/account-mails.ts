/** The words of the letters that tell people what happened with what they sign in with. */
import type { AccountNotice, NoticeKind, NoticeThing } from '../../src/core/account-notice.ts'
import type { Locale } from '../view.ts'

/** `thing` as a subject of a sentence; `name` is what its user calls it, or nothing. */
export type AccountMailWords = {
  subject: (service: string) => string
  greeting: string
  happened: (kind: NoticeKind, thing: NoticeThing, name: string) => string
  when: string
  by: string
  whose: Record<AccountNotice['by'], string>
  from: string
  activate: string
  wasYou: string
  wasNotYou: string
  portal: string
  why: (service: string) => string
}

const named = (thing: string, name: string): string => (name === '' ? thing : `${thing} (${name})`)

const en: AccountMailWords = {
  subject: (service) => `${service}: something changed about how you sign in`,
  greeting: 'Hello,',
  happened: (kind, thing, name) => {
    const things: Record<NoticeThing, string> = {
      key: 'a passkey or security key',
      app: 'an authenticator app',
      'recovery-codes': 'a new set of recovery codes',
    }
    const done: Record<NoticeKind, string> = {
      prepared: 'was prepared for your account. You activate it when you first use it.',
      activated: 'was activated for your account. You can sign in with it now.',
      added:
        thing === 'recovery-codes'
          ? 'was made for your account. Those from before are void.'
          : 'was added to your account. You can sign in with it now.',
      removed: 'was removed from your account. You cannot sign in with it any more.',
      suspended: 'of your account was suspended. You cannot sign in with it for now.',
      locked:
        'of your account was locked, because something about it was not right. You cannot sign in with it any more.',
    }
    const subject = named(things[thing], name)
    return `${subject[0]?.toUpperCase()}${subject.slice(1)} ${done[kind]}`
  },
  when: 'When',
  by: 'By',
  whose: {
    you: 'you, signed in',
    organisation: 'your organisation',
    service: 'the service itself',
    stranger: 'somebody who had not signed in yet',
  },
  from: 'From the address',
  activate: 'Nobody but you can activate it: do not give anybody the code that is mailed to you for it.',
  wasYou: 'If you know about this, there is nothing to do.',
  wasNotYou:
    'If you do not, tell your help desk at once, and sign out everywhere at the page of your account. Type its address yourself.',
  portal: 'Your account',
  why: (service) => `You get this mail because ${service} tells you whenever it happens. It never asks for a password.`,
}

const de: AccountMailWords = {
  subject: (service) => `${service}: Etwas an Ihrer Anmeldung hat sich geändert`,
  greeting: 'Guten Tag,',
  happened: (kind, thing, name) => {
    const things: Record<NoticeThing, string> = {
      key: 'Ein Passkey oder Sicherheitsschlüssel',
      app: 'Eine Authenticator-App',
      'recovery-codes': 'Ein neuer Satz Ersatzcodes',
    }
    const done: Record<NoticeKind, string> = {
      prepared: 'wurde für Ihr Konto vorbereitet. Sie aktivieren ihn, wenn Sie ihn zum ersten Mal verwenden.',
      activated: 'wurde für Ihr Konto aktiviert. Sie können sich jetzt damit anmelden.',
      added:
        thing === 'recovery-codes'
          ? 'wurde für Ihr Konto erzeugt. Die bisherigen gelten nicht mehr.'
          : 'wurde Ihrem Konto hinzugefügt. Sie können sich jetzt damit anmelden.',
      removed: 'wurde aus Ihrem Konto entfernt. Sie können sich nicht mehr damit anmelden.',
      suspended: 'Ihres Kontos wurde ausgesetzt. Sie können sich vorerst nicht damit anmelden.',
      locked: 'Ihres Kontos wurde gesperrt, weil etwas daran nicht stimmte. Sie können sich nicht mehr damit anmelden.',
    }
    return `${named(things[thing], name)} ${done[kind]}`
  },
  when: 'Wann',
  by: 'Durch',
  whose: {
    you: 'Sie, angemeldet',
    organisation: 'Ihre Organisation',
    service: 'den Dienst selbst',
    stranger: 'jemanden, der noch nicht angemeldet war',
  },
  from: 'Von der Adresse',
  activate: 'Niemand außer Ihnen kann ihn aktivieren: Geben Sie den Code, der Ihnen dazu gemailt wird, niemandem.',
  wasYou: 'Wissen Sie davon, ist nichts zu tun.',
  wasNotYou:
    'Wissen Sie nichts davon, sagen Sie es sofort Ihrem Helpdesk, und melden Sie sich auf der Seite Ihres Kontos überall ab. Geben Sie deren Adresse selbst ein.',
  portal: 'Ihr Konto',
  why: (service) =>
    `Sie erhalten diese E-Mail, weil ${service} Ihnen so etwas immer mitteilt. Nach einem Passwort wird nie gefragt.`,
}

export const accountMailWords: Record<Locale, AccountMailWords> = { en, de }
