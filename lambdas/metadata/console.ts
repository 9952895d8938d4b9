// GET /console, GET /console/{rest+} — the operator's console, whose addresses are its own business in the browser.
import type { Answer, Call } from '../../src/http/call.ts'
import { type Needs, showShell } from './shell.ts'

export const handle = async (world: Needs, call: Call): Promise<Answer> => showShell('console', world, call)
