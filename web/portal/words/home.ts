/** The words of the portal's first page. */
import { inBoth } from '../../app/language.ts'

export const words = inBoth({ en: { title: 'Home' }, de: { title: 'Start' } })
