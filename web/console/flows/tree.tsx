/**
 * A flow as a tree that is read from top to bottom: levels, and under each the steps that reach it. With `change`, each
 * node opens where it is to be edited, and is moved and removed by buttons, which keyboard and pointer have alike.
 */
import type { ComponentChildren } from 'preact'
import { useRef, useState } from 'preact/hooks'
import type { AcrMap } from '../../../src/core/step-up/flow.ts'
import { tagOf, useLanguage, useWords } from '../../app/language.ts'
import { Badge } from '../../app/small.tsx'
import { ageIn } from '../duration.tsx'
import { words } from '../words/flows.ts'
import type { DraftFlow, DraftLevel, DraftStep, Examined } from './draft.ts'
import { moved, movedLevel, newLevel, newStep, replaced, without } from './draft.ts'
import { LevelFields, StepFields } from './fields.tsx'

export type TreeProps = {
  flow: DraftFlow
  acrToLoa: AcrMap
  examined: Examined
  /** Left out: to be read only. */
  change?: ((flow: DraftFlow) => void) | undefined
}

export function FlowTree({ flow, acrToLoa, examined, change }: TreeProps) {
  const said = useWords(words)
  const list = useRef<HTMLOListElement>(null)
  // The node that is open, by its pointer: one at a time, so that the tree stays a tree.
  const [open, setOpen] = useState<string>()
  const put = change && ((levels: DraftLevel[]) => change({ ...flow, levels }))
  return (
    <>
      <ol class="tree" ref={list}>
        {flow.levels.map((level, at) => (
          <LevelNode
            // A level has no name that stays while it is edited.
            key={at}
            {...{ level, at, acrToLoa, examined, open, setOpen }}
            count={flow.levels.length}
            put={put && ((next) => put(replaced(flow.levels, at, next)))}
            move={put && ((by) => put(movedLevel(flow.levels, at, by)))}
            remove={put && (() => put(without(flow.levels, at)))}
          />
        ))}
      </ol>
      {put && (
        <button
          type="button"
          class="secondary"
          onClick={() => {
            put([...flow.levels, newLevel(flow)])
            setOpen(`/levels/${flow.levels.length}`)
          }}
        >
          {said.addLevel}
        </button>
      )}
    </>
  )
}

type NodeProps = {
  at: number
  count: number
  examined: Examined
  open: string | undefined
  setOpen: (pointer: string | undefined) => void
  move?: ((by: -1 | 1) => void) | undefined
  remove?: (() => void) | undefined
}

type LevelProps = NodeProps & {
  level: DraftLevel
  acrToLoa: AcrMap
  put?: ((level: DraftLevel) => void) | undefined
}

function LevelNode({ level, acrToLoa, put, ...node }: LevelProps) {
  const said = useWords(words)
  const tag = tagOf(useLanguage())
  const pointer = `/levels/${node.at}`
  const title = said.level(level.loa ?? '?', level.alias)
  const names = Object.keys(acrToLoa).filter((name) => acrToLoa[name] === level.loa)
  const age = level.maxAge === 0 ? said.oneRequest : said.goodFor(ageIn(tag, level.maxAge))
  const steps = put && ((next: DraftStep[]) => put({ ...level, steps: next }))
  return (
    <li class={node.examined.trouble?.at.startsWith(pointer) ? 'level wrong' : 'level'}>
      <div class="node-head">
        <div>
          <h3>{title}</h3>
          <p class="soft">
            {names.length > 0 && <>{said.reaches(names.join(', '))} · </>}
            {age} · <strong>{said[level.mode]}</strong>:{' '}
            {level.mode === 'cumulative' ? said.cumulativeLead : said.directLead}
          </p>
        </div>
        {put && <NodeActions {...node} pointer={pointer} what={title} />}
      </div>
      <Wrong examined={node.examined} pointer={pointer} exact />
      {put && node.open === pointer && (
        <LevelFields level={level} pointer={pointer} put={put} examined={node.examined} />
      )}
      <ol>
        {level.steps.map((step, at) => (
          <StepNode
            // As with levels.
            key={at}
            {...{ step, at, level: node.at, examined: node.examined, open: node.open, setOpen: node.setOpen }}
            count={level.steps.length}
            levelTitle={title}
            put={steps && ((next) => steps(replaced(level.steps, at, next)))}
            move={steps && ((by) => steps(moved(level.steps, at, by)))}
            remove={steps && (() => steps(without(level.steps, at)))}
          />
        ))}
      </ol>
      {steps && (
        <button
          type="button"
          class="small secondary"
          aria-label={said.about(said.addStep, title)}
          onClick={() => {
            steps([...level.steps, newStep()])
            node.setOpen(`${pointer}/steps/${level.steps.length}`)
          }}
        >
          {said.addStep}
        </button>
      )}
    </li>
  )
}

type StepProps = NodeProps & {
  step: DraftStep
  level: number
  levelTitle: string
  put?: ((step: DraftStep) => void) | undefined
}

