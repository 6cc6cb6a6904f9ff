export { type Answer, type AnswerOptions, answersOf } from './answers.ts';
export { classify } from './classify.ts';
export { decodeValue } from './decode-value.ts';
export { hasProbabilities, toProbabilities } from './probabilities.ts';
export { scoreInto } from './score-into.ts';
export { createScoring, type Scoring, type ScoringOptions } from './scoring.ts';
