/** The words of the console's first page. */
import { inBoth } from '../../app/language.ts'

const en = {
  title: 'Home',
  lead: (from: string, to: string) => `What happened from ${from} to ${to}, in UTC. Counted from the audit log.`,
  range: 'Shown are',
  ranges: { 7: '7 days', 30: '30 days', 90: '90 days', 365: 'a year' } as Record<number, string>,
  tiles: {
    signIns: 'sign-ins',
    failures: 'failed sign-ins and activations',
    activated: 'keys activated',
    locked: 'keys locked',
  },
  day: 'Day',
  week: 'Week of',
  count: 'Number',
  funnel: {
    title: 'Activation',
    imported: 'Imported',
    activated: 'Activated',
    expired: 'Expired',
    deleted: 'Deleted',
    summary: (imported: string, activated: string, expired: string) =>
      `${imported} imported, ${activated} activated, ${expired} expired before anybody activated them.`,
    link: 'Pending authenticators',
    what: 'What became of them',
  },
  signIns: {
    title: 'Sign-ins by level',
    summary: (total: string, parts: string) => (parts === '' ? 'No sign-ins.' : `${total} sign-ins: ${parts}.`),
    none: 'no name',
    link: 'Sign-ins in the audit log',
  },
  failures: {
    title: 'Failures by reason',
    summary: (total: string, most: string) =>
      most === '' ? 'Nothing failed.' : `${total} failed, most often: ${most}.`,
    reason: 'Reason',
    link: 'Failures in the audit log',
    others: 'All others',
  },
  models: {
    title: 'Keys by model',
    summary: (total: string, most: string) =>
      most === ''
        ? 'No key here has an attestation that says its model.'
        : `${total} attested keys, most of them: ${most}.`,
    model: 'Model',
    link: 'Allowed models',
  },
  reasons: {
    'wrong-password': 'Wrong password',
    'wrong-one-time-code': 'Wrong one-time code',
    'reused-one-time-code': 'Code used twice',
    'wrong-recovery-code': 'Wrong recovery code',
    'wrong-code': 'Wrong code',
    'account-locked': 'Account locked',
    'account-disabled': 'Account disabled',
    'password-expired': 'Password expired',
    'password-must-change': 'Password must be changed',
    'directory-unavailable': 'Directory did not answer',
    'validator-unavailable': 'Token server did not answer',
    'ceremony-expired': 'Took too long',
    'not-active': 'Key not active',
    'unknown-key': 'Unknown key',
    cancelled: 'Cancelled',
    'user-not-verified': 'PIN or finger not checked',
    'bad-signature': 'Signature does not hold',
    'counter-did-not-advance': 'Counter stood still',
    'certificate-none-presented': 'No certificate',
    'certificate-expired': 'Certificate expired',
    'certificate-revoked': 'Certificate revoked',
    'certificate-not-theirs': 'Certificate of somebody else',
    other: 'Other',
  } as Record<string, string>,
  empty: 'Nothing has happened yet',
  emptyLead: 'As soon as somebody signs in or a key is imported, it is counted here. To begin with:',
  steps: [
    ['/console/clients', 'Register an application', 'which signs people in here by OpenID Connect.'],
    ['/console/users', 'Add people', 'one by one, or provisioned by SCIM.'],
    ['/console/import', 'Import authenticators', 'from a file, or have your Credential Management System do it.'],
    ['/console/flows', 'Look at the flows', 'which say what people are asked for.'],
  ] as readonly (readonly [string, string, string])[],
}

export const words = inBoth({
  en,
  de: {
    title: 'Start',
    lead: (from, to) => `Was vom ${from} bis zum ${to} geschah, in UTC. Gezählt aus dem Protokoll.`,
    range: 'Gezeigt werden',
    ranges: { 7: '7 Tage', 30: '30 Tage', 90: '90 Tage', 365: 'ein Jahr' },
    tiles: {
      signIns: 'Anmeldungen',
      failures: 'gescheiterte Anmeldungen und Aktivierungen',
      activated: 'Schlüssel aktiviert',
      locked: 'Schlüssel gesperrt',
    },
    day: 'Tag',
    week: 'Woche vom',
    count: 'Anzahl',
    funnel: {
      title: 'Aktivierung',
      imported: 'Importiert',
      activated: 'Aktiviert',
      expired: 'Verfallen',
      deleted: 'Gelöscht',
      summary: (imported, activated, expired) =>
        `${imported} importiert, ${activated} aktiviert, ${expired} verfallen, bevor jemand sie aktivierte.`,
      link: 'Ausstehende Authenticatoren',
      what: 'Was aus ihnen wurde',
    },
    signIns: {
      title: 'Anmeldungen nach Stufe',
      summary: (total, parts) => (parts === '' ? 'Keine Anmeldungen.' : `${total} Anmeldungen: ${parts}.`),
      none: 'ohne Namen',
      link: 'Anmeldungen im Protokoll',
    },
    failures: {
      title: 'Fehlschläge nach Grund',
      summary: (total, most) =>
        most === '' ? 'Nichts schlug fehl.' : `${total} schlugen fehl, am häufigsten: ${most}.`,
      reason: 'Grund',
      link: 'Fehlschläge im Protokoll',
      others: 'Alle anderen',
    },
    models: {
      title: 'Schlüssel nach Modell',
      summary: (total, most) =>
        most === ''
          ? 'Kein Schlüssel hat eine Bestätigung, die sein Modell nennt.'
          : `${total} bestätigte Schlüssel, die meisten davon: ${most}.`,
      model: 'Modell',
      link: 'Erlaubte Modelle',
    },
    reasons: {
      'wrong-password': 'Falsches Passwort',
      'wrong-one-time-code': 'Falscher Einmalcode',
      'reused-one-time-code': 'Code zweimal benutzt',
      'wrong-recovery-code': 'Falscher Notfallcode',
      'wrong-code': 'Falscher Code',
      'account-locked': 'Konto gesperrt',
      'account-disabled': 'Konto deaktiviert',
      'password-expired': 'Passwort abgelaufen',
      'password-must-change': 'Passwort muss geändert werden',
      'directory-unavailable': 'Verzeichnis antwortete nicht',
      'validator-unavailable': 'Token-Server antwortete nicht',
      'ceremony-expired': 'Dauerte zu lange',
      'not-active': 'Schlüssel nicht aktiv',
      'unknown-key': 'Unbekannter Schlüssel',
      cancelled: 'Abgebrochen',
      'user-not-verified': 'PIN oder Finger nicht geprüft',
      'bad-signature': 'Signatur stimmt nicht',
      'counter-did-not-advance': 'Zähler blieb stehen',
      'certificate-none-presented': 'Kein Zertifikat',
      'certificate-expired': 'Zertifikat abgelaufen',
      'certificate-revoked': 'Zertifikat gesperrt',
      'certificate-not-theirs': 'Zertifikat von jemand anderem',
      other: 'Andere',
    },
    empty: 'Noch ist nichts geschehen',
    emptyLead: 'Sobald sich jemand anmeldet oder ein Schlüssel importiert wird, wird das hier gezählt. Für den Anfang:',
    steps: [
      ['/console/clients', 'Eine Anwendung registrieren', 'die Menschen hier mit OpenID Connect anmeldet.'],
      ['/console/users', 'Personen anlegen', 'einzeln, oder durch SCIM.'],
      [
        '/console/import',
        'Authenticatoren importieren',
        'aus einer Datei, oder durch Ihr Credential Management System.',
      ],
      ['/console/flows', 'Die Abläufe ansehen', 'die sagen, wonach Menschen gefragt werden.'],
    ],
  },
})

type Words = typeof en
