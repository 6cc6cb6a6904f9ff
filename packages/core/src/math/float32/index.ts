export { erf } from './erf.ts';
export { exp, expm1, sigmoid } from './exp.ts';
export { log, log1p } from './log.ts';
export { tanh } from './tanh.ts';
