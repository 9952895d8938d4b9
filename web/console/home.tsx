/** Where the console begins. */
import { PageHead } from '../app/head.tsx'
import { useWords } from '../app/language.ts'
import { words } from './words/home.ts'

export function Page() {
  const { title } = useWords(words)
  return <PageHead title={title} />
}
