/** Applications: with the same functions as the API, by a document in a file or by flags for what most of them need. */
import {
  type ClientRefusal,
  changeClient,
  deleteClient,
  endRetiringSecret,
  findClient,
  type Issued,
  registerClient,
  rotateSecret,
} from '../../src/client-admin.ts'
import { overlaps } from '../../src/core/oidc/client.ts'
import { showClient } from '../../src/core/oidc/client-metadata.ts'
import type { Result } from '../../src/core/result.ts'
import { listClients } from '../../src/store/clients.ts'
import { document, done, expecting, told } from './documents.ts'
import { type Command, cannot, defined, documentIn, type Given, needed } from './typed.ts'

export const clientUsage = `  client add ID --redirect-uri U... [--post-logout-redirect-uri U]... [--name N] [--public]
             [--scope S]... [--default-acr A]... [--minimum-acr A] [--voluntary] [--no-amr] [--machine]
             [--es256]
  client add [ID] --json FILE           a registration by the names of RFC 7591; FILE may be - for standard input
  client list                           every client, how it authenticates, and whether it is in use
  client show ID                        its registration, as \`change --json\` takes it
  client change ID --json FILE [--if-match TAG]
                                        in its place; the tag is what \`show\` writes to standard error
  client change ID [--redirect-uri U]... [--post-logout-redirect-uri U]... [--name N] [--scope S]...
             [--default-acr A]... [--es256]
                                        these members, and nothing else of it
  client rotate-secret ID [--overlap S] another secret, shown once; the one before is good for ${overlaps.usual} seconds more,
                                        or as many as it says: with 0 it ends at once
  client end-secret ID                  the secret before the one in use ends now
  client delete ID                      its tokens are good for nothing from then on
`

export const clientCommands: Record<string, Command> = {
  'client add': async (bench, words, given) => {
    const made = given.json
      ? await registerClient(bench, await registrationIn(words))
      : await registerClient(bench, flagged(needed(words[0], 'a client id'), given), stepUpIn(given))
    return issued(made, ({ clientId }) => `Client ${clientId} is made`)
  },

  'client list': async (bench) => {
    const clients = await listClients(bench.db)
    const width = Math.max(...clients.map(({ clientId }) => clientId.length))
    return clients
      .map(({ clientId, clientName, tokenEndpointAuthMethod, enabled }) =>
        [clientId.padEnd(width), tokenEndpointAuthMethod, clientName, ...(enabled ? [] : ['disabled'])].join('  '),
      )
      .join('\n')
  },

  'client show': async (bench, [id]) => document(done(await findClient(bench, needed(id, 'a client id')))),

  'client change': async (bench, words, given) => {
    const id = needed(words[0], 'a client id')
    if (given.json) {
      const registration = await documentIn(words[1])
      return changed(await changeClient(bench, id, registration, expecting(given['if-match'])))
    }
    if (given['minimum-acr'] !== undefined || given.voluntary || given['no-amr'])
      cannot('That is of its step-up policy: see `client-policy set`.')
    const members = flags(given)
    if (Object.keys(members).length === 0) cannot('There is nothing to change: say what, or take --json FILE.')
    const present = done(await findClient(bench, id))
    const registration = { ...showClient(present.value), ...members }
    return changed(await changeClient(bench, id, registration, (etag) => etag === present.etag))
  },

  'client rotate-secret': async (bench, [id], { overlap }) => {
    const wanted = overlap === undefined ? {} : { overlap: /^\d{1,9}$/.test(overlap) ? Number(overlap) : overlap }
    const { secret, secrets } = done(await rotateSecret(bench, needed(id, 'a client id'), wanted))
    const retiring = secrets.find(({ state }) => state === 'retiring')
    const before =
      retiring?.until === undefined
        ? 'No other is good any more.'
        : `The one before is good until ${new Date(retiring.until * 1000).toISOString()}.`
    return `The secret of ${id}, shown this once:\n${secret}\n${before}`
  },

  'client end-secret': async (bench, [id]) => {
    done(await endRetiringSecret(bench, needed(id, 'a client id')))
    return `One secret of ${id} is good, and no other.`
  },

  'client delete': async (bench, [id]) =>
    `Client ${done(await deleteClient(bench, needed(id, 'a client id')))} is gone.`,
}

/** `--json FILE` behind the id, or alone: who it is, the document may say as well. */
async function registrationIn(words: readonly string[]): Promise<unknown> {
  const [id, file] = words.length > 1 ? words : [undefined, words[0]]
  const registration = await documentIn(file)
  return id === undefined || typeof registration !== 'object' ? registration : { client_id: id, ...registration }
}

/** What the flags say of a registration, by its names. */
const flags = (given: Given) => ({
  ...defined('client_name', given.name),
  ...defined('redirect_uris', given['redirect-uri']),
  ...defined('post_logout_redirect_uris', given['post-logout-redirect-uri']),
  ...defined('scope', given.scope?.join(' ')),
  ...defined('default_acr_values', given['default-acr']),
  ...defined('id_token_signed_response_alg', given.es256 ? 'ES256' : undefined),
})

const flagged = (clientId: string, given: Given) => ({
  client_id: clientId,
  token_endpoint_auth_method: given.public ? 'none' : 'client_secret_basic',
  ...(given.machine
    ? { grant_types: ['client_credentials'] }
    : {
        redirect_uris: needed(given['redirect-uri'], '--redirect-uri'),
        grant_types: ['authorization_code', 'refresh_token'],
      }),
  ...flags(given),
})

const stepUpIn = (given: Given) => ({
  stepUp: {
    enforcement: given.voluntary ? ('voluntary' as const) : ('strict' as const),
    ...defined('minimumAcr', given['minimum-acr']),
    ...(given['no-amr'] ? { amr: false } : {}),
  },
})

function issued(result: Result<Issued, ClientRefusal>, sentence: (client: Issued['value']) => string): string {
  const { value: client, secret, warnings } = done(result)
  if (secret !== undefined) return told(`${sentence(client)}, its secret shown this once:\n${secret}`, warnings)
  const method = client.tokenEndpointAuthMethod
  const how = method === 'none' ? 'it is public and uses PKCE' : `it authenticates by ${method}`
  return told(`${sentence(client)}; ${how}.`, warnings)
}

const changed = (result: Result<Issued, ClientRefusal>): string =>
  issued(result, ({ clientId, version }) => `Client ${clientId} is at version ${version}`)
