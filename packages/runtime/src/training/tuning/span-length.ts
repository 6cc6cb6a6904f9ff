import { SPAN_MS } from '../../engine/threads/span.ts';

/** Longest span: if a thread dies, the steps of its span are lost. */
export const MAX_SPAN_MS = 500;

/**
 * Largest share of a span that the pause before it may take: checking 536k weights and copying the state takes 4 ms.
 */
const MAX_PAUSE_SHARE = 0.005;

/** Lengthens spans if threads idle for long between them. */
export interface SpanLength {
  readonly ms: number; // longest duration of the next span, in ms
  /** Called when a span begins. */
  begin(): void;
  /** Called when a span has ended. */
  end(): void;
}

/** @param now a clock, in ms */
export function createSpanLength(now: () => number = () => performance.now()): SpanLength {
  let endMs = Number.NaN;
  let isWarm = false;
  let pauseMs = Number.POSITIVE_INFINITY; // the shortest pause: in others the run evaluates or writes a checkpoint
  return {
    get ms() {
      if (pauseMs === Number.POSITIVE_INFINITY) return SPAN_MS;
      return Math.min(MAX_SPAN_MS, Math.max(SPAN_MS, pauseMs / MAX_PAUSE_SHARE));
    },
    begin() {
      if (Number.isNaN(endMs)) return;
      // The first pause does not count: its code has not run before.
      if (isWarm) pauseMs = Math.min(pauseMs, now() - endMs);
      isWarm = true;
    },
    end() {
      endMs = now();
    },
  };
}
