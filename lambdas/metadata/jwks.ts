// GET /jwks — the public halves of the keys that sign, signed, or are about to (RFC 7517).
import { jwksMaxAge } from '../../src/core/oidc/key-rotation.ts'
import { isLiving } from '../../src/core/oidc/signing-key.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { readSigningKeys } from '../../src/store/signing-keys.ts'
import type { World } from '../../src/world.ts'

export async function handle({ db }: Pick<World, 'db'>, _call: Call): Promise<Answer> {
  const keys = await readSigningKeys(db)
  return json(
    200,
    { keys: keys.filter(isLiving).map(({ kid, alg, publicJwk }) => ({ ...publicJwk, kid, alg, use: 'sig' })) },
    { 'cache-control': `public, max-age=${jwksMaxAge}`, 'access-control-allow-origin': '*' },
  )
}