function StepNode({ step, level, levelTitle, put, ...node }: StepProps) {
  const said = useWords(words)
  const pointer = `/levels/${level}/steps/${node.at}`
  const title = said.factors[step.authenticator]
  return (
    <li class={`step ${step.requirement}`}>
      <div class="node-head">
        <div>
          <p>
            <strong>{title}</strong>{' '}
            <Badge tone={step.requirement === 'disabled' ? 'plain' : 'info'}>
              {said.requirements[step.requirement]}
            </Badge>{' '}
            <span class="soft">{said.requirementLeads[step.requirement]}</span>
          </p>
          <StepFacts step={step} />
        </div>
        {put && <NodeActions {...node} pointer={pointer} what={`${title}, ${levelTitle}`} />}
      </div>
      <Wrong examined={node.examined} pointer={pointer} exact />
      {put && node.open === pointer && <StepFields step={step} pointer={pointer} put={put} examined={node.examined} />}
    </li>
  )
}

function StepFacts({ step: { reference, referenceMaxAge, demands = {} } }: { step: DraftStep }) {
  const said = useWords(words)
  const tag = tagOf(useLanguage())
  const { aaguids, ...flags } = demands
  const wanted = [
    ...(Object.keys(said.demandWords) as (keyof typeof flags)[]).flatMap((name) =>
      flags[name] ? [said.demandWords[name]] : [],
    ),
    ...(aaguids === undefined ? [] : [said.models(aaguids.length)]),
  ]
  const kept =
    reference && said.keptInAmr(reference, referenceMaxAge === 0 ? said.oneRequest : ageIn(tag, referenceMaxAge))
  const facts = [...wanted, ...(kept ? [kept] : [])]
  return facts.length === 0 ? null : <p class="soft">{facts.join(' · ')}</p>
}

type ActionsProps = NodeProps & { pointer: string; what: string }

/** Buttons that say in their name what they are about. After a move, the focus stays on what was moved. */
function NodeActions({ at, count, open, setOpen, move, remove, pointer, what }: ActionsProps) {
  const said = useWords(words)
  const box = useRef<HTMLDivElement>(null)
  const isOpen = open === pointer
  const go = (by: -1 | 1) => {
    setOpen(undefined)
    move?.(by)
    const list = box.current?.closest('ol')
    const name = by === -1 ? 'up' : 'down'
    requestAnimationFrame(() => {
      const target = list?.children[at + by]?.querySelector<HTMLElement>(`:scope > .node-head [data-move="${name}"]`)
      const other = list?.children[at + by]?.querySelector<HTMLElement>(':scope > .node-head button')
      if (target && !target.hasAttribute('disabled')) target.focus()
      else other?.focus()
    })
  }
  const takeAway = () => {
    setOpen(undefined)
    const list = box.current?.closest('ol')
    remove?.()
    requestAnimationFrame(() => {
      const next = list?.children[Math.min(at, (list.children.length || 1) - 1)]
      const place = next ?? list?.parentElement
      place?.querySelector<HTMLElement>('button')?.focus()
    })
  }
  return (
    <div class="node-actions" ref={box}>
      <Action
        said={isOpen ? said.done : said.edit}
        what={what}
        expanded={isOpen}
        onClick={() => setOpen(isOpen ? undefined : pointer)}
      />
      <Action said={said.up} what={what} move="up" disabled={at === 0} onClick={() => go(-1)}>
        ↑
      </Action>
      <Action said={said.down} what={what} move="down" disabled={at === count - 1} onClick={() => go(1)}>
        ↓
      </Action>
      <Action said={said.remove} what={what} onClick={takeAway}>
        ✕
      </Action>
    </div>
  )
}

type ActionProps = {
  said: string
  what: string
  move?: 'up' | 'down'
  expanded?: boolean
  disabled?: boolean
  onClick: () => void
  children?: ComponentChildren
}

function Action({ said, what, move, expanded, disabled = false, onClick, children }: ActionProps) {
  const { about } = useWords(words)
  return (
    <button
      type="button"
      class="small secondary"
      aria-label={about(said, what)}
      title={said}
      data-move={move}
      aria-expanded={expanded}
      disabled={disabled}
      onClick={onClick}
    >
      {children ?? said}
    </button>
  )
}

/** What keeps the flow from being saved, and what is perhaps not meant, where it is. `exact`: of this node itself. */
export function Wrong({ examined, pointer, exact = false }: { examined: Examined; pointer: string; exact?: boolean }) {
  const isHere = (at: string) =>
    at === pointer || (exact && at.startsWith(`${pointer}/`) && !/\/(levels|steps)\/\d/.test(at.slice(pointer.length)))
  const { trouble, doubts } = examined
  return (
    <>
      {trouble && isHere(trouble.at) && (
        <p class="field-error" lang="en">
          {trouble.detail}
        </p>
      )}
      {doubts
        .filter(({ at }) => isHere(at))
        .map(({ at, detail }) => (
          <p class="doubt" lang="en" key={at + detail}>
            {detail}
          </p>
        ))}
    </>
  )
}
