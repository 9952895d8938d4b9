/** Many keys from a file: looked at, tried out, imported, told row by row, and done again without harm. */
import { readFile } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { createSecurityKey } from '../authenticator.ts'
import { colleague } from './colleague.ts'
import { startVisits, type Visits } from './visit.ts'
import type { Visitor } from './visitor.ts'

let visits: Visits
beforeAll(async () => {
  visits = await startVisits()
})
afterAll(() => visits?.close())
afterEach(() => visits.leave())

const takes = (browser: Visitor, name: string, content: string): Promise<void> =>
  browser.page
    .getByLabel('CSV or JSON file')
    .setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(content) })

const newKey = () => createSecurityKey({ rpId: 'localhost', origin: visits.demo.issuer })

it('imports what is good, says of each other row what is wrong with it, and repeats without harm', async () => {
  const [una, vera] = [await visits.newPerson('Una'), await visits.newPerson('Vera')]
  const [first, second] = [newKey(), newKey()]
  const csv = [
    'userId,credentialId,publicKey,friendlyName,serialNumber',
    `${una.userName},${first.credentialId},${first.publicKey},"Key, blue",S-1`,
    `${vera.id},${second.credentialId},${second.publicKey},,S-2`,
    `nobody-at-all,${newKey().credentialId},${first.publicKey},,S-3`,
    `,${newKey().credentialId},${first.publicKey},,S-4`,
  ].join('\r\n')
  const path = '/console/users'
  const browser = await colleague(visits, 'Users', { path, roles: ['operator'] })
  await browser.page.getByRole('link', { name: 'Bulk import' }).click()
  await browser.reads('Bulk import')
  await takes(browser, 'keys.csv', csv)
  await browser.readsText('4 rows. 1 row cannot be read and is left out.')
  await browser.readsText('missing: userId')
  expect(await browser.offers('Import')).toBe(false)
  await browser.presses('Try it out')
  await browser.isTold('Would be imported: 2. Would be refused: 1.')
  expect(await visits.readsKeys(una)).toEqual([])
  expect(await browser.faults()).toEqual([])
  await browser.presses('Import')
  await browser.isTold('Imported: 2. Refused: 1.')
  expect(await visits.readsKeys(una)).toMatchObject([{ state: 'pending', friendlyName: 'Key, blue' }])
  expect(await visits.readsKeys(vera)).toHaveLength(1)

  const [download] = await Promise.all([
    browser.page.waitForEvent('download'),
    browser.presses('Download the results (CSV)'),
  ])
  const results = (await readFile(await download.path(), 'utf8')).split('\r\n')
  expect(
    results.map((line) =>
      line.split(',')[3] === undefined ? '' : /created|refused|unreadable|result/.exec(line)?.[0],
    ),
  ).toEqual(['result', 'created', 'created', 'refused', 'unreadable'])

  // The same file, after the page was lost in the middle of it.
  await browser.page.reload()
  await browser.reads('Bulk import')
  await takes(browser, 'keys.csv', csv)
  await browser.presses('Try it out')
  await browser.presses('Import')
  await browser.isTold('Imported: 2. Refused: 1.')
  expect(await visits.readsKeys(una)).toHaveLength(1)
  expect(browser.broken).toEqual([])
})

it.each([
  ['half.json', '{"items": [', 'This is not JSON.'],
  ['other.json', '{"keys": []}', 'The file has no list of items.'],
  ['empty.csv', 'userId,credentialId\n', 'There is no row in the file.'],
])('says what is wrong with %s', async (name, content, words) => {
  const browser = await colleague(visits, 'Users', { path: '/console/users' })
  await browser.page.getByRole('link', { name: 'Bulk import' }).click()
  await browser.reads('Bulk import')
  await takes(browser, name, content)
  await browser.isWarned(words)
})
