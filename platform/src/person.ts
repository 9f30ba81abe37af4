import { PlatformError } from '@super-data/base/errors'

/** What a person is asked before something counts as theirs. */
export interface PersonQuestion {
  /** Made here, of characters that can be seen, and bounded. */
  readonly message: string
  /** What exactly the answer is for: an answer to a question about something else is none. */
  readonly subject: string
}

export type PersonAnswer = 'accept' | 'decline'

/** The person behind a program that calls, where that program lets them be asked in the middle of a call. */
export interface Person {
  /** What they said to exactly this question. Undefined: they were not asked. */
  answerTo(question: PersonQuestion): PersonAnswer | undefined
}

/** The person behind the client has to be asked first; the door asks, and the call comes again with the answer. */
export class PersonNotAsked extends PlatformError {
  readonly code = 'PERSON_NOT_ASKED'
  readonly kind = 'conflict'
  readonly question: PersonQuestion
  constructor(question: PersonQuestion) {
    super('a person has to confirm this first', { hint: 'Answer what the server asks through your client.' })
    this.question = question
  }
}
