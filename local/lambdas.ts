/**
 * The Lambdas on a laptop: each in a worker thread of its own, with no more in its environment than it has in AWS, and
 * bundled anew when one of the files that went into it changes.
 *
 * Two things differ from AWS. A worker takes events while others are in progress, where Lambda would start another
 * sandbox: so what a module keeps between events is shared by those at the same time, too. And a worker lives until it
 * crashes or is replaced, so that cold starts are few.
 */
import { randomUUID } from 'node:crypto'
import { type FSWatcher, mkdirSync, renameSync, rmSync, watch } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { Worker } from 'node:worker_threads'
import { type Built, findBuilt, isPackage, keepBuilt } from './built.ts'
import { TookTooLong } from './gateway.ts'

/** Events and answers cross as JSON text: what JSON cannot carry does not reach a Lambda in AWS either. */
export type ToWorker = { id: string; event: string }
export type FromWorker = { ready: true } | { id: string; result: string } | { id: string; error: string }
export type WorkerData = { file: string; name: string; timeout: number }

export type Settings<Name extends string> = {
  names: readonly Name[]
  /** Bundles go to a folder here for each Lambda. */
  directory: string
  /** Writes a bundle of that Lambda to `outdir`. Inputs are relative to `root`. */
  build(name: Name, outdir: string): Promise<Built>
  /** All of the variables that the Lambda has. */
  environment(name: Name): Record<string, string>
  /** Takes what Lambdas print, line by line. */
  log(line: string): void
  /** Takes what is to be said about them: failures, and what was reloaded. */
  tell(line: string): void
  root: string
  /** What all bundles depend on besides their inputs, in `root`. */
  toolchain: readonly string[]
  /** Milliseconds until an event is given up. API Gateway waits no longer than 30 seconds. */
  timeout?: number
  /** Whether to watch the inputs and reload. */
  watch?: boolean
}

export type Lambdas<Name extends string> = {
  invoke(name: Name, event: unknown): Promise<unknown>
  /** Starts the workers that have not been needed yet. */
  warm(): Promise<void>
  close(): Promise<void>
}

type Pending = { resolve(result: unknown): void; reject(error: Error): void; timer: NodeJS.Timeout }

/** One worker with its bundle loaded. */
class Sandbox {
  readonly #worker: Worker
  readonly #pending = new Map<string, Pending>()
  readonly #timeout: number
  readonly ready: Promise<void>
  readonly ended: Promise<void>
  /** Set when it can take no more events. */
  gone = false
  #retired = false

  constructor(data: WorkerData, env: Record<string, string>, { log, tell }: Pick<Settings<string>, 'log' | 'tell'>) {
    this.#timeout = data.timeout
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: data,
      env,
      // As in AWS, where stack traces name the sources. Nothing of how we were started ourselves goes along.
      execArgv: ['--enable-source-maps'],
      stdout: true,
      stderr: true,
    })
    for (const stream of [this.#worker.stdout, this.#worker.stderr]) {
      createInterface({ input: stream }).on('line', log)
    }
    this.ended = new Promise((done) => {
      this.#worker.on('exit', () => done())
    })
    this.ready = new Promise((done, fail) => {
      const end = (error: Error) => {
        this.gone = true
        fail(error)
        for (const [id] of this.#pending) this.#settle(id)?.reject(error)
      }
      this.#worker.on('message', (message: FromWorker) => {
        if ('ready' in message) return done()
        const pending = this.#settle(message.id)
        if ('error' in message) {
          tell(`${data.name} failed: ${message.error}`)
          pending?.reject(new Error(message.error))
        } else pending?.resolve(JSON.parse(message.result))
        this.#leaveIfIdle()
      })
      this.#worker.on('error', (error: unknown) => {
        const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
        tell(`${data.name} crashed: ${stack}`)
        end(new Error(`${data.name} crashed`))
      })
      this.#worker.on('exit', () => end(new Error(`${data.name} ended`)))
    })
    // Who asks hears of it; a worker that nobody waits for may fail in silence, as its line is in the log.
    this.ready.catch(() => {})
  }

  #settle(id: string): Pending | undefined {
    const pending = this.#pending.get(id)
    if (pending !== undefined) clearTimeout(pending.timer)
    this.#pending.delete(id)
    return pending
  }

  #leaveIfIdle(): void {
    if (this.#retired && this.#pending.size === 0) void this.end()
  }

  async invoke(event: unknown): Promise<unknown> {
    const id = randomUUID()
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#settle(id)?.reject(new TookTooLong('The Lambda took too long'))
        // It may hang for good, and then no other event would get through.
        void this.end()
      }, this.#timeout)
      this.#pending.set(id, { resolve, reject, timer })
      this.#worker.postMessage({ id, event: JSON.stringify(event) } satisfies ToWorker)
    })
  }

  /** No more events come: what is in progress may end. */
  retire(): void {
    this.#retired = true
    this.#leaveIfIdle()
  }

  async end(): Promise<void> {
    this.gone = true
    await this.#worker.terminate()
  }
}

