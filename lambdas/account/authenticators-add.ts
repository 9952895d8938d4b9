// POST /api/v1/tenants/{tenantCode}/me/authenticators — the key that one has just made: it is active at once.
//
// Its answer is checked as that of a key which a CMS relays (`core/fido/attestation.ts`), with one difference: whoever
// holds it is here, so a key that nothing vouches for is taken where no list of models is kept.
import { type Authenticator, isVoid, mostAuthenticators } from '../../src/core/authenticator.ts'
import {
  ifGiven,
  readBoolean,
  readDocument,
  readList,
  readMembers,
  readOneOf,
  readText,
} from '../../src/core/document.ts'
import { type AttestedCredential, verifyRegistration } from '../../src/core/fido/attestation.ts'
import { transportNames } from '../../src/core/fido/import-request.ts'
import { checkModel } from '../../src/core/fido/model.ts'
import { ok, type Result, refuse } from '../../src/core/result.ts'
import { newId } from '../../src/core/secret.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { places } from '../../src/store/keys.ts'
import { addedAuthenticator } from '../../src/store/people.ts'
import { selfEnrolmentIn, spentSelfEnrolment } from '../../src/store/self-enrolments.ts'
import { bodyLimits, readBody, readQuery } from '../api/asked.ts'
import { answerTo, type Reason } from '../api/problems.ts'
import { readName } from './authenticators-change.ts'
import { showOwn } from './representation.ts'
import { forSelf, type Self, type SelfNeeds, toldOfSelf, unproved } from './self.ts'

export const handle = forSelf(async (world: SelfNeeds, call: Call, self: Self): Promise<Answer> => {
  const query = readQuery(call, [])
  if (!query.ok) return answerTo(query)
  const body = readBody(call, bodyLimits.one)
  if (!body.ok) return answerTo(body)
  const made = readMade(body.value)
  if (!made.ok) return answerTo(made)
  if (!self.realm.settings.selfServiceFido) return answerTo(refuse('self-service-off'))
  const asked = unproved(world, call, self, 'add')
  return asked ?? add(world, call, self, made.value)
})

type Made = {
  challengeId: string
  friendlyName: string
  clientDataJSON: string
  attestationObject: string
  transports?: string[]
  discoverable?: boolean
}

const idShape = /^[\w-]{22}$/
const base64urlShape = /^[\w-]{1,44000}$/

const readMade = (data: unknown): Result<Made, 'malformed-request'> =>
  readDocument('malformed-request', data, (document) => {
    const members = readMembers(document, '', ['challengeId', 'friendlyName', 'response', 'discoverable'])
    const at = '/response'
    const { clientDataJSON, attestationObject, ...more } = readMembers(members.response, at, [
      'clientDataJSON',
      'attestationObject',
      'transports',
    ])
    return {
      challengeId: readText(members.challengeId, '/challengeId', idShape),
      friendlyName: readName(members.friendlyName),
      clientDataJSON: readText(clientDataJSON, `${at}/clientDataJSON`, base64urlShape),
      attestationObject: readText(attestationObject, `${at}/attestationObject`, base64urlShape),
      ...ifGiven(more, at, 'transports', (list, place) =>
        readList(list, place, transportNames.length, (each, its) => readOneOf(transportNames, each, its)),
      ),
      ...ifGiven(members, '', 'discoverable', readBoolean),
    }
  })

async function add(world: SelfNeeds, call: Call, self: Self, made: Made): Promise<Answer> {
  const { db, now } = world
  const whose = { user: self.user.id, sid: self.session.sid, purpose: 'fido' } as const
  const begun = selfEnrolmentIn(await db.get(places.selfEnrolment(made.challengeId)), whose, now())
  if (begun?.challenge === undefined) return answerTo(refuse('enrolment-over', { at: '/challengeId' }))
  if (self.person.authenticators.filter((key) => !isVoid(key, now())).length >= mostAuthenticators)
    return answerTo(refuse('too-many-authenticators'))
  const key = await readKey(world, self, made, begun.challenge)
  if (!key.ok) return answerTo(key)
  const authenticator = authenticatorOf(self, made, key.value, now())
  const { aaguid } = authenticator.credential
  const done = await db.transact([
    spentSelfEnrolment(begun, now()),
    ...addedAuthenticator(authenticator, self.person.user.standing),
    toldOfSelf(world, call, self, {
      type: 'authenticator.added',
      authenticator: authenticator.id,
      detail: authenticator.provenance,
      ...(aaguid === undefined ? {} : { aaguid }),
    }),
  ])
  if (done.ok) return json(201, showOwn({ kind: 'fido', its: authenticator }))
  const [spent, , guard] = done.conflicts
  if (spent !== undefined) return answerTo(refuse('enrolment-over', { at: '/challengeId' }))
  return answerTo(refuse(guard === undefined ? 'changed-meanwhile' : 'taken'))
}

async function readKey(
  { stage, now }: SelfNeeds,
  { realm }: Self,
  { clientDataJSON, attestationObject }: Made,
  challenge: string,
): Promise<Result<AttestedCredential, Reason>> {
  const { settings } = realm
  const verified = await verifyRegistration({
    attestation: { clientDataJSON, attestationObject },
    challenge,
    // Of the portal alone, and for signing in here: what a CMS may do elsewhere is its own.
    origins: [stage.issuer],
    rpIds: [stage.rpId],
    roots: settings.attestationRoots,
    now: now(),
    unattested: 'accepted',
  })
  if (!verified.ok)
    return refuse(verified.reason === 'malformed' ? 'malformed-request' : verified.reason, {
      at: `/response${verified.at ?? ''}`,
      ...(verified.detail === undefined ? {} : { detail: verified.detail }),
    })
  const { aaguid, attestationType } = verified.value
  const model = checkModel(attestationType === 'certified' && aaguid !== undefined ? { aaguid } : {}, settings)
  return model.ok
    ? ok(verified.value)
    : refuse(model.reason, model.detail === undefined ? {} : { detail: model.detail })
}

function authenticatorOf({ user }: Self, made: Made, key: AttestedCredential, now: number): Authenticator {
  const { attestationFormat: _, attestationType, aaguid, ...credential } = key
  const { friendlyName, transports, discoverable } = made
  const isCertified = attestationType === 'certified'
  return {
    id: newId(),
    user: user.id,
    type: 'fido',
    state: 'active',
    origin: 'local',
    provenance: attestationType === 'none' ? 'raw' : 'attested',
    friendlyName,
    createdAt: now,
    activatedAt: now,
    ...(aaguid === undefined || isCertified ? {} : { claimedAaguid: aaguid }),
    credential: {
      ...credential,
      ...(aaguid !== undefined && isCertified ? { aaguid } : {}),
      ...(transports === undefined ? {} : { transports }),
      ...(discoverable === undefined ? {} : { discoverable }),
    },
    version: 1,
  }
}
