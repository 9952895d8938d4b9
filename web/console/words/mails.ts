/** The words of the mails' preview. */
import { inBoth } from '../../app/language.ts'
import type { MailTemplate } from '../../mail-templates.ts'

const en = {
  title: 'Emails',
  lead: 'What people are sent from here, with a sample in it. Mails follow the settings: the code here is made as the real ones are.',
  template: 'Email',
  templates: {
    'activation-code': 'Verification code',
    'authenticator-prepared': 'An authenticator was prepared',
    'authenticator-activated': 'An authenticator was activated',
    'authenticator-added': 'An authenticator was added',
    'authenticator-removed': 'An authenticator was removed',
    'authenticator-suspended': 'An authenticator was suspended',
    'authenticator-locked': 'An authenticator was locked',
  } satisfies Record<MailTemplate, string> as Record<string, string>,
  language: 'Language',
  look: 'Look',
  looks: { light: 'light', dark: 'dark', text: 'plain text' } as Record<string, string>,
  from: 'From',
  subject: 'Subject',
  frame: (name: string) => `Preview: ${name}`,
  test: 'Send it to me',
  sent: (to: string) => `It is on its way to ${to}.`,
}

export const words = inBoth({
  en,
  de: {
    title: 'E-Mails',
    lead: 'Was von hier verschickt wird, mit einem Beispiel darin. Mails folgen den Einstellungen: Der Code hier sieht aus wie die echten.',
    template: 'E-Mail',
    templates: {
      'activation-code': 'Bestätigungscode',
      'authenticator-prepared': 'Ein Authentifikator wurde vorbereitet',
      'authenticator-activated': 'Ein Authentifikator wurde aktiviert',
      'authenticator-added': 'Ein Authentifikator kam hinzu',
      'authenticator-removed': 'Ein Authentifikator wurde entfernt',
      'authenticator-suspended': 'Ein Authentifikator wurde ausgesetzt',
      'authenticator-locked': 'Ein Authentifikator wurde gesperrt',
    },
    language: 'Sprache',
    look: 'Ansicht',
    looks: { light: 'hell', dark: 'dunkel', text: 'nur Text' },
    from: 'Von',
    subject: 'Betreff',
    frame: (name) => `Vorschau: ${name}`,
    test: 'An mich senden',
    sent: (to) => `Sie ist unterwegs an ${to}.`,
  },
})
