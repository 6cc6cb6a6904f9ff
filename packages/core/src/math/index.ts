export { erf } from './erf.ts';
export { exp, expm1, sigmoid } from './exp.ts';
export { flush, TINY } from './flush.ts';
export { log, log1p } from './log.ts';
export { pow, powInteger } from './pow.ts';
export { cos, sin } from './sin.ts';
export { tanh } from './tanh.ts';
