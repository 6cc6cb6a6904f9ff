import type { Counted, HeldRows } from './counted.ts';
import type { Metric } from './metric.ts';

/** A figure of pairs of output and target. */
export interface Pairs {
  /** Adds the pair of output o of a row. */
  add(y: number, t: number, o: number): void;
  value(): number;
}

/** The figure as a metric, and over held rows. */
export function paired(create: () => Pairs): { metric(): Metric; counted(rows: HeldRows): Counted } {
  return {
    metric() {
      const { add, value } = create();
      return {
        add(y, t, B, O) {
          for (let n = 0; n < B; n++) for (let o = 0; o < O; o++) add(y[n * O + o], t[n * O + o], o);
        },
        value,
      };
    },
    counted:
      ({ rows, outputs: O, y, t }) =>
      (counts) => {
        const { add, value } = create();
        for (let n = 0; n < rows; n++) {
          for (let times = counts[n]; times > 0; times--) {
            for (let o = 0; o < O; o++) add(y[n * O + o], t[n * O + o], o);
          }
        }
        return value();
      },
  };
}
