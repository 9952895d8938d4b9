/**
 * Imports one authenticator: decides what it comes to, and does it in one transaction.
 *
 * The new key, the guard of its credential id, the challenge it answered, the answer that its Idempotency-Key stands for
 * and the audit record are written together or not at all. Where somebody else was faster in any of these, everything
 * is looked up again and decided anew: so of twenty imports of one key, one makes it and the others find it.
 *
 * A refusal stores nothing but its audit record.
 */
import { type Authenticator, isVoid, mostAuthenticators, toldKey } from '../../src/core/authenticator.ts'
import { fromBase64url, toBase64url } from '../../src/core/base64url.ts'
import { type AttestedCredential, verifyRegistration } from '../../src/core/fido/attestation.ts'
import { coseKeyFromPem, readCoseKey } from '../../src/core/fido/cose-key.ts'
import type { ImportRequest, KeyMaterial } from '../../src/core/fido/import-request.ts'
import { checkModel } from '../../src/core/fido/model.ts'
import type { Settings } from '../../src/core/realm.ts'
import { ok, type Refusal, type Result, refuse } from '../../src/core/result.ts'
import { newId } from '../../src/core/secret.ts'
import type { User } from '../../src/core/user.ts'
import type { Call } from '../../src/http/call.ts'
import { recorded } from '../../src/store/audit.ts'
import type { Write } from '../../src/store/db.ts'
import { type Enrolment, enrolmentIn, spentEnrolment } from '../../src/store/enrolments.ts'
import { type Remembered, rememberedIn } from '../../src/store/idempotency.ts'
import { places } from '../../src/store/keys.ts'
import {
  createdAuthenticator,
  createdInPlaceOfVoid,
  credentialGuardIn,
  ownerIn,
  readAuthenticator,
  readPerson,
  readUser,
  userIn,
} from '../../src/store/people.ts'
import { realmIn } from '../../src/store/realm.ts'
import type { World } from '../../src/world.ts'
import { type ApiCaller, barredFrom } from '../api/caller.ts'
import type { Refused } from '../api/problems.ts'
import { noteRefusal } from '../api/refused.ts'
import { type Given, keptAnswer, type Repeatable } from '../api/repeating.ts'
import { authenticatorsUrl, showAuthenticator } from './representation.ts'

export type ImportNeeds = Pick<World, 'now' | 'stage' | 'db' | 'verifier'>

/** What the items before would have come to, in a run that changes nothing. */
export type Imagined = { keys: Map<string, Authenticator>; spent: Set<string> }
export const imagineNothing = (): Imagined => ({ keys: new Map(), spent: new Set() })

export type Asked = {
  cms: ApiCaller
  call: Pick<Call, 'id' | 'ip'>
  /** An id or a user name. */
  userId: string
  request: ImportRequest
  /** Where the members of the import are in the body, for pointers. */
  at?: string
  repeatable?: Repeatable
  /** With it nothing is written. */
  imagined?: Imagined
}

export type Imported =
  | { done: 'created' | 'existing'; status: 201 | 200; authenticator: Authenticator; user: User }
  /** A request with this Idempotency-Key was answered before, with this. */
  | ({ done: 'remembered' } & Given)
  | { done: 'refused'; refusal: Refused }

export async function importAuthenticator(needs: ImportNeeds, asked: Asked): Promise<Imported> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const outcome = await attemptImport(needs, asked)
    if (outcome === 'look-again') continue
    return outcome
  }
  return refusedFor(needs, asked, refuse('changed-meanwhile'))
}

async function refusedFor(needs: ImportNeeds, asked: Asked, refusal: Refused, user?: User): Promise<Imported> {
  const pointed = refusal.at === undefined ? refusal : { ...refusal, at: `${asked.at ?? ''}${refusal.at}` }
  if (asked.imagined === undefined) await noteRefusal(needs, { ...asked, userId: user?.id }, pointed)
  return { done: 'refused', refusal: pointed }
}

type Attempt = Imported | 'look-again'

