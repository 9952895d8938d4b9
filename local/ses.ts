/**
 * Amazon SES, as far as sending goes: the query protocol of its API of 2010-12-01, its XML answers and its refusals.
 *
 * It knows no verified senders, sandbox, quota or templates. To see a mail that cannot be sent, write to
 * `full@` any domain, or to anyone at `bounce.localhost`: SES would take the mail and report a bounce later, which
 * nobody hears on a laptop, so that it is refused at once, as MessageRejected.
 */
import { randomUUID } from 'node:crypto'
import PostalMime from 'postal-mime'
import type { Mail } from './mailbox.ts'

export type XmlAnswer = { status: number; body: string }

class Refusal extends Error {
  readonly code: string
  readonly status: number
  constructor(code: string, message: string, status = 400) {
    super(message)
    this.code = code
    this.status = status
  }
}

const namespace = 'http://ses.amazonaws.com/doc/2010-12-01/'
const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string) => text.replace(/[&<>"]/g, (sign) => entities[sign] ?? '')

/** `Destination.ToAddresses.member.1`, `.2` … */
function members(form: URLSearchParams, name: string): string[] {
  const found: string[] = []
  for (let at = 1; ; at += 1) {
    const value = form.get(`${name}.member.${at}`)
    if (value === null) return found
    found.push(value)
  }
}

/** The address alone, of `Ada <ada@example.org>` as of `ada@example.org`. */
function addressOf(text: string): string {
  const address = (/<([^<>]*)>\s*$/.exec(text)?.[1] ?? text).trim()
  if (/[\s\p{Cc}]/u.test(address)) {
    throw new Refusal('InvalidParameterValue', 'Local address contains control or whitespace')
  }
  if (!/^[^@]+@[^@]+$/.test(address)) throw new Refusal('InvalidParameterValue', "Missing final '@domain'")
  return address
}

function refuseUndeliverable(recipients: string[]): void {
  if (recipients.length === 0) throw new Refusal('InvalidParameterValue', "Missing required header 'To'.")
  if (recipients.length > 50) throw new Refusal('InvalidParameterValue', 'Recipient count exceeds 50.')
  const refused = recipients.find((address) => /^full@|@bounce\.localhost$/i.test(address))
  if (refused !== undefined) throw new Refusal('MessageRejected', `Mailbox full or unavailable: ${refused}`)
}

function need(form: URLSearchParams, name: string): string {
  const value = form.get(name)
  if (value === null) {
    throw new Refusal(
      'ValidationError',
      `1 validation error detected: Value at '${name}' failed to satisfy constraint: Member must not be null`,
    )
  }
  return value
}

type Content = Pick<Mail, 'from' | 'to' | 'subject' | 'text' | 'html'> & { cc?: string }

function simple(form: URLSearchParams): Content {
  const to = members(form, 'Destination.ToAddresses').map(addressOf)
  const cc = members(form, 'Destination.CcAddresses').map(addressOf)
  refuseUndeliverable([...to, ...cc, ...members(form, 'Destination.BccAddresses').map(addressOf)])
  const from = need(form, 'Source')
  addressOf(from)
  const text = form.get('Message.Body.Text.Data')
  const html = form.get('Message.Body.Html.Data')
  if (text === null && html === null) throw new Refusal('InvalidParameterValue', 'Message body is missing.')
  const subject = need(form, 'Message.Subject.Data')
  return { from, to: to.join(', '), ...withCc(cc), subject, text: text ?? '', html: html ?? '' }
}

const withCc = (cc: string[]) => (cc.length === 0 ? {} : { cc: cc.join(', ') })

type Named = { name: string; address?: string | undefined; group?: { address: string }[] | undefined }

const flat = (addresses: Named[] = []): string[] =>
  addresses.flatMap(({ address, group }) => group?.map((member) => member.address) ?? (address ? [address] : []))

async function raw(form: URLSearchParams): Promise<Content> {
  const source = Buffer.from(need(form, 'RawMessage.Data'), 'base64')
  const mail = await PostalMime.parse(source).catch((error: unknown) => {
    throw new Refusal('InvalidParameterValue', `The message could not be parsed: ${String(error)}`)
  })
  const given = members(form, 'Destinations').map(addressOf)
  const to = flat(mail.to)
  const cc = flat(mail.cc)
  // Destinations stand in for the headers, which a person still reads.
  refuseUndeliverable(given.length > 0 ? given : [...to, ...cc, ...flat(mail.bcc)])
  const from = form.get('Source') ?? (mail.from === undefined ? undefined : flat([mail.from])[0])
  if (from === undefined) throw new Refusal('InvalidParameterValue', "Missing required header 'From'.")
  addressOf(from)
  return {
    from,
    to: (to.length > 0 ? to : given).join(', '),
    ...withCc(cc),
    subject: mail.subject ?? '',
    // A part ends with a line break that its writer never wrote.
    text: (mail.text ?? '').replace(/\r?\n$/, ''),
    html: (mail.html ?? '').replace(/\r?\n$/, ''),
  }
}

const actions: Record<string, (form: URLSearchParams) => Content | Promise<Content>> = {
  SendEmail: simple,
  SendRawEmail: raw,
  SendTemplatedEmail: (form) => {
    throw new Refusal('TemplateDoesNotExist', `Template ${need(form, 'Template')} does not exist`)
  },
}

const failure = (code: string, message: string, status: number): XmlAnswer => ({
  status,
  body: `<ErrorResponse xmlns="${namespace}"><Error><Type>Sender</Type><Code>${code}</Code><Message>${escaped(message)}</Message></Error><RequestId>${randomUUID()}</RequestId></ErrorResponse>\n`,
})

/** Answers one call, and hands a mail that was accepted to `deliver`. */
export async function answerSes(
  authorization: string | undefined,
  body: string,
  deliver: (mail: Mail) => void,
): Promise<XmlAnswer> {
  // Signatures are not checked, but asked for: the form of a strange website cannot send one along.
  if (!authorization?.startsWith('AWS4-HMAC-SHA256 ')) {
    return failure('MissingAuthenticationToken', 'Missing Authentication Token', 403)
  }
  const form = new URLSearchParams(body)
  const name = form.get('Action') ?? ''
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined
  if (action === undefined) {
    return failure('InvalidAction', `Could not find operation ${name} for version 2010-12-01`, 400)
  }
  try {
    const content = await action(form)
    const now = Date.now()
    const id = `${now.toString(16).padStart(16, '0')}-${randomUUID()}-000000`
    const configurationSet = form.get('ConfigurationSetName')
    deliver({
      id,
      date: new Date(now).toISOString(),
      ...content,
      ...(configurationSet === null ? {} : { configurationSet }),
    })
    return {
      status: 200,
      body: `<${name}Response xmlns="${namespace}"><${name}Result><MessageId>${id}</MessageId></${name}Result><ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata></${name}Response>\n`,
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return failure(error.code, error.message, error.status)
  }
}
