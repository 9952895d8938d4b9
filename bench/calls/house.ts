/**
 * A house with everything a factor may need: a real directory over LDAPS, an authority for client certificates, flows
 * that ask for them, and the leave to set up one-time codes. Whoever opens it closes it.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseCertificates } from '../../src/core/certificate/certificate-settings.ts'
import { parseDirectory } from '../../src/core/directory/directory-settings.ts'
import type { Flow } from '../../src/core/step-up/flow.ts'
import { changedRealm, readRealm } from '../../src/store/realm.ts'
import { type House, openHouse } from '../../test/house.ts'
import { type Authority, createAuthority } from '../../test/pki.ts'
import { type Slapd, servicePassword, startSlapd } from '../../test/slapd.ts'

/** `authority` issues what browsers show. */
export type CallsHouse = { house: House; authority: Authority; close(): Promise<void> }

export const secret = 'a secret of some length'

/** Throws, with the name of the package, where slapd is not installed. */
export async function openCallsHouse(): Promise<CallsHouse> {
  const slapd = await startSlapd()
  return besides(slapd).catch(async (failure) => {
    await slapd.stop()
    throw failure
  })
}

async function besides(slapd: Slapd): Promise<CallsHouse> {
  const folder = await mkdtemp(join(tmpdir(), 'keystep-calls-'))
  const authority = await createAuthority('CN=People')
  const [secrets, issuers] = [join(folder, 'secrets.json'), join(folder, 'issuers.pem')]
  const shared = { directoryPassword: servicePassword, directoryCa: slapd.ca }
  await Promise.all([writeFile(secrets, JSON.stringify(shared), { mode: 0o600 }), writeFile(issuers, authority.pem)])
  const directory = parseDirectory(slapd.written)
  const certificates = parseCertificates({ origin: 'https://cert.example.org', issuers, revocation: 'if-named' })
  if (!directory.ok || directory.value === undefined) throw new Error('The directory has no settings')
  if (!certificates.ok || certificates.value === undefined) throw new Error('The certificates have no settings')
  const house = await openHouse({
    stage: { directory: directory.value, certificates: certificates.value, secrets: { file: secrets } },
  })
  // Certificates are good from now on by the clock of the machine.
  house.now = Math.floor(Date.now() / 1000)
  await furnish(house)
  return {
    house,
    authority,
    async close() {
      await house.close()
      await slapd.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function furnish(house: House): Promise<void> {
  const realm = await readRealm(house.db)
  const cba = realm.flows['stepup-ldap-otp-cba']
  if (cba === undefined) throw new Error('The realm has no flow with a certificate')
  const certificates: Flow = { ...cba, id: 'certificates', levels: cba.levels.filter(({ alias }) => alias !== 'otp') }
  await house.seed(changedRealm({ ...realm, flows: { ...realm.flows, certificates }, enrol: ['otp'] }))
  await house.addClient()
  await house.addClient({ clientId: 'codes', flow: 'stepup-ldap-otp', enforcement: 'strict' })
  await house.addClient({ clientId: 'certificates', flow: 'certificates', enforcement: 'strict' })
  await house.addClient({ clientId: 'machine', secret, grantTypes: ['client_credentials'], scopes: ['api'] })
  await house.addClient({ clientId: 'accounts', secret, grantTypes: ['client_credentials'], scopes: ['introspection'] })
}
