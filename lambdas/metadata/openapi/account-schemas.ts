/** What people hear of themselves, and send. */
import { cursored, dateTime, type Json, line, object, strict } from './parts.ts'

const texts = (description: string): Json => ({ type: 'array', items: { type: 'string' }, description })
const list = (items: Json): Json => ({ type: 'array', items })

const authenticator = object(
  {
    id: { type: 'string' },
    kind: { enum: ['fido', 'otp'] },
    state: { enum: ['pending', 'active', 'suspended', 'locked'] },
    origin: { enum: ['imported', 'local'] },
    friendlyName: { type: 'string' },
    serialNumber: { type: 'string' },
    aaguid: { type: 'string', description: 'The model, where an attestation stands for it.' },
    backupEligible: { type: 'boolean', description: 'Whether copies of it may be kept elsewhere.' },
    transports: texts('How browsers reach it.'),
    createdDateTime: dateTime('When it came to be known.'),
    activatedDateTime: dateTime('When its user activated it.'),
    expiresDateTime: dateTime('A pending one is void then.'),
    lastUsedDateTime: dateTime('When it was last used.'),
    may: { type: 'array', items: { enum: ['activate', 'rename', 'remove'] } },
  },
  ['id', 'kind', 'state', 'origin', 'createdDateTime', 'may'],
)

const codes = { type: 'array', items: { type: 'string' }, minItems: 10, maxItems: 10 } as const

export const accountSchemas = {
  MyAuthenticator: authenticator,
  MyAuthenticators: object(
    {
      authenticators: list(authenticator),
      recoveryCodes: object({ left: { type: 'integer' }, createdDateTime: dateTime('When they were made.') }, [
        'left',
        'createdDateTime',
      ]),
      password: { enum: ['here', 'directory', 'none'] },
      activationAcr: { type: 'string', description: 'What a sign-in asks for, so that a pending key is activated.' },
      mayAdd: { type: 'array', items: { enum: ['fido', 'otp', 'recovery-codes'] } },
    },
    ['authenticators', 'password', 'mayAdd'],
  ),
  MyName: object({ friendlyName: line(64, 'What it is to be called.') }, ['friendlyName'], strict),
  MyCreationOptions: object(
    {
      publicKey: { type: 'object', description: 'PublicKeyCredentialCreationOptionsJSON (WebAuthn Level 3 §5.4).' },
      challengeId: { type: 'string' },
      expiresDateTime: dateTime('Until when the answer counts.'),
    },
    ['publicKey', 'challengeId', 'expiresDateTime'],
  ),
  MyNewAuthenticator: object(
    {
      challengeId: { type: 'string', pattern: '^[A-Za-z0-9_-]{22}$' },
      friendlyName: line(64, 'What it is to be called.'),
      response: object(
        {
          clientDataJSON: { type: 'string' },
          attestationObject: { type: 'string' },
          transports: texts('As getTransports() says.'),
        },
        ['clientDataJSON', 'attestationObject'],
        strict,
      ),
      discoverable: { type: 'boolean', description: 'As the extension credProps says.' },
    },
    ['challengeId', 'friendlyName', 'response'],
    strict,
  ),
  MyCodesBegun: object(
    {
      enrolmentId: { type: 'string' },
      secret: { type: 'string', description: 'Base32, for those who type it.' },
      uri: { type: 'string', description: 'otpauth://' },
      qr: object({ size: { type: 'integer' }, path: { type: 'string', description: 'Of an SVG.' } }, ['size', 'path']),
      expiresDateTime: dateTime('Until when a code confirms it.'),
    },
    ['enrolmentId', 'secret', 'uri', 'qr', 'expiresDateTime'],
  ),
  MyNewCodes: object(
    {
      enrolmentId: { type: 'string', pattern: '^[A-Za-z0-9_-]{22}$' },
      code: { type: 'string' },
      friendlyName: line(64, 'What it is to be called.'),
    },
    ['enrolmentId', 'code'],
    strict,
  ),
  MyCodesAdded: object({ authenticator, recoveryCodes: codes }, ['authenticator']),
  MyRecoveryCodes: object({ recoveryCodes: codes }, ['recoveryCodes']),
  Me: object(
    {
      id: { type: 'string' },
      userName: { type: 'string' },
      displayName: { type: 'string' },
      email: { type: 'string' },
      locale: { type: 'string' },
      roles: texts('What one may do to others here.'),
      mailTrouble: { enum: ['bounced', 'complained'], description: 'Mail does not arrive.' },
      session: object(
        {
          id: { type: 'string' },
          idleDateTime: dateTime('When it ends if nobody asks before.'),
          endsDateTime: dateTime('When it ends at the latest.'),
          proofs: list(
            object(
              {
                factor: { enum: ['password', 'otp', 'certificate', 'webauthn'] },
                dateTime: dateTime('When it was shown.'),
                authenticator: { type: 'string' },
                friendlyName: { type: 'string' },
              },
              ['factor', 'dateTime'],
            ),
          ),
        },
        ['id', 'idleDateTime', 'endsDateTime', 'proofs'],
      ),
      levels: list(
        object(
          {
            alias: { type: 'string' },
            loa: { type: 'integer' },
            acr: { type: 'string' },
            state: { enum: ['fresh', 'stale', 'missing'] },
            reachable: { type: 'boolean' },
            reachedDateTime: dateTime('When it was reached.'),
            goodUntilDateTime: dateTime('Until when it is good without being shown again.'),
          },
          ['alias', 'loa', 'state', 'reachable'],
        ),
      ),
    },
    ['id', 'userName', 'displayName', 'roles', 'session', 'levels'],
  ),
  MySessions: object(
    {
      sessions: list(
        object(
          {
            id: { type: 'string' },
            current: { type: 'boolean' },
            createdDateTime: dateTime('When one signed in.'),
            lastSeenDateTime: dateTime('When an application last asked.'),
            idleDateTime: dateTime('When it ends if nobody asks before.'),
            endsDateTime: dateTime('When it ends at the latest.'),
            ip: { type: 'string' },
            userAgent: { type: 'string' },
            clients: texts('The applications that had a code in it.'),
          },
          ['id', 'current', 'createdDateTime', 'lastSeenDateTime', 'idleDateTime', 'endsDateTime', 'clients'],
        ),
      ),
    },
    ['sessions'],
  ),
  MyConsents: object(
    {
      consents: list(
        object(
          {
            clientId: { type: 'string' },
            name: { type: 'string' },
            uri: { type: 'string' },
            scopes: texts('Of the scope parameter.'),
            claims: texts('Of the claims parameter.'),
            resources: texts('Resource servers (RFC 8707).'),
            givenDateTime: dateTime('When one first allowed something.'),
            updatedDateTime: dateTime('When one last did.'),
          },
          ['clientId', 'name', 'scopes', 'claims', 'resources', 'givenDateTime', 'updatedDateTime'],
        ),
      ),
    },
    ['consents'],
  ),
  MyActivity: object(
    {
      id: { type: 'string' },
      type: { type: 'string' },
      dateTime: dateTime('When it was.'),
      by: { enum: ['you', 'organisation', 'service', 'stranger'] },
      application: { type: 'string' },
      authenticator: { type: 'string' },
      acr: { type: 'string' },
      reason: { type: 'string' },
      ip: { type: 'string' },
    },
    ['id', 'type', 'dateTime', 'by'],
  ),
  MyActivities: cursored('MyActivity'),
} as const
