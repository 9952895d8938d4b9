import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { TookTooLong } from '../../local/gateway.ts'
import { type Lambdas, type Settings, startLambdas } from '../../local/lambdas.ts'

type Name = 'one' | 'two'

let root: string
let lines: string[]
let built: Name[]
let lambdas: Lambdas<Name> | undefined

const handlers = {
  one: `
    let calls = 0
    export const handler = async (event, context) => {
      calls += 1
      if (event.hang) for (;;);
      if (event.crash) { setTimeout(() => { throw new Error('outside') }); await new Promise(() => {}) }
      if (event.exit) process.exit(3)
      if (event.throws) throw new Error('thrown')
      if (event.wait) await new Promise((done) => setTimeout(done, event.wait))
      console.log('called ' + calls)
      return { calls, env: process.env, name: context.functionName, id: context.awsRequestId, gone: undefined }
    }`,
  two: 'export const handler = async () => "two"',
}

/** Stands in for bundling: a copy, which fails where the source says so. */
const build: Settings<Name>['build'] = async (name, outdir) => {
  const source = join(root, 'src', name, 'handler.mjs')
  const text = await readFile(source, 'utf8')
  if (text.includes('BROKEN')) throw new Error('line 1: broken')
  await writeFile(join(outdir, 'index.mjs'), text)
  return { file: join(outdir, 'index.mjs'), inputs: [`src/${name}/handler.mjs`] }
}

const write = async (name: Name, text: string) => {
  await mkdir(join(root, 'src', name), { recursive: true })
  await writeFile(join(root, 'src', name, 'handler.mjs'), text)
}

const start = async (change: Partial<Settings<Name>> = {}) => {
  lambdas = await startLambdas<Name>({
    names: ['one', 'two'],
    directory: join(root, 'lambdas'),
    root,
    toolchain: ['lock'],
    build: async (name, outdir) => {
      built.push(name)
      return build(name, outdir)
    },
    environment: (name) => ({ FUNCTION: name }),
    log: (line) => lines.push(line),
    tell: (line) => lines.push(line),
    watch: false,
    ...change,
  })
  return lambdas
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'keystep-'))
  lines = []
  built = []
  await write('one', handlers.one)
  await write('two', handlers.two)
})

afterEach(async () => {
  await lambdas?.close()
  await rm(root, { recursive: true, force: true })
})

describe('a Lambda in its worker', () => {
  it('has its own variables and nothing of ours', async () => {
    const { invoke } = await start()
    expect(await invoke('one', {})).toEqual({
      calls: 1,
      env: { FUNCTION: 'one' },
      name: 'one',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    expect(await invoke('two', {})).toBe('two')
    await vi.waitFor(() => expect(lines).toEqual(['called 1']))
  })

  it('keeps what its module keeps, and takes events at the same time', async () => {
    const { invoke } = await start()
    const all = await Promise.all([invoke('one', { wait: 100 }), invoke('one', { wait: 50 }), invoke('one', {})])
    expect(all).toMatchObject([{ calls: 3 }, { calls: 3 }, { calls: 3 }])
  })

  it('fails one event by throwing, and answers the next', async () => {
    const { invoke } = await start()
    await expect(invoke('one', { throws: true })).rejects.toThrow('thrown')
    expect(await invoke('one', {})).toMatchObject({ calls: 2 })
    expect(lines.join()).toContain('one failed: Error: thrown')
  })

  it.each(['crash', 'exit'])('starts again after a %s, having failed what was in progress', async (how) => {
    const { invoke } = await start()
    const others = invoke('one', { wait: 5000 })
    others.catch(() => {})
    await expect(invoke('one', { [how]: true })).rejects.toThrow()
    await expect(others).rejects.toThrow()
    expect(await invoke('one', {})).toMatchObject({ calls: 1 })
  })

  it('is given up when it hangs', async () => {
    const { invoke } = await start({ timeout: 2000 })
    await expect(invoke('one', { hang: true })).rejects.toBeInstanceOf(TookTooLong)
    expect(await invoke('one', {})).toMatchObject({ calls: 1 })
  })

  it('that cannot be loaded fails its events, and says why', async () => {
    await write('one', 'throw new Error("Settings missing")')
    const { invoke, warm } = await start()
    await warm()
    await expect(invoke('one', {})).rejects.toThrow('one crashed')
    expect(lines.join()).toContain('Settings missing')
    expect(await invoke('two', {})).toBe('two')
  })
})

describe('a second start', () => {
  const again = async () => {
    await lambdas?.close()
    built = []
    return start()
  }

  it('takes the bundles of the first', async () => {
    await start()
    expect(built.sort()).toEqual(['one', 'two'])
    const { invoke } = await again()
    expect(built).toEqual([])
    expect(await invoke('two', {})).toBe('two')
  })

  it('bundles what has changed meanwhile', async () => {
    await start()
    await write('two', 'export const handler = async () => "changed"')
    const { invoke } = await again()
    expect(built).toEqual(['two'])
    expect(await invoke('two', {})).toBe('changed')
  })

  it.each([
    ['something was installed', () => writeFile(join(root, 'lock'), 'other')],
    ['a bundle is gone', () => rm(join(root, 'lambdas'), { recursive: true })],
  ])('bundles all when %s', async (_, change) => {
    await start()
    await change()
    await again()
    expect(built.sort()).toEqual(['one', 'two'])
  })
})

describe('a change', () => {
  const answer = (text: string) => `export const handler = async () => ${JSON.stringify(text)}`

  it('reloads the Lambda it went into, and no other', async () => {
    const { invoke } = await start({ watch: true })
    await invoke('one', {})
    await write('two', answer('changed'))
    await vi.waitFor(async () => expect(await invoke('two', {})).toBe('changed'), 5000)
    expect(await invoke('one', {})).toMatchObject({ calls: 2 })
    expect(lines.join()).toMatch(/two reloaded in \d+ ms/)
  })

  it('lets the events in progress end on the old one', async () => {
    const { invoke } = await start({ watch: true })
    const old = invoke('one', { wait: 1500 })
    await write('one', answer('new'))
    await vi.waitFor(async () => expect(await invoke('one', {})).toBe('new'), 1400)
    expect(await old).toMatchObject({ name: 'one' })
  })

  it('that cannot be built leaves what there was, until it is mended', async () => {
    const { invoke } = await start({ watch: true })
    await write('two', 'BROKEN')
    await vi.waitFor(() => expect(lines.join()).toContain('runs on as it was: line 1: broken'), 5000)
    expect(await invoke('two', {})).toBe('two')
    await write('two', answer('mended'))
    await vi.waitFor(async () => expect(await invoke('two', {})).toBe('mended'), 5000)
  })

  it('that cannot be built at the start is thrown', async () => {
    await write('one', 'BROKEN')
    await expect(start()).rejects.toThrow('line 1: broken')
  })
})
