/** Flows, ACR maps, policies, and why somebody was asked: with the same functions as the API. */
import { writeFileSync } from 'node:fs'
import { factorKinds } from '../../src/core/step-up/flow.ts'
import { flowFromKeycloak, readAuthenticatorNames } from '../../src/core/step-up/keycloak.ts'
import type { Workbench } from '../../src/setup.ts'
import {
  bindFlow,
  changeClientPolicy,
  changeFlow,
  changeRealmPolicy,
  createFlow,
  deleteFlow,
  duplicateFlow,
  listFlows,
  readClientPolicy,
  readFlow,
  readRealmPolicy,
} from '../../src/step-up-admin.ts'
import { type Explanation, explain } from '../../src/step-up-explain.ts'
import { document, done, expecting, told } from './documents.ts'
import { Cannot, type Command, defined, documentIn, type Given, jsonIn, needed } from './typed.ts'

export const stepUpUsage = `  flows list                            every flow, which is bound, and which clients use it
  flows show ID                         the flow's document
  flows export ID FILE                  the same, into a file
  flows import FILE                     a new flow; FILE may be - for standard input
  flows import FILE --replace           in place of the flow that has its id, if that still has the file's version
  flows import --from-keycloak FILE --id ID [--flow ALIAS] [--authenticator PROVIDER=FACTOR]...
                                        a step-up flow of a realm's export; its browser flow if none is named
  flows duplicate ID NEW --name N [--description D]
  flows bind ID                         as the flow of every client that has none of its own
  flows delete ID                       unless it is bound or used
  policy show                           the realm's ACR map, default, unreachable, enrol
  policy set FILE [--if-match TAG]      in its place; the tag is what \`show\` writes to standard error
  client-policy show ID
  client-policy set ID FILE [--if-match TAG]
  explain USER CLIENT [--acr A]... [--claims JSON] [--max-age SECONDS] [--prompt P]...
          [--proof FACTOR:SECONDS-AGO]... [--sid SID] [--at TIME] [--json]
`

export const stepUpCommands: Record<string, Command> = {
  'flows list': async (bench) => {
    const flows = await listFlows(bench)
    return flows
      .map(({ id, version, name, bound, clients }) =>
        [
          id.padEnd(Math.max(...flows.map((flow) => flow.id.length))),
          `version ${version}`,
          name,
          ...(bound ? ['bound'] : []),
          ...(clients.length > 0 ? [`used by ${clients.join(', ')}`] : []),
        ].join('  '),
      )
      .join('\n')
  },

  'flows show': async (bench, [id]) => done(await readFlow(bench, needed(id, 'the id of a flow'))).written.trimEnd(),

  'flows export': async (bench, [id, file]) => {
    const { value, written } = done(await readFlow(bench, needed(id, 'the id of a flow')))
    writeFileSync(needed(file, 'a file'), written)
    return `Flow ${value.id}, version ${value.version}, is in ${file}.`
  },

  'flows import': async (bench, [file], given) => {
    if (given['from-keycloak'] !== undefined) return importFromKeycloak(bench, given)
    const data = await documentIn(file)
    if (!given.replace) {
      const { value, warnings } = done(await createFlow(bench, data))
      return told(`Flow ${value.id} is made, as version ${value.version}.`, warnings)
    }
    const { id, version } = namesOf(data)
    const present = done(await readFlow(bench, id))
    if (present.value.version !== version)
      throw new Cannot(
        `The file was made of version ${version} of ${id}, which is at version ${present.value.version}.`,
      )
    const { value, warnings } = done(await changeFlow(bench, id, data, (etag) => etag === present.etag))
    return told(`Flow ${value.id} is at version ${value.version}.`, warnings)
  },

  'flows duplicate': async (bench, [id, copy], { name, description }) => {
    const wanted = {
      id: needed(copy, 'the id of the copy'),
      name: needed(name, '--name'),
      ...defined('description', description),
    }
    const { value, warnings } = done(await duplicateFlow(bench, needed(id, 'the id of a flow'), wanted))
    return told(`Flow ${value.id} is made.`, warnings)
  },

  'flows bind': async (bench, [id]) => {
    const { flow, warnings } = done(await bindFlow(bench, { flow: needed(id, 'the id of a flow') }))
    return told(`Flow ${flow} is the browser flow.`, warnings)
  },

  'flows delete': async (bench, [id]) =>
    `Flow ${done(await deleteFlow(bench, needed(id, 'the id of a flow')))} is gone.`,

  'policy show': async (bench) => document(await readRealmPolicy(bench)),

  'policy set': async (bench, [file], given) => {
    const changed = done(await changeRealmPolicy(bench, await documentIn(file), expecting(given['if-match'])))
    return told(changed.written.trimEnd(), changed.warnings)
  },

  'client-policy show': async (bench, [clientId]) =>
    document(done(await readClientPolicy(bench, needed(clientId, 'a client id')))),

  'client-policy set': async (bench, [clientId, file], given) => {
    const expects = expecting(given['if-match'])
    const client = needed(clientId, 'a client id')
    const changed = done(await changeClientPolicy(bench, client, await documentIn(file), expects))
    return told(changed.written.trimEnd(), changed.warnings)
  },

  explain: async (bench, [user, client], given) => {
    const proofs = given.proof?.map(proofOf)
    const question = {
      user: needed(user, 'a user'),
      client: needed(client, 'a client id'),
      request: {
        ...defined('acrValues', given.acr),
        ...defined('claims', given.claims === undefined ? undefined : jsonIn(given.claims, '--claims')),
        ...defined('maxAge', given['max-age'] === undefined ? undefined : Number(given['max-age'])),
        ...defined('prompt', given.prompt),
      },
      ...defined('session', proofs && { proofs }),
      ...defined('sid', given.sid),
      ...defined('at', given.at),
    }
    const explanation = done(await explain(bench, question, bench.elsewhere))
    return given.json ? JSON.stringify(explanation, null, 2) : inWords(explanation)
  },
}

