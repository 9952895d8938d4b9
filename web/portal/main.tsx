/** The portal's beginning: the script that its document loads. */
import { start } from '../app/start.tsx'
import { pages } from './pages.ts'

start(pages)