async function attemptImport(needs: ImportNeeds, asked: Asked): Promise<Attempt> {
  const { stage, now } = needs
  const { request, repeatable } = asked
  const found = await lookUp(needs, asked)
  const refused = (refusal: Refused) => refusedFor(needs, asked, refusal, found.user)

  // First of all: what was answered is answered again, whatever has changed since.
  if (found.memory !== undefined) {
    if (found.memory.fingerprint !== repeatable?.fingerprint) return refused(refuse('idempotency-key-reused'))
    return { done: 'remembered', ...found.memory }
  }
  if (!found.settings.authenticatorImport) return refused(refuse('import-disabled'))
  const { user } = found
  // Of many, the one that is to blame is in the body; of one, it is in the address.
  if (user === undefined || !user.enabled)
    return refused(refuse('user-not-found', asked.at === undefined ? {} : { at: '/userId' }))
  const barred = barredFrom(needs, asked.cms, user)
  if (barred !== undefined) return refused(refuse(barred))
  if (!stage.importRpIds.includes(request.rpId))
    return refused(
      refuse('rp-id-mismatch', { at: '/metadata/rpId', detail: `Accepted: ${stage.importRpIds.join(', ')}.` }),
    )

  if (found.holder === 'changing') return 'look-again'
  const held = found.holder === undefined || isVoid(found.holder, now()) ? undefined : found.holder
  const own = held?.user === user.id ? held : undefined
  // A challenge that was given for somebody else is no challenge.
  const enrolment = found.enrolment?.subject === user.id ? found.enrolment : undefined
  const key = await readKey(needs, asked, { enrolment, isRepeated: own !== undefined, settings: found.settings })
  if (!key.ok) return refused(key)

  if (own !== undefined) {
    if (own.credential.publicKey !== key.value.publicKey || own.credential.rpId !== key.value.rpId)
      return refused(refuse('different-key', { at: '/metadata/credentialId' }))
    return rememberExisting(needs, asked, own, user)
  }
  if (held !== undefined) return refused(refuse('taken', { at: '/metadata/credentialId' }))
  const model = checkModel(key.value, found.settings)
  if (!model.ok) return refused(model)
  if (await hasMost(needs, asked, user)) return refused(refuse('too-many-authenticators'))
  const authenticator = authenticatorOf(needs, asked, { user, key: key.value, settings: found.settings })
  return create(needs, asked, { authenticator, user, enrolment, inPlaceOf: found.holder })
}

// --- Looking up ---------------------------------------------------------------------------------------------------

type Found = {
  settings: Settings
  user: User | undefined
  memory: Remembered | undefined
  enrolment: Enrolment | undefined
  /** Who has the credential id; `changing` when the guard was there and what it guards was not. */
  holder: Authenticator | 'changing' | undefined
}

/** All that the decision rests on, in one consistent read; and two more where a name or a guard leads further. */
async function lookUp({ db, now }: ImportNeeds, asked: Asked): Promise<Found> {
  const { request, userId, repeatable, imagined } = asked
  const challengeId = request.key.kind === 'attested' ? request.key.challengeId : undefined
  const [realm, byId, byName, guarded, memory, enrolled] = await db.batch([
    places.realm(),
    places.user(userId),
    places.userName(userId),
    places.credential(request.credentialId),
    // Where there is nothing to look for, what is read anyhow.
    repeatable === undefined ? places.realm() : places.idempotency(repeatable.caller, repeatable.key),
    challengeId === undefined ? places.realm() : places.enrolment(challengeId),
  ])
  const owner = ownerIn(byName)
  const user = byId === undefined && owner !== undefined ? await readUser(db, owner) : userIn(byId)
  const guard = credentialGuardIn(guarded)
  const guardedKey = guard && ((await readAuthenticator(db, guard.owner, guard.authenticator)) ?? 'changing')
  const isSpent = challengeId === undefined || imagined?.spent.has(challengeId)
  return {
    settings: realmIn(realm).settings,
    user,
    memory: repeatable === undefined ? undefined : rememberedIn(memory, now()),
    enrolment: isSpent ? undefined : enrolmentIn(enrolled, now()),
    holder: imagined?.keys.get(request.credentialId) ?? guardedKey,
  }
}

// --- The key ------------------------------------------------------------------------------------------------------

/** `aaguid` is one that an attestation certificate stands for; `claimedAaguid` is anybody's word. */
type ReadKey = Authenticator['credential'] & Pick<Authenticator, 'claimedAaguid'> & { attested: boolean }

type Circumstances = {
  enrolment: Enrolment | undefined
  /** The user has this credential already: nothing will be made of the answer, so an old challenge will do. */
  isRepeated: boolean
  settings: Settings
}

