/** How a model does on the rows of one class. */
export interface ClassFigures {
  readonly label: string;
  readonly rows: number;
  // share of its rows that are recognized, NaN where there is none; one without an answer is not
  readonly recall: number;
  readonly precision: number; // share of the rows taken for it that are its own, NaN where there is none
  readonly answers: readonly number[]; // [classes] its rows, by the class they were taken for
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
