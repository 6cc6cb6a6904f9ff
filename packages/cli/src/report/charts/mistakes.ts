import { percent } from '../../terminal/text/format.ts';
import type { Answers, Mistake } from '../findings/findings.ts';
import type { Picture } from '../picture.ts';
import { imageGrid } from './image-sheet.ts';

/** The misclassified images whose wrong answer is the surest. Null if there are none, or rows are not images. */
export function mistakePictures({ mistakes, mistakenImages: sheet, labels, split }: Answers): Picture | null {
  if (!sheet || mistakes.length === 0) return null;
  const hasProbabilities = !Number.isNaN(mistakes[0].probability); // those of all rows, or of none
  const describe = ({ label, answer, probability }: Mistake) => {
    const sentence = `${labels[label]} predicted as ${labels[answer]}`;
    return hasProbabilities ? `${sentence} with probability ${percent(probability)}` : sentence;
  };
  const subject = mistakes.length === 1 ? 'The misclassified image' : `The ${mistakes.length} misclassified images`;
  const [criterion, noteText] = hasProbabilities
    ? ['whose wrong answer has the highest probability', ' and its probability']
    : ['whose wrong answer has the largest margin', ''];
  return {
    name: 'mistakes',
    title: `The ${split} images that are most surely wrong`,
    caption: `${subject} of the ${split} set ${criterion}. Above each: the actual class, then the predicted one${noteText}.`,
    altText: `${mistakes.map(describe).join('; ')}.`,
    draw: imageGrid({
      name: 'mistakes',
      sheets: [sheet],
      across: [5, 3],
      textOf: (k) => ({
        title: labels[mistakes[k].label],
        note: `→ ${labels[mistakes[k].answer]}`,
        end: hasProbabilities ? `, ${percent(mistakes[k].probability)}` : '',
        hover: `row ${mistakes[k].row}: ${describe(mistakes[k])}`,
      }),
    }),
  };
}
