import { SPAN_MS } from '../../engine/threads/span.ts';

/** Longest span: a thread that dies loses the steps of its span. */
export const MOST_SPAN_MS = 500;

/**
 * Most that the pause before a span may take, as a share of it: checking 536k weights and copying the state takes 4 ms.
 */
const PAUSE_SHARE = 0.005;

/** Lengthens spans if threads idle for long between them. */
export interface SpanLength {
  /** How long the next span may last, in ms. */
  readonly ms: number;
  /** A span begins. */
  begin(): void;
  /** It has ended. */
  end(): void;
}

/** @param now a clock, in ms */
export function createSpanLength(now: () => number = () => performance.now()): SpanLength {
  let endMs = Number.NaN;
  let isWarm = false;
  let pauseMs = Number.POSITIVE_INFINITY; // the shortest: in others the run evaluates, or keeps a checkpoint
  return {
    get ms() {
      if (pauseMs === Number.POSITIVE_INFINITY) return SPAN_MS;
      return Math.min(MOST_SPAN_MS, Math.max(SPAN_MS, pauseMs / PAUSE_SHARE));
    },
    begin() {
      if (Number.isNaN(endMs)) return;
      // The first pause is that of code which has not run before.
      if (isWarm) pauseMs = Math.min(pauseMs, now() - endMs);
      isWarm = true;
    },
    end() {
      endMs = now();
    },
  };
}