async function readKey(
  needs: ImportNeeds,
  { request }: Asked,
  about: Circumstances,
): Promise<Result<ReadKey, Refused['reason']>> {
  const { key } = request
  if (key.kind === 'attested') return readAttested(needs, request, key, about)
  const bytes = key.kind === 'cose' ? ok(key.publicKey) : coseKeyFromPem(key.publicKeyPem)
  const at = key.kind === 'cose' ? '/metadata/publicKey' : '/metadata/publicKeyPem'
  const checked = bytes.ok ? readCoseKey(bytes.value) : bytes
  if (!checked.ok) return pointed(checked, at)
  return ok({
    ...credentialOf(request),
    publicKey: toBase64url(checked.value.bytes),
    algorithm: checked.value.algorithm,
    signatureCounter: request.signatureCounter ?? 0,
    ...(request.backupEligible === undefined ? {} : { backupEligible: request.backupEligible }),
    ...(request.aaguid === undefined ? {} : { claimedAaguid: request.aaguid }),
    attested: false,
  })
}

const credentialOf = ({ rpId, credentialId, transports, userHandle, discoverable }: ImportRequest) => ({
  rpId,
  credentialId,
  ...(transports === undefined ? {} : { transports }),
  ...(userHandle === undefined ? {} : { userHandle }),
  ...(discoverable === undefined ? {} : { discoverable }),
})

/** What a rule below said of its own input, said of the member of the body that it came from. */
const pointed = ({ reason, detail }: Refusal<Refused['reason'] | 'malformed'>, at: string): Refused =>
  refuse(reason === 'malformed' ? 'malformed-request' : reason, { at, ...(detail === undefined ? {} : { detail }) })

const attestation = '/metadata/attestation'

const invalid = (at: string, detail: string): Refusal<'attestation-invalid'> =>
  refuse('attestation-invalid', { at, detail })

async function readAttested(
  { stage, now }: ImportNeeds,
  request: ImportRequest,
  key: KeyMaterial & { kind: 'attested' },
  about: Circumstances,
): Promise<Result<ReadKey, Refused['reason']>> {
  const { clientDataJSON, attestationObject, challengeId } = key
  // Without a challenge of ours, an attestation is as good as the day somebody else saw it: it could be played again.
  if (challengeId === undefined)
    return invalid(
      `${attestation}/challengeId`,
      'An attestation counts only as the answer to a challenge from creation-options. Without one, send publicKey.',
    )
  const challenge = about.isRepeated ? challengeIn(clientDataJSON) : about.enrolment?.challenge
  if (challenge === undefined)
    return invalid(`${attestation}/challengeId`, 'This challenge was not given, has been used, or has expired.')
  const verified = await verifyRegistration({
    attestation: { clientDataJSON, attestationObject },
    challenge,
    origins: stage.enrolmentOrigins,
    rpIds: stage.importRpIds,
    roots: about.settings.attestationRoots,
    now: now(),
  })
  if (!verified.ok) return pointed(verified, `${attestation}${verified.at ?? ''}`)
  const { value } = verified
  const contradiction = contradictionIn(request, value)
  if (contradiction !== undefined) return contradiction
  const isCertified = value.attestationType === 'certified'
  return ok({
    ...credentialOf(request),
    publicKey: value.publicKey,
    algorithm: value.algorithm,
    // The key may have been used since it was attested, and the CMS may know.
    signatureCounter: Math.max(value.signatureCounter, request.signatureCounter ?? 0),
    ...(value.backupEligible === undefined ? {} : { backupEligible: value.backupEligible }),
    ...(value.aaguid === undefined ? {} : isCertified ? { aaguid: value.aaguid } : { claimedAaguid: value.aaguid }),
    attested: true,
  })
}

/** A body that says of its key what the key does not say of itself is about another key. */
function contradictionIn(request: ImportRequest, attested: AttestedCredential): Refused | undefined {
  if (request.rpId !== attested.rpId)
    return refuse('rp-id-mismatch', { at: '/metadata/rpId', detail: 'The key was made for another RP ID.' })
  for (const name of ['credentialId', 'aaguid', 'backupEligible'] as const) {
    const claimed = request[name]
    if (claimed !== undefined && claimed !== attested[name])
      return invalid(`/metadata/${name}`, 'The attestation says otherwise.')
  }
  return undefined
}

/** The challenge that an answer was given to, by its own word. */
function challengeIn(clientDataJSON: string): string | undefined {
  try {
    const data: unknown = JSON.parse(Buffer.from(fromBase64url(clientDataJSON) ?? []).toString('utf8'))
    const challenge = typeof data === 'object' && data !== null && 'challenge' in data ? data.challenge : undefined
    return typeof challenge === 'string' ? challenge : undefined
  } catch {
    return undefined
  }
}

// --- The number of keys -------------------------------------------------------------------------------------------

