/** How a model does on the rows of one class. */
export interface ClassFigures {
  readonly label: string;
  readonly rows: number;
  readonly recall: number; // share of its rows that are recognized, NaN where there is none
  readonly precision: number; // share of the rows taken for it that are its own, NaN where there is none
  readonly answers: readonly number[]; // [classes] its rows, by the class they were taken for
}

/** The figures of each class, from the rows counted by [class, answer]. */
export function classFigures(
  confusion: Float64Array, // [classes, classes]
  labels?: readonly string[], // [classes]
): ClassFigures[] {
  const classes = Math.sqrt(confusion.length);
  const taken = new Float64Array(classes);
  for (let i = 0; i < confusion.length; i++) taken[i % classes] += confusion[i];
  return Array.from({ length: classes }, (_, c) => {
    const answers = [...confusion.subarray(c * classes, (c + 1) * classes)];
    const rows = answers.reduce((sum, count) => sum + count, 0);
    return {
      label: labels?.[c] ?? String(c),
      rows,
      recall: answers[c] / rows,
      precision: answers[c] / taken[c],
      answers,
    };
  });
}
