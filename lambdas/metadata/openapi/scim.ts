/** The API of SCIM 2.0 (RFC 7643, RFC 7644), by the same definition of a User that `/Schemas` shows. */
import { operators } from '../../../src/core/scim/filter.ts'
import { type Attribute, urns, userAttributes } from '../../../src/core/scim/schema.ts'
import { bodyLimits } from '../../api/asked.ts'
import type { tokenScopes } from '../../api/caller.ts'
import { answer, body, example, header, inHeader, inPath, inQuery, type Json, object, ref } from './parts.ts'

const media = 'application/scim+json'

const typeOf = ({ type }: Attribute): Json =>
  type === 'boolean' ? { type: 'boolean' } : { type: 'string', ...(type === 'dateTime' ? { format: 'date-time' } : {}) }

function schemaOf(attribute: Attribute): Json {
  const { multiValued, description, subAttributes, canonicalValues } = attribute
  const one =
    subAttributes === undefined
      ? { ...typeOf(attribute), ...(canonicalValues === undefined ? {} : { examples: canonicalValues }) }
      : object(membersOf(subAttributes), [])
  return multiValued ? { type: 'array', items: one, description } : { ...one, description }
}

const membersOf = (attributes: readonly Attribute[]): Json =>
  Object.fromEntries(attributes.map((attribute) => [attribute.name, schemaOf(attribute)]))

const schemas = (urn: string): Json => ({ type: 'array', items: { type: 'string' }, contains: { const: urn } })
const text = (description: string): Json => ({ type: 'string', description })
const whole = (description: string): Json => ({ type: 'integer', minimum: 0, description })

const meta = object(
  {
    resourceType: { const: 'User' },
    created: { type: 'string', format: 'date-time' },
    lastModified: { type: 'string', format: 'date-time' },
    location: { type: 'string', format: 'uri' },
    version: text('The ETag.'),
  },
  [],
)

const ids = { id: text('The id, and sub of tokens.'), externalId: text('By what the directory knows the user.') }
const isShown = ({ returned }: Attribute): boolean => returned !== 'never'
const isWritten = ({ mutability }: Attribute): boolean => mutability !== 'readOnly'

/** As they are sent: values may be null or empty, which says that there is none, and true and false may be texts. */
const loosely = ({ multiValued, type, description, subAttributes = [] }: Attribute): Json => {
  if (multiValued) return { type: ['array', 'object', 'null', 'string'], description }
  if (type === 'complex')
    return {
      type: ['object', 'null', 'string'],
      description,
      properties: Object.fromEntries(subAttributes.map((each) => [each.name, loosely(each)])),
    }
  return type === 'boolean'
    ? { type: ['boolean', 'string', 'null'], description }
    : { type: ['string', 'null'], description }
}

