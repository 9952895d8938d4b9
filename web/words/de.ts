/** Deutsch, in der Sie-Form. */
import type { Method } from '../view.ts'
import type { About, Words } from '../words.ts'
import { claims } from './de-claims.ts'

const count = (number: number, one: string, many: string): string => `${number} ${number === 1 ? one : many}`

/** In the dative, as it stands after `in`: rounded up, as in English. */
const duration = (seconds: number): string => {
  if (seconds < 60) return count(Math.max(1, Math.ceil(seconds)), 'Sekunde', 'Sekunden')
  if (seconds < 3600) return count(Math.ceil(seconds / 60), 'Minute', 'Minuten')
  return count(Math.ceil(seconds / 3600), 'Stunde', 'Stunden')
}

const again = ({ wait }: About): string =>
  wait === undefined
    ? 'Bitte warten Sie eine Weile, bevor Sie es erneut versuchen.'
    : `Bitte versuchen Sie es in ${duration(wait)} erneut.`

const left = ({ triesLeft }: About): string => {
  if (triesLeft === undefined) return ''
  if (triesLeft === 1) return ' Sie haben noch einen Versuch.'
  return ` Sie haben noch ${triesLeft} Versuche.`
}

/** In the dative, as it stands after `mit`. */
const things: Record<Method, string> = {
  password: 'Passwort',
  otp: 'Einmalcode',
  certificate: 'Zertifikat',
  webauthn: 'Sicherheitsschlüssel oder Passkey',
}

const oneOf = (methods: readonly Method[]): string =>
  new Intl.ListFormat('de', { type: 'disjunction' }).format(methods.map((method) => things[method]))

/** Ein Browser merkt sich, welches für eine Website gewählt wurde, bis er geschlossen wird. */
const anotherCertificate = 'Um ein anderes zu wählen, schließen Sie zuerst alle Fenster Ihres Browsers.'

