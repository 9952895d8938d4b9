/**
 * The language of an application: what the browser prefers first, or what the person chose here, which is remembered.
 *
 * Words are kept by area, each as `inBoth({ en: {…}, de: {…} })`: a sentence that one of them lacks does not compile.
 */
import { type Locale, locales } from '../view.ts'
import { observed, useObserved } from './observed.ts'

const remembered = 'keystep-language'

function firstLanguage(): Locale {
  const tags = [localStorage.getItem(remembered) ?? '', ...navigator.languages]
  const known = tags.map((tag) => locales.find((locale) => locale === tag.toLowerCase().split('-')[0]))
  return known.find((locale) => locale !== undefined) ?? 'en'
}

const language = observed<Locale>(firstLanguage())

const declare = (locale: Locale): void => {
  document.documentElement.lang = locale
}
declare(language.get())

export function chooseLanguage(locale: Locale): void {
  localStorage.setItem(remembered, locale)
  declare(locale)
  language.set(locale)
}

export const useLanguage = (): Locale => useObserved(language)

/** The words of an area, in the language of now. */
export type InBoth<Words> = Readonly<Record<Locale, Words>>

export const inBoth = <Words>(words: { en: Words; de: NoInfer<Words> }): InBoth<Words> => words

export const useWords = <Words>(words: InBoth<Words>): Words => words[useLanguage()]

/** How the browser's own formatters are told: the region that the browser prefers for the language, if it has one. */
export const tagOf = (locale: Locale): string =>
  navigator.languages.find((tag) => tag.toLowerCase().split('-')[0] === locale) ?? locale