export const scimSchemas = {
  ScimUser: object({ schemas: schemas(urns.user), ...ids, ...membersOf(userAttributes.filter(isShown)), meta }, [
    'schemas',
    'id',
  ]),
  ScimUserDocument: object(
    {
      schemas: schemas(urns.user),
      externalId: { type: ['string', 'null'], description: ids.externalId.description },
      ...Object.fromEntries(userAttributes.filter(isWritten).map((each) => [each.name, loosely(each)])),
      userName: text('By what the user signs in.'),
    },
    ['schemas', 'userName'],
    {
      description:
        'Attributes of RFC 7643 and of extensions that are not named here are taken and not kept. Names are compared without regard to case.',
    },
  ),
  ScimUsers: object(
    {
      schemas: schemas(urns.list),
      totalResults: whole('How many there are in all. Not with a cursor over everybody.'),
      startIndex: whole('The first of the page, from 1.'),
      itemsPerPage: whole('How many are on the page.'),
      nextCursor: text('Where the next page begins (RFC 9865).'),
      Resources: { type: 'array', items: ref('schemas', 'ScimUser') },
    },
    ['schemas', 'itemsPerPage', 'Resources'],
  ),
  ScimSearch: object(
    {
      schemas: schemas(urns.search),
      filter: text('As in the address.'),
      startIndex: { type: 'integer' },
      count: { type: 'integer' },
      cursor: text('As in the address.'),
      attributes: { type: 'array', items: { type: 'string' } },
      excludedAttributes: { type: 'array', items: { type: 'string' } },
      sortBy: { description: 'Passed over.' },
      sortOrder: { description: 'Passed over.' },
    },
    ['schemas'],
    { additionalProperties: false },
  ),
  ScimPatch: object(
    {
      schemas: schemas(urns.patch),
      Operations: {
        type: 'array',
        minItems: 1,
        maxItems: 100,
        items: object(
          {
            op: text('add, replace or remove, in any case.'),
            path: text('An attribute, a part of it, or a filter over its values: emails[type eq "work"].value.'),
            value: { description: 'What it is to be.' },
          },
          ['op'],
        ),
      },
    },
    ['schemas', 'Operations'],
    { additionalProperties: false },
  ),
  ScimError: object(
    {
      schemas: schemas(urns.error),
      status: { type: 'string', pattern: '^[45][0-9]{2}$' },
      scimType: text('Which kind of it, for programs (RFC 7644 §3.12).'),
      detail: { type: 'string' },
    },
    ['schemas', 'status', 'detail'],
    { description: 'An error of SCIM.' },
  ),
} as const satisfies Record<string, Json>

const said = {
  400: 'The request is malformed',
  401: 'Send an API key that is in use, or an access token',
  403: 'This caller may not do that',
  404: 'There is no such user',
  409: 'It is somebody’s already, or others are changing the same user',
  412: 'It is not the version that If-Match names any more',
  413: 'The body is too large',
  415: 'The body must be application/scim+json',
} as const
type Status = keyof typeof said

const errors = (...statuses: Status[]): Json => ({
  ...Object.fromEntries(
    ([400, 401, 403, ...statuses] satisfies Status[]).map((status) => [
      status,
      {
        description: said[status],
        ...(status === 401 || status === 403
          ? { headers: { 'WWW-Authenticate': header('RFC 9110 §11.6.1. Not with every 403.') } }
          : {}),
        content: { [media]: { schema: ref('schemas', 'ScimError') } },
      },
    ]),
  ),
  429: ref('responses', 'TooManyRequests'),
  500: ref('responses', 'Broken'),
})

const shows = (description: string, name: string, headers: Json = {}): Json => {
  const { content, ...rest } = answer(description, name, {}, headers)
  return { ...rest, content: { [media]: { schema: ref('schemas', name) } } }
}

const tagged = { ETag: header('The version.'), 'Content-Location': header('The address.') }

const common = {
  tags: ['SCIM'],
  security: [
    { apiKey: [] },
    { apiKeyAsBearer: [] },
    { clientCredentials: ['users' satisfies keyof typeof tokenScopes] },
  ],
} as const

const projecting = [
  inQuery('attributes', 'Only these, by a comma. schemas and id are always there.', { type: 'string' }),
  inQuery('excludedAttributes', 'All but these.', { type: 'string' }),
]
const listing = [
  inQuery(
    'filter',
    `RFC 7644 §3.4.2.2: ${operators.join(', ')}, pr, and, or, not and brackets. By userName, externalId, id or emails.value it is quick; any other reads everybody, and is tooMany where they are.`,
    { type: 'string' },
  ),
  inQuery('startIndex', 'The first of the page, from 1. What comes before it is counted each time.', {
    type: 'integer',
  }),
  inQuery('count', 'How many at most: 100 where nothing is said, and never more than 200.', { type: 'integer' }),
  inQuery('cursor', 'Empty for the first page, then what nextCursor was (RFC 9865). Quick on each page.', {
    type: 'string',
  }),
]
const userId = inPath('userId', 'The id of a user.')
const ifMatch = inHeader('If-Match', 'The version that it must still have (RFC 7644 §3.14).')

