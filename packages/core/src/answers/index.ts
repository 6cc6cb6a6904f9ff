export { type Answer, type AnswerOptions, answersOf, decodeValue } from './answers.ts';
export { classify } from './classify.ts';
export { toProbabilities } from './probabilities.ts';