export const de: Words = {
  error: 'Fehler: ',
  username: 'Benutzername',
  password: 'Passwort',
  code: 'Bestätigungscode',
  oneTimeCode: 'Einmalcode',
  recoveryCode: 'Ersatzcode',
  newPin: 'Neue PIN',
  repeatNewPin: 'Neue PIN wiederholen',
  newPassword: 'Neues Passwort',
  repeatNewPassword: 'Neues Passwort wiederholen',
  nickname: 'Name des Authentifikators',

  continue: 'Weiter',
  cancel: 'Abbrechen',
  activate: 'Authentifikator aktivieren',
  notNow: 'Nicht jetzt',
  anotherAccount: 'Anderes Konto verwenden',
  sendNewCode: 'Neuen Code senden',
  passwordInstead: 'Stattdessen mein Passwort verwenden',
  codeInstead: 'Stattdessen einen Code per E-Mail erhalten',
  usePasskey: 'Passkey oder Sicherheitsschlüssel verwenden',
  useRecoveryCode: 'Diesen Ersatzcode verwenden',
  openInApp: 'In einer App auf diesem Gerät öffnen',
  usePin: 'Diese PIN übernehmen',
  startAgain: 'Mit einem Code neu beginnen',
  signOut: 'Abmelden',
  backToApplication: 'Zurück zur Anwendung',
  allow: 'Erlauben',
  doNotAllow: 'Nicht erlauben',
  methods: {
    password: 'Stattdessen mit Passwort anmelden',
    otp: 'Stattdessen mit einem Einmalcode anmelden',
    certificate: 'Stattdessen mit einem Zertifikat anmelden',
    webauthn: 'Stattdessen mit Passkey oder Sicherheitsschlüssel anmelden',
  },

  signingInAs: 'Anmeldung als',
  goingTo: (application) => `um mit ${application} fortzufahren`,
  step: (step, of) => `Schritt ${step} von ${of}`,
  requestId: 'Vorgangsnummer',
  errorCode: 'Fehlercode',
  recoveryHint:
    'Einer der Codes, die Sie beim Einrichten der Einmalcodes aufbewahrt haben. Leerzeichen und Bindestriche spielen keine Rolle.',
  pinHint: (min, max, digits) => `${min} bis ${max} ${digits ? 'Ziffern' : 'Zeichen'}.`,
  validatorSays: 'Ihr Token-Server sagt:',
  codeHint: 'Sie können den Code einfügen. Leerzeichen und Bindestriche spielen keine Rolle.',
  nicknameSuggested: 'Mein Sicherheitsschlüssel',
  nicknameHint: 'Ein Name, an dem Sie ihn erkennen, zum Beispiel „Blauer Schlüssel am Schlüsselbund“.',
  noScript:
    'Ihr Browser führt auf dieser Seite kein JavaScript aus, das für Ihren Authentifikator aber nötig ist. Schalten Sie JavaScript für diese Website ein und laden Sie die Seite neu.',

  ceremony: {
    waiting: 'Warten auf Ihren Authentifikator …',
    done: 'Geschafft. Einen Moment …',
    cancelled: 'Der Vorgang wurde abgebrochen oder hat zu lange gedauert. Es hat sich nichts geändert.',
    unsupported:
      'Dieser Browser kann hier keine Sicherheitsschlüssel oder Passkeys verwenden. Versuchen Sie es mit einer aktuellen Version von Chrome, Edge, Firefox oder Safari.',
    other:
      'Ihr Browser konnte den Authentifikator nicht verwenden. Prüfen Sie, ob es der richtige ist und ob er verbunden ist.',
  },
  tryAgain: 'Mit „Weiter“ versuchen Sie es erneut.',

  consent: {
    scopes: {
      openid: 'Sie wiedererkennen, wenn Sie zurückkommen',
      profile: 'Ihren Namen, Ihren Benutzernamen und Ihr übriges Profil erfahren',
      email: 'Ihre E-Mail-Adresse erfahren',
      address: 'Ihre Postanschrift erfahren',
      phone: 'Ihre Telefonnummer erfahren',
      offline_access: 'all das auch tun, während Sie nicht angemeldet sind',
    },
    otherScope: (scope) => `„${scope}“ in Ihrem Namen nutzen`,
    offline:
      'Das gilt auf Dauer: Die Anwendung kann all das jederzeit tun, auch nachdem Sie sich abgemeldet haben, bis es zurückgenommen wird.',
    claims,
    know: (claims) => `${new Intl.ListFormat('de').format(claims)} erfahren`,
    resource: (address) => `in Ihrem Namen handeln bei ${address}`,
    links: {
      home: 'Über diese Anwendung',
      policy: 'Datenschutzerklärung',
      terms: 'Nutzungsbedingungen',
    },
  },

  notices: {
    'bad-username': () => 'Das ist zu lang für einen Benutzernamen. Prüfen Sie ihn bitte und versuchen Sie es erneut.',
    'wrong-username-or-password': () =>
      'Benutzername und Passwort passen nicht zusammen. Prüfen Sie bitte beides und versuchen Sie es erneut.',
    'wrong-password': (about) => `Das Passwort ist nicht richtig.${left(about)}`,
    'password-expired': () =>
      'Ihr Passwort ist abgelaufen. Ändern Sie es dort, wo Ihre Organisation es vorsieht, zum Beispiel bei der Anmeldung an Ihrem Rechner. Melden Sie sich danach hier an.',
    'password-must-change': () =>
      'Ihre Organisation verlangt zuerst ein neues Passwort, zum Beispiel bei der Anmeldung an Ihrem Rechner. Melden Sie sich danach hier an.',
    'account-locked': () =>
      'Ihre Organisation hat Ihr Konto nach Fehlversuchen gesperrt. Warten Sie eine Weile, oder lassen Sie es vom Helpdesk entsperren.',
    'account-disabled': () =>
      'Ihre Organisation lässt dieses Konto zurzeit nicht anmelden. Fragen Sie den Helpdesk danach.',
    'name-taken': () =>
      'Das ist Ihr Passwort, aber Ihren Benutzernamen hat hier jemand anderes. Bitten Sie den Helpdesk Ihrer Organisation, das zu klären.',
    'directory-unavailable': () =>
      'Passwörter können zurzeit nicht geprüft werden. Dies hat nicht als Fehlversuch gezählt. Versuchen Sie es gleich noch einmal, oder melden Sie sich anders an.',
    'too-many-tries': (about) => `Es gab zu viele fehlgeschlagene Versuche. ${again(about)}`,
    'wrong-code': (about) =>
      `Das ist nicht der Code, den wir gesendet haben.${left(about)} Verwenden Sie den Code aus der neuesten E-Mail.`,
    'code-expired': () => 'Dieser Code ist abgelaufen. Lassen Sie sich einen neuen senden, um fortzufahren.',
    'code-spent': () =>
      'Es wurden zu viele falsche Codes eingegeben, deshalb gilt dieser Code nicht mehr. Lassen Sie sich einen neuen senden, um fortzufahren.',
    'code-sent': () => 'Wir haben Ihnen einen neuen Code gesendet. Frühere Codes gelten nicht mehr.',
    'mail-failed': () => 'Die E-Mail konnte nicht gesendet werden. Bitte versuchen Sie es gleich noch einmal.',
    'too-many-mails': (about) => `Wir haben Ihnen bereits mehrere Codes gesendet. ${again(about)}`,
    'wrong-one-time-code': () =>
      'Dieser Code ist nicht richtig. Verwenden Sie den, den Ihre App oder Ihr Token gerade anzeigt, und prüfen Sie, ob die Uhr Ihres Geräts richtig geht.',
    'reused-one-time-code': () => 'Dieser Code wurde schon verwendet. Warten Sie, bis Ihre App den nächsten anzeigt.',
    'wrong-recovery-code': () => 'Dieser Ersatzcode gilt nicht. Jeder gilt nur einmal.',
    'codes-locked': () =>
      'Ihre Einmalcodes sind nach zu vielen falschen Codes gesperrt. Bitten Sie den Helpdesk Ihrer Organisation, sie zu entsperren.',
    'codes-suspended': () =>
      'Ihre Einmalcodes sind ausgesetzt. Bitten Sie den Helpdesk Ihrer Organisation, sie wieder freizugeben.',
    'validator-unavailable': () =>
      'Codes können zurzeit nicht geprüft werden. Dies hat nicht als Fehlversuch gezählt. Versuchen Sie es gleich noch einmal, oder melden Sie sich anders an.',
    'repeat-differs': () => 'Die beiden Eingaben sind nicht gleich. Geben Sie zweimal dasselbe ein.',
    'pin-refused': () => 'Ihr Token-Server hat diese PIN nicht angenommen.',
    'password-refused': () => 'Ihr Token-Server hat dieses Passwort nicht angenommen.',
    'wrong-key': () => 'Dieser Authentifikator passt hier nicht. Verwenden Sie den, der für Ihr Konto registriert ist.',
    'key-refused': () =>
      'Die Antwort Ihres Authentifikators konnte nicht bestätigt werden. Bitte versuchen Sie es erneut.',
    'key-not-verified': () =>
      'Ihr Authentifikator wurde ohne PIN, Fingerabdruck oder Gesicht verwendet. Bitte versuchen Sie es erneut und entsperren Sie ihn damit.',
    'key-unfit': () => 'Dieser Authentifikator gehört Ihnen, ist aber nicht von der Art, die hier nötig ist.',
    'ceremony-cancelled': () =>
      'Der Vorgang wurde abgebrochen oder hat zu lange gedauert. Es hat sich nichts geändert. Bitte versuchen Sie es erneut.',
    'ceremony-expired': () => 'Das hat zu lange gedauert, deshalb gilt es nicht mehr. Bitte versuchen Sie es erneut.',
    'key-suspended': () =>
      'Dieser Authentifikator ist vorübergehend gesperrt. Der Helpdesk Ihrer Organisation kann ihn wieder freigeben.',
    'key-locked': () =>
      'Dieser Authentifikator ist nach fehlgeschlagenen Versuchen gesperrt. Bitten Sie den Helpdesk Ihrer Organisation um einen anderen.',
    'already-active': () =>
      'Dieser Authentifikator wurde gerade in einem anderen Fenster aktiviert. Sie können sich jetzt damit anmelden.',
    'key-gone': () =>
      'Ihre Organisation hat diesen Authentifikator zurückgezogen. Er kann nicht mehr verwendet werden.',
    'bad-nickname': () => 'Bitte geben Sie einen Namen mit 1 bis 64 Zeichen ein.',
    'ran-out': () => 'Ihre frühere Anmeldung ist inzwischen abgelaufen. Bitte bestätigen Sie sie erneut.',
    'step-over': () => 'Dieser Schritt ist bereits erledigt. Hier geht es weiter.',
    activated: () => 'Ihr Authentifikator ist aktiv. Melden Sie sich jetzt damit an.',
    'certificate-missing': () =>
      'Ihr Browser hat kein Zertifikat gezeigt. Wenn Sie vorher keines ausgewählt haben, merkt er sich das: Schließen Sie alle seine Fenster und versuchen Sie es erneut.',
    'certificate-expired': () => `Dieses Zertifikat ist abgelaufen oder noch nicht gültig. ${anotherCertificate}`,
    'certificate-revoked': () =>
      'Dieses Zertifikat ist gesperrt worden. Bitten Sie den Helpdesk Ihrer Organisation um ein anderes.',
    'certificate-unchecked': () =>
      'Wir konnten nicht feststellen, ob dieses Zertifikat noch gilt. Bitte versuchen Sie es in einigen Minuten erneut.',
    'certificate-stranger': () => `Zertifikate dieser Stelle gelten hier nicht. ${anotherCertificate}`,
    'certificate-unfit': () => `Dieses Zertifikat ist nicht zum Anmelden gedacht. ${anotherCertificate}`,
    'certificate-not-yours': () =>
      `Dieses Zertifikat gehört nicht zu dem Konto, mit dem Sie sich anmelden. ${anotherCertificate}`,
    'certificate-late': () => 'Das hat zu lange gedauert oder war schon erledigt. Bitte versuchen Sie es erneut.',
    'consent-changed': () => 'Was die Anwendung möchte, hat sich geändert. Bitte sehen Sie es sich noch einmal an.',
    'no-script': () =>
      'Ihr Browser führt auf dieser Seite kein JavaScript aus, das für Ihren Authentifikator nötig ist.',
  },

  pages: {
    username: { title: 'Anmelden' },
    password: { title: 'Passwort eingeben' },
    otp: {
      title: 'Einmalcode eingeben',
      lead: 'Ihre Authentifikator-App oder Ihr Token zeigt ihn an. Jeder Code gilt einmal.',
      lost: 'Meine App oder mein Token ist weg',
    },
    'otp-enrolment': {
      title: 'Einmalcodes einrichten',
      lead: 'Scannen Sie dieses Bild mit einer Authentifikator-App auf Ihrem Telefon.',
      picture: 'QR-Code für Ihre Authentifikator-App',
      byHand: 'Oder geben Sie diesen Schlüssel in der App ein:',
      confirm: 'Geben Sie dann den Code ein, den die App anzeigt.',
    },
    'recovery-codes': {
      title: 'Ersatzcodes aufbewahren',
      lead: 'Die Einmalcodes sind eingerichtet. Falls Ihre App einmal weg ist, meldet jeder dieser Codes Sie einmal an ihrer Stelle an.',
      keep: 'Drucken Sie sie aus, oder kopieren Sie sie an einen sicheren Ort. Sie werden nicht noch einmal angezeigt.',
      list: 'Ersatzcodes',
      gone: 'Ihre Ersatzcodes können nicht mehr angezeigt werden.',
    },
    'token-response': {
      title: 'Dem Token-Server antworten',
      lead: 'Geben Sie ein, was er verlangt: was Ihr Token aus der Zahl macht, oder den Code, der Ihnen gesendet wurde.',
    },
    'token-next-code': {
      title: 'Nächsten Code eingeben',
      lead: 'Warten Sie, bis Ihr Token einen anderen Code anzeigt, und geben Sie diesen ein.',
    },
    'token-pin': {
      title: 'Ihre neue PIN',
      lead: 'Merken Sie sich diese PIN: Sie wird nur dieses eine Mal angezeigt. Warten Sie dann auf den nächsten Code, und geben Sie ihn mit der PIN ein, wie Sie es immer tun.',
      confirm:
        'Merken Sie sich diese PIN: Sie wird nur dieses eine Mal angezeigt. Sie gilt, sobald Sie sie übernehmen.',
    },
    'token-new-pin': {
      title: 'PIN wählen',
      lead: 'Ihr Token braucht eine neue PIN. Wählen Sie eine, die niemand errät, und behalten Sie sie für sich.',
    },
    'token-new-password': {
      title: 'Passwort wählen',
      lead: 'Das Passwort, das Sie anstelle eines Tokens verwenden, muss geändert werden.',
    },
    certificate: {
      title: 'Zertifikat verwenden',
      lead: 'Ihr Browser lässt Sie ein Zertifikat auswählen. Liegt es auf einer Smartcard, stecken Sie diese zuerst ein.',
    },
    webauthn: {
      title: 'Authentifikator verwenden',
      lead: 'Ihr Browser fragt jetzt nach Ihrem Sicherheitsschlüssel oder Passkey. Folgen Sie seinen Anweisungen: Geben Sie zum Beispiel die PIN ein und berühren Sie den Schlüssel.',
    },
    activate: {
      title: 'Authentifikator aktivieren',
      lead: {
        email:
          'Ihre Organisation hat einen Authentifikator für Sie vorbereitet. Halten Sie ihn bereit. Zuerst senden wir Ihnen einen Code per E-Mail, um sicher zu sein, dass Sie es sind.',
        password:
          'Ihre Organisation hat einen Authentifikator für Sie vorbereitet. Halten Sie ihn bereit. Zuerst fragen wir nach Ihrem Passwort, um sicher zu sein, dass Sie es sind.',
        either:
          'Ihre Organisation hat einen Authentifikator für Sie vorbereitet. Halten Sie ihn bereit. Zuerst senden wir Ihnen einen Code per E-Mail oder fragen nach Ihrem Passwort, um sicher zu sein, dass Sie es sind.',
      },
      canSkip:
        'Sie können das auch ein anderes Mal erledigen und sich mit dem Authentifikator anmelden, den Sie bereits verwenden.',
    },
    'verification-code': {
      title: 'Sehen Sie in Ihre E-Mails',
      lead: 'Wir haben einen Code an die E-Mail-Adresse Ihres Kontos gesendet. Geben Sie ihn hier ein, um zu bestätigen, dass Sie es sind.',
      after: 'Keine E-Mail? Sehen Sie auch im Spam-Ordner nach.',
    },
    'activation-password': {
      title: 'Passwort bestätigen',
      lead: 'Geben Sie das Passwort Ihres Kontos ein, um zu bestätigen, dass Sie es sind.',
    },
    'activation-ceremony': {
      title: 'Neuen Authentifikator verwenden',
      lead: 'Ihr Browser fragt jetzt nach dem neuen Authentifikator. Folgen Sie seinen Anweisungen: Geben Sie zum Beispiel die PIN ein und berühren Sie den Schlüssel.',
    },
    nickname: {
      title: 'Authentifikator benennen',
      lead: 'Er funktioniert. Geben Sie ihm einen Namen, damit Sie ihn von anderen unterscheiden können.',
    },
    'no-credential': {
      title: 'Sie benötigen einen Authentifikator',
      lead: (application, helps) =>
        `${application} verlangt eine Anmeldung mit ${oneOf(helps)}, und zu Ihrem Konto gehört nichts davon, das verwendet werden kann.`,
      help: 'Bitte wenden Sie sich an den Helpdesk Ihrer Organisation.',
    },
    locked: {
      title: 'Die Anmeldung ist gesperrt',
      lead: ({ wait }) =>
        wait === undefined
          ? 'Es gab zu viele fehlgeschlagene Versuche. Zum Schutz Ihres Kontos ist diese Art der Anmeldung gesperrt.'
          : `Es gab zu viele fehlgeschlagene Versuche. Zum Schutz Ihres Kontos ist diese Art der Anmeldung vorübergehend gesperrt. Bitte versuchen Sie es in ${duration(wait)} erneut.`,
      help: 'Wenn Sie das nicht waren oder es wieder geschieht, wenden Sie sich an den Helpdesk Ihrer Organisation.',
    },
    consent: {
      title: (application) => `Erlauben Sie ${application} das?`,
      own: (application) => `${application} möchte, dass Sie das bestätigen. Danach geht es weiter zu`,
      thirdParty: (application) => `${application} ist keine Anwendung Ihrer Organisation. Danach geht es weiter zu`,
      asks: (application) => `${application} möchte:`,
      before: 'Das haben Sie schon erlaubt:',
      after: (application) =>
        `In beiden Fällen kehren Sie zu ${application} zurück. Wenn Sie es sich später anders überlegen, kann Ihr Helpdesk zurücknehmen, was Sie erlaubt haben.`,
    },
    'login-over': {
      done: {
        title: 'Sie sind bereits angemeldet',
        lead: 'Diese Anmeldung ist abgeschlossen. Kehren Sie zur Anwendung zurück oder schließen Sie diese Seite.',
      },
      'given-up': {
        title: 'Sie haben sich nicht angemeldet',
        lead: 'Diese Anmeldung ist beendet. Kehren Sie zur Anwendung zurück, um neu zu beginnen, oder schließen Sie diese Seite.',
      },
      expired: {
        title: 'Diese Anmeldung ist abgelaufen',
        lead: 'Sie war zu lange offen. Kehren Sie zur Anwendung zurück und melden Sie sich erneut an.',
      },
      unknown: {
        title: 'Diese Anmeldung gibt es nicht',
        lead: 'Sie ist beendet, oder die Adresse ist unvollständig. Kehren Sie zur Anwendung zurück und melden Sie sich erneut an.',
      },
      'other-browser': {
        title: 'Diese Anmeldung gehört zu einem anderen Browser',
        lead: 'Machen Sie in dem Browser weiter, in dem Sie begonnen haben, oder kehren Sie zur Anwendung zurück und melden Sie sich hier erneut an.',
      },
    },
    'bad-request': {
      title: 'Die Anfrage der Anwendung funktioniert nicht',
      lead: 'Die Anwendung hat Sie mit einer Anfrage hierher geschickt, die wir nicht annehmen können. Sie haben nichts falsch gemacht. Bitte geben Sie den Betreibern der Anwendung Bescheid.',
    },
    'form-post': {
      title: 'Zurück zur Anwendung',
      lead: 'Sie werden zur Anwendung zurückgeleitet. Wenn nichts geschieht, wählen Sie „Weiter“.',
    },
    failure: {
      title: 'Bei uns ist etwas schiefgegangen',
      lead: 'Bitte versuchen Sie es gleich noch einmal. Wenn es wieder geschieht, nennen Sie dem Helpdesk Ihrer Organisation diese Nummer.',
    },
    'log-out': {
      title: 'Möchten Sie sich abmelden?',
      lead: 'Sie werden hier abgemeldet. Anwendungen können Sie danach erneut um eine Anmeldung bitten.',
      everywhere: 'Überall abmelden',
      whatEverywhere:
        'Überall heißt: auch in Ihren anderen Browsern und auf anderen Geräten, und bei Anwendungen, die in Ihrer Abwesenheit für Sie arbeiten dürfen.',
      otherwise: 'Wenn Sie angemeldet bleiben möchten, schließen Sie einfach diese Seite.',
    },
    'logged-out': {
      title: 'Sie sind abgemeldet',
      lead: 'Sie können diese Seite schließen.',
      everywhere: {
        title: 'Sie sind überall abgemeldet',
        lead: 'Ihre anderen Browser und Geräte verlangen beim nächsten Mal eine Anmeldung. Sie können diese Seite schließen.',
      },
    },
    home: {
      title: 'Eine Anmeldung für Ihre Anwendungen',
      lead: (serviceName) =>
        `${serviceName} meldet Sie bei den Anwendungen Ihrer Organisation an. Öffnen Sie die Anwendung, die Sie verwenden möchten: Sie führt Sie hierher, wenn eine Anmeldung nötig ist.`,
      portal: 'Mein Konto',
      forAdministrators: 'Für Administratoren',
      console: 'Konsole',
      forDevelopers: 'Für Entwickler',
      discovery: 'OpenID-Connect-Konfiguration',
      api: 'API-Beschreibung',
    },
  },

  mail: {
    subject: (serviceName) => `Ihr Bestätigungscode für ${serviceName}`,
    greeting: 'Guten Tag,',
    asked: (keyName, application) =>
      `Sie möchten bei der Anmeldung an ${application} ${keyName === '' ? 'Ihren Authentifikator' : `den Authentifikator „${keyName}“`} aktivieren.`,
    enter: 'Geben Sie dazu diesen Code auf der Anmeldeseite ein:',
    valid: (minutes) =>
      `Der Code gilt einmal, ${count(minutes, 'Minute', 'Minuten')} lang und nur in dem Browser, in dem er angefordert wurde.`,
    notYou: (serviceName) =>
      `Sie waren das nicht? Dann verwenden Sie den Code nicht und geben Sie ihn niemandem: Ohne ihn bleibt der Authentifikator inaktiv. Niemand von ${serviceName} wird Sie je danach fragen. Sagen Sie dem Helpdesk Ihrer Organisation, dass jemand versucht hat, sich mit Ihrem Namen anzumelden.`,
    why: (serviceName) => `${serviceName} sendet diese Nachricht wegen einer Anmeldung an Ihrem Konto.`,
  },
}
