import { orElse, record } from '../../options/schema/containers.ts';
import { number, whole } from '../../options/schema/scalars.ts';

/** Maximum number of threads of a pool. */
export const MAX_THREADS = 512;
export const threadCount = whole(1, MAX_THREADS);

/** Milliseconds of a thread by phase. */
export const profile = record({
  gather: number(0),
  forward: number(0),
  backward: number(0),
  update: number(0),
  exchange: orElse(number(0), 0), // files of earlier versions have none
  wait: number(0),
});
