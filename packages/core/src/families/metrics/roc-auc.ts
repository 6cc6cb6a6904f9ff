import { createRanking, type RankingMetric, type RankingOptions } from './ranking.ts';

/**
 * Share of all pairs of a positive and a negative row in which the positive row has the higher score; a tie counts
 * half. Counts are multiples of ½ and exact, so the order of rows changes no bit.
 */
export const rocRanking = createRanking(
  'metric roc-auc',
  ({ order, ends, positive }, counts) => {
    let pairs = 0;
    let [positives, negatives] = [0, 0];
    let [tiedPositives, tiedNegatives] = [0, 0];
    for (let n = 0; n < order.length; n++) {
      const count = counts === null ? 1 : counts[order[n]];
      if (positive[n] === 1) tiedPositives += count;
      else tiedNegatives += count;
      if (ends[n] === 0) continue;
      pairs += tiedPositives * (negatives + tiedNegatives / 2);
      positives += tiedPositives;
      negatives += tiedNegatives;
      tiedPositives = 0;
      tiedNegatives = 0;
    }
    return pairs / (positives * negatives);
  },
  Number.NaN,
);

/**
 * Area under the ROC curve. With more than two classes it is the mean over classes of each against all others, leaving
 * out classes with no rows or all rows. NaN if no class is left or a row has no answer. Keeps all rows.
 */
export const rocAuc = (options: RankingOptions): RankingMetric => rocRanking.metric(options);
