import { createRanking, type RankingMetric, type RankingOptions } from './ranking.ts';

/** Σ (R_k - R_{k-1}) · P_k over the distinct scores k from the highest: R_k recall and P_k precision at that score. */
export const prRanking = createRanking(
  'metric pr-auc',
  ({ order, ends, positive }, counts) => {
    let total = 0;
    for (let n = 0; n < order.length; n++) if (positive[n] === 1) total += counts === null ? 1 : counts[order[n]];
    let sum = 0;
    let [positives, rows, tied] = [0, 0, 0];
    for (let n = order.length - 1; n >= 0; n--) {
      // Ascending rows from the back: a group of equal scores begins where its last row stands.
      if (ends[n] === 1 && rows > 0) {
        if (tied > 0) sum += (tied / total) * (positives / rows);
        tied = 0;
      }
      const count = counts === null ? 1 : counts[order[n]];
      rows += count;
      if (positive[n] === 0) continue;
      positives += count;
      tied += count;
    }
    if (tied > 0) sum += (tied / total) * (positives / rows);
    return total === 0 ? Number.NaN : sum;
  },
  0,
);

/**
 * Area under the precision-recall curve as average precision, without interpolation. With more than two classes, the
 * mean over the classes that have rows, each against all others. 0 without positive rows; NaN if a row has no answer.
 * Keeps all rows.
 */
export const prAuc = (options: RankingOptions): RankingMetric => prRanking.metric(options);
