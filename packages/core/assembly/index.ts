export { __heap_base };
/** Bytes of the element type that this module was compiled for. */
export const elementBytes: i32 = sizeof<Real>();
export * from './kernels';
export { play, playTimes } from './tape';