/** Bundles every Lambda whose bundle is not up to date, and answers once they can take events. A build that fails the first time is thrown. */
export async function startLambdas<Name extends string>(settings: Settings<Name>): Promise<Lambdas<Name>> {
  const { names, directory, build, environment, tell, root, timeout = 29_000 } = settings
  const toolchain = settings.toolchain.map((file) => resolve(root, file))
  const built = new Map<Name, Built>()
  const sandboxes = new Map<Name, Sandbox>()
  const retired = new Set<Sandbox>()
  let closed = false

  /** Built beside the old one and put in its place when whole: a failed build leaves what there is. */
  async function rebuild(name: Name): Promise<void> {
    const fresh = join(directory, `.${name}.new`)
    const place = join(directory, name)
    rmSync(fresh, { recursive: true, force: true })
    mkdirSync(fresh, { recursive: true })
    const { file, inputs } = await build(name, fresh)
    // One that is starting may not have read its bundle yet; the next one waits until we are through.
    await sandboxes.get(name)?.ready.catch(() => {})
    rmSync(place, { recursive: true, force: true })
    renameSync(fresh, place)
    const made = { file: join(place, file.slice(fresh.length)), inputs: inputs.map((it) => resolve(root, it)) }
    keepBuilt(place, made, toolchain)
    built.set(name, made)
  }

  async function buildUnlessKept(name: Name): Promise<void> {
    const kept = findBuilt(join(directory, name), toolchain)
    if (kept === undefined) await rebuild(name)
    else built.set(name, kept)
  }

  function sandboxOf(name: Name): Sandbox {
    const running = sandboxes.get(name)
    if (running !== undefined && !running.gone) return running
    const file = built.get(name)?.file
    if (file === undefined || closed) throw new Error(`${name} is not running`)
    const sandbox = new Sandbox({ file, name, timeout }, environment(name), settings)
    sandboxes.set(name, sandbox)
    return sandbox
  }

  function retire(name: Name): void {
    const old = sandboxes.get(name)
    sandboxes.delete(name)
    if (old === undefined) return
    retired.add(old)
    void old.ended.then(() => retired.delete(old))
    old.retire()
  }

  const outcomes = await Promise.allSettled(names.map(buildUnlessKept))
  const failure = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failure !== undefined) throw failure.reason
  const watching =
    settings.watch === false
      ? undefined
      : watchInputs(
          () => new Map(names.map((name) => [name, built.get(name)?.inputs ?? []])),
          async (name) => {
            try {
              const since = performance.now()
              await rebuild(name)
              retire(name)
              tell(`${name} reloaded in ${Math.round(performance.now() - since)} ms`)
              return true
            } catch (error) {
              // Stopping stops the bundler, too.
              if (!closed) tell(`${name} could not be bundled, and runs on as it was: ${messageOf(error)}`)
              return false
            }
          },
        )

  return {
    invoke: async (name, event) => {
      // Also before it is ready: what is sent to a worker waits for it, and fails with it.
      return sandboxOf(name).invoke(event)
    },
    async warm() {
      for (const name of names) if (!closed) await sandboxOf(name).ready.catch(() => {})
    },
    async close() {
      closed = true
      await watching?.close()
      await Promise.all([...sandboxes.values(), ...retired].map((sandbox) => sandbox.end()))
    },
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/**
 * Calls `changed` for each name one of whose inputs changed, once for changes that come together. Packages are not
 * watched: after an install, start again. Answers of `false` say that it failed, and any change tries again.
 */
function watchInputs<Name extends string>(
  inputs: () => Map<Name, string[]>,
  changed: (name: Name) => Promise<boolean>,
): { close(): Promise<void> } {
  const watchers = new Map<string, FSWatcher>()
  const touched = new Set<string>()
  const failed = new Set<Name>()
  let timer: NodeJS.Timeout | undefined
  let working: Promise<void> = Promise.resolve()
  let closed = false

  const own = (files: string[]) => files.filter((file) => !isPackage(file))

  // Folders, since editors replace a file rather than write to it.
  function watchFolders(): void {
    if (closed) return
    const folders = new Set([...inputs().values()].flatMap((files) => own(files).map((file) => dirname(file))))
    for (const folder of folders) {
      if (watchers.has(folder)) continue
      const watcher = watch(folder, (_, name) => {
        if (name === null) return
        touched.add(join(folder, name))
        clearTimeout(timer)
        timer = setTimeout(() => {
          working = working.then(run)
        }, 60)
      })
      // A folder that is deleted has nothing more to tell.
      watcher.on('error', () => watcher.close())
      watchers.set(folder, watcher)
    }
  }

  async function run(): Promise<void> {
    const files = new Set(touched)
    touched.clear()
    if (closed || files.size === 0) return
    const due = [...inputs()].filter(([name, its]) => failed.has(name) || its.some((file) => files.has(file)))
    await Promise.all(
      due.map(async ([name]) => {
        if (await changed(name)) failed.delete(name)
        else failed.add(name)
      }),
    )
    watchFolders()
  }

  watchFolders()
  return {
    async close() {
      closed = true
      clearTimeout(timer)
      for (const watcher of watchers.values()) watcher.close()
      await working
    },
  }
}
