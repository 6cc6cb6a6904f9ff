import { createRanking, type RankingMetric, type RankingOptions } from './ranking.ts';

/** Σ (R_k - R_{k-1}) · P_k over distinct scores k from the highest, with recall R_k and precision P_k at that score. */
export const prRanking = createRanking(
  'metric pr-auc',
  ({ order, ends, positive }, counts) => {
    let total = 0;
    for (let n = 0; n < order.length; n++) if (positive[n] === 1) total += counts === null ? 1 : counts[order[n]];
    let sum = 0;
    let [positives, rows, tied] = [0, 0, 0];
    for (let n = order.length - 1; n >= 0; n--) {
      // Goes from the highest score down; `ends` marks the first row met of each group of equal scores.
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
    // Rounding can put the sum of a perfect order above 1.
    return total === 0 ? Number.NaN : Math.min(1, sum);
  },
  0,
);

/**
 * Area under the precision-recall curve as average precision, without interpolation. With more than two classes it is
 * the mean over the classes that have rows, each against all others. 0 without positive rows; NaN if a row has no
 * answer. Keeps all rows.
 */
export const prAuc = (options: RankingOptions): RankingMetric => prRanking.metric(options);
