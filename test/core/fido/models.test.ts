import { expect, it } from 'vitest'
import { longestIcon, readModels } from '../../../src/core/fido/models.ts'

const aaguid = 'EE882879-721C-4913-9775-3DFCCE97072A'
const icon = 'data:image/png;base64,iVBORw0KGgo='
const statement = { aaguid, description: 'Example Key 5', icon, protocolFamily: 'fido2' }
const model = { aaguid: aaguid.toLowerCase(), description: 'Example Key 5', icon }

it.each([
  ['one statement', statement],
  ['a list of them', [statement, { ...statement, aaguid: undefined }]],
  ["the payload of the service's BLOB", { no: 1, entries: [{ metadataStatement: statement }, { aaguid }] }],
  ['the last of several of one model', [{ ...statement, description: 'Old' }, statement]],
])('reads %s', (_, document) => {
  expect(readModels(document)).toEqual({ ok: true, value: [model] })
})

it.each([
  ['an icon from elsewhere', { icon: 'https://example.org/key.png' }, '/icon'],
  ['an icon that is a page', { icon: 'data:text/html;base64,AAAA' }, '/icon'],
  ['an icon beside base64', { icon: 'data:image/svg+xml;utf8,<svg/>' }, '/icon'],
  ['too long an icon', { icon: `data:image/png;base64,${'A'.repeat(longestIcon)}` }, '/icon'],
  ['no name', { description: '' }, '/description'],
  ['a name of two lines', { description: 'a\nb' }, '/description'],
  ['no AAGUID', { aaguid: 'yes' }, '/aaguid'],
])('refuses %s', (_, change, at) => {
  expect(readModels({ ...statement, ...change })).toMatchObject({ ok: false, at })
  expect(readModels([statement, { ...statement, ...change }])).toMatchObject({ ok: false, at: `/1${at}` })
})

it.each([[null], ['text'], [7]])('refuses %j', (document) => {
  expect(readModels(document)).toMatchObject({ ok: false, at: '' })
})
