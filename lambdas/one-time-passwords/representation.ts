/** How a one-time password looks from outside: everything but its secret, and where its counter stands. */
import type { OneTimePassword } from '../../src/core/otp/one-time-password.ts'
import { type Answer, json } from '../../src/http/call.ts'
import type { Stage } from '../../src/stage.ts'
import { dateTime, etagOf, tenantUrl } from '../api/representation.ts'

export const showOneTimePassword = (otp: OneTimePassword) => ({
  id: otp.id,
  type: otp.type,
  state: otp.state,
  origin: otp.origin,
  algorithm: otp.algorithm,
  digits: otp.digits,
  ...(otp.type === 'totp' ? { period: otp.period } : {}),
  ...(otp.friendlyName === undefined ? {} : { friendlyName: otp.friendlyName }),
  ...(otp.externalId === undefined ? {} : { externalId: otp.externalId }),
  ...(otp.serialNumber === undefined ? {} : { serialNumber: otp.serialNumber }),
  createdDateTime: dateTime(otp.createdAt),
  lastUsedDateTime: otp.lastUsedAt === undefined ? null : dateTime(otp.lastUsedAt),
})

export const answerWith = (otp: OneTimePassword): Answer => json(200, showOneTimePassword(otp), { etag: etagOf(otp) })

export const oneTimePasswordsUrl = (stage: Stage, user: string): string =>
  `${tenantUrl(stage)}/users/${encodeURIComponent(user)}/one-time-passwords`
