/**
 * A FreeRADIUS server of its own for a test, on loopback, with a token server's manners: people by name, each of whom
 * meets one of the steps that a token server may ask for.
 *
 *     const radius = await startFreeradius()
 *     radius.server                        // '127.0.0.1:31812'
 *     await radius.close()
 *
 * It demands a Message-Authenticator of each request and sends one with each answer, as servers do since BlastRADIUS.
 */
import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type Freeradius = { server: string; secret: string; close(): Promise<void> }

const secret = 'loopback-secret-of-a-test-server'

/** What a person is asked, step by step: `say` is the challenge that a right answer leads to. */
type Step = { answer: string; say?: string }

export const tokenHolders: Readonly<Record<string, readonly [Step, ...Step[]]>> = {
  ada: [{ answer: '123456' }],
  hana: [{ answer: '123456' }],
  // A token with a keypad: what it shows is the answer to what the server says.
  fatima: [{ answer: 'x', say: 'Please respond to the challenge: 19863257' }, { answer: '75236891' }],
  // RSA's new-PIN mode.
  emil: [
    { answer: '123456', say: 'Enter a new PIN having from 4 to 8 digits:' },
    { answer: '4711', say: 'Please re-enter new PIN:' },
    { answer: '4711', say: 'PIN Accepted. Wait for the token code to change, then enter the new passcode:' },
    { answer: '4711654321' },
  ],
  // SafeNet's server-side PIN.
  dora: [
    { answer: '123456', say: 'Please re-authenticate, using the next response. Your new PIN is: 8642' },
    { answer: '8642654321' },
  ],
  // The outer window.
  chidi: [{ answer: '123456', say: 'Please re-authenticate, using the next response.' }, { answer: '654321' }],
  bela: [
    { answer: 'old password', say: 'Your password has expired. Please select a new password.' },
    { answer: 'a better password' },
  ],
  // A server that makes a PIN and asks whether it is taken.
  gwen: [{ answer: '123456', say: 'Your new PIN is 2468. Do you accept it (y/n)?' }, { answer: 'y' }],
}

/** Emil may choose another PIN than the first: this one is refused. */
const refusedPin = '1111'

export async function startFreeradius(port?: number): Promise<Freeradius> {
  const program = ['/usr/sbin/freeradius', '/usr/sbin/radiusd'].find((path) => existsSync(path))
  if (program === undefined) throw new Error('These tests need FreeRADIUS: apt-get install freeradius')
  const directory = await mkdtemp(join(tmpdir(), 'keystep-freeradius-'))
  const chosen = port ?? (await freeUdpPort())
  await writeFile(join(directory, 'radiusd.conf'), configuration(directory, chosen))
  const server = spawn(program, ['-f', '-d', directory, '-l', 'stdout'], { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(server, 'close')
  let said = ''
  const ready = new Promise<void>((resolve) => {
    const listen = (chunk: Buffer): void => {
      said += chunk.toString()
      if (said.includes('Ready to process requests')) resolve()
    }
    server.stdout.on('data', listen)
    server.stderr.on('data', listen)
  })
  const close = async (): Promise<void> => {
    server.kill()
    await ended
    await rm(directory, { recursive: true })
  }
  await Promise.race([
    ready,
    ended.then(async () => {
      await rm(directory, { recursive: true })
      throw new Error(`FreeRADIUS did not start:\n${said}`)
    }),
  ])
  return { server: `127.0.0.1:${chosen}`, secret, close }
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}

const configuration = (directory: string, port: number): string => `
libdir = ${libraries()}
${['raddbdir', 'run_dir', 'db_dir', 'logdir'].map((name) => `${name} = ${directory}`).join('\n')}
log {
  destination = stdout
}
max_request_time = 5
cleanup_delay = 5
security {
  reject_delay = 0
  status_server = no
}
client loopback {
  ipaddr = 127.0.0.1
  secret = "${secret}"
  require_message_authenticator = yes
}
thread pool {
  start_servers = 1
  max_servers = 2
  min_spare_servers = 1
  max_spare_servers = 1
}
modules {
  always handled {
    rcode = handled
  }
  always reject {
    rcode = reject
  }
  always ok {
    rcode = ok
  }
}
server default {
  listen {
    type = auth
    ipaddr = 127.0.0.1
    port = ${port}
  }
  authorize {
    update reply {
      Message-Authenticator := 0x00000000000000000000000000000000
    }
${Object.entries(tokenHolders).map(ruleOf).join('')}
    if (&User-Name == "emil" && &State == ${octets('emil 1')} && &User-Password == "${refusedPin}") {
      ${challenge('emil', 1, 'PIN rejected. Please try again. Enter a new PIN having from 4 to 8 digits:')}
    }
    if (!&control:Auth-Type) {
      reject
    }
  }
  authenticate {
  }
  post-auth {
    Post-Auth-Type REJECT {
      ok
    }
  }
}
`

const libraries = (): string =>
  ['/usr/lib/freeradius', '/usr/lib64/freeradius'].find((path) => existsSync(path)) ?? '/usr/lib/freeradius'

const octets = (text: string): string => `0x${Buffer.from(text).toString('hex')}`

const ruleOf = ([name, steps]: [string, readonly Step[]]): string =>
  steps
    .map(({ answer, say }, at) => {
      const state = at === 0 ? '!&State' : `&State == ${octets(`${name} ${at}`)}`
      const then = say === undefined ? accept : challenge(name, at + 1, say)
      return `    if (&User-Name == "${name}" && ${state} && &User-Password == "${answer}") {\n      ${then}\n    }\n`
    })
    .join('')

const accept = `update control {
        Auth-Type := Accept
      }`

const challenge = (name: string, step: number, text: string): string => `update reply {
        Reply-Message := "${text}"
        State := ${octets(`${name} ${step}`)}
      }
      update control {
        Response-Packet-Type := Access-Challenge
      }
      handled`
