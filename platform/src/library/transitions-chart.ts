import { transitions } from './transitions.ts'

/** The moves a version can make, as a Mermaid state chart; those that only a merge brings are marked. */
export function transitionsChart(): string {
  const lines = transitions.map(
    ({ from, to, by, merge }) => `  ${from} --> ${to} : ${merge ? 'merge - ' : ''}${plain(by)}`,
  )
  return ['stateDiagram-v2', '  [*] --> draft', ...lines].join('\n')
}

/** Mermaid ends a label at a semicolon. */
const plain = (text: string) => text.replaceAll(';', ',')
