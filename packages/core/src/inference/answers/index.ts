export { type Answer, type AnswerOptions, answersOf, byRow, decodeValue, encodeValue, nextTokens } from './answers.ts';
export {
  classify,
  createScoring,
  hasProbabilities,
  type Scoring,
  type ScoringOptions,
  scoreInto,
  toProbabilities,
} from './scoring.ts';
