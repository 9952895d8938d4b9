/** The API that manages users: who there is, what they are called, whether they may sign in, and what they may do. */
import { roles } from '../../../src/core/user.ts'
import { longestWord } from '../../../src/core/user-listing.ts'
import { userLimits } from '../../../src/core/user-request.ts'
import { bodyLimits, patchTypes } from '../../api/asked.ts'
import type { tokenScopes } from '../../api/caller.ts'
import type { Reason } from '../../api/problems.ts'
import {
  answer,
  body,
  cursored,
  dateTime,
  example,
  header,
  inQuery,
  type Json,
  line,
  object,
  ofBody,
  parameter,
  refusals,
  strict,
  tenant,
} from './parts.ts'

const etag = header('The version of the user, for If-Match. That they sign in does not change it.')
const ofUser = `${tenant}/users/{userId}`

/** For access tokens, a scope of their own; reading is in the one of authenticators, too. */
const writing = {
  tags: ['Users'],
  security: [{ apiKey: [] }, { clientCredentials: ['users' satisfies keyof typeof tokenScopes] }],
} as const
const givingRoles = {
  tags: ['Users'],
  security: [{ apiKey: [] }, { clientCredentials: ['service' satisfies keyof typeof tokenScopes] }],
} as const

const found = ['user-not-found', 'user-deleting', 'beyond-caller', 'changed-since', 'changed-meanwhile'] as const
const changed = [...found, ...ofBody, 'malformed-user'] as const satisfies readonly Reason[]
const theUser = (said: string): Json => answer(said, 'WholeUser', {}, { ETag: etag })

export const userPaths = {
  [`${tenant}/users`]: {
    get: {
      operationId: 'listUsers',
      tags: ['Users'],
      summary: 'Find users',
      description:
        'The user with exactly this name (no item when there is none); or, in pages, users by the beginning of any word they are known by, by their role, or by whether they are enabled. How many there are in all is not known. The list may be some seconds behind. A page may hold fewer than it has room for, even none, and still have a next one.',
      parameters: [
        ...parameter('tenantCode'),
        inQuery('userName', 'The whole user name, in any case. Goes with no other parameter.', { type: 'string' }),
        inQuery('prefix', 'The beginning of the user name, in any case. Left out: all users.', { type: 'string' }),
        inQuery(
          'search',
          'The beginning of the user name, the address, or any part of the name, without regard to case or accents.',
          { type: 'string', maxLength: longestWord },
        ),
        inQuery('enabled', 'Only those who are, or are not. Who is being deleted is not.', { enum: ['true', 'false'] }),
        inQuery('role', 'Only those with this role.', { enum: roles }),
        ...parameter('pageSize', 'cursor'),
      ],
      responses: { 200: answer('A page of users.', 'Users'), ...refusals([]) },
    },
    post: {
      ...writing,
      operationId: 'createUser',
      summary: 'Make a user',
      description:
        'An address counts as verified unless emailVerified says otherwise: whoever calls vouches for it. With directory the user has the password that the directory knows.',
      parameters: parameter('tenantCode'),
      requestBody: body('NewUser', bodyLimits.one, {
        one: example('Somebody with a password', {
          userName: 'anna.berger',
          email: 'anna.berger@example.org',
          givenName: 'Anna',
          familyName: 'Berger',
          password: 'correct horse battery staple',
        }),
      }),
      responses: {
        201: answer(
          'The user, with an id.',
          'WholeUser',
          {},
          { ETag: etag, Location: header('The address of the user.', { type: 'string', format: 'uri' }) },
        ),
        ...refusals([...ofBody, 'malformed-user', 'user-exists', 'external-id-taken']),
      },
    },
  },
  [ofUser]: {
    get: {
      operationId: 'readUser',
      tags: ['Users'],
      summary: 'Look a user up',
      parameters: parameter('tenantCode', 'userId'),
      responses: { 200: theUser('The user, who may be disabled.'), ...refusals(['user-not-found']) },
    },
    patch: {
      ...writing,
      operationId: 'changeUser',
      summary: 'Change a user',
      description:
        'A merge patch (RFC 7396): what is left out stays, null takes away. With enabled: false whatever they are signed in to ends at once, and applications are told. The same address again says that it takes mail again. Where the directory has the say, its members are refused.',
      parameters: parameter('tenantCode', 'userId', 'ifMatch'),
      requestBody: body(
        'UserChange',
        bodyLimits.one,
        { one: example('Nobody any more, for now', { enabled: false }) },
        patchTypes,
      ),
      responses: {
        200: theUser('The user as they are now.'),
        ...refusals([
          ...changed,
          'user-exists',
          'external-id-taken',
          'last-administrator',
          'not-yourself',
          'owned-by-directory',
        ]),
      },
    },
    delete: {
      ...writing,
      operationId: 'deleteUser',
      summary: 'Delete a user',
      description:
        'With all that is theirs: authenticators, one-time passwords, certificates, consents, sessions. They are disabled first; where it broke off, they are listed as being deleted, and the same request goes on. The audit log keeps what it knows.',
      parameters: parameter('tenantCode', 'userId', 'ifMatch'),
      responses: {
        204: { description: 'They are gone, and their name is anybody’s.' },
        ...refusals([...found, 'last-administrator', 'not-yourself']),
      },
    },
  },
  [`${ofUser}/roles`]: {
    put: {
      ...givingRoles,
      operationId: 'setRoles',
      summary: 'Say which roles a user has',
      description:
        'These and no others. Needs the scope roles:write; people need the level of what cannot be undone. Nobody takes away their own, and the last administrator who is enabled stays one.',
      parameters: parameter('tenantCode', 'userId', 'requiredMatch'),
      requestBody: body('Roles', bodyLimits.one, { one: example('The help desk', { roles: ['operator'] }) }),
      responses: {
        200: theUser('The user as they are now.'),
        ...refusals([...changed, 'precondition-required', 'last-administrator', 'not-yourself']),
      },
    },
  },
  [`${ofUser}/password`]: {
    post: {
      ...writing,
      operationId: 'setPassword',
      summary: 'Set or remove a password',
      description:
        'null removes it. What rested on the one before ends. Of somebody with a role, only who may give roles. A password that the directory knows is changed there.',
      parameters: parameter('tenantCode', 'userId', 'ifMatch'),
      requestBody: body('Password', bodyLimits.one, { one: example('No password any more', { password: null }) }),
      responses: {
        200: theUser('The user as they are now.'),
        ...refusals([...changed, 'owned-by-directory']),
      },
    },
  },
  [`${ofUser}/unlock`]: {
    post: {
      ...writing,
      operationId: 'unlockUser',
      summary: 'Let a user try again',
      description:
        'Forgets failed passwords and codes, from wherever they came, and resumes one-time passwords that are locked. A security key that is locked stays so.',
      parameters: parameter('tenantCode', 'userId'),
      responses: {
        200: theUser('The user, who need not wait.'),
        ...refusals(['user-not-found', 'user-deleting', 'beyond-caller', 'changed-meanwhile']),
      },
    },
  },
} as const

