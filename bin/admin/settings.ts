/** The realm's settings as they are typed: how a text becomes what a document would have. What each may be, `settingForms` says. */
import { existsSync, readFileSync } from 'node:fs'
import { requiredAlgorithms, signingAlgorithms } from '../../src/core/oidc/signing.ts'
import { isOptional, type SettingForm, settingForms, settingNames } from '../../src/core/settings-document.ts'
import { Cannot } from './typed.ts'

/** A value that nobody could have meant stays the text that it is, and is refused as that. */
export function settingOf(assignment: string): [string, unknown] {
  const [typed = '', ...rest] = assignment.split('=')
  const name = settingNames.find((known) => known === typed)
  if (name === undefined) throw new Cannot(`${typed} is no setting: ${settingNames.join(', ')}.`)
  return [name, typedValue(settingForms[name], rest.join('='))]
}

function typedValue(form: SettingForm, text: string): unknown {
  switch (form.kind) {
    case 'switch':
      return text === 'true' ? true : text === 'false' ? false : text
    case 'number':
      if (text === '' && isOptional(form)) return undefined
      return /^\d{1,10}$/.test(text) ? Number(text) : text
    case 'aaguids':
    case 'algorithms':
      return text === '' ? [] : text.split(',')
    case 'certificates':
      return text === '' ? [] : certificatesIn(text)
    case 'choice':
    case 'acr':
      return text
  }
}

/** What a setting takes, in words. */
export function formInWords(name: string): string {
  const known = settingNames.find((each) => each === name)
  if (known === undefined) return 'nothing'
  const form = settingForms[known]
  switch (form.kind) {
    case 'switch':
      return 'true or false'
    case 'choice':
      return form.of.join(', ')
    case 'number':
      return `a whole number from ${form.least} to ${form.most}${isOptional(form) ? ', or nothing for none' : ''}`
    case 'aaguids':
      return 'AAGUIDs with commas between, or nothing'
    case 'certificates':
      return 'a file of PEM certificates, or nothing'
    case 'algorithms':
      return `${signingAlgorithms.join(', ')}, with commas between; ${requiredAlgorithms.join(' and ')} are always there`
    case 'acr':
      return 'the name of an acr'
  }
}

/** A file without a certificate is one that was not meant. */
function certificatesIn(file: string): string[] | string {
  if (!existsSync(file)) throw new Cannot(`There is no file ${file}.`)
  const pems = readFileSync(file, 'utf8').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return pems.length > 0 ? [...pems] : file
}