const types = [media, 'application/json'] as const
const of = (name: string, examples: Json): Json => body(name, bodyLimits.one, examples, types)

const ada = {
  schemas: [urns.user],
  userName: 'ada@example.org',
  externalId: '0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef',
  name: { givenName: 'Ada', familyName: 'Lovelace' },
  emails: [{ value: 'ada@example.org', type: 'work', primary: true }],
  active: true,
}

export const scimPaths = {
  '/scim/v2/Users': {
    get: {
      ...common,
      operationId: 'scimListUsers',
      summary: 'Find users, or list all of them',
      parameters: [...listing, ...projecting],
      responses: { 200: shows('A page of users.', 'ScimUsers'), ...errors() },
    },
    post: {
      ...common,
      operationId: 'scimCreateUser',
      summary: 'Create a user',
      parameters: projecting,
      requestBody: of('ScimUserDocument', { ada: example('A user', ada) }),
      responses: {
        201: shows('The user as they are kept.', 'ScimUser', {
          ETag: header('The version.'),
          Location: header('The address.'),
        }),
        ...errors(409, 413, 415),
      },
    },
  },
  '/scim/v2/Users/.search': {
    post: {
      ...common,
      operationId: 'scimSearchUsers',
      summary: 'Find users by a body',
      description: 'The same as the list, for filters that are not to be in logs of addresses.',
      parameters: [],
      requestBody: of('ScimSearch', {
        mail: example('By an address', {
          schemas: [urns.search],
          filter: 'emails.value eq "ada@example.org"',
          count: 10,
        }),
      }),
      responses: { 200: shows('A page of users.', 'ScimUsers'), ...errors(413, 415) },
    },
  },
  '/scim/v2/Users/{userId}': {
    get: {
      ...common,
      operationId: 'scimReadUser',
      summary: 'Read a user',
      parameters: [userId, ...projecting, inHeader('If-None-Match', 'The version that is known already.')],
      responses: {
        200: shows('The user.', 'ScimUser', tagged),
        304: { description: 'It is the version that If-None-Match names.' },
        ...errors(404),
      },
    },
    put: {
      ...common,
      operationId: 'scimReplaceUser',
      summary: 'Replace a user',
      description: 'What is left out is taken away, but for active and password.',
      parameters: [userId, ...projecting, ifMatch],
      requestBody: of('ScimUserDocument', { ada: example('A user', ada) }),
      responses: { 200: shows('The user as they are now.', 'ScimUser', tagged), ...errors(404, 409, 412, 413, 415) },
    },
    patch: {
      ...common,
      operationId: 'scimChangeUser',
      summary: 'Change a user',
      description: 'All operations or none. With active false, the user’s sessions end, and applications are told.',
      parameters: [userId, ...projecting, ifMatch],
      requestBody: of('ScimPatch', {
        leaving: example('Somebody leaves', {
          schemas: [urns.patch],
          Operations: [{ op: 'replace', path: 'active', value: false }],
        }),
      }),
      responses: { 200: shows('The user as they are now.', 'ScimUser', tagged), ...errors(404, 409, 412, 413, 415) },
    },
    delete: {
      ...common,
      operationId: 'scimDeleteUser',
      summary: 'Delete a user',
      description: 'With all that is theirs. Where it broke off, to delete them again goes on.',
      parameters: [userId, ifMatch],
      responses: { 204: { description: 'They are gone.' }, ...errors(404, 409, 412) },
    },
  },
  '/scim/v2/Groups': {
    get: {
      ...common,
      operationId: 'scimListGroups',
      summary: 'List groups: there are none',
      description: 'For directories that ask before they send a user.',
      parameters: [],
      responses: {
        200: shows('An empty list.', 'ScimUsers'),
        401: errors()[401],
        403: errors()[403],
        429: errors()[429],
        500: errors()[500],
      },
    },
  },
} as const
