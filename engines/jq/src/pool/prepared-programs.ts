import type { Clock } from '@super-data/base/clock'
import type { Value } from '../value/value.ts'
import type { CallHead } from './protocol.ts'
export type RunProgram = (
  input: unknown,
  emit: (value: Value) => void,
  next?: () => { value: Value } | undefined,
) => void
export class PreparedPrograms {
  constructor(_s: { env: unknown; clock: Clock }) {}
  prepare(head: CallHead, _endsAt: number): RunProgram {
    return (input, emit) => {
      if (head.program === 'loop') for (;;);
      if (head.program === 'bomb') {
        const a: unknown[] = []
        for (;;) a.push({ a: a.length })
      }
      if (head.program === 'crash') process.kill(process.pid, 'SIGSEGV')
      if (head.program === 'flood') for (let i = 0; ; i++) emit(i)
      if (head.program === '.[]') for (const v of input as Value[]) emit(v)
      else emit(input)
    }
  }
}
