/** The head of a page: its heading, which names the document and takes the focus when somebody has come here by a link. */
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { place } from './place.ts'

let arrived = false

/** The router says that the page shown next was gone to, and not merely loaded. */
export const noteNavigation = (): void => {
  arrived = true
}

type HeadProps = {
  title: string
  /** Above the title: the way back. */
  back?: { href: string; label: string }
  /** Under it: a sentence about what this is. */
  lead?: ComponentChildren
  /** Beside it: what can be done here. */
  children?: ComponentChildren
}

export function PageHead({ title, back, lead, children }: HeadProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} – ${place.serviceName}`
  }, [title])
  useEffect(() => {
    if (!arrived) return
    arrived = false
    heading.current?.focus()
  }, [])
  return (
    <div class="page-head">
      {back && (
        <a class="back" href={back.href}>
          {back.label}
        </a>
      )}
      <div class="title-row">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {children && <div class="head-actions">{children}</div>}
      </div>
      {lead && <p class="lead">{lead}</p>}
    </div>
  )
}
