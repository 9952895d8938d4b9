/** The words of the console's first page. */
import { inBoth } from '../../app/language.ts'

export const words = inBoth({ en: { title: 'Home' }, de: { title: 'Start' } })
