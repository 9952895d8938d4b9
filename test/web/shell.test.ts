/** The document of console and portal: the same for everybody, and nothing in it that could run by itself. */
import { expect, it } from 'vitest'
import { handle as showConsole } from '../../lambdas/metadata/console.ts'
import { handle as showPortal } from '../../lambdas/metadata/portal.ts'
import type { Call } from '../../src/http/call.ts'

const stage = { serviceName: 'Key & "Step"', issuer: 'https://login.example.com', tenantCode: 'demo' }
const call = (headers: Record<string, string> = {}): Call => ({
  ...{
    id: 'r1',
    method: 'GET',
    path: '/console/users/1',
    params: { rest: 'users/1' },
    query: '',
    headers,
    cookies: {},
  },
  ...{ body: '', ip: '127.0.0.1' },
})

it.each([
  ['console', showConsole],
  ['portal', showPortal],
] as const)('%s loads its own script and says where it is', async (name, show) => {
  const { status, headers, body = '' } = await show({ stage }, call({ 'accept-language': 'de' }))
  expect([status, headers['cache-control']]).toEqual([200, 'no-store'])
  expect(body).toContain('<html lang="de">')
  expect(body.match(/<script[^>]*>/g)).toEqual([`<script src="/assets/${name}.js" type="module">`])
  expect(body).toContain('data-issuer="https://login.example.com"')
  expect(body).toContain('data-service="Key &amp; &quot;Step&quot;"')
  expect(body).not.toMatch(/ style=|<style| on\w+=/)
  expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
})