async function importFromKeycloak(bench: Workbench, given: Given): Promise<string> {
  const authenticators = readAuthenticatorNames(given.authenticator ?? [], factorKinds)
  if (!authenticators.ok)
    throw new Cannot(
      `--authenticator takes PROVIDER=FACTOR, a factor of ${factorKinds.join(', ')}; not ${authenticators.detail}.`,
    )
  const converted = flowFromKeycloak(await documentIn(given['from-keycloak']), {
    id: needed(given.id, '--id'),
    flow: given.flow,
    authenticators: authenticators.value,
  })
  if (!converted.ok) throw new Cannot(`It cannot be moved as it is: ${converted.at ?? ''} ${converted.detail ?? ''}`)
  const { flow, notes, acrToLoa } = converted.value
  const { value, warnings } = done(await createFlow(bench, flow))
  const map =
    acrToLoa === undefined ? [] : [`The export maps ${JSON.stringify(acrToLoa)}: compare it with \`policy show\`.`]
  return told(
    [`Flow ${value.id} is made of ${value.name}. Read it before you bind it.`, ...notes, ...map].join('\n'),
    warnings,
  )
}

/** Which flow and version a document says it is; whether it is a flow at all is looked at later. */
function namesOf(data: unknown): { id: string; version: unknown } {
  const isNamed = typeof data === 'object' && data !== null && 'id' in data && typeof data.id === 'string'
  if (!isNamed) throw new Cannot('The file has no id of a flow.')
  return { id: String(data.id), version: 'version' in data ? data.version : undefined }
}

/** `otp:120`: a code, two minutes ago. */
function proofOf(typed: string): { factor: string; secondsAgo: number } {
  const [, factor = '', seconds = ''] = /^(\w+):(\d+)$/.exec(typed) ?? []
  if (factor === '') throw new Cannot(`--proof takes a factor and how many seconds ago, as in otp:120; not ${typed}.`)
  return { factor, secondsAgo: Number(seconds) }
}

function inWords({ user, client, session, enrolment, decision, next, why }: Explanation): string {
  const { webauthn, ...others } = enrolment
  const has = [
    ...Object.entries(others).map(([factor, state]) => `${factor} ${state}`),
    ...webauthn.map(({ authenticator, state }) => `webauthn ${authenticator} ${state}`),
  ]
  return [
    `${user.userName} at ${client.clientName}: ${outcomeOf(decision)}`,
    `Session: ${session.state}. Has: ${has.join(', ')}. First page: ${next.page}.`,
    ...why.map((sentence) => `- ${sentence}`),
  ].join('\n')
}

function outcomeOf(decision: Explanation['decision']): string {
  switch (decision.do) {
    case 'issue':
      return `tokens with acr ${decision.acr ?? 'none'}`
    case 'ask':
      return `asked for ${decision.offers.map(({ factor }) => factor).join(' or ')}`
    case 'refuse':
      return `refused, ${decision.reason}`
  }
}
