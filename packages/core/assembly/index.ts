export { __heap_base };
export * from './kernels';
export { play, playTimes } from './tape';
