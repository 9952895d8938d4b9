/** `npm start`: reads the flags, runs the service until Ctrl-C, and says where everything is. */
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { CannotStart, parsePort } from './ports.ts'
import { defaultPort, type Ports, type Service, startService } from './service.ts'

const help = `Runs Keystep on this machine, with everything it needs.

  npm start -- [flags]

  --port <n>           the issuer's port, ${defaultPort} unless given; the others follow it. 0: free ones
  --inbox-port <n>     the mails                    (port + 1)
  --app1-port <n>      App1                         (port + 2)
  --app2-port <n>      App2                         (port + 3)
  --cms-port <n>       the demo CMS                 (port + 4)
  --dynamodb-port <n>  the DynamoDB emulator        (port + 5)
  --app3-port <n>      App3                         (port + 6)
  --certificate-port <n>  certificates              (port + 7)
  --directory <path>   where all state is kept      (.local)
  --fresh              begin from nothing: deletes what an earlier start kept there
  --help               this

Each port can be set by the environment, too: PORT, INBOX_PORT, APP1_PORT, APP2_PORT, CMS_PORT, DYNAMODB_PORT,
APP3_PORT, CERTIFICATE_PORT.
DYNAMODB_ENDPOINT names a DynamoDB to use instead of the emulator.
DIRECTORY_URL and what goes with it name a directory that has people's passwords: see docs/directory.md.
TOKEN_VALIDATOR names who knows the codes of people's tokens: see docs/token-validator.md.
While the service is ready, demo.json in that directory has the addresses, people and secrets.
`

const ordinaryDirectory = fileURLToPath(new URL('../.local', import.meta.url))

const portFlags = {
  'inbox-port': 'inboxPort',
  'app1-port': 'app1Port',
  'app2-port': 'app2Port',
  'cms-port': 'cmsPort',
  'dynamodb-port': 'dynamodbPort',
  'app3-port': 'app3Port',
  'certificate-port': 'certificatePort',
} as const satisfies Record<string, keyof Ports>

type Asked = Ports & { port?: number; directory: string; fresh: boolean; help: boolean }

const text = { type: 'string' } as const
const yes = { type: 'boolean', default: false } as const

/** Flags go before the environment. Throws CannotStart for what it does not understand. */
export function readFlags(args: string[], environment: Readonly<Record<string, string | undefined>>): Asked {
  let values: Partial<Record<'port' | 'directory' | keyof typeof portFlags, string>> & { fresh: boolean; help: boolean }
  try {
    const options = {
      port: text,
      'inbox-port': text,
      'app1-port': text,
      'app2-port': text,
      'cms-port': text,
      'dynamodb-port': text,
      'app3-port': text,
      'certificate-port': text,
      directory: text,
      fresh: yes,
      help: yes,
    }
    values = parseArgs({ args, options, strict: true, allowPositionals: false }).values
  } catch (error) {
    const [first = ''] = (error instanceof Error ? error.message : String(error)).split(/\. |\n/)
    throw new CannotStart(`${first.replace(/\.$/, '')}. See npm start -- --help.`)
  }
  const portOf = (flag: 'port' | keyof typeof portFlags): number | undefined => {
    const variable = flag.toUpperCase().replace('-', '_')
    const given = values[flag]
    if (given !== undefined) return parsePort(`--${flag}`, given)
    const set = environment[variable]
    return set ? parsePort(variable, set) : undefined
  }
  const asked: Asked = {
    directory: resolve(values.directory ?? ordinaryDirectory),
    fresh: values.fresh,
    help: values.help,
  }
  const port = portOf('port')
  if (port !== undefined) asked.port = port
  for (const flag of Object.keys(portFlags) as (keyof typeof portFlags)[]) {
    const its = portOf(flag)
    if (its !== undefined) asked[portFlags[flag]] = its
  }
  const highest = 65_535 - Object.keys(portFlags).length
  if ((asked.port ?? 0) > highest)
    throw new CannotStart(`--port must leave room for those that follow it: at most ${highest}.`)
  return asked
}

function say({ demo }: Service, directory: string, milliseconds: number): void {
  const width = Math.max(...demo.people.map(({ userName }) => userName.length))
  const near = relative(process.cwd(), directory)
  const folder = near.startsWith('..') ? directory : near
  console.log(`
Keystep is ready, after ${(milliseconds / 1000).toFixed(1)} s. Ctrl-C stops it.

  App1    ${demo.apps.app1}/   asks for a password
  App2    ${demo.apps.app2}/   asks for a security key or passkey
  App3    ${demo.apps.app3}/   asks for a certificate, after a password and a one-time code
  CMS     ${demo.apps.cms}/   enrols keys for people
  Portal  ${demo.issuer}/portal   what everybody sees of their own
  Console ${demo.issuer}/console   where gita (administrator), hugo (operator) and ines (auditor) work
  Inbox   ${demo.inbox}   every mail that is sent
  Issuer  ${demo.issuer}/.well-known/openid-configuration

People:
${demo.people.map(({ userName, password, email }) => `  ${userName.padEnd(width)}  ${password.padEnd(40)}  ${email}`).join('\n')}

Try:
  1. In the CMS, look up ada and enrol a key for her: a security key, a passkey of this device, or a virtual one.
  2. In App2, sign in as ada: activate the key with the code from the inbox, name it, and sign in with it.
  3. In App1, sign in as bela with his password; then open App2, which asks for more.
  4. In App2, choose "a one-time code" and sign in as chidi: \`npm run code -- chidi\` is his authenticator app.
     As ada, who has none, you set codes up on the way.
  5. Import chidi's certificate into your browser, and open App3: it asks for it after the password and the code.
  6. fatima's mailbox is full: what does the page say when the code cannot be sent?
  7. In the console, sign in as gita with her password and a code (\`npm run code -- gita\`). What opens doors asks for a
     key: in the portal, she adds one.

Certificates to import, with the password ${demo.certificates.password}: ${join(folder, 'certificates', 'chidi.p12')}, and so on.
The same for programs is in ${join(folder, 'demo.json')}. What the Lambdas log is in ${join(folder, 'lambdas.log')}.
Begin from nothing: npm start -- --fresh
`)
}

/** Stops on the first signal; whatever still hangs after 1.8 s is left behind. */
function stopOnSignal(service: Service): void {
  let stopping = false
  const stop = async () => {
    // npm passes on what the terminal sent to us already.
    if (stopping) return
    stopping = true
    setTimeout(() => process.exit(1), 1800).unref()
    await service.close()
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
}

/** What is printed of an error. A stack only for what nobody foresaw. */
export function complaint(error: unknown): unknown[] {
  if (error instanceof CannotStart) return [error.message]
  // The bundler's message names file, line and reason; its stack names only its own code.
  const isBuildFailure =
    error instanceof Error && 'errors' in error && Array.isArray(error.errors) && error.message !== ''
  if (isBuildFailure) return [`The Lambdas could not be bundled. ${error.message}`]
  return ['Keystep could not start, for a reason that it did not foresee:', error]
}

async function main(): Promise<void> {
  const since = performance.now()
  try {
    const { help: wantsHelp, ...asked } = readFlags(process.argv.slice(2), process.env)
    if (wantsHelp) return void process.stdout.write(help)
    const service = await startService(asked)
    stopOnSignal(service)
    say(service, asked.directory, performance.now() - since)
  } catch (error) {
    console.error(...complaint(error))
    process.exit(1)
  }
}

if (import.meta.main) await main()
