/**
 * A step of the token validator that a login waits in: what it said, and the state that it wants back.
 *
 * A text may hold the PIN that the server has just made, so the table keeps neither text nor state readable: both are
 * sealed for the one browser whose login it is, with a key that follows from the secret in its cookie. Reload, back button
 * and a second tab of that browser read it; who reads the table does not.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import type { Login } from '../login.ts'
import type { Seconds } from '../result.ts'
import { newId } from '../secret.ts'
import type { Challenge } from './token-validation.ts'

export type TokenStep = {
  /** What a form of this step brings along: one of an earlier step answers nothing. */
  id: string
  until: Seconds
  sealed: string
}

/** Validators forget their states after some minutes; nobody is to type a PIN into the void. */
export const tokenStepLifetime: Seconds = 300

type About = Pick<Login, 'id' | 'user' | 'typedName'>

export function newTokenStep(challenge: Challenge, login: About, browserSecret: string, now: Seconds): TokenStep {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', keyFor(login, browserSecret), nonce).setAAD(bindingOf(login))
  const sealed = Buffer.concat([cipher.update(JSON.stringify(challenge)), cipher.final()])
  return {
    id: newId(),
    until: now + tokenStepLifetime,
    sealed: Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64'),
  }
}

/** `undefined` when its time is over, or when it is about another person than the login is by now. */
export function openTokenStep(
  login: About & Pick<Login, 'tokenStep'>,
  browserSecret: string,
  now: Seconds,
): (Challenge & { id: string }) | undefined {
  const step = login.tokenStep
  if (step === undefined || step.until <= now) return undefined
  const bytes = Buffer.from(step.sealed, 'base64')
  try {
    const key = keyFor(login, browserSecret)
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 })
    decipher.setAAD(bindingOf(login)).setAuthTag(bytes.subarray(12, 28))
    const opened = Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()])
    return { ...(JSON.parse(opened.toString('utf8')) as Challenge), id: step.id }
  } catch {
    return undefined
  }
}

const keyFor = ({ id }: About, browserSecret: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', browserSecret, id, 'keystep-token-step', 32))

const bindingOf = ({ user, typedName }: About): Buffer => Buffer.from(JSON.stringify([user ?? '', typedName ?? '']))