/**
 * Whether this user may have no more. Counted before the transaction and not held by it: imports at the same time may
 * come to a few more, and nothing rests on the exact number.
 */
async function hasMost({ db, now }: ImportNeeds, { imagined }: Asked, user: User): Promise<boolean> {
  const kept = (await readPerson(db, user.id))?.authenticators ?? []
  const keys = [...kept, ...(imagined?.keys.values() ?? [])]
  return keys.filter((key) => key.user === user.id && !isVoid(key, now())).length >= mostAuthenticators
}

// --- Writing ------------------------------------------------------------------------------------------------------

type Made = { user: User; key: ReadKey; settings: Settings }

function authenticatorOf({ now }: ImportNeeds, { request }: Asked, { user, key, settings }: Made): Authenticator {
  const { attested, claimedAaguid, userHandle, ...credential } = key
  const { friendlyName, externalId, serialNumber } = request
  const expiresAt =
    request.expiresAt ?? (settings.pendingLifetime === undefined ? undefined : now() + settings.pendingLifetime)
  // The handle that creation-options gives is the id here, and need not be kept.
  const isForeign = userHandle !== undefined && userHandle !== userHandleOf(user)
  return {
    id: newId(),
    user: user.id,
    type: 'fido',
    state: 'pending',
    origin: 'imported',
    provenance: attested ? 'attested' : 'raw',
    ...(friendlyName === undefined ? {} : { friendlyName }),
    ...(externalId === undefined ? {} : { externalId }),
    ...(serialNumber === undefined ? {} : { serialNumber }),
    createdAt: now(),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(claimedAaguid === undefined ? {} : { claimedAaguid }),
    credential: { ...credential, ...(isForeign ? { userHandle } : {}) },
    version: 1,
  }
}

/** What a key of this user carries as its user handle, base64url. */
export const userHandleOf = ({ id }: Pick<User, 'id'>): string => toBase64url(Buffer.from(id))

type Creation = {
  authenticator: Authenticator
  user: User
  enrolment: Enrolment | undefined
  inPlaceOf: Authenticator | undefined
}

async function create(needs: ImportNeeds, asked: Asked, creation: Creation): Promise<Attempt> {
  const { authenticator, user, enrolment, inPlaceOf } = creation
  const outcome = { done: 'created', status: 201, authenticator, user } as const
  if (asked.imagined !== undefined) {
    asked.imagined.keys.set(authenticator.credential.credentialId, authenticator)
    if (enrolment !== undefined) asked.imagined.spent.add(enrolment.id)
    return outcome
  }
  const { db, now } = needs
  const done = await db.transact([
    ...keptAnswer(asked.repeatable, answerFor(needs, 201, authenticator, user), needs.now()),
    ...(enrolment === undefined ? [] : [spentEnrolment(enrolment, now())]),
    ...(inPlaceOf === undefined
      ? createdAuthenticator(authenticator)
      : createdInPlaceOfVoid(authenticator, inPlaceOf, now())),
    ...(inPlaceOf === undefined ? [] : [expiredRecord(needs, asked, inPlaceOf)]),
    recorded({
      type: 'authenticator.imported',
      at: now(),
      actor: asked.cms.actor,
      user: user.id,
      ...toldKey(authenticator),
      ip: asked.call.ip,
      request: asked.call.id,
      detail: authenticator.provenance,
    }),
  ])
  return done.ok ? outcome : 'look-again'
}

const expiredRecord = ({ now }: ImportNeeds, { cms, call }: Asked, key: Authenticator): Write =>
  recorded({
    type: 'authenticator.deleted',
    at: now(),
    actor: cms.actor,
    user: key.user,
    ...toldKey(key),
    ip: call.ip,
    request: call.id,
    reason: 'expired',
  })

async function rememberExisting(
  needs: ImportNeeds,
  asked: Asked,
  authenticator: Authenticator,
  user: User,
): Promise<Attempt> {
  const outcome = { done: 'existing', status: 200, authenticator, user } as const
  const writes =
    asked.imagined === undefined
      ? keptAnswer(asked.repeatable, answerFor(needs, 200, authenticator, user), needs.now())
      : []
  if (writes.length === 0) return outcome
  return (await needs.db.transact(writes)).ok ? outcome : 'look-again'
}

const answerFor = ({ stage }: ImportNeeds, status: 200 | 201, authenticator: Authenticator, user: User): Given => ({
  status,
  body: JSON.stringify(showAuthenticator(authenticator)),
  ...(status === 201 ? { location: `${authenticatorsUrl(stage, user.id)}/${authenticator.id}` } : {}),
})
