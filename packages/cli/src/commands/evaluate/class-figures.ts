/** Results for the rows of one class. */
export interface ClassFigures {
  readonly label: string;
  readonly rows: number;
  // recall: share of its rows that are predicted as it, NaN if it has no rows
  readonly recall: number;
  readonly precision: number; // precision: share of the rows predicted as it that belong to it, NaN if there are none
  readonly answers: readonly number[]; // [classes] its rows by predicted class
  readonly unanswered: number; // its rows without an answer
}

/** The figures of each class, from the rows counted by class and answer, as the metric does. */
export function classFigures(
  confusion: Float64Array, // [classes, classes + 1]
  labels?: readonly string[], // [classes]
): ClassFigures[] {
  const classes = Math.floor(Math.sqrt(confusion.length));
  const columns = classes + 1;
  const taken = new Float64Array(columns);
  for (let i = 0; i < confusion.length; i++) taken[i % columns] += confusion[i];
  return Array.from({ length: classes }, (_, c) => {
    const answers = [...confusion.subarray(c * columns, c * columns + classes)];
    const unanswered = confusion[c * columns + classes];
    const rows = answers.reduce((sum, count) => sum + count, unanswered);
    return {
      label: labels?.[c] ?? String(c),
      rows,
      recall: answers[c] / rows,
      precision: answers[c] / taken[c],
      answers,
      unanswered,
    };
  });
}
