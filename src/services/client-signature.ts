/** Whether a client signed a JWT: with one of its keys, by an algorithm that it may use. What the JWT says is not looked at. */
import { compactVerify, errors } from 'jose'
import type { Client } from '../core/oidc/client.ts'
import { type ClientJwt, keysFor } from '../core/oidc/client-jwt.ts'
import { fapiAlgorithms, namesOf, type SigningAlgorithm } from '../core/oidc/signing.ts'
import type { ClientKeys } from './client-keys.ts'

/** @param registered the one algorithm that the client's record names for this; left out: any of ours. */
export async function isSignedBy(
  clientKeys: ClientKeys,
  client: Client,
  text: string,
  jwt: ClientJwt,
  registered: SigningAlgorithm | undefined,
): Promise<boolean> {
  if (registered !== undefined && registered !== jwt.alg) return false
  if (client.profile === 'fapi2' && !fapiAlgorithms.some((each) => each === jwt.alg)) return false
  const keys = await clientKeys.read(client, (its) => keysFor(its, jwt).length > 0)
  for (const key of keysFor(keys, jwt)) {
    try {
      await compactVerify(text, key, { algorithms: [...namesOf(jwt.alg)] })
      return true
    } catch (failure) {
      if (!(failure instanceof errors.JOSEError || failure instanceof TypeError)) throw failure
    }
  }
  return false
}
