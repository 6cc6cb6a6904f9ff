/** Results for the rows of one class. */
export interface ClassFigures {
  readonly label: string;
  readonly rows: number;
  readonly recall: number; // share of the rows of this class that are predicted as it, NaN if there are none
  readonly precision: number; // share of the rows predicted as it that belong to it, NaN if there are none
  readonly answers: readonly number[]; // [classes] number of rows of this class by predicted class
  readonly unanswered: number; // number of rows of this class without an answer
}

/** Figures of each class from row counts by class and answer. */
export function classFigures(
  confusion: Float64Array, // [classes, classes + 1]
  labels?: readonly string[], // [classes]
): ClassFigures[] {
  const classes = Math.floor(Math.sqrt(confusion.length));
  const columns = classes + 1;
  const predicted = new Float64Array(columns);
  for (let i = 0; i < confusion.length; i++) predicted[i % columns] += confusion[i];
  return Array.from({ length: classes }, (_, c) => {
    const answers = [...confusion.subarray(c * columns, c * columns + classes)];
    const unanswered = confusion[c * columns + classes];
    const rows = answers.reduce((sum, count) => sum + count, unanswered);
    return {
      label: labels?.[c] ?? String(c),
      rows,
      recall: answers[c] / rows,
      precision: answers[c] / predicted[c],
      answers,
      unanswered,
    };
  });
}

/** A class is rare if its share of the rows is below this, and below a third of an equal share. */
const MAX_SHARE = 0.1;
const SHARE_OF_EQUAL = 1 / 3;

/** Whether a class with this share of the rows, of so many classes, is so rare that accuracy hides its figures. */
export const isRare = (share: number, classes: number): boolean =>
  share < Math.min(MAX_SHARE, SHARE_OF_EQUAL / classes);
