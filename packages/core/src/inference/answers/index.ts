export { type Answer, type AnswerOptions, answersOf, byRow, decodeValue } from './answers.ts';
export { nextTokens } from './next-tokens.ts';
export {
  classify,
  createScoring,
  hasProbabilities,
  type Scoring,
  type ScoringOptions,
  scoreInto,
  toProbabilities,
} from './scoring.ts';
