import type { DefinitionShape } from './definition-shape.ts'

export type LockLevel =
  | 'ACCESS SHARE'
  | 'SHARE UPDATE EXCLUSIVE'
  | 'SHARE'
  | 'SHARE ROW EXCLUSIVE'
  | 'ACCESS EXCLUSIVE'
  | 'none'

/** What a statement does to a table while it runs. */
export interface LockCost {
  /** The strongest lock it takes on its table. */
  readonly lock: LockLevel
  readonly blocks: 'nothing' | 'writes' | 'reads and writes'
  /** Whether every row is written again. `maybe`: depends on types or defaults that only the server compares. */
  readonly rewrites: boolean | 'maybe'
  /** Whether every row is read under the lock. */
  readonly scans: boolean
  readonly advice: string | null
}

/** By the documentation of PostgreSQL 15 to 18. Of several forms in one statement the worst counts. */
export function lockCost(shape: Pick<DefinitionShape, 'verb' | 'target' | 'parts' | 'alone'>): LockCost {
  const costs =
    shape.verb === 'alter' && shape.target.kind === 'table' ? shape.parts.map(alterCost) : [otherCost(shape)]
  return costs.reduce(worse, brief('none'))
}

function worse(one: LockCost, other: LockCost): LockCost {
  const [weak, strong] = levels.indexOf(one.lock) <= levels.indexOf(other.lock) ? [one, other] : [other, one]
  return {
    lock: strong.lock,
    blocks: strong.blocks,
    rewrites: weak.rewrites === true || strong.rewrites === true ? true : weak.rewrites || strong.rewrites,
    scans: weak.scans || strong.scans,
    advice: strong.advice ?? weak.advice,
  }
}

const levels: readonly LockLevel[] = [
  'none',
  'ACCESS SHARE',
  'SHARE UPDATE EXCLUSIVE',
  'SHARE',
  'SHARE ROW EXCLUSIVE',
  'ACCESS EXCLUSIVE',
]

const blocked: Readonly<Record<LockLevel, LockCost['blocks']>> = {
  none: 'nothing',
  'ACCESS SHARE': 'nothing',
  'SHARE UPDATE EXCLUSIVE': 'nothing',
  SHARE: 'writes',
  'SHARE ROW EXCLUSIVE': 'writes',
  'ACCESS EXCLUSIVE': 'reads and writes',
}

/** A lock taken for a moment. */
function brief(lock: LockLevel, more: Partial<LockCost> = {}): LockCost {
  return { lock, blocks: blocked[lock], rewrites: false, scans: false, advice: null, ...more }
}

function alterCost(part: string): LockCost {
  const [form = ''] = part.split(' ')
  switch (form) {
    case 'AddColumn':
      return addColumnCost(part)
    case 'SetNotNull':
      return brief('ACCESS EXCLUSIVE', {
        scans: true,
        advice:
          'Add a CHECK (column IS NOT NULL) NOT VALID, validate it, then set NOT NULL: the check spares the scan.',
      })
    case 'AlterColumnType':
      return brief('ACCESS EXCLUSIVE', {
        rewrites: 'maybe',
        scans: true,
        advice: 'A longer varchar or text from varchar is only noted; other types rewrite the table and its indexes.',
      })
    case 'AddConstraint':
      return addConstraintCost(part)
    case 'ValidateConstraint':
      return brief('SHARE UPDATE EXCLUSIVE', { scans: true })
    default:
      return brief('ACCESS EXCLUSIVE')
  }
}

function addColumnCost(part: string): LockCost {
  const rewrites = /: .*\b(GENERATED|IDENTITY)\b/.test(part) ? true : /: .*\bDEFAULT\b/.test(part) ? 'maybe' : false
  const scans = rewrites !== false || /\b(CHECK|PRIMARY|UNIQUE)\b/.test(part)
  const advice =
    rewrites === 'maybe'
      ? 'A default that is constant or stable (now()) is only noted; a volatile one (random()) is written into every row.'
      : null
  return brief('ACCESS EXCLUSIVE', { rewrites, scans, advice })
}

function addConstraintCost(part: string): LockCost {
  const notValid = 'Add it NOT VALID, then validate it: that blocks nobody for long.'
  if (part.endsWith('FOREIGN')) return brief('SHARE ROW EXCLUSIVE', { scans: true, advice: notValid })
  if (part.endsWith('CHECK')) return brief('ACCESS EXCLUSIVE', { scans: true, advice: notValid })
  return brief('ACCESS EXCLUSIVE', {
    scans: true,
    advice: 'Build a unique index CONCURRENTLY first, then add the constraint USING INDEX.',
  })
}

function otherCost({ verb, target, alone }: Pick<DefinitionShape, 'verb' | 'target' | 'alone'>): LockCost {
  if (target.kind === 'index') {
    if (alone) return brief('SHARE UPDATE EXCLUSIVE', { scans: verb === 'create' })
    if (verb === 'create')
      return brief('SHARE', { scans: true, advice: 'CONCURRENTLY builds it without blocking writes.' })
    return brief('ACCESS EXCLUSIVE', { advice: 'CONCURRENTLY drops it without waiting at the head of the queue.' })
  }
  if (verb === 'comment') return brief('SHARE UPDATE EXCLUSIVE')
  if (target.kind === 'trigger' && verb === 'create') return brief('SHARE ROW EXCLUSIVE')
  if (verb === 'create') return brief(target.kind === 'policy' ? 'ACCESS EXCLUSIVE' : 'ACCESS SHARE')
  const relational = ['table', 'view', 'materialized_view', 'sequence', 'trigger', 'policy']
  return brief(relational.includes(target.kind) ? 'ACCESS EXCLUSIVE' : 'none')
}
