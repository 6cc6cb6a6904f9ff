/** A model's answer for a row: a class with probabilities by name, or a value. */
export interface Answer {
  readonly prediction: string | number;
  readonly probabilities?: Readonly<Record<string, number>>;
}

/** Figures of answers, as scikit-learn defines them; `targets` are the texts of the target column. */
export function scoresOf(answers: readonly Answer[], targets: readonly string[]): Record<string, number> {
  const [{ probabilities }] = answers;
  if (probabilities === undefined) return { r2: r2(answers, targets) };
  const classes = Object.keys(probabilities).sort();
  const scores = { accuracy: accuracy(answers, targets), logLoss: logLoss(answers, targets) };
  return classes.length > 2 ? scores : { ...scores, rocAuc: rocAuc(answers, targets, classes[1]) };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const accuracy = (answers: readonly Answer[], targets: readonly string[]): number =>
  mean(answers.map(({ prediction }, n) => (String(prediction) === targets[n] ? 1 : 0)));

const logLoss = (answers: readonly Answer[], targets: readonly string[]): number =>
  mean(answers.map(({ probabilities = {} }, n) => -Math.log(Math.max(probabilities[targets[n]], Number.EPSILON))));

function r2(answers: readonly Answer[], targets: readonly string[]): number {
  const values = targets.map(Number);
  const center = mean(values);
  const errors = answers.map(({ prediction }, n) => (Number(prediction) - values[n]) ** 2);
  return 1 - mean(errors) / mean(values.map((value) => (value - center) ** 2));
}

/** The share of pairs of a positive and another row that the probabilities order correctly; a tie counts half. */
function rocAuc(answers: readonly Answer[], targets: readonly string[], positive: string): number {
  const rows = answers.map(({ probabilities = {} }, n) => ({
    p: probabilities[positive],
    isPositive: targets[n] === positive,
  }));
  rows.sort((a, b) => a.p - b.p);
  let [rankSum, positives] = [0, 0];
  for (let from = 0, to = 0; from < rows.length; from = to) {
    while (to < rows.length && rows[to].p === rows[from].p) to++;
    const found = rows.slice(from, to).filter(({ isPositive }) => isPositive).length;
    rankSum += (found * (from + to + 1)) / 2;
    positives += found;
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * (rows.length - positives));
}
