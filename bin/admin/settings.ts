/** The realm's settings as they are typed: what each may be, and how it is read. */
import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { leastOverlap } from '../../src/core/oidc/key-rotation.ts'
import { requiredAlgorithms, type SigningAlgorithm, signingAlgorithms } from '../../src/core/oidc/signing.ts'
import type { Settings } from '../../src/core/realm.ts'
import { Cannot } from './typed.ts'

/** What each setting may be; a number of seconds where it is a time. `null` takes a setting away. */
const settingForms: Record<keyof Settings, { form: string; read: (text: string) => unknown }> = {
  authenticatorImport: onOrOff(),
  activationProof: oneOf('email', 'password', 'either'),
  activationCountsAsLogin: onOrOff(),
  pendingLifetime: {
    form: 'a whole number of seconds, 3600 or more, or nothing for no end',
    read: (text) => (text === '' ? null : wholeNumber(3600).read(text)),
  },
  allowedAaguids: {
    form: 'AAGUIDs with commas between, or nothing',
    read: (text) => (text === '' ? [] : all(text.split(','), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)),
  },
  attestationRoots: {
    form: 'a file of PEM certificates, or nothing',
    read: (text) => (text === '' ? [] : certificatesIn(text)),
  },
  counterFailuresToLock: wholeNumber(0),
  sessionIdle: wholeNumber(60),
  sessionLifetime: wholeNumber(60),
  consoleAcr: acrName(),
  sensitiveAcr: acrName(),
  sensitiveMaxAge: wholeNumber(60),
  signingAlgorithms: {
    form: `${signingAlgorithms.join(', ')}, with commas between; ${requiredAlgorithms.join(' and ')} are always there`,
    read: algorithmsIn,
  },
  signingKeyPeriod: wholeNumber(2 * leastOverlap),
  signingKeyOverlap: wholeNumber(leastOverlap),
}

export const settingNames = Object.keys(settingForms)

function onOrOff() {
  return {
    form: 'true or false',
    read: (text: string) => (text === 'true' ? true : text === 'false' ? false : undefined),
  }
}

function oneOf(...words: string[]) {
  return { form: words.join(', '), read: (text: string) => words.find((word) => word === text) }
}

function acrName() {
  return { form: 'the name of an acr', read: (text: string) => (/^[\x21-\x7e]{1,100}$/.test(text) ? text : undefined) }
}

function wholeNumber(least: number) {
  const read = (text: string) => (/^\d{1,9}$/.test(text) && Number(text) >= least ? Number(text) : undefined)
  return { form: `a whole number, ${least} or more`, read }
}

function all(texts: string[], form: RegExp): string[] | undefined {
  return texts.every((text) => form.test(text)) ? texts : undefined
}

/** Undefined unless every part is an algorithm, and those that must be there are. */
function algorithmsIn(text: string): SigningAlgorithm[] | undefined {
  const named = text.split(',')
  const known = signingAlgorithms.filter((alg) => named.includes(alg))
  return known.length === named.length && requiredAlgorithms.every((alg) => named.includes(alg)) ? known : undefined
}

/** Undefined unless every part of the file is a certificate. */
function certificatesIn(file: string): string[] | undefined {
  if (!existsSync(file)) throw new Cannot(`There is no file ${file}.`)
  const pems = readFileSync(file, 'utf8').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  try {
    for (const pem of pems) new X509Certificate(pem)
  } catch {
    return undefined
  }
  return pems.length > 0 ? [...pems] : undefined
}

export function settingOf(assignment: string): [string, unknown] {
  const [name = '', ...rest] = assignment.split('=')
  const setting = Object.entries(settingForms).find(([known]) => known === name)?.[1]
  if (setting === undefined) throw new Cannot(`${name} is no setting: ${settingNames.join(', ')}.`)
  const value = setting.read(rest.join('='))
  if (value === undefined) throw new Cannot(`${name} takes ${setting.form}.`)
  return [name, value ?? undefined]
}
