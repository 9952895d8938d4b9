/**
 * The mails that were sent on this laptop: newest first, a file for each, so that a restart finds them again.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type Mail = {
  /** SES's message id. */
  id: string
  /** When it was sent, in ISO 8601. */
  date: string
  from: string
  /** The address; several are separated by a comma and a space. Copies are not among them. */
  to: string
  cc?: string
  subject: string
  text: string
  html: string
  configurationSet?: string
}

/** Which mails are meant: those to an address, those newer than the one with an id. */
type Search = { to?: string; after?: string }

export type Mailbox = {
  add(mail: Mail): void
  find(search: Search): Mail[]
  /** What `find` answers as soon as that is something, and nothing at all after so many seconds. */
  wait(search: Search, seconds: number, signal: AbortSignal): Promise<Mail[]>
  empty(): void
}

/** Beyond so many the oldest go. */
const most = 500

function readAll(directory: string): Mail[] {
  mkdirSync(directory, { recursive: true })
  return readdirSync(directory)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .reverse()
    .flatMap((name) => {
      try {
        return [JSON.parse(readFileSync(join(directory, name), 'utf8')) as Mail]
      } catch {
        // Somebody edited it: the others are still worth reading.
        return []
      }
    })
}

const hasAddress = (mail: Mail, address: string): boolean =>
  [mail.to, mail.cc ?? ''].join(', ').toLowerCase().split(', ').includes(address.toLowerCase())

/** @param directory none: the mails are kept in memory. */
export function openMailbox(directory?: string): Mailbox {
  let mails = directory === undefined ? [] : readAll(directory)
  const waiting = new Set<() => void>()
  // The id begins with the time, so that names sort as the mails came.
  const fileOf = (mail: Mail) => (directory === undefined ? undefined : join(directory, `${mail.id}.json`))

  const remove = (mail: Mail) => {
    const file = fileOf(mail)
    if (file !== undefined) rmSync(file, { force: true })
  }

  const find = ({ to, after }: Search): Mail[] => {
    const known = after === undefined ? -1 : mails.findIndex((mail) => mail.id === after)
    const newer = known === -1 ? mails : mails.slice(0, known)
    return to === undefined ? newer : newer.filter((mail) => hasAddress(mail, to))
  }

  return {
    find,
    add(mail) {
      const file = fileOf(mail)
      if (file !== undefined) {
        writeFileSync(`${file}.new`, `${JSON.stringify(mail, null, 2)}\n`)
        renameSync(`${file}.new`, file)
      }
      mails = [mail, ...mails]
      for (const old of mails.splice(most)) remove(old)
      for (const look of [...waiting]) look()
    },
    wait: (search, seconds, signal) =>
      new Promise((resolve) => {
        const found = find(search)
        if (found.length > 0 || seconds <= 0 || signal.aborted) return resolve(found)
        const end = (answer: Mail[]) => {
          waiting.delete(look)
          clearTimeout(timer)
          signal.removeEventListener('abort', leave)
          resolve(answer)
        }
        const look = () => {
          const now = find(search)
          if (now.length > 0) end(now)
        }
        const leave = () => end([])
        const timer = setTimeout(leave, seconds * 1000)
        signal.addEventListener('abort', leave)
        waiting.add(look)
      }),
    empty() {
      for (const mail of mails) remove(mail)
      mails = []
    },
  }
}
