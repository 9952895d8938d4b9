/** The words of the portal's first page: who one is, what one is signed in with, and how long. */
import { inBoth } from '../../app/language.ts'
import type { Proof } from '../account.ts'

/** What the levels of the flows that come with the service are called; others go by their own names. */
export type KnownLevel = 'pwd' | 'otp' | 'cba' | 'fido'

export const words = inBoth({
  en: {
    title: 'My account',
    lead: (name: string) => `Hello, ${name}.`,
    profile: 'Profile',
    name: 'Name',
    userName: 'User name',
    email: 'Email',
    noEmail: 'none on record',
    managed: 'Your organisation keeps these up to date. Ask your help desk if something is wrong.',
    mailTrouble: 'Mail to this address came back. Warnings about your account do not reach you: tell your help desk.',
    signedIn: 'Signed in with',
    levels: 'Levels',
    levelsLead:
      'Each level opens what asks for it. One that has run out is asked for again where it is needed, and not before.',
    level: {
      pwd: 'Password',
      otp: 'One-time code',
      cba: 'Certificate',
      fido: 'Security key or passkey',
    } satisfies Record<KnownLevel, string> as Record<string, string>,
    factor: {
      password: 'Password',
      otp: 'One-time code',
      certificate: 'Certificate',
      webauthn: 'Security key or passkey',
    } satisfies Record<Proof['factor'], string>,
    state: { fresh: 'Good', stale: 'Run out', missing: 'Not reached' },
    left: (minutes: number) => (minutes === 1 ? 'for one more minute' : `for ${minutes} more minutes`),
    reached: 'Reached',
    notYet: 'You can reach it when something asks for it.',
    outOfReach: 'You have nothing to reach it with.',
    drop: 'Drop elevation',
    dropTitle: 'Go back to the lowest level?',
    dropLead:
      'What you have shown beyond it is forgotten in this browser, and you are asked again where it is needed. Sites that check for themselves may believe an earlier sign-in for up to ten minutes.',
    dropped: 'You are back at the lowest level.',
    ends: 'This session ends at the latest',
  },
  de: {
    title: 'Mein Konto',
    lead: (name: string) => `Hallo, ${name}.`,
    profile: 'Profil',
    name: 'Name',
    userName: 'Benutzername',
    email: 'E-Mail',
    noEmail: 'keine hinterlegt',
    managed: 'Ihre Organisation hält diese Angaben aktuell. Stimmt etwas nicht, fragen Sie Ihren Helpdesk.',
    mailTrouble:
      'E-Mails an diese Adresse kamen zurück. Warnungen zu Ihrem Konto erreichen Sie nicht: Sagen Sie es Ihrem Helpdesk.',
    signedIn: 'Angemeldet mit',
    levels: 'Stufen',
    levelsLead:
      'Jede Stufe öffnet, was nach ihr fragt. Eine abgelaufene wird dort wieder verlangt, wo sie gebraucht wird, und nicht vorher.',
    level: {
      pwd: 'Passwort',
      otp: 'Einmalcode',
      cba: 'Zertifikat',
      fido: 'Sicherheitsschlüssel oder Passkey',
    },
    factor: {
      password: 'Passwort',
      otp: 'Einmalcode',
      certificate: 'Zertifikat',
      webauthn: 'Sicherheitsschlüssel oder Passkey',
    },
    state: { fresh: 'Gültig', stale: 'Abgelaufen', missing: 'Nicht erreicht' },
    left: (minutes: number) => (minutes === 1 ? 'noch eine Minute' : `noch ${minutes} Minuten`),
    reached: 'Erreicht',
    notYet: 'Sie können sie erreichen, wenn etwas nach ihr fragt.',
    outOfReach: 'Sie haben nichts, womit Sie sie erreichen.',
    drop: 'Höhere Stufen ablegen',
    dropTitle: 'Zur untersten Stufe zurückkehren?',
    dropLead:
      'Was Sie darüber hinaus gezeigt haben, wird in diesem Browser vergessen, und Sie werden dort wieder gefragt, wo es gebraucht wird. Websites, die selbst prüfen, glauben einer früheren Anmeldung noch bis zu zehn Minuten.',
    dropped: 'Sie sind zurück auf der untersten Stufe.',
    ends: 'Diese Sitzung endet spätestens',
  },
})
