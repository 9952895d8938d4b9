import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  MessageRejected,
  SESClient,
  SendEmailCommand,
  SendRawEmailCommand,
  SendTemplatedEmailCommand,
  TemplateDoesNotExistException,
} from '@aws-sdk/client-ses'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type MailCapture, startMailCapture } from '../../local/mail.ts'
import type { Mail } from '../../local/mailbox.ts'

let mail: MailCapture
let ses: SESClient

const clientOf = (capture: MailCapture) =>
  new SESClient({
    endpoint: capture.endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })

beforeEach(async () => {
  mail = await startMailCapture({ port: 0 })
  ses = clientOf(mail)
})

afterEach(async () => {
  ses.destroy()
  await mail.close()
})

const send = (to: string | string[], text = 'Your code:\n\n123456\n', through = ses) =>
  through.send(
    new SendEmailCommand({
      Source: 'Keystep <keystep@example.org>',
      Destination: { ToAddresses: [to].flat() },
      Message: {
        Subject: { Data: 'Grüße & <code>', Charset: 'UTF-8' },
        Body: { Text: { Data: text, Charset: 'UTF-8' }, Html: { Data: '<p>123456</p>', Charset: 'UTF-8' } },
      },
      ConfigurationSetName: 'keystep',
    }),
  )

const read = async (query = '', capture = mail): Promise<Mail[]> =>
  (await fetch(capture.inboxJsonUrl + query)).json() as Promise<Mail[]>

describe('sending through the real SES client', () => {
  it('keeps what was sent, as a program reads it', async () => {
    const { MessageId } = await send('Ada <ada@example.org>')
    expect(await read()).toEqual([
      {
        id: MessageId,
        date: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        from: 'Keystep <keystep@example.org>',
        to: 'ada@example.org',
        subject: 'Grüße & <code>',
        text: 'Your code:\n\n123456\n',
        html: '<p>123456</p>',
        configurationSet: 'keystep',
      },
    ])
  })

  it('names several recipients in one line', async () => {
    await send(['ada@example.org', 'bela@example.org'])
    expect((await read()).map(({ to }) => to)).toEqual(['ada@example.org, bela@example.org'])
    expect(await read('?to=BELA@example.org')).toHaveLength(1)
  })

  it('takes a raw message apart', async () => {
    const message = [
      'From: Keystep <keystep@example.org>',
      'To: "Chidi" <chidi@example.org>',
      'Subject: =?UTF-8?B?R3LDvMOfZQ==?=',
      'MIME-Version: 1.0',
      'Content-Type: multipart/alternative; boundary=b',
      '',
      '--b',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      'Dein Schl=C3=BCssel',
      '--b',
      'Content-Type: text/html; charset=utf-8',
      '',
      '<p>key</p>',
      '--b--',
      '',
    ].join('\r\n')
    await ses.send(new SendRawEmailCommand({ RawMessage: { Data: Buffer.from(message) } }))
    expect(await read()).toMatchObject([
      { to: 'chidi@example.org', subject: 'Grüße', text: 'Dein Schlüssel', html: '<p>key</p>' },
    ])
  })

  it.each(['full@example.org', 'Full@elsewhere.example', 'ada@bounce.localhost'])(
    'refuses a mail to %s',
    async (to) => {
      await expect(send(to)).rejects.toBeInstanceOf(MessageRejected)
      await expect(send(['ada@example.org', to])).rejects.toThrow('Mailbox full or unavailable')
      expect(await read()).toEqual([])
    },
  )

  it.each([
    ['nobody', "Missing final '@domain'"],
    ['a da@example.org', 'Local address contains control or whitespace'],
    ['ada@example.org\nBcc: eve@example.org', 'Local address contains control or whitespace'],
  ])('refuses the address %j', async (to, message) => {
    await expect(send(to)).rejects.toMatchObject({ name: 'InvalidParameterValue', message })
  })

  it('has no templates', async () => {
    const sent = ses.send(
      new SendTemplatedEmailCommand({
        Source: 'keystep@example.org',
        Destination: { ToAddresses: ['ada@example.org'] },
        Template: 'code',
        TemplateData: '{}',
      }),
    )
    await expect(sent).rejects.toBeInstanceOf(TemplateDoesNotExistException)
  })

  it('takes nothing that is not signed: a form on a strange website is not', async () => {
    const body = new URLSearchParams({ Action: 'SendEmail', Source: 'eve@example.org' })
    expect((await fetch(mail.endpoint, { method: 'POST', body })).status).toBe(403)
  })

  it('keeps the mails over a restart, in their order', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'keystep-'))
    for (const to of ['ada@example.org', 'bela@example.org']) {
      const capture = await startMailCapture({ port: 0, directory })
      const client = clientOf(capture)
      await send(to, 'text', client)
      client.destroy()
      await capture.close()
    }
    const capture = await startMailCapture({ port: 0, directory })
    expect((await read('', capture)).map(({ to }) => to)).toEqual(['bela@example.org', 'ada@example.org'])
    await fetch(capture.inboxJsonUrl, { method: 'DELETE' })
    await capture.close()
    const emptied = await startMailCapture({ port: 0, directory })
    expect(await read('', emptied)).toEqual([])
    await emptied.close()
    await rm(directory, { recursive: true })
  })
})

describe('reading', () => {
  it('waits for a mail to an address, and not for another', async () => {
    const waiting = read('?to=ada@example.org&wait=10')
    await send('bela@example.org')
    await send('ada@example.org')
    expect((await waiting).map(({ to }) => to)).toEqual(['ada@example.org'])
  })

  it('waits for a mail that is newer than the one it has', async () => {
    const { MessageId } = await send('ada@example.org', 'first')
    expect(await read(`?after=${MessageId}&wait=0.05`)).toEqual([])
    const waiting = read(`?after=${MessageId}&wait=10`)
    await send('ada@example.org', 'second')
    expect((await waiting).map(({ text }) => text)).toEqual(['second'])
  })

  it('lets nobody wait beyond its end', async () => {
    const waiting = read('?wait=30').catch(() => 'closed')
    await new Promise((done) => setTimeout(done, 50))
    await mail.close()
    expect(await waiting).toEqual(expect.anything())
  })

  it('shows a mail as text, its code large, and none of its markup', async () => {
    await send('ada@example.org')
    const response = await fetch(mail.inboxUrl)
    const page = await response.text()
    expect(page).toContain('<strong class="code">123456</strong>')
    expect(page).toContain('Grüße &amp; &lt;code&gt;')
    expect(page).not.toContain('<p>123456</p>')
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
  })

  it('shows the HTML of a mail where nothing of it can run', async () => {
    const { MessageId } = await send('ada@example.org')
    const response = await fetch(`${mail.inboxUrl}mails/${MessageId}.html`)
    expect(await response.text()).toBe('<p>123456</p>')
    expect(response.headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none'/)
  })

  it('is emptied by its own button and by no other page', async () => {
    await send('ada@example.org')
    const press = (origin: string) =>
      fetch(`${mail.inboxUrl}empty`, { method: 'POST', headers: { origin }, redirect: 'manual' })
    expect((await press('https://evil.example')).status).toBe(404)
    expect(await read()).toHaveLength(1)
    expect((await press(new URL(mail.inboxUrl).origin)).status).toBe(303)
    expect(await read()).toEqual([])
  })

  it('answers to its own name only', async () => {
    const { port } = new URL(mail.inboxUrl)
    const status = await new Promise((resolve, reject) => {
      request({ port, path: '/mails.json', headers: { host: 'evil.example' } }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
        .on('error', reject)
        .end()
    })
    expect(status).toBe(421)
  })
})