// --- Shapes -------------------------------------------------------------------------------------------------------

const shownUser = {
  id: { type: 'string' },
  userName: { type: 'string' },
  email: { type: 'string' },
  displayName: { type: 'string', description: 'What pages call them, of whatever there is.' },
  enabled: { type: 'boolean' },
  deleting: { const: true, description: 'Their deletion broke off, or goes on: DELETE goes on with it.' },
  roles: { type: 'array', items: { enum: roles } },
  createdDateTime: dateTime('When the user was created.'),
} as const satisfies Json
const shownRequired = ['id', 'userName', 'displayName', 'enabled', 'roles', 'createdDateTime']

const claims: Json = {
  type: 'object',
  description:
    'What else applications may hear, by the names of OpenID Connect’s claims (Core §5.1). Shown to whoever may write it.',
}

const profile = {
  userName: line(userLimits.userName, 'In any case, nobody else’s.'),
  externalId: line(userLimits.externalId, 'What a provisioning directory calls them.'),
  email: { type: 'string', maxLength: userLimits.email, description: 'One address.' },
  emailVerified: { type: 'boolean' },
  givenName: line(userLimits.name, 'The given name.'),
  familyName: line(userLimits.name, 'The family name.'),
  displayName: line(userLimits.name, 'The whole name.'),
  locale: { type: 'string', description: 'A language tag (BCP 47).' },
  claims,
  enabled: { type: 'boolean' },
} as const satisfies Json

const orNull = ({ type, ...rest }: { type?: unknown }): Json => ({ ...rest, type: [type, 'null'] })

export const userSchemas = {
  User: object(shownUser, shownRequired),
  Users: cursored('User', {
    totalItems: { type: 'integer', minimum: 0, description: 'Only with userName.' },
    pageIndex: { type: 'integer', minimum: 0, description: 'Only with userName.' },
  }),
  WholeUser: object(
    {
      ...shownUser,
      externalId: { type: 'string' },
      emailVerified: { type: 'boolean' },
      mailTrouble: { enum: ['bounced', 'complained'], description: 'What came of the last mail to this address.' },
      givenName: { type: 'string' },
      familyName: { type: 'string' },
      locale: { type: 'string' },
      claims,
      directory: { type: 'boolean', description: 'Whether the directory has the say on their password.' },
      hasPassword: { type: 'boolean', description: 'Whether a password is kept here.' },
      waitsUntilDateTime: dateTime('Failed too often: until then, from somewhere at least, no try is taken.'),
      updatedDateTime: dateTime('When any of it last changed.'),
    },
    [...shownRequired, 'directory', 'hasPassword', 'updatedDateTime'],
  ),
  NewUser: object(
    {
      ...profile,
      password: { type: 'string', minLength: 8, maxLength: 1024, writeOnly: true },
      directory: { type: 'boolean' },
    },
    ['userName'],
    strict,
  ),
  UserChange: object(
    {
      ...profile,
      externalId: orNull(profile.externalId),
      email: orNull(profile.email),
      givenName: orNull(profile.givenName),
      familyName: orNull(profile.familyName),
      displayName: orNull(profile.displayName),
      locale: orNull(profile.locale),
      claims: orNull(claims),
    },
    [],
    strict,
  ),
  Roles: object({ roles: { type: 'array', items: { enum: roles }, maxItems: roles.length } }, ['roles'], strict),
  Password: object(
    { password: { type: ['string', 'null'], minLength: 8, maxLength: 1024, writeOnly: true } },
    ['password'],
    strict,
  ),
} as const
